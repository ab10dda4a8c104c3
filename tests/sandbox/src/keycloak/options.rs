//! How a sandbox Keycloak is started.

use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};

/// Which Keycloak is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Version {
    /// 26.7.3.
    #[default]
    V26_7,
    /// 26.0.7, as far as fields of bodies and required actions go.
    V26_0,
}

impl Version {
    /// The release that the server info names.
    pub(crate) fn release(self) -> &'static str {
        match self {
            Self::V26_7 => "26.7.3",
            Self::V26_0 => "26.0.7",
        }
    }
}

/// What becomes of a path that could be read in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paths {
    /// It is refused, as 26.7 does: 400 where it holds `.`, `..` or an empty segment, plain or encoded, or a plain `;`.
    #[default]
    Refused,
    /// It is resolved, as 26.0 does: `..` goes one up, empty segments are none, and a segment ends at a plain `;`.
    Resolved,
}

/// What a sandbox Keycloak needs to know to start.
#[derive(Debug, Clone)]
pub struct Options {
    admin_user: String,
    admin_password: SecretString,
    token_lifetime: Option<Duration>,
    version: Version,
    release: Option<&'static str>,
    paths: Paths,
    clock: Arc<dyn Clock>,
}

impl Options {
    /// Options with the administrator of realm `master`; there is no default password.
    pub fn new(admin_user: impl Into<String>, admin_password: impl Into<SecretString>) -> Self {
        Self {
            admin_user: admin_user.into(),
            admin_password: admin_password.into(),
            token_lifetime: None,
            version: Version::default(),
            release: None,
            paths: Paths::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// How long access tokens live, instead of what realm and client say (60 s in `master`). Whole seconds.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = Some(lifetime);
        self
    }

    /// Which Keycloak is played; 26.7 unless said otherwise.
    #[must_use]
    pub fn playing(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// The release that the server says it is; that of the version unless said otherwise.
    #[must_use]
    pub fn calling_itself(mut self, release: &'static str) -> Self {
        self.release = Some(release);
        self
    }

    /// What becomes of paths that could be read in two ways; they are refused unless said otherwise.
    #[must_use]
    pub fn reading_paths(mut self, paths: Paths) -> Self {
        self.paths = paths;
        self
    }

    /// The clock that tokens live by; the machine's unless said otherwise.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    pub(crate) fn admin_user(&self) -> &str {
        &self.admin_user
    }

    pub(crate) fn admin_password(&self) -> &SecretString {
        &self.admin_password
    }

    pub(crate) fn lifetime(&self) -> Option<Duration> {
        self.token_lifetime
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn release(&self) -> &'static str {
        self.release.unwrap_or(self.version.release())
    }

    pub(crate) fn paths(&self) -> Paths {
        self.paths
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }
}
