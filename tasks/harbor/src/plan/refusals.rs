//! What Harbor would refuse, told before a write: it ends with 78, in `plan` and `check` as well.

use std::collections::BTreeSet;

use evenkeel_core::{
    object::ObjectId,
    plan::{Unjudged, WhyUnjudged},
};

use super::PlanBuilder;
use crate::{
    desired::{Desired, DesiredRobot, SecretHome},
    names::{self, REGISTRY, REPLICATION},
    observe::{Grantable, Observed},
    permissions::{DENIED, SYSTEM},
};

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    registries(plan, desired, observed);
    for robot in &desired.robots {
        let refused = refused_rights(robot, observed.grantable.as_ref());
        if let (Some((place, resource, action)), Some(grantable)) = (refused.first(), &observed.grantable) {
            plan.leave_unjudged(Unjudged {
                objects: vec![robot.object()],
                why: WhyUnjudged::Fixed,
                message: format!(
                    "robot `{}` is left as it is: harbor has no right `{action}` for `{resource}` {}",
                    robot.stored_name(),
                    if place == SYSTEM { "in the system" } else { "in projects" }
                ),
                hint: rights_that_there_are(grantable, place, resource),
            });
        }
    }
}

/// The declared rights of a robot that the server gives to nobody, each with its place; none where nobody asked what it gives.
pub(super) fn refused_rights(robot: &DesiredRobot, grantable: Option<&Grantable>) -> Vec<(String, String, String)> {
    let (SecretHome::Declared(_) | SecretHome::Kept, Some(grantable)) = (&robot.secret, grantable) else {
        return Vec::new();
    };
    let wanted = robot.fields.value.permissions.iter();
    let wanted = wanted.flat_map(|(place, rights)| rights.iter().map(move |right| (place, right)));
    let rights = wanted.map(|(place, (resource, action))| {
        // What can be denied is what can be given.
        (place.clone(), (resource.clone(), action.strip_suffix(DENIED).unwrap_or(action).to_owned()))
    });
    let refused = rights.filter(|(place, right)| !grantable.at(place).contains(right));
    refused.map(|(place, (resource, action))| (place, resource, action)).collect()
}

fn rights_that_there_are(grantable: &Grantable, place: &str, resource: &str) -> String {
    let rights = grantable.at(place);
    let actions: Vec<&str> =
        rights.iter().filter(|(known, _)| known == resource).map(|(_, action)| action.as_str()).collect();
    if !actions.is_empty() {
        return format!("for `{resource}` there are `{}`", actions.join("`, `"));
    }
    let resources: BTreeSet<&str> = rights.iter().map(|(known, _)| known.as_str()).collect();
    format!("there are rights for `{}`", resources.into_iter().collect::<Vec<_>>().join("`, `"))
}

/// Registries that a cache or a replication names and that are neither declared nor there.
fn registries(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let is_missing = |name: &&String| {
        let registry = ObjectId::new(REGISTRY, name.as_str());
        observed.objects.get(&registry).is_none() && desired.system.iter().all(|declared| declared.object != registry)
    };
    let of_projects = desired.projects.iter().filter(|project| !observed.projects.contains_key(&project.name));
    let of_projects =
        of_projects.filter_map(|project| Some((names::project(&project.name), project.registry.as_ref()?)));
    let of_replications = desired.replications.iter().flat_map(|replication| {
        let ends = replication.source.iter().chain(&replication.destination);
        ends.map(|registry| (ObjectId::new(REPLICATION, replication.name.as_str()), registry))
    });
    for (object, registry) in of_projects.chain(of_replications).filter(|(_, registry)| is_missing(registry)) {
        plan.leave_unjudged(Unjudged {
            message: format!("`{object}` names registry `{registry}`, which is neither declared nor there"),
            objects: vec![object],
            why: WhyUnjudged::Fixed,
            hint: "declare it under `harbor.registries`".to_owned(),
        });
    }
}
