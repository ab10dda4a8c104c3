//! How a sandbox Gitea is started.

use secrecy::SecretString;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::random::random_word;

/// Which server the sandbox behaves as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GiteaVersion {
    /// Forgejo 7.0.8, which has the API of Gitea 1.22.
    #[default]
    Forgejo7,
    /// Gitea 1.22 as it was in November 2023.
    Gitea122,
}

/// What a sandbox Gitea needs to know to start.
#[derive(Debug, Clone)]
pub struct GiteaOptions {
    administrator: String,
    password: SecretString,
    token: SecretString,
    version: GiteaVersion,
    clock: Arc<dyn Clock>,
}

impl GiteaOptions {
    /// Options with the password of the account `gitadmin`, the one user of a fresh server; there is no default password.
    pub fn new(password: impl Into<SecretString>) -> Self {
        Self {
            administrator: "gitadmin".to_owned(),
            password: password.into(),
            token: random_word(40).into(),
            version: GiteaVersion::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Another name for the administrator.
    #[must_use]
    pub fn with_administrator(mut self, name: impl Into<String>) -> Self {
        self.administrator = name.into();
        self
    }

    /// An access token of the administrator for everything.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = token.into();
        self
    }

    /// Another server than Forgejo 7.0.8.
    #[must_use]
    pub fn with_version(mut self, version: GiteaVersion) -> Self {
        self.version = version;
        self
    }

    /// The clock that times of creation and change are read from.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    pub(crate) fn administrator(&self) -> &str {
        &self.administrator
    }

    pub(crate) fn password(&self) -> &SecretString {
        &self.password
    }

    pub(crate) fn token(&self) -> &SecretString {
        &self.token
    }

    pub(crate) fn version(&self) -> GiteaVersion {
        self.version
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }
}
