//! How far a look at the server goes: what has no list over all projects is read only where it is wanted.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
};
use evenkeel_engine::plain::{AnyKind, Parent};
use evenkeel_harbor_client::types::Project;

use super::{Looked, sights::sight_of_project};
use crate::{
    Harbor,
    desired::{Desired, DesiredProject, RobotHome},
    names::{self, REPLICATION, RETENTION, ROBOT},
    project,
};

/// Names of projects by what is read of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    pub(super) members: BTreeSet<String>,
    pub(super) retentions: BTreeSet<String>,
    /// Of the objects of each plain kind.
    pub(super) objects: BTreeMap<Kind, BTreeSet<String>>,
    pub(super) robots: BTreeSet<String>,
    pub(super) scanners: BTreeSet<String>,
    /// Whether other registries are named by what is declared.
    pub(super) registries: bool,
    /// Whether replication policies are read.
    pub(super) replications: bool,
}

impl Reach {
    /// What a plan needs: where something is declared, or ours.
    pub(super) fn of(desired: &Desired, ownership: &Ownership) -> Self {
        let declaring = |declares: fn(&DesiredProject) -> bool| {
            let projects = desired.projects.iter().filter(move |project| declares(project));
            projects.map(|project| project.name.clone())
        };
        let objects_of = |kind: &Kind| {
            let declares = |project: &&DesiredProject| project.objects.iter().any(|one| one.object.kind() == kind);
            let declaring = desired.projects.iter().filter(declares).map(|project| project.name.as_str());
            let holding = ownership.of_kind(kind).filter_map(project_of);
            (kind.clone(), declaring.chain(holding).map(str::to_owned).collect())
        };
        let robots = desired.robots.iter().filter_map(|robot| match &robot.home {
            RobotHome::Project(project) => Some(project.clone()),
            RobotHome::System => None,
        });
        let robot_kind = ROBOT;
        let owned_robots = ownership.of_kind(&robot_kind).filter_map(|robot| robot.name().split_once('+'));
        let owned_robots: BTreeSet<String> = owned_robots.map(|(project, _)| project.to_owned()).collect();
        let retention_kind = RETENTION;
        let owned_retentions = ownership.of_kind(&retention_kind).filter(|policy| ownership.knows(policy));
        let owned_retentions: BTreeSet<String> = owned_retentions.map(|policy| policy.name().to_owned()).collect();
        Self {
            members: declaring(|project| !project.members.is_empty() || project.members_are_all).collect(),
            retentions: declaring(|project| project.retention.is_some()).chain(owned_retentions).collect(),
            objects: project::kinds().map(|kind| objects_of(&kind.kind())).collect(),
            robots: robots.chain(owned_robots).collect(),
            scanners: declaring(|project| project.scanner.is_some()).collect(),
            registries: !desired.replications.is_empty()
                || desired.projects.iter().any(|project| project.registry.is_some()),
            replications: !desired.replications.is_empty() || ownership.of_kind(&REPLICATION).next().is_some(),
        }
    }

    /// All that lives in these projects.
    pub(super) fn look_into(&mut self, projects: &BTreeSet<String>) {
        let Self { members, retentions, objects, robots, .. } = self;
        for list in objects.values_mut().chain([members, retentions, robots]) {
            list.extend(projects.iter().cloned());
        }
    }

    /// The lists of plain kinds that are read of the projects that are there.
    pub(super) fn lists(&self, there: &BTreeMap<String, Project>) -> Vec<(&'static dyn AnyKind<Harbor>, Parent)> {
        let of_kind = |kind: &'static dyn AnyKind<Harbor>| {
            let wanted = self.objects.get(&kind.kind()).into_iter().flatten();
            let projects = wanted.filter_map(|name| there.get_key_value(name));
            projects.map(move |(name, project)| (kind, Parent::new(name, sight_of_project(project))))
        };
        project::kinds().flat_map(of_kind).collect()
    }

    /// What is not there where it is in no list.
    pub(super) fn looked(&self, strange_robots: bool) -> Looked {
        let Self { replications, ref robots, .. } = *self;
        Looked { replications, robots: robots.clone(), strange_robots }
    }

    /// All that there is.
    pub(super) fn everything(projects: &BTreeMap<String, Project>) -> Self {
        let all: BTreeSet<String> = projects.keys().cloned().collect();
        Self {
            members: all.clone(),
            retentions: all.clone(),
            objects: project::kinds().map(|kind| (kind.kind(), all.clone())).collect(),
            robots: all.clone(),
            scanners: all,
            registries: true,
            replications: true,
        }
    }
}

/// The projects of ours that are not declared any more: those that could go, of which all is read that others may have put into
/// them, and those that stay because images are in them, of which the members that we gave them are.
pub(super) fn left_behind(
    desired: &Desired,
    ownership: &Ownership,
    projects: &BTreeMap<String, Project>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let declared: BTreeSet<&str> = desired.projects.iter().map(|project| project.name.as_str()).collect();
    let is_left_behind = |name: &str| !declared.contains(name) && ownership.knows(&names::project(name));
    let ours = projects.keys().filter(|name| is_left_behind(name)).cloned();
    ours.partition(|name| projects.get(name).is_some_and(is_empty))
}

/// Whether a project holds no repositories: only then it may go.
pub(crate) fn is_empty(project: &Project) -> bool {
    project.repo_count.unwrap_or_default() == 0
}

/// The project in which an object lives. Older inventories joined its names: a project's holds no slash, while those of repositories
/// and tags do, so that the first slash is the one between them.
fn project_of(object: &ObjectId) -> Option<&str> {
    match object.in_parent() {
        Some((project, _)) => Some(project),
        None if object.parents().next().is_none() => object.name().split_once('/').map(|(project, _)| project),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{IMMUTABLE_RULE, LABEL};

    #[test]
    fn the_project_of_a_joined_entry_is_known_although_the_rule_is_about_repositories_below_others() {
        let joined = ObjectId::new(IMMUTABLE_RULE, "shop/backend/**:v*");
        assert_eq!(project_of(&joined), Some("shop"));
        assert_eq!(project_of(&ObjectId::within(LABEL, "shop", "a/b")), Some("shop"));
        assert_eq!(project_of(&ObjectId::new(LABEL, "alone")), None);
    }
}
