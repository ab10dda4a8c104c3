//! Laws 1 and 2 together: whatever is declared is kept equal, one field at a time, and nothing else is touched.
//!
//! What is declared is not listed here: it is what the task itself plans for a server that holds nothing, and for one
//! whose objects are there by name alone. So a field that the task learns to manage tomorrow is wrecked tomorrow.

use std::collections::BTreeMap;

use evenkeel_core::{
    object::ObjectId,
    plan::{Action, ChangeDocument},
};
use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::Kind;

use crate::{
    bench::{Bench, changes, planned, told},
    essence::{differences, essence},
    subject::Subject,
};

/// Everything that the task manages with the subject's values.
async fn managed<S: Subject>() -> Vec<ChangeDocument> {
    let bare = Bench::<S>::new();
    bare.subject.make_bare_objects().await;
    let mut found: BTreeMap<ObjectId, ChangeDocument> = BTreeMap::new();
    for change in changes(&bare.plan().await).into_iter().chain(changes(&Bench::<S>::new().plan().await)) {
        let known = found.entry(change.object.clone()).or_insert_with(|| change.clone());
        for field in change.fields {
            if known.fields.iter().all(|known| known.path != field.path) {
                known.fields.push(field);
            }
        }
    }
    found.into_values().collect()
}

/// Each managed field is spoiled in turn, on a server that is full of other people's objects and fields: the plan shows that
/// field and nothing else, one write corrects it, and afterwards the server is what it was before, to the last byte.
pub(crate) async fn every_managed_field_is_kept_and_nothing_else_is_touched<S: Subject>() {
    let bench = Bench::<S>::converged().await;
    bench.subject.add_foreign().await;
    let mut complaints = Vec::new();
    let mut wrecked = 0;
    for change in managed::<S>().await {
        let fields: Vec<Option<&str>> = match change.fields.as_slice() {
            [] => vec![None],
            fields => fields.iter().map(|field| Some(field.path.as_ref())).collect(),
        };
        for field in fields {
            if S::beyond_wrecking(&change.object, field).is_none() {
                wrecked += 1;
                let found = wreck_one(&bench, &change.object, field).await;
                complaints
                    .extend(found.into_iter().map(|complaint| format!("{} {field:?}: {complaint}", change.object)));
            }
        }
    }
    assert!(wrecked > 0);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    bench.expect_nothing_to_do().await;
}

/// Spoils a field, applies, and tells what was not as it should be.
async fn wreck_one<S: Subject>(bench: &Bench<S>, object: &ObjectId, field: Option<&str>) -> Vec<String> {
    let before = bench.subject.snapshot();
    bench.subject.wreck(object, field).await;
    if bench.subject.snapshot() == before {
        return vec!["it was not spoiled".to_owned()];
    }
    bench.subject.forget();
    let finished = bench.apply().await;
    let mut complaints = Vec::new();
    if finished.exit_code != ExitCode::Converged {
        complaints.push(told(&finished));
    }
    if S::lasting_damage(object, field).is_some() {
        let seen = changes(&finished).into_iter().any(|change| {
            change.object == *object && change.fields.iter().any(|change| Some(change.path.as_ref()) == field)
        });
        complaints.extend((!seen).then(|| "the plan did not show it".to_owned()));
        return complaints;
    }
    let found: Vec<(ObjectId, Vec<String>)> = changes(&finished)
        .into_iter()
        .map(|change| (change.object, change.fields.into_iter().map(|field| field.path.to_string()).collect()))
        .collect();
    if found != [(object.clone(), field.map(str::to_owned).into_iter().collect())] {
        complaints.push(format!("the plan was {found:?}"));
    }
    if bench.count(Kind::Write) != 1 {
        complaints.push(format!("{} writes", bench.count(Kind::Write)));
    }
    let other = differences(&before, &bench.subject.snapshot());
    complaints.extend(other.into_iter().map(|place| format!("the repair left {place}")));
    complaints
}

/// Each managed object is removed in turn: the plan makes it again, with everything that went along.
pub(crate) async fn every_managed_object_that_was_removed_is_made_again<S: Subject>() {
    let bench = Bench::<S>::converged().await;
    let before = essence(&bench.subject);
    let made: Vec<ChangeDocument> = changes(&Bench::<S>::new().plan().await);
    for change in made.into_iter().filter(|change| change.action == Action::Create) {
        bench.subject.remove(&change.object).await;
        let finished = bench.converge().await;
        assert!(planned(&finished).contains(&change.object), "{}: {}", change.object, told(&finished));
        let changed = differences(&before, &essence(&bench.subject));
        assert_eq!(changed, [""; 0], "{} is not what it was", change.object);
    }
    bench.expect_nothing_to_do().await;
}
