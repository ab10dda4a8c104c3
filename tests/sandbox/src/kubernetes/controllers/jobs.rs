//! Jobs: pods are made, counted and replaced until enough have succeeded or too many have failed (contract `jobs`).

use serde_json::{Value, json};

use super::kubelet;
use super::owned::{controlled, make_pod};
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::Key;
use crate::kubernetes::time::milliseconds;
use crate::kubernetes::world::World;

const REACHED: (&str, &str) = ("CompletionsReached", "Reached expected number of succeeded pods");
const TOO_LATE: (&str, &str) = ("DeadlineExceeded", "Job was active longer than specified deadline");
const TOO_OFTEN: (&str, &str) = ("BackoffLimitExceeded", "Job has reached the specified backoff limit");
/// A failed pod is replaced after ten seconds, the next one after twenty, and so on up to six minutes.
const BACK_OFF: i64 = 10_000;
const LONGEST_BACK_OFF: i64 = 6 * 60 * 1000;

pub(super) fn shelf() -> StoreKey {
    StoreKey::new("batch", "jobs")
}

/// Brings one job one step further.
pub(super) fn step(world: &mut World) -> bool {
    jobs(world).into_iter().any(|(key, job)| advance(world, key, &job))
}

/// When a job changes although nothing happens.
pub(super) fn next_due(world: &World) -> Option<i64> {
    let dues = jobs(world).into_iter().filter_map(|(key, job)| match finished_at(&job) {
        Some(end) => Some(end + job["spec"]["ttlSecondsAfterFinished"].as_i64()? * 1000),
        None => [deadline(&job), Pods::count(world, &key, &job).retry_at(&job)].into_iter().flatten().min(),
    });
    dues.filter(|due| *due > world.clock.now()).min()
}

fn jobs(world: &World) -> Vec<(Key, Value)> {
    let jobs = world.store.list(&shelf(), None).filter(|(_, job)| !job.is_being_deleted());
    jobs.map(|(key, job)| (key.clone(), job.value.clone())).collect()
}

fn has(job: &Value, kind: &str) -> bool {
    let conditions = job["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| condition["type"] == kind && condition["status"] == "True")
}

fn finished_at(job: &Value) -> Option<i64> {
    let conditions = job["status"]["conditions"].as_array()?;
    let last = conditions.iter().find(|condition| {
        condition["status"] == "True" && (condition["type"] == "Complete" || condition["type"] == "Failed")
    })?;
    last["lastTransitionTime"].as_str().and_then(milliseconds)
}

fn deadline(job: &Value) -> Option<i64> {
    let start = job["status"]["startTime"].as_str().and_then(milliseconds)?;
    Some(start + job["spec"]["activeDeadlineSeconds"].as_i64()? * 1000)
}

fn advance(world: &mut World, key: Key, job: &Value) -> bool {
    let now = world.clock.now();
    if let Some(end) = finished_at(job) {
        let time_to_live = job["spec"]["ttlSecondsAfterFinished"].as_i64();
        let over = time_to_live.is_some_and(|seconds| now >= end + seconds * 1000);
        return over && world.store.remove(&shelf(), &key).is_some();
    }
    let pods = Pods::count(world, &key, job);
    let next = next(world, &key, job, &pods);
    match next {
        Next::Nothing => false,
        Next::Status(status) => {
            let mut value = job.clone();
            value["status"] = status;
            world.store.put(&shelf(), key, value);
            true
        }
        Next::Pod(index) => {
            make_pod(world, ("batch/v1", "Job"), job, &job["spec"]["template"], index);
            true
        }
        Next::NoPods => {
            for (pod, _) in pods.active {
                world.store.remove(&kubelet::shelf(), &pod);
            }
            true
        }
    }
}

/// What is to be done next for a job.
enum Next {
    Nothing,
    Status(Value),
    /// Make a pod, with its index where the job counts them.
    Pod(Option<i64>),
    /// Take away those that are still active.
    NoPods,
}

fn next(world: &World, key: &Key, job: &Value, pods: &Pods) -> Next {
    let now = world.now();
    let status = Status { job, pods, now: &now };
    if job["spec"]["suspend"] == true {
        return match (has(job, "Suspended"), pods.active.is_empty()) {
            (false, _) => Next::Status(status.suspended()),
            (true, false) => Next::NoPods,
            (true, true) => Next::Nothing,
        };
    }
    if job["status"]["startTime"].is_null() {
        return Next::Status(status.started());
    }
    if has(job, "SuccessCriteriaMet") {
        return Next::Status(status.ended("Complete", REACHED, &[("succeeded", pods.succeeded.len())]));
    }
    if let Some(target) = condition(job, "FailureTarget") {
        let failed = pods.failed.len() + pods.active.len();
        let why = (text(target, "reason"), text(target, "message"));
        let counted =
            job["status"]["failed"].as_u64().and_then(|failed| usize::try_from(failed).ok()).unwrap_or_default();
        return match pods.active.is_empty() {
            true => Next::Status(status.ended(
                "Failed",
                why,
                &[("failed", failed.max(counted)), ("succeeded", pods.succeeded.len())],
            )),
            false if counted < failed => Next::Status(status.counting(failed)),
            false => Next::NoPods,
        };
    }
    let wanted = job["spec"]["completions"].as_u64().and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(1);
    if pods.succeeded.len() >= wanted {
        return Next::Status(status.with("SuccessCriteriaMet", REACHED));
    }
    if let Some((reason, message)) = failure(world, key, job, pods) {
        return Next::Status(status.with("FailureTarget", (reason, &message)));
    }
    if status.is_stale() {
        return Next::Status(status.counted());
    }
    let parallel = job["spec"]["parallelism"].as_u64().and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(1);
    let room = pods.active.len() < parallel.min(wanted - pods.succeeded.len());
    let waits = pods.retry_at(job).is_some_and(|due| due > world.clock.now());
    if room && !waits { Next::Pod(pods.next_index(job)) } else { Next::Nothing }
}

/// Why a job has failed, if it has.
fn failure(world: &World, key: &Key, job: &Value, pods: &Pods) -> Option<(&'static str, String)> {
    if deadline(job).is_some_and(|deadline| world.clock.now() >= deadline) {
        return Some((TOO_LATE.0, TOO_LATE.1.to_owned()));
    }
    if let Some(message) = pods.failed.iter().find_map(|(_, pod)| policy_match(key, job, pod)) {
        return Some(("PodFailurePolicy", message));
    }
    let limit = job["spec"]["backoffLimit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(6);
    (pods.failed.len() > limit).then(|| (TOO_OFTEN.0, TOO_OFTEN.1.to_owned()))
}

/// The rule by which a failed pod fails its job at once.
fn policy_match(key: &Key, job: &Value, pod: &Value) -> Option<String> {
    let rules = job["spec"]["podFailurePolicy"]["rules"].as_array()?;
    let statuses = pod["status"]["containerStatuses"].as_array()?;
    for (index, rule) in rules.iter().enumerate() {
        let codes = &rule["onExitCodes"];
        let values = codes["values"].as_array();
        for status in statuses {
            let code = &status["state"]["terminated"]["exitCode"];
            let other = codes["containerName"].is_string() && codes["containerName"] != status["name"];
            if code.is_null() || *code == 0 || other {
                continue;
            }
            let listed = values.is_some_and(|values| values.contains(code));
            if listed == (codes["operator"] == "In") && values.is_some() {
                let (container, pod) = (text(status, "name"), text(&pod["metadata"], "name"));
                return (rule["action"] == "FailJob").then(|| {
                    format!(
                        "Container {container} for pod {}/{pod} failed with exit code {code} matching FailJob rule at index {index}",
                        key.namespace
                    )
                });
            }
        }
    }
    None
}

fn condition<'a>(job: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = job["status"]["conditions"].as_array()?;
    conditions.iter().find(|condition| condition["type"] == kind && condition["status"] == "True")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The pods of a job.
struct Pods {
    active: Vec<(Key, Value)>,
    succeeded: Vec<(Key, Value)>,
    failed: Vec<(Key, Value)>,
}

impl Pods {
    fn count(world: &World, key: &Key, job: &Value) -> Self {
        let mut pods = Self { active: Vec::new(), succeeded: Vec::new(), failed: Vec::new() };
        for (key, pod) in controlled(world, &kubelet::shelf(), &key.namespace, text(&job["metadata"], "uid")) {
            match text(&pod["status"], "phase") {
                "Succeeded" => pods.succeeded.push((key, pod)),
                "Failed" => pods.failed.push((key, pod)),
                _ => pods.active.push((key, pod)),
            }
        }
        pods
    }

    /// When the next pod may be made after one that failed.
    fn retry_at(&self, job: &Value) -> Option<i64> {
        job["status"]["startTime"].as_str()?;
        let ends = self.failed.iter().filter_map(|(_, pod)| {
            let ended = pod.pointer("/status/containerStatuses/0/state/terminated/finishedAt")?;
            ended.as_str().and_then(milliseconds)
        });
        let times = u32::try_from(self.failed.len().saturating_sub(1)).unwrap_or_default();
        Some(ends.max()? + (BACK_OFF << times.min(6)).min(LONGEST_BACK_OFF))
    }

    fn indices(pods: &[(Key, Value)]) -> Vec<i64> {
        let index = |pod: &Value| {
            text(&pod["metadata"]["annotations"], "batch.kubernetes.io/job-completion-index").parse().ok()
        };
        let mut indices: Vec<i64> = pods.iter().filter_map(|(_, pod)| index(pod)).collect();
        indices.sort_unstable();
        indices
    }

    fn next_index(&self, job: &Value) -> Option<i64> {
        if job["spec"]["completionMode"] != "Indexed" {
            return None;
        }
        let taken = [Self::indices(&self.active), Self::indices(&self.succeeded)].concat();
        (0..).find(|index| !taken.contains(index))
    }
}

/// Makes statuses.
struct Status<'a> {
    job: &'a Value,
    pods: &'a Pods,
    now: &'a str,
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

    fn suspended(&self) -> Value {
        let mut status = self.base();
        remove(&mut status, &["active", "startTime"]);
        self.add(&mut status, "Suspended", true, ("JobSuspended", "Job suspended"));
        status
    }

    fn started(&self) -> Value {
        let mut status = self.base();
        status["startTime"] = self.now.into();
        if has(self.job, "Suspended") {
            self.add(&mut status, "Suspended", false, ("JobResumed", "Job resumed"));
        }
        status
    }

    fn with(&self, kind: &str, why: (&str, &str)) -> Value {
        let mut status = self.base();
        self.add(&mut status, kind, true, why);
        status
    }

    fn counting(&self, failed: usize) -> Value {
        let mut status = self.base();
        status["failed"] = failed.into();
        status
    }

    /// The last status: condition and counts come together.
    fn ended(&self, kind: &str, why: (&str, &str), counts: &[(&str, usize)]) -> Value {
        let mut status = self.with(kind, why);
        remove(&mut status, &["active"]);
        for (key, count) in counts.iter().filter(|(_, count)| *count > 0) {
            status[*key] = (*count).into();
        }
        if kind == "Complete" {
            status["completionTime"] = self.now.into();
        }
        let indices = Pods::indices(&self.pods.succeeded);
        if self.job["spec"]["completionMode"] == "Indexed" {
            status["completedIndexes"] = ranges(&indices).into();
        }
        status
    }

    /// Counts of a job that goes on.
    fn counted(&self) -> Value {
        let mut status = self.base();
        let ready = self.pods.active.iter().filter(|(_, pod)| text(&pod["status"], "phase") == "Running").count();
        status["ready"] = ready.into();
        for (key, count) in self.counts() {
            match count {
                0 => remove(&mut status, &[key]),
                count => status[key] = count.into(),
            }
        }
        status
    }

    /// The failed ones are counted with the condition that they lead to, and so are the last ones that succeed.
    fn counts(&self) -> [(&'static str, usize); 3] {
        [
            ("active", self.pods.active.len()),
            ("succeeded", self.pods.succeeded.len()),
            ("failed", self.pods.failed.len()),
        ]
    }

    fn is_stale(&self) -> bool {
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

/// Indices in short: `0,1`, `0-2,4`.
fn ranges(indices: &[i64]) -> String {
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for index in indices {
        match parts.last_mut() {
            Some((_, end)) if *end + 1 == *index => *end = *index,
            _ => parts.push((*index, *index)),
        }
    }
    let shown = parts.iter().map(|(start, end)| match end - start {
        0 => start.to_string(),
        1 => format!("{start},{end}"),
        _ => format!("{start}-{end}"),
    });
    shown.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_written_in_short() {
        assert_eq!(ranges(&[0, 1]), "0,1");
        assert_eq!(ranges(&[0, 1, 2, 4]), "0-2,4");
        assert_eq!(ranges(&[]), "");
    }
}
