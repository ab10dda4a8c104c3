//! What a job's status says.

use serde_json::{Value, json};

use super::outcome::Why;
use super::pods::{Pods, is_indexed};
use super::{condition, indexes, text};

/// Makes statuses.
pub(super) struct Status<'a> {
    pub(super) job: &'a Value,
    pub(super) pods: &'a Pods,
    pub(super) now: &'a str,
}

impl Status<'_> {
    /// What is always there once a controller has looked.
    fn base(&self) -> Value {
        let mut status = self.job["status"].clone();
        status["uncountedTerminatedPods"] = json!({});
        status["terminating"] = 0.into();
        status["ready"] = 0.into();
        status
    }

    fn add(&self, status: &mut Value, kind: &str, value: bool, (reason, message): (&str, &str)) {
        let condition = json!({
            "type": kind, "status": if value { "True" } else { "False" }, "lastProbeTime": self.now,
            "lastTransitionTime": self.now, "reason": reason, "message": message,
        });
        let mut conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        match conditions.iter_mut().find(|known| known["type"] == kind) {
            Some(known) => *known = condition,
            None => conditions.push(condition),
        }
        status["conditions"] = conditions.into();
    }

    pub(super) fn suspended(&self) -> Value {
        let mut status = self.base();
        remove(&mut status, &["active", "startTime"]);
        self.add(&mut status, "Suspended", true, ("JobSuspended", "Job suspended"));
        status
    }

    pub(super) fn started(&self) -> Value {
        let mut status = self.base();
        status["startTime"] = self.now.into();
        if condition(self.job, "Suspended").is_some() {
            self.add(&mut status, "Suspended", false, ("JobResumed", "Job resumed"));
        }
        status
    }

    /// What decides how the job ends.
    pub(super) fn with(&self, kind: &str, why: &Why) -> Value {
        let mut status = self.base();
        self.add(&mut status, kind, true, (&why.reason, &why.message));
        status
    }

    pub(super) fn counting(&self, failed: usize) -> Value {
        let mut status = self.base();
        status["failed"] = failed.into();
        status
    }

    /// The last status: condition and counts come together. The condition has the reason of the one that decided it.
    pub(super) fn ended(&self, kind: &str, decided: &Value, failed: usize) -> Value {
        let mut status = self.base();
        self.add(&mut status, kind, true, (text(decided, "reason"), text(decided, "message")));
        remove(&mut status, &["active"]);
        for (key, count) in [("failed", failed), ("succeeded", self.pods.succeeded.len())] {
            if count > 0 {
                status[key] = count.into();
            }
        }
        if kind == "Complete" {
            status["completionTime"] = self.now.into();
        }
        self.count_indexes(&mut status);
        status
    }

    /// Counts of a job that goes on.
    pub(super) fn counted(&self) -> Value {
        let mut status = self.base();
        for (key, count) in self.counts() {
            match count {
                0 if key != "ready" => remove(&mut status, &[key]),
                count => status[key] = count.into(),
            }
        }
        self.count_indexes(&mut status);
        status
    }

    fn count_indexes(&self, status: &mut Value) {
        if !is_indexed(self.job) {
            return;
        }
        let completed = indexes::written(&Pods::indexes(&self.pods.succeeded));
        if !completed.is_empty() {
            status["completedIndexes"] = completed.into();
        }
        if !self.job["spec"]["backoffLimitPerIndex"].is_null() {
            status["failedIndexes"] = indexes::written(&self.pods.failed_indexes(self.job)).into();
        }
    }

    /// The failed ones are counted with the condition that they lead to, and so are the last ones that succeed.
    fn counts(&self) -> [(&'static str, usize); 4] {
        [
            ("active", self.pods.active.len()),
            ("succeeded", self.pods.succeeded.len()),
            ("failed", self.pods.failed.len()),
            ("ready", self.pods.ready()),
        ]
    }

    pub(super) fn is_stale(&self) -> bool {
        self.counts().iter().any(|(key, count)| self.job["status"][*key].as_u64().unwrap_or_default() != *count as u64)
    }
}

fn remove(status: &mut Value, keys: &[&str]) {
    if let Some(status) = status.as_object_mut() {
        keys.iter().for_each(|key| {
            status.remove(*key);
        });
    }
}
