//! The sandbox Harbor: its handle. It behaves as Harbor 2.15 does for what the Harbor task manages.

mod answer;
mod audit_log;
mod body;
mod columns;
mod configuration;
mod cron;
mod csrf;
mod identity;
mod immutable_rules;
mod information;
mod labels;
mod login;
mod members;
mod names;
mod options;
mod outages;
mod paging;
mod permissions;
mod preheat;
mod project_scanners;
mod projects;
mod quotas;
mod registries;
mod registry_api;
mod replications;
mod repositories;
mod request;
mod retentions;
mod robot_requests;
mod robots;
mod routes;
mod scanners;
mod schedules;
mod secrets;
mod snapshot;
pub(crate) mod table;
mod time;
mod user_groups;
mod users;
mod versions;
mod vulnerabilities;
mod webhooks;
mod world;

pub use options::HarborOptions;
pub use outages::HarborPart;

use secrecy::SecretString;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

use crate::faults::Fault;
use crate::host::{Host, Look, StartError};
use crate::request_log::{Caller, Kind, Logged};
use world::World;

/// The name of the account that a fresh server has.
const ADMIN: &str = "admin";

/// A sandbox Harbor that runs on a thread of its own until it is dropped.
pub struct Harbor {
    host: Host<World>,
}

impl Harbor {
    /// Starts a server that knows nothing but its administrator `admin` and the public project `library`, on a free port of
    /// loopback.
    ///
    /// # Errors
    /// When there is no port or no thread to be had.
    pub fn start(options: &HarborOptions) -> Result<Self, StartError> {
        Ok(Self { host: Host::start("sandbox-harbor", |url| World::new(url, options))? })
    }

    /// The base URL, `http://127.0.0.1:<port>`, without a slash at the end and without `/api/v2.0`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.host.url()
    }

    /// Every request since the start or the last reset, oldest first; at most 200,000. Each says who asked, and what it
    /// cost the real server to find that out.
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

    /// How many requests in the log came with the administrator's right password.
    #[must_use]
    pub fn password_logins(&self) -> usize {
        let by_password = |entry: &&Logged| matches!(&entry.caller, Some(Caller::User(name)) if name == ADMIN);
        self.requests().iter().filter(by_password).count()
    }

    /// The processor time that the logins of all requests in the log would have cost the real server.
    #[must_use]
    pub fn cost(&self) -> Duration {
        self.requests().iter().map(|entry| entry.cost).sum()
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

    /// Every secret that no answer shows, as it is stored: of the configuration, of registries, of robots.
    #[must_use]
    pub fn hidden(&self) -> Value {
        snapshot::hidden(&self.host.world())
    }

    /// Who may log in, asked from elsewhere.
    pub(crate) fn logins(&self) -> Logins {
        Logins(self.host.look())
    }

    /// Has this called after each request that was handled.
    pub(crate) fn after_each(&self, call: impl Fn() + Send + Sync + 'static) -> bool {
        self.host.after_each(call)
    }

    /// Whether a robot of that full name would be logged in by that secret at this moment, were all parts of the server
    /// there. Nothing of it shows in the log.
    #[must_use]
    pub fn accepts(&self, robot: &str, secret: &str) -> bool {
        self.host.world().robot_with(robot, secret).is_some()
    }

    /// Whether these credentials would be allowed that in a project's repositories: `pull`, `push`. Nothing of it shows in
    /// the log.
    #[must_use]
    pub fn allows(&self, robot: &str, secret: &str, project: &str, action: &str) -> bool {
        let world = self.host.world();
        let project = world.project_named(project).map(|project| project.id);
        let robot = world.robot_with(robot, secret);
        robot.zip(project).is_some_and(|(robot, project)| robot.may_in_project(project, "repository", action))
    }

    /// Whether a value of the configuration that never comes back is that one: `oidc_client_secret`.
    #[must_use]
    pub fn configuration_holds(&self, name: &str, value: &str) -> bool {
        self.host.world().configuration.holds(name, value)
    }

    /// Sets a value of the configuration, as somebody would who has a hand in the database.
    pub fn set_configuration(&self, name: &str, value: Value) {
        self.host.world().configuration.set(name, value);
    }

    /// Gives a robot another secret, as somebody else would by the API. False where there is no robot of that full name.
    pub fn impose_secret(&self, robot: &str, secret: impl Into<SecretString>) -> bool {
        let mut world = self.host.world();
        let now = world.now();
        let stored = robot.strip_prefix(world.configuration.robot_prefix());
        let id = stored.and_then(|stored| world.robot_names.get(stored).copied());
        let robot = id.and_then(|id| world.robots.get_mut(id));
        robot.map(|robot| robots::impose(robot, secret.into(), now)).is_some()
    }

    /// Sets the expiry of every robot that has one into the past.
    pub fn expire_robots(&self) {
        self.host.world().expire_robots();
    }

    /// Pushes a tiny image into a project. False where there is no such project.
    pub fn push(&self, project: &str, repository: &str, tag: &str) -> bool {
        self.host.world().push(project, repository, tag)
    }

    /// Lets a part of the server go away.
    pub fn take_away(&self, part: HarborPart) {
        self.set_part(part, true);
    }

    /// Lets a part of the server come back.
    pub fn bring_back(&self, part: HarborPart) {
        self.set_part(part, false);
    }

    fn set_part(&self, part: HarborPart, away: bool) {
        let mut world = self.host.world();
        let now = world.now();
        world.outages.set(part, away, now);
    }
}

/// Who may log in at a sandbox Harbor.
pub(crate) struct Logins(Look<World>);

impl Logins {
    /// Whether that robot would be logged in by that secret; false once the server has stopped.
    pub(crate) fn accept(&self, robot: &str, secret: &str) -> bool {
        self.0.at(|world| world.robot_with(robot, secret).is_some()).unwrap_or_default()
    }
}

/// Shows the address only: the state holds secrets.
impl fmt::Debug for Harbor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Harbor").field("url", &self.url()).finish_non_exhaustive()
    }
}
