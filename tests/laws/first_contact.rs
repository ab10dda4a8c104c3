//! Law 11: first contact is gentle. On a server that others filled, minimal values plan creates and our own relations only;
//! what was there keeps everything that nobody declared.

use evenkeel_core::{
    plan::{Action, ChangeDocument},
    report::Report,
};
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use serde_json::Value;

use crate::{
    bench::{Bench, changes, planned, told},
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
    assert_eq!(meddling(&plan), [""; 0]);
    bench.converge().await;
    assert_eq!(lost(&before, &bench.subject.snapshot()), [""; 0]);
    bench.expect_nothing_to_do().await;
}

/// One line says what was left alone, in the report and in the text, and as long as it is so.
pub(crate) async fn the_first_run_says_in_one_line_what_was_left_alone<S: Subject>() {
    let bench = met::<S>().await;
    for finished in [bench.plan().await, bench.converge().await, bench.plan().await] {
        let lines = left_alone(&finished.report);
        assert_eq!(lines.len(), usize::from(S::IS_MET_UNDER_ITS_NAMES), "{lines:?}");
        let text = finished.report.text(evenkeel_core::plan::Style::Plain);
        assert_eq!(text.lines().filter(|line| line.contains(LEFT_ALONE)).count(), lines.len(), "{text}");
    }
}

/// A lost inventory makes strangers of our own objects: nothing of them is changed that nobody declared, and that is told.
pub(crate) async fn a_lost_inventory_changes_nothing_that_nobody_declared<S: Subject>() {
    let bench = met::<S>().await;
    bench.converge().await;
    bench.lose_inventory();
    let before = bench.subject.snapshot();
    assert_eq!(meddling(&bench.plan().await), [""; 0]);
    bench.converge().await;
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

fn left_alone(report: &Report) -> Vec<&str> {
    report.notes.iter().map(|note| note.message.as_str()).filter(|message| message.contains(LEFT_ALONE)).collect()
}

/// Changes that are neither a create nor one of our own relations.
fn meddling(finished: &Finished) -> Vec<String> {
    // An account lists Secrets that are ours beside those of others.
    let is_relation = |change: &ChangeDocument| change.object.kind().as_str() == "image-pull-secrets";
    let changes = changes(finished).into_iter();
    let meddling = changes.filter(|change| change.action != Action::Create && !is_relation(change));
    meddling.map(|change| format!("{} {} {:?}", change.action, change.object, change.fields)).collect()
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
}
