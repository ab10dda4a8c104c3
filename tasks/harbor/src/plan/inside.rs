//! What goes with a project that is deleted: what others have put into it keeps it (law 5).
//!
//! What our own writes put there as a part of it (memberships, the policy of a cache) is no object that counts.

use evenkeel_core::{
    memory::{Memory, Ownership, Secrets},
    object::ObjectId,
};
use evenkeel_harbor_client::types::{Project, RetentionRule};

use crate::{
    desired::Member,
    names::{self, LABEL, RETENTION, RETENTION_RULE, ROBOT_PERMISSION},
    observe::{Observed, membership, retention_id, rights},
    project,
};

use super::retention::{self, TEMPLATE_OF_CACHE};

pub(super) fn takes_along(observed: &Observed, memory: &Memory, name: &str) -> Vec<ObjectId> {
    let Some(project) = observed.projects.get(name) else { return Vec::new() };
    let inside = Inside { observed, ownership: &memory.ownership, secrets: &memory.secrets, name, project };
    let mut objects = inside.members();
    objects.extend(inside.robots());
    objects.extend(inside.permissions());
    objects.extend(inside.objects());
    objects.extend(inside.retention());
    objects
}

struct Inside<'a> {
    observed: &'a Observed,
    ownership: &'a Ownership,
    secrets: &'a Secrets,
    name: &'a str,
    project: &'a Project,
}

impl Inside<'_> {
    /// All but whoever made the project (server-behaviour 4), and whom we have made a member.
    fn members(&self) -> Vec<ObjectId> {
        let maker = self.project.owner_name.clone().map(|maker| Member::User(maker).object(self.name));
        let members = self.observed.members.get(self.name).into_iter().flatten();
        let members = members.filter_map(|member| membership(self.name, member));
        members.filter(|member| Some(member) != maker.as_ref() && !self.ownership.contains(member)).collect()
    }

    fn robots(&self) -> impl Iterator<Item = ObjectId> {
        let robots = self.observed.robots.keys();
        robots
            .filter(|robot| robot.split_once('+').is_some_and(|(home, _)| home == self.name))
            .map(|robot| names::robot(robot))
    }

    /// Robots of the system lose what they may do in the project.
    fn permissions(&self) -> impl Iterator<Item = ObjectId> {
        let robots = self.observed.robots.iter().filter(|(robot, _)| !self.ownership.contains(&names::robot(robot)));
        let robots =
            robots.filter(|(robot, there)| !robot.contains('+') && rights(&there.robot).contains_key(self.name));
        robots.map(|(robot, _)| ObjectId::within(ROBOT_PERMISSION, self.name, robot))
    }

    /// Those of plain kinds. The server leaves labels behind, where nobody finds them: ours go by themselves, before the project.
    fn objects(&self) -> impl Iterator<Item = ObjectId> {
        let objects = project::kinds().flat_map(|kind| self.observed.objects.all_in(&kind.key(), self.name));
        let goes_by_itself = |object: &ObjectId| *object.kind() == LABEL && self.ownership.knows(object);
        objects.map(|there| there.object.clone()).filter(move |object| !goes_by_itself(object))
    }

    /// The policy, and the rules of others in it. A cache comes with a policy of one rule.
    fn retention(&self) -> Vec<ObjectId> {
        let policy = ObjectId::new(RETENTION, self.name);
        if retention_id(self.project).is_none() {
            return Vec::new();
        }
        let comes_along = self.project.registry_id.is_some_and(|id| id != 0) && !self.ownership.contains(&policy);
        let of_cache = |rule: &RetentionRule| comes_along && rule.template.as_deref() == Some(TEMPLATE_OF_CACHE);
        let there = self.observed.retentions.get(self.name);
        let ours = there.map(|policy| retention::ours(self.name, policy, self.secrets)).unwrap_or_default();
        let rules = there.into_iter().flat_map(|policy| policy.rules.iter().flatten());
        let others = rules.enumerate().filter(|(_, rule)| !ours.contains(&retention::view(rule)) && !of_cache(rule));
        let others = others.map(|(index, _)| ObjectId::within(RETENTION_RULE, self.name, &(index + 1).to_string()));
        others.chain(Some(policy).filter(|_| !comes_along)).collect()
    }
}
