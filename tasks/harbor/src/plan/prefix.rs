//! What every robot's name begins with: a change of it renames all robots of the server at once, those of other people among
//! them, who then log in by a name that does not exist any more (server-behaviour 5).

use std::collections::BTreeSet;

use evenkeel_core::{memory::Ownership, object::ObjectId};

use crate::{
    desired::{Desired, SecretHome},
    names::{self, ROBOT_NAME_PREFIX},
    observe::{Observed, Published},
};

/// The prefix that robots have once the plan is done.
pub(super) struct ComingPrefix {
    /// The prefix.
    pub(super) text: String,
    /// What robots wait for: the change of the prefix, where it can come.
    pub(super) change: Option<ObjectId>,
    /// Robots of other people, which keep the prefix from changing.
    pub(super) in_the_way: Vec<String>,
}

/// A server whose environment fixes the prefix keeps its own, and so does one on which other people have robots, unless the
/// values say that those may be renamed.
pub(super) fn plan(desired: &Desired, observed: &Observed, ownership: &Ownership) -> ComingPrefix {
    let there = observed.configuration.text(ROBOT_NAME_PREFIX);
    let moves = observed.configuration.moves_prefix(desired);
    let in_the_way = if moves && !desired.configuration.rename_foreign_robots {
        foreign_robots(desired, observed, ownership)
    } else {
        Vec::new()
    };
    let comes = moves && in_the_way.is_empty();
    let coming = desired.configuration.prefix().filter(|_| comes);
    ComingPrefix {
        text: coming.unwrap_or(there).to_owned(),
        change: comes.then(|| names::configuration(ROBOT_NAME_PREFIX)),
        in_the_way,
    }
}

/// The robots that nobody declared and that are not ours, as people know them now.
fn foreign_robots(desired: &Desired, observed: &Observed, ownership: &Ownership) -> Vec<String> {
    let ours = ours(desired, observed, ownership);
    let declared: BTreeSet<String> = desired
        .robots
        .iter()
        .filter(|robot| matches!(robot.secret, SecretHome::Declared(_) | SecretHome::Kept))
        .map(crate::desired::DesiredRobot::stored_name)
        .collect();
    let prefix = observed.configuration.text(ROBOT_NAME_PREFIX);
    let foreign = observed.robots.keys().filter(|robot| !ours.contains(*robot) && !declared.contains(*robot));
    foreign.map(|robot| format!("{prefix}{robot}")).collect()
}

/// The robots that are ours, by the names without prefix: those of the inventory, this task's own by what it says of itself, and
/// those whose credentials are in a Secret with our labels and work: others that have the name by now know another secret. A lost
/// inventory forgets only the first.
pub(crate) fn ours(desired: &Desired, observed: &Observed, ownership: &Ownership) -> BTreeSet<String> {
    let listed = observed.robots.keys().filter(|robot| ownership.contains(&names::robot(robot))).cloned();
    let own = desired.robots.iter().filter(|robot| matches!(robot.secret, SecretHome::Own)).filter(|robot| {
        let there = observed.robots.get(&robot.stored_name());
        let says = there.and_then(|there| there.robot.description.as_deref());
        says.is_some_and(|says| Some(says) == robot.fields.value.description.as_deref())
    });
    let secrets = observed.cluster.as_ref().map(|cluster| &cluster.secrets);
    let works = |object: &ObjectId| {
        matches!(observed.credentials.get(object), Some(Published::Works | Published::WorksUnnoted))
    };
    let published = desired.cluster.iter().flat_map(|cluster| &cluster.credentials).filter(|credential| {
        let object = credential.object();
        secrets.and_then(|secrets| secrets.get(&object)).is_some_and(|secret| secret.labelled) && works(&object)
    });
    listed
        .chain(own.map(crate::desired::DesiredRobot::stored_name))
        .chain(published.map(|credential| credential.robot.clone()))
        .collect()
}
