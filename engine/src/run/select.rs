//! What of a plan this run may do: its selection, and the limits of taking away (law 5).

use evenkeel_core::{
    memory::Ownership,
    object::ObjectId,
    plan::{Action, Change, Plan},
    report::Failure,
};

use super::record::Taken;
use crate::command_line::{Options, OwnOptions};

/// A plan that may be applied as it is.
pub(super) struct Selection<O> {
    pub plan: Plan<O>,
    /// Why nothing is deleted, or no relation taken away, although the run may.
    pub refused: Option<Failure>,
}

/// Narrows `plan` to what the options select and allow, in a run that has `taken` something away already.
pub(super) fn select<O, P: OwnOptions>(
    plan: Plan<O>,
    options: &Options<P>,
    ownership: &Ownership,
    taken: &Taken,
) -> Selection<O> {
    let plan = plan
        .judging_only(|object| options.only.is_empty() || options.only.iter().any(|selector| selector.matches(object)));
    let plan =
        plan.only(|change| is_selected(change, options)).without(|change| not_allowed(change, options, ownership));
    let (plan, deletes) = within_max_deletes(plan, options.max_deletes, taken);
    let (plan, removals) = within_max_removals(plan, options.max_removals, taken);
    let refused = [deletes, removals].into_iter().flatten().reduce(both);
    Selection { plan, refused }
}

fn is_selected<O, P: OwnOptions>(change: &Change<O>, options: &Options<P>) -> bool {
    let by_name = options.only.is_empty() || options.only.iter().any(|selector| selector.matches(&change.object));
    let by_team = options.team.as_deref().is_none_or(|team| change.team.as_deref() == Some(team));
    by_name && by_team
}

/// Why a delete is not done.
fn not_allowed<O, P: OwnOptions>(change: &Change<O>, options: &Options<P>, ownership: &Ownership) -> Option<String> {
    if change.action != Action::Delete {
        return None;
    }
    let reason = if !ownership.contains(&change.object) {
        // Tasks plan deletes of our objects only; this is the second lock on that door.
        "is not declared; it stays, because the inventory does not list it as ours"
    } else if !ownership.knows(&change.object) {
        "is not declared any more; it stays, because the inventory does not say which object of this name is ours: \
         remove it by hand, or declare it once more for one run"
    } else if let Some(in_the_way) = in_the_way(&change.takes_along, ownership) {
        return Some(in_the_way);
    } else if !options.prune {
        "is not declared any more; `--prune` removes it"
    } else if change.removes_data && !options.prune_data {
        "is not declared any more and holds data; `--prune --prune-data` removes it with its data"
    } else {
        return None;
    };
    Some(reason.to_owned())
}

/// What others have put into an object keeps it from being deleted.
fn in_the_way(takes_along: &[ObjectId], ownership: &Ownership) -> Option<String> {
    let mut foreign = takes_along.iter().filter(|object| !ownership.knows(object));
    let first = foreign.next()?;
    let what = match foreign.count() {
        0 => format!("`{first}`, which is not ours"),
        more => format!("`{first}` and {more} more that are not ours"),
    };
    Some(format!("is not declared any more; it stays, because it would take along {what}"))
}

fn within_max_deletes<O>(plan: Plan<O>, most: usize, taken: &Taken) -> (Plan<O>, Option<Failure>) {
    let deletes = || plan.changes().iter().filter(|change| change.action == Action::Delete);
    let mut all = taken.deleted.clone();
    deletes().for_each(|change| {
        all.insert(change.object.clone());
        all.extend(change.takes_along.iter().cloned());
    });
    let count = all.len();
    if count <= most || deletes().next().is_none() {
        return (plan, None);
    }
    let message = format!("{count} deletes are more than `--max-deletes {most}` allows, so nothing is deleted");
    let hint = format!("if all of them are meant, allow them with `--max-deletes {count}`");
    let kept = "is not declared any more; it stays, because there are more deletes than `--max-deletes` allows";
    let plan = plan.without(|change| (change.action == Action::Delete).then(|| kept.to_owned()));
    (plan, Some(Failure { message, hint: Some(hint) }))
}

fn within_max_removals<O>(plan: Plan<O>, most: usize, taken: &Taken) -> (Plan<O>, Option<Failure>) {
    let removals = plan.changes().iter().filter(|change| change.removes_relation).count();
    let count = removals + taken.relations;
    if count <= most || removals == 0 {
        return (plan, None);
    }
    let message = format!(
        "{count} memberships, roles and scopes would be taken away, more than `--max-removals {most}` allows, so none is"
    );
    let hint = format!("if all of them are meant, allow them with `--max-removals {count}`");
    let kept = "stays, because more is taken away than `--max-removals` allows";
    let plan = plan.without(|change| change.removes_relation.then(|| kept.to_owned()));
    (plan, Some(Failure { message, hint: Some(hint) }))
}

/// Two failures as one.
fn both(one: Failure, other: Failure) -> Failure {
    let hints: Vec<String> = [one.hint, other.hint].into_iter().flatten().collect();
    Failure { message: format!("{}; {}", one.message, other.message), hint: Some(hints.join("; ")) }
}
