//! The sandbox Gitea: its handle. It behaves as Forgejo 7.0.8 does, or as Gitea 1.22, for what a Gitea task manages.

mod access;
mod accounts;
mod answer;
mod applications;
mod avatar;
mod body;
mod branch_protections;
mod deploy_keys;
mod emails;
mod events;
mod hooks;
mod information;
mod labels;
mod login;
mod members;
mod names;
mod options;
mod organisations;
mod paging;
mod repositories;
mod repository_changes;
mod repository_views;
mod request;
mod routes;
mod scopes;
mod secrets;
mod snapshot;
mod team_changes;
mod team_repositories;
mod teams;
mod time;
mod tokens;
mod topics;
mod users;
mod world;

pub use options::{GiteaOptions, GiteaVersion};

use serde_json::Value;
use std::fmt;

use crate::faults::Fault;
use crate::host::{Host, StartError};
use crate::request_log::{Kind, Logged};
use world::World;

/// A sandbox Gitea that runs on a thread of its own until it is dropped.
pub struct Gitea {
    host: Host<World>,
}

impl Gitea {
    /// Starts a server that knows nothing but its administrator, on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port or no thread to be had.
    pub fn start(options: &GiteaOptions) -> Result<Self, StartError> {
        Ok(Self { host: Host::start("sandbox-gitea", |url| World::new(url, options))? })
    }

    /// The base URL, `http://127.0.0.1:<port>`, without a slash at the end and without `/api/v1`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.host.url()
    }

    /// Every request since the start or the last reset, oldest first; at most 200,000. Each says who asked.
    #[must_use]
    pub fn requests(&self) -> Vec<Logged> {
        self.host.log().entries()
    }

    /// Forgets the log and its counts.
    pub fn reset_log(&self) {
        self.host.log().reset();
    }

    /// How many requests wrote objects, or tried to.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.host.log().count(Kind::Write)
    }

    /// How many requests read.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.host.log().count(Kind::Read)
    }

    /// Adds a fault to those that wait for their requests.
    pub fn inject(&self, fault: Fault) {
        self.host.faults().inject(fault);
    }

    /// Takes all faults back that have not struck.
    pub fn clear_faults(&self) {
        self.host.faults().clear();
    }

    /// All state as one sorted value, numbers included. Secrets do not appear.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        snapshot::of(&self.host.world())
    }

    /// Every secret that no answer shows, as it is stored: of webhooks, of OAuth2 applications, of Actions.
    #[must_use]
    pub fn hidden(&self) -> Value {
        snapshot::hidden(&self.host.world())
    }

    /// Whether a user of that name would be let in with that password. Nothing of it shows in the log.
    #[must_use]
    pub fn accepts(&self, user: &str, password: &str) -> bool {
        self.host.world().lets_in(user, password)
    }
}

/// Shows the address only: the state holds secrets.
impl fmt::Debug for Gitea {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gitea").field("url", &self.url()).finish_non_exhaustive()
    }
}
