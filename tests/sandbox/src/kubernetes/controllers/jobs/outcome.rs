//! When a job has succeeded or failed, and why.

use serde_json::Value;

use super::pods::Pods;
use super::{count, indexes, text};
use crate::kubernetes::store::Key;
use crate::kubernetes::time::milliseconds;
use crate::kubernetes::world::World;

/// The reason of a condition, and its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Why {
    pub(super) reason: String,
    pub(super) message: String,
}

impl Why {
    fn new(reason: &str, message: impl Into<String>) -> Self {
        Self { reason: reason.to_owned(), message: message.into() }
    }
}

/// When a job must have ended.
pub(super) fn deadline(job: &Value) -> Option<i64> {
    let start = job["status"]["startTime"].as_str().and_then(milliseconds)?;
    Some(start + job["spec"]["activeDeadlineSeconds"].as_i64()? * 1000)
}

/// Why a job has succeeded, if it has.
pub(super) fn success(job: &Value, pods: &Pods) -> Option<Why> {
    let succeeded = Pods::indexes(&pods.succeeded);
    let rules = job["spec"]["successPolicy"]["rules"].as_array();
    for (number, rule) in rules.into_iter().flatten().enumerate() {
        let (met, listed) = match rule["succeededIndexes"].as_str() {
            Some(text) => (indexes::counted(text, &succeeded), Some(indexes::length(text))),
            None => (succeeded.len(), None),
        };
        if count(&rule["succeededCount"]).or(listed).is_some_and(|wanted| met >= wanted) {
            return Some(Why::new("SuccessPolicy", format!("Matched rules at index {number}")));
        }
    }
    let wanted = count(&job["spec"]["completions"]).unwrap_or(1);
    let reached = || Why::new("CompletionsReached", "Reached expected number of succeeded pods");
    (pods.succeeded.len() >= wanted).then(reached)
}

/// Why a job has failed, if it has.
pub(super) fn failure(world: &World, key: &Key, job: &Value, pods: &Pods) -> Option<Why> {
    if let Some(message) = pods.failed.iter().find_map(|(_, pod)| failing_rule(key, job, pod)) {
        return Some(Why::new("PodFailurePolicy", message));
    }
    if deadline(job).is_some_and(|deadline| world.clock.now() >= deadline) {
        return Some(Why::new("DeadlineExceeded", "Job was active longer than specified deadline"));
    }
    if pods.failed.len() > count(&job["spec"]["backoffLimit"]).unwrap_or(6) {
        return Some(Why::new("BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    }
    let failed = pods.failed_indexes(job).len();
    if count(&job["spec"]["maxFailedIndexes"]).is_some_and(|most| failed > most) {
        let message = "Job has exceeded the specified maximal number of failed indexes";
        return Some(Why::new("MaxFailedIndexesExceeded", message));
    }
    let is_through = || pods.succeeded.len() + failed >= count(&job["spec"]["completions"]).unwrap_or(1);
    (failed > 0 && is_through()).then(|| Why::new("FailedIndexes", "Job has failed indexes"))
}

/// What the policy says of a failed pod: the first rule that fits decides.
pub(super) fn action<'a>(job: &'a Value, pod: &Value) -> Option<&'a str> {
    matching_rule(job, pod).map(|matched| text(matched.rule, "action"))
}

/// The message about a rule by which a failed pod fails its job at once.
fn failing_rule(key: &Key, job: &Value, pod: &Value) -> Option<String> {
    let matched = matching_rule(job, pod).filter(|matched| matched.rule["action"] == "FailJob")?;
    let (container, code, number) = (text(matched.container, "name"), matched.code, matched.number);
    let pod = text(&pod["metadata"], "name");
    let namespace = &key.namespace;
    Some(format!(
        "Container {container} for pod {namespace}/{pod} failed with exit code {code} matching FailJob rule at index {number}"
    ))
}

struct Matched<'a, 'b> {
    rule: &'a Value,
    number: usize,
    container: &'b Value,
    code: &'b Value,
}

/// Rules about conditions of pods fit none here: no pod of the sandbox is disrupted.
fn matching_rule<'a, 'b>(job: &'a Value, pod: &'b Value) -> Option<Matched<'a, 'b>> {
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_array()?;
    let containers = pod["status"]["containerStatuses"].as_array()?;
    rules.iter().enumerate().find_map(|(number, rule)| {
        let codes = &rule["onExitCodes"];
        let values = codes["values"].as_array()?;
        let container = containers.iter().find(|container| {
            let code = &container["state"]["terminated"]["exitCode"];
            let is_meant = codes["containerName"].is_null() || codes["containerName"] == container["name"];
            is_meant && !code.is_null() && *code != 0 && values.contains(code) == (codes["operator"] == "In")
        })?;
        Some(Matched { rule, number, container, code: &container["state"]["terminated"]["exitCode"] })
    })
}
