//! What versions of the server before 2.15.2 do not know yet: they drop it from requests, and say nothing.

/// A version of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// The one that is played unless somebody asks for an older one.
    pub(crate) const LATEST: Self = Self(2, 15, 2);

    /// Whether the server keeps a field.
    pub(crate) fn knows(self, field: &str) -> bool {
        SINCE.iter().find(|(young, _)| *young == field).is_none_or(|(_, since)| self >= *since)
    }
}

/// As `GET /systeminfo` says it.
impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "v{}.{}.{}-sandbox", self.0, self.1, self.2)
    }
}

/// Fields that came with a version after 2.8.
const SINCE: [(&str, Version); 6] = [
    ("auto_sbom_generation", Version(2, 11, 0)),
    ("proxy_speed_kb", Version(2, 12, 0)),
    ("single_active_replication", Version(2, 14, 0)),
    ("max_upstream_conn", Version(2, 14, 1)),
    ("ca_certificate", Version(2, 15, 0)),
    ("proxy_cache_local_on_not_found", Version(2, 15, 1)),
];
