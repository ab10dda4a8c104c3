//! Robots: what they may do, whether they are awake, and secrets that the values or the vault know.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    diff::{FieldChange, Rule, Rules},
    memory::Ownership,
    object::ObjectId,
    plan::{Action, Dependencies, Origin},
};
use serde::Serialize;

use super::{Operation, PlanBuilder, ours, prefix::ComingPrefix, refusals::refused_rights};
use crate::{
    desired::{Declared, Desired, DesiredRobot, RobotFields, RobotHome, SecretHome},
    names::{self, ROBOT_SECRET},
    observe::{Grantable, Observed, ObservedRobot, OwnRobot, rights},
    permissions::DENIED,
};

/// What is compared of a robot.
#[derive(Serialize)]
struct View {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired: Option<bool>,
    permissions: BTreeMap<String, Vec<String>>,
}

/// A change replaces all rights, so that they are compared as a whole.
const RULES: Rules = Rules(&[("permissions", Rule::Whole)]);

/// This task's own robot, before everything that it is to do: until it works the administrator does it, at ten times the cost.
pub(super) fn plan_own(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed, prefix: &ComingPrefix) {
    plan_those(plan, desired, observed, prefix, |robot| matches!(robot.secret, SecretHome::Own));
}

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed, prefix: &ComingPrefix) {
    plan_those(plan, desired, observed, prefix, |robot| !matches!(robot.secret, SecretHome::Own));
}

fn plan_those(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    observed: &Observed,
    prefix: &ComingPrefix,
    are_meant: impl Fn(&DesiredRobot) -> bool,
) {
    let ours = ours(desired, observed, plan.ownership());
    for declared in desired.robots.iter().filter(|robot| are_meant(robot)) {
        let robot = with_grantable_rights(declared, observed.grantable.as_ref());
        let there = observed.robots.get(&robot.stored_name());
        if is_implied(&robot) && !ours.contains(&robot.stored_name()) && left_to_others(plan, &robot, there, observed) {
            continue;
        }
        if !refused_rights(&robot, observed.grantable.as_ref()).is_empty() {
            continue;
        }
        plan_robot(plan, &robot, there, prefix);
        plan_secret(plan, &robot, there, observed, prefix);
    }
}

/// Whether nobody wrote anything about a robot: a team implies it, or this task makes it for itself.
fn is_implied(robot: &DesiredRobot) -> bool {
    matches!(robot.secret, SecretHome::Own | SecretHome::Published)
}

/// Whether an implied robot that is not ours is left to other people: one that they made, and one that would get rights in a
/// project that they made. It is told.
fn left_to_others(
    plan: &mut PlanBuilder<'_>,
    robot: &DesiredRobot,
    there: Option<&ObservedRobot>,
    observed: &Observed,
) -> bool {
    if let Some(there) = there {
        leave_alone(plan, robot, there);
        return true;
    }
    let stored = robot.stored_name();
    let mut places = robot.fields.value.permissions.keys();
    let Some(project) = places.find(|place| is_withheld(&stored, place, observed, plan.ownership())) else {
        return false;
    };
    plan.leave_alone(&names::project(project), [format!("robot {stored}")]);
    true
}

/// Whether an implied robot that is not there is not made: whoever has its secret would get into a project that other people
/// made. Saying that the project or the robot is ours lets it be made.
pub(super) fn is_withheld(robot: &str, project: &str, observed: &Observed, ownership: &Ownership) -> bool {
    !observed.robots.contains_key(robot)
        && observed.projects.contains_key(project)
        && !ownership.contains(&names::project(project))
        && !ownership.contains(&names::robot(robot))
}

/// A robot of that name that other people made keeps what it may do, and its secret: they may be using it.
fn leave_alone(plan: &mut PlanBuilder<'_>, robot: &DesiredRobot, there: &ObservedRobot) {
    if matches!(robot.secret, SecretHome::Own) {
        let message = format!(
            "is there and not ours, so that the administrator does what a robot could; `apply --adopt --only {}` makes it ours, \
             which lets `--prune` remove it too",
            robot.object()
        );
        return plan.note(robot.object(), message);
    }
    let difference = plan.differing(&view(&robot.fields.value, Some(there)), &seen(there), RULES);
    plan.leave_alone(&robot.object(), difference.changes.iter().map(|change| &*change.path));
}

/// Our own robot wants what the server's version can give; all others want what is declared.
fn with_grantable_rights(robot: &DesiredRobot, grantable: Option<&Grantable>) -> DesiredRobot {
    let mut robot = robot.clone();
    if let (SecretHome::Own, Some(grantable)) = (&robot.secret, grantable) {
        for (place, wanted) in &mut robot.fields.value.permissions {
            wanted.retain(|right| grantable.at(place).contains(right));
        }
        robot.fields.value.permissions.retain(|_, rights| !rights.is_empty());
    }
    robot
}

fn plan_robot(plan: &mut PlanBuilder<'_>, robot: &DesiredRobot, there: Option<&ObservedRobot>, prefix: &ComingPrefix) {
    let object = robot.object();
    let declared = Declared::new(view(&robot.fields.value, there), robot.fields.cause.clone());
    let (declared, seen) = (declared.of_team(robot.fields.team.clone()), there.map(seen));
    let places = robot.fields.value.permissions.keys().filter(|place| !["/", "*"].contains(&place.as_str()));
    let home = match &robot.home {
        RobotHome::Project(project) => Some(names::project(project)),
        RobotHome::System => None,
    };
    // A change names the robot by its full name, so that the prefix must not move meanwhile.
    let waits_for = places.map(|place| names::project(place)).chain(home).chain(prefix.change.clone());
    let waits_for: BTreeSet<ObjectId> = waits_for.collect();
    let dependencies = Dependencies::after(waits_for).exclusive_in(object.clone());
    let changed =
        plan.compare_view(object, &declared, seen.as_ref(), RULES, dependencies, |action| match (action, there) {
            (Action::Update, Some(there)) => {
                let id = there.robot.id.unwrap_or_default();
                Operation::UpdateRobot(Box::new(robot.clone()), id, there.expired, None)
            }
            _ => Operation::CreateRobot(Box::new(robot.clone())),
        });
    let loses_rights = there.is_some_and(|there| loses_rights(&rights(&there.robot), &robot.fields.value.permissions));
    // Asleep, it refuses the right secret too, which would be replaced then (server-behaviour 5).
    changed.removes_relation(loses_rights).is_needed(there.is_some_and(ObservedRobot::is_dormant));
}

type Permissions = BTreeMap<String, BTreeSet<(String, String)>>;

/// Whether a robot could do something that it shall not do any more.
fn loses_rights(there: &Permissions, wanted: &Permissions) -> bool {
    let is_wanted =
        |place: &str, right: &(String, String)| wanted.get(place).is_some_and(|wanted| wanted.contains(right));
    let mut granted = there
        .iter()
        .flat_map(|(place, rights)| rights.iter().map(move |right| (place, right)))
        .filter(|(_, (_, action))| !action.ends_with(DENIED));
    granted.any(|(place, right)| !is_wanted(place, right))
}

/// What is there of a robot.
fn seen(there: &ObservedRobot) -> View {
    View {
        description: there.robot.description.clone(),
        disable: there.robot.disable,
        duration: there.robot.duration,
        expired: Some(there.expired),
        permissions: words(&rights(&there.robot)),
    }
}

/// A robot whose time is over is extended where a duration is declared.
fn view(fields: &RobotFields, there: Option<&ObservedRobot>) -> View {
    let is_over = there.is_some_and(|there| there.expired);
    View {
        description: fields.description.clone(),
        disable: fields.disable,
        duration: fields.duration,
        expired: (is_over && fields.duration.is_some()).then_some(false),
        permissions: words(&fields.permissions),
    }
}

fn words(permissions: &BTreeMap<String, BTreeSet<(String, String)>>) -> BTreeMap<String, Vec<String>> {
    let words = |rights: &BTreeSet<(String, String)>| {
        rights.iter().map(|(resource, action)| format!("{resource} {action}")).collect()
    };
    permissions.iter().map(|(place, rights)| (place.clone(), words(rights))).collect()
}

/// Secrets that are not a team's: they are set where they do not work.
fn plan_secret(
    plan: &mut PlanBuilder<'_>,
    robot: &DesiredRobot,
    there: Option<&ObservedRobot>,
    observed: &Observed,
    prefix: &ComingPrefix,
) {
    let stored = robot.stored_name();
    let object = ObjectId::new(ROBOT_SECRET, stored.as_str());
    let dependencies = Dependencies::after([robot.object()].into_iter().chain(prefix.change.clone()));
    let action = if there.is_some() { Action::Update } else { Action::Create };
    let operation = match &robot.secret {
        SecretHome::Published => return,
        SecretHome::Own if observed.own_robot == OwnRobot::Works => return,
        // It is woken first: asleep, the right secret is refused too (server-behaviour 5).
        SecretHome::Own if observed.own_robot == OwnRobot::Refused && there.is_some_and(ObservedRobot::is_dormant) => {
            return;
        }
        SecretHome::Own => Operation::EquipOwnRobot(stored),
        SecretHome::Declared(_) | SecretHome::Kept => {
            let disabled = there.is_some_and(|there| there.robot.disable == Some(true));
            let expired = there.is_some_and(|there| there.expired);
            let is_new = there.is_none();
            if !robot.will_be_awake(disabled, expired) || !(is_new || observed.refused_secrets.contains(&stored)) {
                return;
            }
            Operation::SetSecret(Box::new(robot.clone()))
        }
    };
    let origin = Origin::of(&robot.fields);
    plan.push(object, action, FieldChange::secret("secret"), origin, dependencies, operation);
}
