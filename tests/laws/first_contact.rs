//! Law 11: first contact is gentle. On a server that others filled, minimal values plan creates and our own relations only;
//! what was there keeps everything that nobody declared.

use evenkeel_core::{
    object::ObjectId,
    plan::{Action, ChangeDocument},
    report::{Report, Status},
};
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use serde_json::Value;

use crate::{
    bench::{Bench, changes, ended_but_for_others, planned, told},
    essence::differences,
    subject::Subject,
};

/// A server that others filled, also under the names that a platform implies, and minimal values: the platform, one team, an
/// address, a login.
async fn met<S: Subject>() -> Bench<S> {
    let subject = S::start();
    subject.fill_by_others().await;
    let values = S::minimal_values(&subject.urls());
    Bench::with_values(subject, &values)
}

/// Nothing that was there is changed: neither is it planned, nor does it happen.
pub(crate) async fn what_was_there_keeps_what_nobody_declared<S: Subject>() {
    let bench = met::<S>().await;
    let before = bench.subject.snapshot();
    let plan = bench.plan().await;
    assert!(!planned(&plan).is_empty(), "the values imply something");
    assert_eq!(meddling::<S>(&plan), [""; 0]);
    let refused = refused_for_others(&bench.apply().await);
    let after = bench.subject.snapshot();
    assert_eq!(lost(&before, &after), [""; 0]);
    let grown = grown(&before, &after).into_iter().filter(|place| !S::holds_our_own(place));
    assert_eq!(grown.collect::<Vec<_>>(), [""; 0]);
    assert_eq!(planned(&bench.plan().await), refused);
}

/// One line says what was left alone, in the report and in the text, and as long as it is so.
pub(crate) async fn the_first_run_says_in_one_line_what_was_left_alone<S: Subject>() {
    let bench = met::<S>().await;
    for finished in [bench.plan().await, bench.apply().await, bench.plan().await] {
        let lines = left_alone(&finished.report);
        assert_eq!(lines.len(), usize::from(S::IS_MET_UNDER_ITS_NAMES), "{lines:?}");
        let text = finished.report.text(evenkeel_core::plan::Style::Plain);
        assert_eq!(text.lines().filter(|line| line.contains(LEFT_ALONE)).count(), lines.len(), "{text}");
    }
}

/// A lost inventory makes strangers of our own objects: nothing of them is changed that nobody declared, and that is told.
pub(crate) async fn a_lost_inventory_changes_nothing_that_nobody_declared<S: Subject>() {
    let bench = met::<S>().await;
    let refused = refused_for_others(&bench.apply().await);
    bench.lose_inventory();
    let before = bench.subject.snapshot();
    let plan = bench.plan().await;
    assert_eq!((meddling::<S>(&plan), planned(&plan)), (Vec::new(), refused.clone()));
    assert_eq!(refused_for_others(&bench.apply().await), refused);
    assert_eq!(differences(&before, &bench.subject.snapshot()), [""; 0]);
}

/// Whoever says that what is there is evenkeel's gets all of it managed.
pub(crate) async fn what_was_adopted_is_managed_as_if_evenkeel_had_made_it<S: Subject>() {
    let bench = met::<S>().await;
    let adopted = bench.adopt().await;
    assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
    assert_eq!(left_alone(&adopted.report), [""; 0]);
    bench.expect_nothing_to_do().await;
}

const LEFT_ALONE: &str = "what nobody declared";

/// The lines that say what was left alone.
pub(crate) fn left_alone(report: &Report) -> Vec<&str> {
    report.notes.iter().map(|note| note.message.as_str()).filter(|message| message.contains(LEFT_ALONE)).collect()
}

/// Changes that are neither a create of an object of our own nor one of our own relations. What becomes a part of an object that
/// was there, or gets rights in one, is no object of our own.
fn meddling<S: Subject>(finished: &Finished) -> Vec<String> {
    // An account lists Secrets that are ours beside those of others.
    let is_relation = |change: &ChangeDocument| change.object.kind().as_str() == "image-pull-secrets";
    let changes = changes(finished);
    let made: Vec<&ObjectId> =
        changes.iter().filter(|change| change.action == Action::Create).map(|change| &change.object).collect();
    let is_our_own = |change: &ChangeDocument| match change.action {
        Action::Create => S::reaches_into(change).iter().all(|whole| made.contains(&whole)),
        _ => is_relation(change),
    };
    let meddling = changes.iter().filter(|change| !is_our_own(change));
    meddling.map(|change| format!("{} {} {:?}", change.action, change.object, change.fields)).collect()
}

/// The objects that could not come about because others have one of that name, and those that wait for them. Everything else came
/// about.
fn refused_for_others(finished: &Finished) -> Vec<ObjectId> {
    assert!(ended_but_for_others(finished), "{}", told(finished));
    let changes = finished.report.changes.iter().filter(|change| change.status != Status::Applied);
    changes.map(|change| change.change.object.clone()).collect()
}

/// The places at which `after` has more than `before`.
fn grown(before: &Value, after: &Value) -> Vec<String> {
    let mut grown = Vec::new();
    let mut open = vec![(String::new(), before, after)];
    while let Some((path, before, after)) = open.pop() {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                for (key, value) in after {
                    let path = format!("{path}/{key}");
                    match before.get(key) {
                        Some(other) => open.push((path, other, value)),
                        None => grown.push(path),
                    }
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                let new = after.iter().filter(|item| !before.iter().any(|other| is_kept(other, item)));
                grown.extend(new.map(|item| format!("{path}/{item}")));
            }
            _ => {}
        }
    }
    grown.sort();
    grown
}

/// The places of `before` that `after` has lost or changed. Maps and lists may have grown.
fn lost(before: &Value, after: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    compare("", before, after, &mut lost);
    lost
}

fn compare(path: &str, before: &Value, after: &Value, lost: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                match after.get(key) {
                    Some(other) => compare(&format!("{path}/{key}"), value, other, lost),
                    None => lost.push(format!("{path}/{key} is gone")),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for item in before.iter().filter(|item| !after.iter().any(|other| is_kept(item, other))) {
                lost.push(format!("{path} has no {item} any more"));
            }
        }
        _ if before == after => {}
        _ => lost.push(format!("{path}: {before} -> {after}")),
    }
}

fn is_kept(before: &Value, after: &Value) -> bool {
    let mut lost = Vec::new();
    compare("", before, after, &mut lost);
    lost.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_grown_has_lost_nothing() {
        let before = json!({"a": 1, "b": [{"c": 2}], "d": {"e": "f"}});
        assert_eq!(
            lost(&before, &json!({"a": 1, "b": [3, {"c": 2, "g": 4}], "d": {"e": "f", "h": 5}, "i": 6})),
            [""; 0]
        );
        let after = json!({"a": 2, "b": [{"c": 3}], "d": {}});
        assert_eq!(lost(&before, &after), ["/a: 1 -> 2", "/b has no {\"c\":2} any more", "/d/e is gone"]);
    }

    #[test]
    fn what_has_grown_is_named_at_every_depth() {
        let before = json!({"a": {"b": 1}, "c": [{"d": 1}]});
        assert_eq!(grown(&before, &before), [""; 0]);
        let after = json!({"a": {"b": 1, "e": {"f": 2}}, "c": [{"d": 1}, 3], "g": 4});
        assert_eq!(grown(&before, &after), ["/a/e", "/c/3", "/g"]);
    }
}
