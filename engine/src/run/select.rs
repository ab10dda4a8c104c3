//! What of a plan this run may do: its selection, and the limits of deleting (law 5).

use evenkeel_core::{
    memory::Ownership,
    plan::{Action, Change, Plan},
    report::Failure,
};

use crate::command_line::Options;

/// A plan that may be applied as it is.
pub(super) struct Selection<O> {
    pub plan: Plan<O>,
    /// Why no object is deleted, although the run may delete.
    pub refused: Option<Failure>,
}

/// Narrows `plan` to what the options select and allow, in a run that has `deleted` objects already.
pub(super) fn select<O>(plan: Plan<O>, options: &Options, ownership: &Ownership, deleted: usize) -> Selection<O> {
    let plan = plan
        .judging_only(|object| options.only.is_empty() || options.only.iter().any(|selector| selector.matches(object)));
    let plan =
        plan.only(|change| is_selected(change, options)).without(|change| not_allowed(change, options, ownership));
    let deletes = plan.changes().iter().filter(|change| change.action == Action::Delete).count();
    if deletes + deleted <= options.max_deletes || deletes == 0 {
        return Selection { plan, refused: None };
    }
    let message = format!(
        "{} deletes are more than `--max-deletes {}` allows, so nothing is deleted",
        deletes + deleted,
        options.max_deletes
    );
    let hint = format!("if all of them are meant, allow them with `--max-deletes {}`", deletes + deleted);
    let kept = "is not declared any more; it stays, because there are more deletes than `--max-deletes` allows";
    let plan = plan.without(|change| (change.action == Action::Delete).then(|| kept.to_owned()));
    Selection { plan, refused: Some(Failure { message, hint: Some(hint) }) }
}

fn is_selected<O>(change: &Change<O>, options: &Options) -> bool {
    let by_name = options.only.is_empty() || options.only.iter().any(|selector| selector.matches(&change.object));
    let by_team = options.team.as_deref().is_none_or(|team| change.team.as_deref() == Some(team));
    by_name && by_team
}

/// Why a delete is not done.
fn not_allowed<O>(change: &Change<O>, options: &Options, ownership: &Ownership) -> Option<String> {
    if change.action != Action::Delete {
        return None;
    }
    let reason = if !ownership.contains(&change.object) {
        // Tasks plan deletes of our objects only; this is the second lock on that door.
        "is not declared; it stays, because the inventory does not list it as ours"
    } else if !options.prune {
        "is not declared any more; `--prune` removes it"
    } else if change.removes_data && !options.prune_data {
        "is not declared any more and holds data; `--prune --prune-data` removes it with its data"
    } else {
        return None;
    };
    Some(reason.to_owned())
}
