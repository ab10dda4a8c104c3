//! How a sandbox Harbor is started.

use secrecy::SecretString;
use serde_json::{Map, Value};
use std::sync::Arc;

use super::versions::Version;
use crate::clock::{Clock, HastyClock};

/// What a sandbox Harbor needs to know to start.
#[derive(Debug, Clone)]
pub struct HarborOptions {
    admin_password: SecretString,
    clock: Arc<dyn Clock>,
    overwrite: Option<Map<String, Value>>,
    reachable: Vec<Reachable>,
    scanners: Vec<String>,
    adapters: Vec<String>,
    ldap_groups: Vec<String>,
    version: Version,
}

/// Another registry that the server can reach.
#[derive(Debug, Clone)]
pub(crate) struct Reachable {
    pub(crate) url: String,
    /// Who may log in there; `None` lets everybody in.
    pub(crate) login: Option<(String, SecretString)>,
}

impl HarborOptions {
    /// Options with the password of the account `admin`, the one user of a fresh server; there is no default password.
    pub fn new(admin_password: impl Into<SecretString>) -> Self {
        Self {
            admin_password: admin_password.into(),
            clock: Arc::new(HastyClock::new()),
            overwrite: None,
            reachable: Vec::new(),
            scanners: Vec::new(),
            adapters: Vec::new(),
            ldap_groups: Vec::new(),
            version: Version::LATEST,
        }
    }

    /// The clock that locks and expiries live by. Unless said otherwise nobody waits: an answer that the real server holds
    /// back for 1.5 s comes at once, and the time has passed.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The environment variable `CONFIG_OVERWRITE_JSON`: these values stand, and nothing of the configuration can be
    /// changed (server-behaviour 2). What is no object is as an empty one.
    #[must_use]
    pub fn with_fixed_configuration(mut self, values: Value) -> Self {
        self.overwrite = Some(if let Value::Object(values) = values { values } else { Map::new() });
        self
    }

    /// Another registry that the server can reach, where anybody may log in. All others are out of reach.
    #[must_use]
    pub fn with_registry(mut self, url: impl Into<String>) -> Self {
        self.reachable.push(Reachable { url: url.into(), login: None });
        self
    }

    /// Another registry that the server can reach with these credentials only.
    #[must_use]
    pub fn with_guarded_registry(
        mut self,
        url: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        self.reachable.push(Reachable { url: url.into(), login: Some((user.into(), password.into())) });
        self
    }

    /// A scanner that somebody has registered, which is not the default one.
    #[must_use]
    pub fn with_scanner(mut self, name: impl Into<String>) -> Self {
        self.scanners.push(name.into());
        self
    }

    /// The address of a scanner that the server can reach, so that it can be registered. All others are out of reach.
    #[must_use]
    pub fn with_scanner_adapter(mut self, url: impl Into<String>) -> Self {
        self.adapters.push(url.into());
        self
    }

    pub(crate) fn adapters(&self) -> &[String] {
        &self.adapters
    }

    /// A group that LDAP knows by its distinguished name, while that is how people log in.
    #[must_use]
    pub fn with_ldap_group(mut self, dn: impl Into<String>) -> Self {
        self.ldap_groups.push(dn.into());
        self
    }

    /// An older server, by the three numbers of its version: it drops the fields that it does not know yet.
    #[must_use]
    pub const fn with_version(mut self, major: u32, minor: u32, patch: u32) -> Self {
        self.version = Version(major, minor, patch);
        self
    }

    pub(crate) fn scanners(&self) -> &[String] {
        &self.scanners
    }

    pub(crate) fn ldap_groups(&self) -> &[String] {
        &self.ldap_groups
    }

    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn admin_password(&self) -> &SecretString {
        &self.admin_password
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    pub(crate) fn overwrite(&self) -> Option<&Map<String, Value>> {
        self.overwrite.as_ref()
    }

    pub(crate) fn reachable(&self) -> &[Reachable] {
        &self.reachable
    }
}
