//! What the task's own plan would still change is decided otherwise, until nothing is left but this task's own robot.

use evenkeel_core::plan::Change;
use evenkeel_engine::export::{Exported, judge};

use super::{
    compose::{Composed, Composing},
    decisions::Decisions,
    place::Place,
};
use crate::{
    Harbor,
    names::{ROBOT, ROBOT_SECRET},
    observe::Observed,
    plan::Operation,
};

/// Each round takes back whatever the one before would change.
const MOST_ROUNDS: usize = 12;

/// The values for what is there.
pub(super) fn settled(place: &Place, observed: &Observed) -> Exported {
    let mut decisions = Decisions::first(place, observed);
    let mut round = 0;
    loop {
        round += 1;
        let composed = Composing::new(place, observed, &decisions).composed();
        let changes = match judge::plan::<Harbor>(&composed.layers, &composed.secrets, observed) {
            Ok(plan) => plan.changes().to_vec(),
            Err(problem) => return finished(place, composed, &decisions, false, vec![problem]),
        };
        let (own, others): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| is_own(place, change));
        let before = decisions.clone();
        others.iter().for_each(|change| decisions.take_back(change));
        if decisions == before || round == MOST_ROUNDS {
            let still_differs = others.iter().map(|change| change.object.to_string()).collect();
            return finished(place, composed, &before, !own.is_empty(), still_differs);
        }
    }
}

/// Whether a change is about this task's own robot, which no values can leave out.
fn is_own(place: &Place, change: &Change<Operation>) -> bool {
    let kind = change.object.kind();
    (*kind == ROBOT || *kind == ROBOT_SECRET) && change.object.name() == place.own_robot
}

fn finished(
    place: &Place,
    composed: Composed,
    decisions: &Decisions,
    adds_robot: bool,
    still_differs: Vec<String>,
) -> Exported {
    let Composed { layers, secrets } = composed;
    let mut left_out: Vec<String> = layers.iter().flat_map(|layer| layer.remarks.clone()).collect();
    let keys = decisions.keys_left_out.iter();
    left_out
        .extend(keys.map(|key| format!("key `{key}` of the configuration, which harbor does not keep as declared")));
    let objects = decisions.left_out.iter();
    left_out.extend(objects.map(|object| format!("`{object}`, which harbor does not keep as declared")));
    let own = format!("robot `{}`, as which evenkeel does what a robot may", place.own_robot);
    let added = adds_robot.then_some(own).into_iter().collect();
    Exported { layers, secrets, left_out, added, still_differs, ..Exported::default() }
}
