//! A change of a robot moves the state for which its Secret is noted to work: where nothing else differs in the Secret, the note follows
//! together with the change, so that one change is planned and the note is written once.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::object::ObjectId;

use super::{Operation, PlanBuilder};
use crate::{
    desired::{Desired, DesiredCredential},
    observe::{Observed, ObservedSecret, Published},
};

/// A Secret whose content works, and its robot's project.
#[derive(Clone, Debug)]
pub struct NotedSecret {
    /// The Secret as it was seen.
    pub seen: ObservedSecret,
    /// The key that holds the credentials.
    pub key: &'static str,
    /// The host by which images are named.
    pub registry_host: String,
    /// The project in which the robot has its rights.
    pub project: String,
}

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let (Some(wanted), Some(cluster)) = (&desired.cluster, &observed.cluster) else { return };
    let updated: BTreeSet<String> =
        plan.changes().iter().filter_map(|change| updated_robot(&change.operation)).collect();
    if updated.is_empty() {
        return;
    }
    plan.retain(|change| match &change.operation {
        Operation::NoteVerified(publication) => !updated.contains(&publication.credential.robot),
        _ => true,
    });
    let changed: BTreeSet<ObjectId> = plan.changes().iter().map(|change| change.object.clone()).collect();
    let works = |credential: &&DesiredCredential| {
        let object = credential.object();
        let state = observed.credentials.get(&object);
        matches!(state, Some(Published::Works | Published::WorksUnnoted)) && !changed.contains(&object)
    };
    let credentials: BTreeMap<&str, &DesiredCredential> =
        wanted.credentials.iter().filter(works).map(|credential| (credential.robot.as_str(), credential)).collect();
    for change in plan.changes_mut() {
        let Operation::UpdateRobot(robot, _, _, noted) = &mut change.operation else { continue };
        let Some(credential) = credentials.get(robot.stored_name().as_str()) else { continue };
        let Some(seen) = cluster.secrets.get(&credential.object()) else { continue };
        *noted = Some(Box::new(NotedSecret {
            seen: seen.clone(),
            key: credential.form.key(),
            registry_host: wanted.registry_host.clone(),
            project: credential.project.clone(),
        }));
    }
}

fn updated_robot(operation: &Operation) -> Option<String> {
    match operation {
        Operation::UpdateRobot(robot, ..) => Some(robot.stored_name()),
        _ => None,
    }
}
