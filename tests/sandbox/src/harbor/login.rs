//! Basic authentication: what a login costs, and how a wrong password is punished (server-behaviour 1.1).

use std::time::Duration;

use super::identity::Identity;
use super::outages::HarborPart;
use super::request::Request;
use super::robots::Robot;
use super::world::World;
use crate::request_log::Caller;

/// How long a failed login of a user is held, and its name locked for everybody.
const FREEZE: i64 = 1500;
/// A password is hashed in 600,000 rounds for each request: about 100 ms of a processor.
const PASSWORD_COST: Duration = Duration::from_millis(100);
/// A robot's secret is hashed once: 3 to 12 ms with all else.
const ROBOT_COST: Duration = Duration::from_millis(5);

/// What the credentials of a request came to.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) who: Identity,
    pub(crate) caller: Caller,
    pub(crate) cost: Duration,
    /// Until when the answer is held, in milliseconds since 1970.
    pub(crate) held: Option<i64>,
}

impl Login {
    pub(crate) fn nobody() -> Self {
        Self { who: Identity::Nobody, caller: Caller::Nobody, cost: Duration::ZERO, held: None }
    }

    fn refused(name: String) -> Self {
        Self { caller: Caller::Refused(name), ..Self::nobody() }
    }
}

impl World {
    /// Looks at the credentials. A refusal is no failure yet: what nobody may see is answered all the same.
    pub(crate) fn log_in(&mut self, request: &Request) -> Login {
        let Some((name, password)) = request.basic() else { return Login::nobody() };
        if self.outages.is_away(HarborPart::Database) {
            return Login::refused(name);
        }
        let prefix = self.configuration.robot_prefix();
        if let Some(robot) = self.robot_with(&name, &password) {
            return Login { who: Identity::Robot(robot.id), caller: Caller::Robot(name), cost: ROBOT_COST, held: None };
        }
        // a name with the robots' prefix that is no user's is neither punished nor locked (contract robot-prefix)
        let is_user = self.users.all().any(|user| user.name == name);
        if !is_user && !prefix.is_empty() && name.starts_with(prefix) {
            return Login { cost: ROBOT_COST, ..Login::refused(name) };
        }
        self.log_in_user(name, &password)
    }

    fn log_in_user(&mut self, name: String, password: &str) -> Login {
        let now = self.now();
        self.locks.retain(|_, until| *until > now);
        if self.locks.contains_key(&name) {
            return Login::refused(name);
        }
        let user = self.users.all().find(|user| user.name == name);
        let cost = if user.is_some() { PASSWORD_COST } else { Duration::ZERO };
        match user.filter(|user| user.has_password(password)) {
            Some(user) => Login { who: Identity::User(user.id), caller: Caller::User(name), cost, held: None },
            None => {
                self.locks.insert(name.clone(), now + FREEZE);
                Login { cost, held: Some(now + FREEZE), ..Login::refused(name) }
            }
        }
    }

    /// The robot that these credentials log in: its secret is right, it is enabled, and its time is not over.
    pub(crate) fn robot_with(&self, full_name: &str, secret: &str) -> Option<&Robot> {
        let stored = full_name.strip_prefix(self.configuration.robot_prefix())?;
        let robot = self.robots.get(*self.robot_names.get(stored)?)?;
        let alive = !robot.disabled && !robot.is_expired(self.now());
        (alive && robot.has_secret(secret)).then_some(robot)
    }
}
