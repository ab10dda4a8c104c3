//! Law 5: nothing that is not ours is deleted, and what is ours only when somebody says so.

use std::collections::BTreeSet;

use evenkeel_core::{object::ObjectId, plan::Action, report::Status};
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::Kind;

use crate::{
    bench::{Bench, changes, told},
    essence::{differences, essence},
    subject::Subject,
};

/// Servers that were made equal to more values than are declared now.
pub(crate) async fn left_behind<S: Subject>() -> Bench<S> {
    let bench = Bench::<S>::converged().await;
    bench.declare(&S::fewer_values(&bench.subject.urls()));
    bench
}

/// Applies with the word for deleting, and with that for deleting data.
pub(crate) async fn prune<S: Subject>(bench: &Bench<S>, data: bool) -> Finished {
    bench.apply_with(|options| (options.prune, options.prune_data, options.max_deletes) = (true, data, 1_000)).await
}

pub(crate) fn deleted(finished: &Finished) -> BTreeSet<ObjectId> {
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

/// What a prune would delete, an object before what it lives in: others can remove it in this order.
pub(crate) async fn about_to_go<S: Subject>(bench: &mut Bench<S>) -> Vec<ObjectId> {
    (bench.options.prune, bench.options.prune_data, bench.options.max_deletes) = (true, true, 1_000);
    let planned = changes(&bench.plan().await).into_iter().filter(|change| change.action == Action::Delete);
    let mut going: Vec<ObjectId> = planned.map(|change| change.object).collect();
    going.sort_by_key(|object| std::cmp::Reverse(object.names().count()));
    assert!(!going.is_empty(), "nothing is left behind");
    going
}

/// Others make the objects of these values who have heard of evenkeel, and have an inventory of their own.
pub(crate) async fn made_by_others<S: Subject>(bench: &Bench<S>) {
    let ours = bench.inventory();
    bench.lose_inventory();
    bench.declare(&S::values(&bench.subject.urls()));
    bench.converge().await;
    bench.declare(&S::fewer_values(&bench.subject.urls()));
    bench.put_back(&ours);
}

/// A prune deletes nothing and tells that these objects are those of others, which the inventory forgets.
pub(crate) async fn expect_others_keep<S: Subject>(bench: &Bench<S>, theirs: &[ObjectId]) {
    let before = bench.subject.snapshot();
    let finished = bench.converge().await;
    assert_eq!(deleted(&finished), BTreeSet::new());
    assert_eq!(differences(&before, &bench.subject.snapshot()), [""; 0]);
    let told_of: BTreeSet<&ObjectId> = finished.report.notes.iter().map(|note| &note.object).collect();
    let ours = bench.ours();
    for object in theirs {
        assert!(told_of.contains(object), "{object} is not told of");
        assert!(!ours.contains(object), "{object} is taken for ours");
    }
}

/// Our objects are deleted, and others made under their names.
pub(crate) async fn an_object_that_others_made_anew_is_not_ours<S: Subject>() {
    let mut bench = left_behind::<S>().await;
    let going = about_to_go(&mut bench).await;
    for object in &going {
        bench.subject.remove(object).await;
    }
    made_by_others(&bench).await;
    expect_others_keep(&bench, &going).await;
}

/// What the inventory knew once is not true for ever: we have deleted our objects since.
pub(crate) async fn an_older_inventory_put_back_makes_nothing_of_others_ours<S: Subject>() {
    let mut bench = left_behind::<S>().await;
    let going = about_to_go(&mut bench).await;
    let older = bench.inventory();
    assert_eq!(deleted(&bench.converge().await), going.iter().cloned().collect());
    made_by_others(&bench).await;
    bench.put_back(&older);
    expect_others_keep(&bench, &going).await;
}

/// Whoever removes an object of ours, and makes another one a long time afterwards.
pub(crate) async fn an_object_that_was_seen_to_be_gone_is_forgotten<S: Subject>() {
    let mut bench = left_behind::<S>().await;
    let going = about_to_go(&mut bench).await;
    for object in &going {
        bench.subject.remove(object).await;
    }
    bench.converge().await;
    let ours = bench.ours();
    let remembered: Vec<&ObjectId> = going.iter().filter(|object| ours.contains(object)).collect();
    assert!(remembered.is_empty(), "{remembered:?}");
}

/// An inventory that was written before it knew ids.
pub(crate) async fn what_is_ours_by_its_name_alone_is_not_deleted<S: Subject>() {
    let mut bench = left_behind::<S>().await;
    let going = about_to_go(&mut bench).await;
    let names_only: Vec<String> = bench.inventory().lines().map(without_id).collect();
    bench.put_back(&format!("{}\n", names_only.join("\n")));
    let finished = bench.converge().await;
    assert_eq!(deleted(&finished), BTreeSet::new());
    let told_of: BTreeSet<&ObjectId> = finished.report.notes.iter().map(|note| &note.object).collect();
    let not_told: Vec<&ObjectId> = going.iter().filter(|object| !told_of.contains(object)).collect();
    assert!(not_told.is_empty(), "{not_told:?}");
    // Declared for one run, they are known again.
    bench.declare(&S::values(&bench.subject.urls()));
    bench.converge().await;
    bench.declare(&S::fewer_values(&bench.subject.urls()));
    assert_eq!(deleted(&bench.converge().await), going.into_iter().collect());
}

fn without_id(line: &str) -> String {
    let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
    line.as_object_mut().unwrap().remove("id");
    line.to_string()
}
