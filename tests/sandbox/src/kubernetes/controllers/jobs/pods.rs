//! The pods of a job: how many there are of which kind, and which one is next.

use serde_json::{Value, json};

use super::{count, outcome, text};
use crate::kubernetes::controllers::kubelet;
use crate::kubernetes::controllers::owned::controlled;
use crate::kubernetes::store::Key;
use crate::kubernetes::time::milliseconds;
use crate::kubernetes::world::World;

/// A failed pod is replaced after ten seconds, the next one after twenty, and so on up to six minutes.
const BACK_OFF: i64 = 10_000;
const LONGEST_BACK_OFF: i64 = 6 * 60 * 1000;
const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// The pods of a job.
pub(super) struct Pods {
    pub(super) active: Vec<(Key, Value)>,
    pub(super) succeeded: Vec<(Key, Value)>,
    pub(super) failed: Vec<(Key, Value)>,
    /// Those whose failure does not count, by the job's policy.
    ignored: Vec<(Key, Value)>,
}

impl Pods {
    pub(super) fn count(world: &World, key: &Key, job: &Value) -> Self {
        let mut pods = Self { active: Vec::new(), succeeded: Vec::new(), failed: Vec::new(), ignored: Vec::new() };
        for (key, pod) in controlled(world, &kubelet::shelf(), &key.namespace, text(&job["metadata"], "uid")) {
            match text(&pod["status"], "phase") {
                "Succeeded" => pods.succeeded.push((key, pod)),
                "Failed" if outcome::action(job, &pod) == Some("Ignore") => pods.ignored.push((key, pod)),
                "Failed" => pods.failed.push((key, pod)),
                _ => pods.active.push((key, pod)),
            }
        }
        pods
    }

    pub(super) fn ready(&self) -> usize {
        self.active.iter().filter(|(_, pod)| text(&pod["status"], "phase") == "Running").count()
    }

    /// When the next pod may be made after one that failed. An index with a limit of its own waits for its own failures only.
    pub(super) fn retry_at(&self, job: &Value) -> Option<i64> {
        job["status"]["startTime"].as_str()?;
        let next = self.next_index(job).filter(|_| has_limit_per_index(job));
        let failures = self.failed.iter().chain(&self.ignored).map(|(_, pod)| pod);
        let failures: Vec<&Value> = failures.filter(|pod| next.is_none() || index(pod) == next).collect();
        let ends = failures.iter().filter_map(|pod| {
            let ended = pod.pointer("/status/containerStatuses/0/state/terminated/finishedAt")?;
            ended.as_str().and_then(milliseconds)
        });
        let times = u32::try_from(failures.len().saturating_sub(1)).unwrap_or_default();
        Some(ends.max()? + (BACK_OFF << times.min(6)).min(LONGEST_BACK_OFF))
    }

    /// The indexes of pods, in order.
    pub(super) fn indexes(pods: &[(Key, Value)]) -> Vec<i64> {
        let mut indexes: Vec<i64> = pods.iter().filter_map(|(_, pod)| index(pod)).collect();
        indexes.sort_unstable();
        indexes
    }

    /// The indexes that are not tried again.
    pub(super) fn failed_indexes(&self, job: &Value) -> Vec<i64> {
        let Some(limit) = count(&job["spec"]["backoffLimitPerIndex"]) else { return Vec::new() };
        let mut indexes = Self::indexes(&self.failed);
        indexes.dedup();
        indexes.retain(|index| self.failures(*index) > limit || self.is_given_up(job, *index));
        indexes
    }

    fn failures(&self, wanted: i64) -> usize {
        self.failed.iter().filter(|(_, pod)| index(pod) == Some(wanted)).count()
    }

    fn is_given_up(&self, job: &Value, wanted: i64) -> bool {
        let mut failed = self.failed.iter().filter(|(_, pod)| index(pod) == Some(wanted));
        failed.any(|(_, pod)| outcome::action(job, pod) == Some("FailIndex"))
    }

    /// The index of the next pod, where the job counts them.
    pub(super) fn next_index(&self, job: &Value) -> Option<i64> {
        if !is_indexed(job) {
            return None;
        }
        let taken = [Self::indexes(&self.active), Self::indexes(&self.succeeded), self.failed_indexes(job)].concat();
        (0..).find(|index| !taken.contains(index))
    }

    /// The template of the next pod, which knows its index.
    pub(super) fn template(&self, job: &Value, index: Option<i64>) -> Value {
        let mut template = job["spec"]["template"].clone();
        let Some(index) = index else { return template };
        for place in ["annotations", "labels"] {
            template["metadata"][place][INDEX] = index.to_string().into();
        }
        if has_limit_per_index(job) {
            let failures = self.failures(index).to_string();
            template["metadata"]["annotations"]["batch.kubernetes.io/job-index-failure-count"] = failures.into();
        }
        template["spec"]["hostname"] = format!("{}-{index}", text(&job["metadata"], "name")).into();
        let path = format!("metadata.labels['{INDEX}']");
        let variable =
            json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}});
        for list in ["initContainers", "containers"] {
            for container in template["spec"].get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                let mut variables = container["env"].as_array().cloned().unwrap_or_default();
                variables.push(variable.clone());
                container["env"] = variables.into();
            }
        }
        template
    }
}

pub(super) fn is_indexed(job: &Value) -> bool {
    job["spec"]["completionMode"] == "Indexed"
}

fn has_limit_per_index(job: &Value) -> bool {
    !job["spec"]["backoffLimitPerIndex"].is_null()
}

fn index(pod: &Value) -> Option<i64> {
    text(&pod["metadata"]["annotations"], INDEX).parse().ok()
}
