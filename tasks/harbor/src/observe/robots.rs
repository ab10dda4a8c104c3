//! Robots: one list for all of the system, one for each project that declares some.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_harbor_client::{
    paging,
    types::{Permission, Project, Robot},
};
use evenkeel_transport::{ResultExt, Secret};
use futures::{StreamExt, TryStreamExt, stream};
use secrecy::SecretString;

use super::AT_ONCE;
use crate::{
    Error, Harbor,
    desired::{Desired, DesiredRobot, RobotHome, SecretHome},
    directory::Named,
    error::WithContext,
    permissions::{self, DENIED, in_projects, in_system},
};

/// A robot that is there.
#[derive(Clone, Debug)]
pub struct ObservedRobot {
    /// The robot.
    pub robot: Robot,
    /// Whether its time is over.
    pub expired: bool,
}

/// Robots by the name without prefix.
#[derive(Debug, Default)]
pub(super) struct NamedRobots {
    pub(super) robots: BTreeMap<String, ObservedRobot>,
    /// Whether one was among them that has not the prefix.
    pub(super) strange: bool,
}

/// How this task's own robot does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnRobot {
    /// Nothing is kept with which it could work.
    #[default]
    Unknown,
    /// What is kept works.
    Works,
    /// What is kept is refused.
    Refused,
}

impl Harbor {
    /// The robots of the system by the name without prefix, and how our own does: this list is the first that it asks for, and
    /// one that is refused to a wrong secret.
    pub(super) async fn read_robots(&self) -> Result<(NamedRobots, OwnRobot), Error> {
        let kept = self.begin_as_robot().await?;
        let list = paging::system_robots(&self.access.client_with(in_system("robot", "list"))).await;
        let robots = self.named_robots(list.context("list", "robots of", "harbor")?);
        let own = match (kept, self.access.has_robot()) {
            (false, _) => OwnRobot::Unknown,
            (true, true) => OwnRobot::Works,
            (true, false) => OwnRobot::Refused,
        };
        Ok((robots, own))
    }

    pub(super) async fn read_project_robots(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
    ) -> Result<NamedRobots, Error> {
        let client = &self.access.client_with(in_projects("robot", "list"));
        let mut reads = Vec::new();
        for (name, project) in projects.iter().filter(|(name, _)| wanted.contains(*name)) {
            let Some(number) = project.project_id else { continue };
            reads.push(async move {
                let answer = paging::project_robots(client, number).await;
                answer.context("list", "robots of project", name)
            });
        }
        let lists: Vec<Vec<Robot>> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(self.named_robots(lists.into_iter().flatten()))
    }

    /// Harbor shows names with the prefix that holds now, and keeps them without (server-behaviour 5). One without it was made by a
    /// Harbor of long ago, or the prefix has just changed.
    fn named_robots(&self, robots: impl IntoIterator<Item = Robot>) -> NamedRobots {
        let prefix = self.prefix();
        let now = jiff::Timestamp::now().as_second();
        let mut named = NamedRobots::default();
        for robot in robots {
            let Some(name) = robot.name.as_deref().and_then(|name| name.strip_prefix(prefix.as_str())) else {
                named.strange = true;
                continue;
            };
            if let Some(id) = robot.id {
                self.directory.insert(Named::Robot(name.to_owned()), id);
            }
            let expired = robot.expires_at.is_some_and(|end| end != -1 && end <= now);
            named.robots.insert(name.to_owned(), ObservedRobot { expired, robot });
        }
        named
    }

    /// Robots whose secret, as the values or the vault have it, does not work, or of which the server failed to tell: it is
    /// asked again before anything is set.
    pub(super) async fn read_refused_secrets(
        &self,
        desired: &Desired,
        robots: &BTreeMap<String, ObservedRobot>,
    ) -> Result<BTreeSet<String>, Error> {
        let mut reads = Vec::new();
        for robot in &desired.robots {
            let stored = robot.stored_name();
            if robots.get(&stored).is_none_or(ObservedRobot::is_dormant) {
                continue;
            }
            let secret = match &robot.secret {
                SecretHome::Declared(secret) => Some(secret.clone()),
                SecretHome::Kept => self.kept(&stored).await?,
                SecretHome::Own | SecretHome::Published => None,
            };
            reads.extend(secret.map(|secret| self.refused(stored, secret)));
        }
        let read: Vec<Option<String>> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        Ok(read.into_iter().flatten().collect())
    }

    async fn refused(&self, stored: String, secret: SecretString) -> Option<String> {
        let verdict = self.access.verify(&self.full_name(&stored), Secret::from(secret), "/system").await;
        (!verdict.is_ok_and(|verdict| verdict.works())).then_some(stored)
    }

    /// The rights that robots may be given, read only where our own robot or a declared one lacks some: each server version has its
    /// own list.
    pub(super) async fn read_grantable(
        &self,
        desired: &Desired,
        robots: &BTreeMap<String, ObservedRobot>,
    ) -> Result<Option<Grantable>, Error> {
        let Some(own) = desired.robots.iter().find(|robot| matches!(robot.secret, SecretHome::Own)) else {
            return Ok(None);
        };
        let has_its_rights = |robot: &DesiredRobot| {
            let there = robots.get(&robot.stored_name()).map(|there| rights(&there.robot));
            there.as_ref() == Some(&robot.fields.value.permissions)
        };
        let is_declared = |robot: &&DesiredRobot| matches!(robot.secret, SecretHome::Declared(_) | SecretHome::Kept);
        // Robots of projects are read later. The list costs one request, and only where robots are to be made or changed.
        let declared = desired.robots.iter().filter(is_declared).filter(|robot| robot.home == RobotHome::System);
        if has_its_rights(own) && declared.clone().all(has_its_rights) {
            return Ok(None);
        }
        let read = self.administrator().grantable_list().send().await.api();
        let read = read.context("list", "rights of", "robots")?;
        let rights = |rights: Option<Vec<Permission>>| {
            let right = |right: Permission| Some((right.resource?, right.action?));
            rights.into_iter().flatten().filter_map(right).collect()
        };
        Ok(Some(Grantable { system: rights(read.system), project: rights(read.project) }))
    }

    /// Has the administrator look where our own robot lacks a right that it should have: to a robot with fewer rights lists are
    /// answered with less in them, and no error.
    pub(super) fn spare_own_robot(
        &self,
        desired: &Desired,
        robots: &BTreeMap<String, ObservedRobot>,
        grantable: Option<&Grantable>,
    ) {
        let Some(own) = desired.robots.iter().find(|robot| matches!(robot.secret, SecretHome::Own)) else { return };
        let there = robots.get(&own.stored_name()).map(|there| rights(&there.robot)).unwrap_or_default();
        let has =
            |place: &String, right: &(String, String)| there.get(place).is_some_and(|given| given.contains(right));
        let may_have = |place: &str, right| grantable.is_none_or(|grantable| grantable.at(place).contains(right));
        if let Some(grantable) = grantable {
            self.access.withhold(permissions::own().filter(|permission| !grantable.has(*permission)));
        }
        let mut wanted = own.fields.value.permissions.iter();
        if wanted.any(|(place, rights)| rights.iter().any(|right| !has(place, right) && may_have(place, right))) {
            self.access.work_as_administrator();
        }
    }
}

/// The rights that robots may be given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grantable {
    /// About the system.
    pub system: BTreeSet<(String, String)>,
    /// In projects.
    pub project: BTreeSet<(String, String)>,
}

impl Grantable {
    /// The rights that may be given in a place: `/` is the system.
    #[must_use]
    pub fn at(&self, place: &str) -> &BTreeSet<(String, String)> {
        if place == "/" { &self.system } else { &self.project }
    }

    /// Whether a robot may be given this permission.
    fn has(&self, permission: evenkeel_transport::Permission) -> bool {
        self.at(permission.scope).contains(&(permission.resource.to_owned(), permission.action.to_owned()))
    }
}

/// What a robot may do, by place; the server gives it in any order (server-behaviour 5).
#[must_use]
pub fn rights(robot: &Robot) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut rights: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for permission in robot.permissions.iter().flatten() {
        let Some(place) = &permission.namespace else { continue };
        let there = permission.access.iter().flatten();
        let there = there.filter_map(|access| {
            let action = access.action.clone()?;
            let is_denied = access.effect.as_deref() == Some("deny");
            Some((access.resource.clone()?, if is_denied { format!("{action}{DENIED}") } else { action }))
        });
        rights.entry(place.clone()).or_default().extend(there);
    }
    rights
}
