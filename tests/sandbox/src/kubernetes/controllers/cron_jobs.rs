//! Cron jobs: a job at each of their minutes, and what became of it (contract `cronjobs`).

use serde_json::{Value, json};

use super::jobs;
use super::owned::{controlled, owner};
use crate::kubernetes::kinds;
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::Key;
use crate::kubernetes::time::{calendar, milliseconds, stamp};
use crate::kubernetes::world::World;
use crate::random::uuid;

const MINUTE: i64 = 60_000;

fn shelf() -> StoreKey {
    StoreKey::new("batch", "cronjobs")
}

/// Brings one cron job one step further.
pub(super) fn step(world: &mut World) -> bool {
    cron_jobs(world).into_iter().any(|(key, cron_job)| note(world, &key, &cron_job) || start(world, &key, &cron_job))
}

/// The next minute, where any cron job waits for one.
pub(super) fn next_due(world: &World) -> Option<i64> {
    let waits = cron_jobs(world).iter().any(|(_, cron_job)| cron_job["spec"]["suspend"] != true);
    waits.then(|| (world.clock.now() / MINUTE + 1) * MINUTE)
}

fn cron_jobs(world: &World) -> Vec<(Key, Value)> {
    let all = world.store.list(&shelf(), None).filter(|(_, cron_job)| !cron_job.is_being_deleted());
    all.map(|(key, cron_job)| (key.clone(), cron_job.value.clone())).collect()
}

fn own_jobs(world: &World, key: &Key, cron_job: &Value) -> Vec<(Key, Value)> {
    controlled(world, &jobs::shelf(), &key.namespace, cron_job["metadata"]["uid"].as_str().unwrap_or_default())
}

fn is_finished(job: &Value) -> bool {
    let conditions = job["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| {
        condition["status"] == "True" && (condition["type"] == "Complete" || condition["type"] == "Failed")
    })
}

/// Writes down when a job last succeeded, also one that was started by hand.
fn note(world: &mut World, key: &Key, cron_job: &Value) -> bool {
    let jobs = own_jobs(world, key, cron_job);
    let last = jobs.iter().filter_map(|(_, job)| job["status"]["completionTime"].as_str()).max();
    let known = cron_job["status"]["lastSuccessfulTime"].as_str().unwrap_or_default();
    let Some(last) = last.filter(|last| *last > known) else { return false };
    let mut value = cron_job.clone();
    value["status"]["lastSuccessfulTime"] = last.into();
    world.store.put(&shelf(), key.clone(), value);
    true
}

/// Makes the job of this minute, unless it is not time, or the one before still runs and must be alone.
fn start(world: &mut World, key: &Key, cron_job: &Value) -> bool {
    let now = world.clock.now();
    let spec = &cron_job["spec"];
    let minute = now / MINUTE * MINUTE;
    let time = |pointer: &str| cron_job.pointer(pointer).and_then(Value::as_str).and_then(milliseconds);
    let since = time("/status/lastScheduleTime").or_else(|| time("/metadata/creationTimestamp")).unwrap_or(now);
    let fits = fits(spec["schedule"].as_str().unwrap_or_default(), calendar(minute));
    if spec["suspend"] == true || minute <= since || !fits {
        return false;
    }
    let running = own_jobs(world, key, cron_job).iter().any(|(_, job)| !is_finished(job));
    if running && spec["concurrencyPolicy"] == "Forbid" {
        return false;
    }
    make_job(world, key, cron_job, minute);
    let mut value = cron_job.clone();
    value["status"]["lastScheduleTime"] = stamp(minute).into();
    world.store.put(&shelf(), key.clone(), value);
    true
}

fn make_job(world: &mut World, key: &Key, cron_job: &Value, minute: i64) {
    let Some(resource) = world.registry.resource("batch", "jobs") else { return };
    let template = &cron_job["spec"]["jobTemplate"];
    let name = format!("{}-{}", key.name, minute / MINUTE);
    let mut job = json!({"metadata": template["metadata"], "spec": template["spec"]});
    let metadata = &mut job["metadata"];
    metadata["name"] = name.as_str().into();
    metadata["namespace"] = (&*key.namespace).into();
    metadata["uid"] = uuid().into();
    metadata["creationTimestamp"] = world.now().into();
    metadata["generation"] = 1.into();
    metadata["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] = stamp(minute).into();
    metadata["ownerReferences"] = owner(("batch/v1", "CronJob"), cron_job);
    kinds::default(&resource, &mut job);
    kinds::prepare_create(&resource, &mut job);
    kinds::default(&resource, &mut job);
    world.store.put(&jobs::shelf(), Key::new(&key.namespace, &name), job);
}

/// Whether a time fits a schedule.
fn fits(schedule: &str, time: [u32; 5]) -> bool {
    let schedule = match schedule {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        other => other,
    };
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    fields.len() == time.len()
        && fields.iter().zip(time).all(|(field, value)| field.split(',').any(|part| part_fits(part, value)))
}

fn part_fits(part: &str, value: u32) -> bool {
    let (range, every) = part.split_once('/').unwrap_or((part, "1"));
    let every: u32 = every.parse().unwrap_or(1).max(1);
    let (start, end) = match range.split_once('-') {
        _ if range == "*" => (0, u32::MAX),
        Some((start, end)) => (start.parse().unwrap_or(u32::MAX), end.parse().unwrap_or_default()),
        None if part.contains('/') => (range.parse().unwrap_or(u32::MAX), u32::MAX),
        None => (range.parse().unwrap_or(u32::MAX), range.parse().unwrap_or_default()),
    };
    value >= start && value <= end && (value - start).is_multiple_of(every)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_know_their_minutes() {
        let three = [0, 3, 25, 11, 3];
        assert!(fits("0 3 * * *", three) && fits("*/15 1-5 * * 1,3", three) && fits("@hourly", three));
        assert!(!fits("0 4 * * *", three) && !fits("5/10 3 * * *", three) && !fits("@daily", three));
    }
}
