//! Law 5: nothing that is not ours is deleted, and what is ours only when somebody says so.

use std::collections::BTreeSet;

use evenkeel_core::{object::ObjectId, plan::Action, report::Status};
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::Kind;

use crate::{
    bench::{Bench, told},
    essence::{differences, essence},
    subject::Subject,
};

/// Servers that were made equal to more values than are declared now.
async fn left_behind<S: Subject>() -> Bench<S> {
    let bench = Bench::<S>::converged().await;
    bench.declare(&S::fewer_values(&bench.subject.urls()));
    bench
}

/// Applies with the word for deleting, and with that for deleting data.
async fn prune<S: Subject>(bench: &Bench<S>, data: bool) -> Finished {
    bench.apply_with(|options| (options.prune, options.prune_data, options.max_deletes) = (true, data, 1_000)).await
}

fn deleted(finished: &Finished) -> BTreeSet<ObjectId> {
    let deletes = finished.report.changes.iter().filter(|change| change.change.action == Action::Delete);
    deletes.filter(|change| change.status == Status::Applied).map(|change| change.change.object.clone()).collect()
}

/// Without the word for it nothing is deleted, and each object that stays is told of.
pub(crate) async fn what_is_not_declared_any_more_stays_and_is_told<S: Subject>() {
    let bench = left_behind::<S>().await;
    let finished = bench.converge().await;
    assert_eq!(deleted(&finished), BTreeSet::new());
    let told_of: BTreeSet<ObjectId> = finished.report.notes.iter().map(|note| note.object.clone()).collect();
    let pruned = prune(&bench, true).await;
    let pruned = deleted(&pruned);
    assert!(!pruned.is_empty());
    let not_told: Vec<&ObjectId> = pruned.difference(&told_of).collect();
    assert!(not_told.is_empty(), "{not_told:?}");
}

/// With both words the server ends as one that never held more, and everything of other people's is still there.
pub(crate) async fn prune_leaves_what_fewer_values_would_have_made<S: Subject>() {
    let never_more = Bench::<S>::new();
    never_more.declare(&S::fewer_values(&never_more.subject.urls()));
    never_more.converge().await;
    let bench = left_behind::<S>().await;
    let finished = prune(&bench, true).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let differences = differences(&essence(&never_more.subject), &essence(&bench.subject));
    assert_eq!(S::without_lasting_traces(differences), [""; 0]);
    bench.subject.forget();
    prune(&bench, true).await;
    assert_eq!(bench.count(Kind::Write), 0, "{:?}", bench.subject.requests());
}

/// Other people's objects of every kind are there, and stay: none of them is in the inventory.
pub(crate) async fn prune_never_touches_what_other_people_made<S: Subject>() {
    let bench = Bench::<S>::converged().await;
    bench.subject.add_foreign().await;
    let before = bench.subject.snapshot();
    let finished = prune(&bench, true).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert_eq!(differences(&before, &bench.subject.snapshot()), [""; 0]);
}

/// One word deletes less than two: what people put in needs the second.
pub(crate) async fn data_goes_with_the_second_word_only<S: Subject>() {
    let bench = left_behind::<S>().await;
    let first = prune(&bench, false).await;
    assert_eq!(first.exit_code, ExitCode::Converged, "{}", told(&first));
    let second = prune(&bench, true).await;
    assert_eq!(second.exit_code, ExitCode::Converged, "{}", told(&second));
    assert!(!deleted(&first).is_empty());
    assert_eq!(!deleted(&second).is_empty(), S::HOLDS_DATA, "{:?}", deleted(&second));
}

/// More deletes than allowed are none at all.
pub(crate) async fn a_budget_that_is_too_small_deletes_nothing<S: Subject>() {
    let bench = left_behind::<S>().await;
    let finished = bench.apply_with(|options| (options.prune, options.max_deletes) = (true, 1)).await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert_eq!(deleted(&finished), BTreeSet::new());
    let deletes = bench.subject.requests().into_iter().filter(|request| request.method == "DELETE");
    assert_eq!(deletes.count(), 0, "a delete was sent");
}

/// Without the inventory nothing is known to be ours.
pub(crate) async fn a_lost_inventory_deletes_nothing<S: Subject>() {
    let bench = left_behind::<S>().await;
    bench.lose_inventory();
    let finished = prune(&bench, true).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert_eq!(deleted(&finished), BTreeSet::new());
}
