//! Jobs: pods are made, counted and replaced until enough have succeeded or too many have failed (contracts `jobs`,
//! `jobs-policies`).

mod indexes;
mod outcome;
mod pods;
mod status;

use serde_json::Value;

use super::events::{Note, tell};
use super::kubelet;
use super::owned::make_pod;
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::Key;
use crate::kubernetes::time::milliseconds;
use crate::kubernetes::world::World;
use outcome::{deadline, failure, success};
use pods::Pods;
use status::Status;

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

/// The condition of that type, if it holds.
fn condition<'a>(job: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = job["status"]["conditions"].as_array()?;
    conditions.iter().find(|condition| condition["type"] == kind && condition["status"] == "True")
}

fn finished_at(job: &Value) -> Option<i64> {
    let last = condition(job, "Complete").or_else(|| condition(job, "Failed"))?;
    last["lastTransitionTime"].as_str().and_then(milliseconds)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

fn advance(world: &mut World, key: Key, job: &Value) -> bool {
    let now = world.clock.now();
    if let Some(end) = finished_at(job) {
        let time_to_live = job["spec"]["ttlSecondsAfterFinished"].as_i64();
        let over = time_to_live.is_some_and(|seconds| now >= end + seconds * 1000);
        return over && world.store.remove(&shelf(), &key).is_some();
    }
    let pods = Pods::count(world, &key, job);
    match next(world, &key, job, &pods) {
        Next::Nothing => false,
        Next::Status(status) => {
            let mut value = job.clone();
            value["status"] = status;
            let notes = notes(job, &value);
            world.store.put(&shelf(), key, value);
            notes.into_iter().for_each(|note| tell(world, job, &note));
            true
        }
        Next::Pod(index) => {
            let template = pods.template(job, index);
            let name = make_pod(world, ("batch/v1", "Job"), job, &template, index);
            tell(world, job, &Note::normal("SuccessfulCreate", format!("Created pod: {name}")));
            true
        }
        Next::NoPods => {
            for (pod, _) in pods.active {
                world.store.remove(&kubelet::shelf(), &pod);
                tell(world, job, &Note::normal("SuccessfulDelete", format!("Deleted pod: {}", pod.name)));
            }
            true
        }
    }
}

/// What is told of a change of a job's state.
fn notes(before: &Value, after: &Value) -> Vec<Note> {
    let begun = |kind: &str| condition(before, kind).is_none().then(|| condition(after, kind)).flatten();
    let mut notes = Vec::new();
    if begun("Suspended").is_some() {
        notes.push(Note::normal("Suspended", "Job suspended"));
    }
    if condition(before, "Suspended").is_some() && condition(after, "Suspended").is_none() {
        notes.push(Note::normal("Resumed", "Job resumed"));
    }
    if begun("Complete").is_some() {
        notes.push(Note::normal("Completed", "Job completed"));
    }
    if let Some(failed) = begun("Failed") {
        notes.push(Note::warning(text(failed, "reason"), text(failed, "message")));
    }
    notes
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
        return match (condition(job, "Suspended"), pods.active.is_empty()) {
            (None, _) => Next::Status(status.suspended()),
            (Some(_), false) => Next::NoPods,
            (Some(_), true) => Next::Nothing,
        };
    }
    if job["status"]["startTime"].is_null() {
        return Next::Status(status.started());
    }
    if let Some(met) = condition(job, "SuccessCriteriaMet") {
        return if pods.active.is_empty() { Next::Status(status.ended("Complete", met, 0)) } else { Next::NoPods };
    }
    if let Some(target) = condition(job, "FailureTarget") {
        let failed = pods.failed.len() + pods.active.len();
        let counted = count(&job["status"]["failed"]).unwrap_or_default();
        return match pods.active.is_empty() {
            true => Next::Status(status.ended("Failed", target, failed.max(counted))),
            false if counted < failed => Next::Status(status.counting(failed)),
            false => Next::NoPods,
        };
    }
    if let Some(why) = success(job, pods) {
        return Next::Status(status.with("SuccessCriteriaMet", &why));
    }
    if let Some(why) = failure(world, key, job, pods) {
        return Next::Status(status.with("FailureTarget", &why));
    }
    if status.is_stale() {
        return Next::Status(status.counted());
    }
    another_pod(world, job, pods)
}

fn another_pod(world: &World, job: &Value, pods: &Pods) -> Next {
    let wanted = count(&job["spec"]["completions"]).unwrap_or(1);
    let left = wanted.saturating_sub(pods.succeeded.len() + pods.failed_indexes(job).len());
    let parallel = count(&job["spec"]["parallelism"]).unwrap_or(1);
    let waits = pods.retry_at(job).is_some_and(|due| due > world.clock.now());
    if pods.active.len() < parallel.min(left) && !waits { Next::Pod(pods.next_index(job)) } else { Next::Nothing }
}
