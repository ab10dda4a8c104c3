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
}

impl Version {
    /// The release that the server info names.
    pub(crate) fn release(self) -> &'static str {
        match self {
            Self::V26_7 => "26.7.3",
        }
    }
}

/// What a sandbox Keycloak needs to know to start.
#[derive(Debug, Clone)]
pub struct Options {
    admin_user: String,
    admin_password: SecretString,
    token_lifetime: Option<Duration>,
    version: Version,
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

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }
}
