//! What is ours, still there, and not declared any more.
//!
//! Only objects of the inventory are looked at (law 5); the engine keeps the deletes out of the plan unless the run may prune, knows
//! which very object is ours, and nothing of others would go along.
//! Repositories are data that people pushed: a project that holds some is never deleted, and the server would refuse to.

use std::collections::BTreeSet;

use evenkeel_core::{memory::Memory, object::ObjectId, plan::Dependencies};
use evenkeel_engine::plain;
use evenkeel_kubernetes_client::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Operation, PlanBuilder, Removal, inside, objects, rest_of_policy, retention};
use crate::{
    desired::Desired,
    names::{
        self, GROUP_MEMBER, IMMUTABLE_RULE, LABEL, PROJECT, REGISTRY, REPLICATION, RETENTION, SECRET, USER_MEMBER,
        WEBHOOK,
    },
    observe::{Observed, is_empty, membership, retention_id},
    project, system,
};

/// What is said of a policy that is not only ours.
pub(crate) const RULES_STAY: &str = "has rules that others made or changed: only ours goes, and the policy stays";

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed, memory: &Memory) {
    let ownership = &memory.ownership;
    let declared = desired.objects();
    let is_left_behind = |object: &ObjectId| ownership.contains(object) && !declared.contains(object);
    // What lives in a project that goes, goes with it.
    let going: BTreeSet<String> = observed
        .projects
        .iter()
        .filter(|(name, project)| is_left_behind(&names::project(name)) && is_empty(project))
        .map(|(name, _)| name.clone())
        .collect();
    let mut staying = BTreeSet::new();
    for (name, project) in &observed.projects {
        if is_left_behind(&names::project(name)) && !going.contains(name) {
            staying.insert(name.as_str());
            let count = project.repo_count.unwrap_or_default();
            let message =
                format!("is not declared any more, but holds {count} repositories; it stays until they are gone");
            plan.note(names::project(name), message);
        }
    }
    for (name, policy) in &observed.retentions {
        let object = ObjectId::new(RETENTION, name.as_str());
        if is_left_behind(&object) && !going.contains(name) && retention::is_of_others(name, policy, &memory.secrets) {
            plan.note(object, "is not declared any more, but its rules were made or changed by others; it stays");
        }
    }
    let goes = |object: &ObjectId| {
        let is_project = object.kind() == &PROJECT;
        // A label names its project by number only, so that it would stay behind.
        let goes_along =
            !is_project && object.kind() != &LABEL && lives_in(object).is_some_and(|project| going.contains(project));
        // Whom a declared project leaves out is for its list of members to say.
        let is_member_elsewhere = [GROUP_MEMBER, USER_MEMBER].contains(object.kind())
            && !object.in_parent().is_some_and(|(project, _)| staying.contains(project));
        is_left_behind(object) && !goes_along && !is_member_elsewhere && (!is_project || going.contains(object.name()))
    };
    let removals: Vec<(ObjectId, Removal)> = removals(observed, memory).filter(|(object, _)| goes(object)).collect();
    let kinds = project::kinds().chain(system::kinds());
    let mut plain = plain::left_behind(kinds, &observed.objects, ownership, &declared);
    plain.retain(|left_behind| goes(&left_behind.there.object));
    let all = removals.iter().map(|(object, _)| object).chain(plain.iter().map(|one| &one.there.object));
    let all: Vec<ObjectId> = all.cloned().collect();
    let first = |object: &ObjectId| all.iter().filter(|other| comes_first(other, object)).cloned().collect();
    for (object, removal) in &removals {
        let takes_along = match removal {
            Removal::Project(name, ..) => inside::takes_along(observed, memory, name),
            _ => Vec::new(),
        };
        if let Removal::Retention(name, _, ours) = removal
            && observed.retentions.get(name).is_some_and(|policy| rest_of_policy(policy.clone(), ours).1 > 0)
        {
            plan.note(object.clone(), RULES_STAY);
        }
        let dependencies = Dependencies::after(first(object));
        plan.delete(object.clone(), dependencies, Operation::Delete(removal.clone())).takes_along(takes_along);
    }
    plain::prune(plan, plain, first, |there| objects::memberships(observed, there));
}

/// Nobody is left with credentials that do not work: a Secret goes before its robot. A registry goes once nothing uses it
/// (server-behaviour 6).
fn comes_first(other: &ObjectId, object: &ObjectId) -> bool {
    match object.kind() {
        kind if *kind == names::ROBOT => {
            let namespace = other.in_parent().map(|(namespace, _)| namespace);
            let rest = namespace.and_then(|namespace| object.name().strip_prefix(namespace));
            other.kind() == &SECRET && rest.is_some_and(|rest| rest.starts_with('-'))
        }
        kind if *kind == REGISTRY => [REPLICATION, PROJECT].contains(other.kind()),
        kind if *kind == PROJECT => other.kind() == &LABEL && lives_in(other) == Some(object.name()),
        _ => false,
    }
}

/// Everything that is there and could be removed.
fn removals<'a>(observed: &'a Observed, memory: &'a Memory) -> impl Iterator<Item = (ObjectId, Removal)> + 'a {
    let projects = observed.projects.iter().filter_map(|(name, project)| {
        let is_inside = |robot: &&String| robot.split_once('+').is_some_and(|(project, _)| project == name);
        let robots = observed.robots.keys().filter(is_inside).cloned().collect();
        Some((names::project(name), Removal::Project(name.clone(), project.project_id?.into(), robots)))
    });
    let retentions = observed.projects.iter().filter_map(|(name, project)| {
        let there = observed.retentions.get(name);
        if there.is_some_and(|policy| retention::is_of_others(name, policy, &memory.secrets)) {
            return None;
        }
        let ours = there.map(|policy| retention::ours(name, policy, &memory.secrets)).unwrap_or_default();
        let removal = Removal::Retention(name.clone(), retention_id(project)?, ours);
        Some((ObjectId::new(RETENTION, name.as_str()), removal))
    });
    let members = observed.members.iter().flat_map(|(project, members)| {
        members.iter().filter_map(move |member| {
            Some((membership(project, member)?, Removal::Member(project.clone(), member.id?)))
        })
    });
    let robots = observed
        .robots
        .iter()
        .filter_map(|(name, there)| Some((names::robot(name), Removal::Robot(name.clone(), there.robot.id?))));
    let replications = observed.replications.iter().filter_map(|(name, policy)| {
        Some((ObjectId::new(REPLICATION, name.as_str()), Removal::Replication(policy.id?)))
    });
    let secrets = observed.cluster.iter().flat_map(|cluster| &cluster.secrets);
    let secrets = secrets.map(|(object, there)| (object.clone(), Removal::Secret(Box::new(as_seen(there.metadata())))));
    replications.chain(secrets).chain(members).chain(robots).chain(retentions).chain(projects)
}

/// The project in which an object lives.
fn lives_in(object: &ObjectId) -> Option<&str> {
    let kind = object.kind();
    if kind == &RETENTION {
        return Some(object.name());
    }
    if kind == &names::ROBOT {
        return object.name().split_once('+').map(|(project, _)| project);
    }
    let in_project = [IMMUTABLE_RULE, WEBHOOK, LABEL].contains(kind);
    in_project.then(|| object.in_parent().map(|(project, _)| project)).flatten()
}

/// By what the API tells one state of one object from all others.
fn as_seen(metadata: &ObjectMeta) -> ObjectMeta {
    ObjectMeta {
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        resource_version: metadata.resource_version.clone(),
        ..ObjectMeta::default()
    }
}
