//! Cron jobs (contract `cronjobs`).

use serde_json::Value;

use super::{default_to, jobs};
use crate::kubernetes::invalid::FieldError;
use crate::kubernetes::json::quoted;

/// Shortened names of zones are all that can be told from a mistake without a data base of zones.
const AREAS: [&str; 12] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
    "US",
];
/// A job's name adds eleven characters to its cron job's.
const LONGEST_NAME: usize = 52;

pub(super) fn default(cron_job: &mut Value) {
    let spec = &mut cron_job["spec"];
    default_to(spec, "concurrencyPolicy", "Allow");
    default_to(spec, "suspend", false);
    default_to(spec, "successfulJobsHistoryLimit", 3);
    default_to(spec, "failedJobsHistoryLimit", 1);
    jobs::default_template(&mut spec["jobTemplate"]["spec"]["template"]);
}

pub(super) fn validate(cron_job: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let name = cron_job["metadata"]["name"].as_str().unwrap_or_default();
    let spec = &cron_job["spec"];
    errors.extend(jobs::validate_spec(&spec["jobTemplate"]["spec"], "spec.jobTemplate.spec"));
    if let Some(why) = bad_schedule(spec["schedule"].as_str().unwrap_or_default()) {
        errors.push(match spec["schedule"].as_str() {
            None | Some("") => FieldError::required("spec.schedule", ""),
            Some(_) => FieldError::invalid("spec.schedule", &spec["schedule"], &why),
        });
    }
    if let Some(zone) = spec["timeZone"].as_str()
        && !is_zone(zone)
    {
        errors.push(FieldError::invalid("spec.timeZone", &zone.into(), &format!("unknown time zone {zone}")));
    }
    let policy = spec["concurrencyPolicy"].as_str().unwrap_or_default();
    let policies = ["Allow", "Forbid", "Replace"];
    if !policies.contains(&policy) {
        errors.push(FieldError::unsupported("spec.concurrencyPolicy", &quoted(policy), &policies));
    }
    if name.len() > LONGEST_NAME {
        let why = format!("must be no more than {LONGEST_NAME} characters");
        errors.push(FieldError::invalid("metadata.name", &name.into(), &why));
    }
    errors
}

fn is_zone(zone: &str) -> bool {
    match zone.split_once('/') {
        Some((area, place)) => AREAS.contains(&area) && !place.is_empty(),
        None => ["UTC", "GMT", "CET", "EET", "MET", "WET", "EST", "MST", "HST", "Zulu"].contains(&zone),
    }
}

/// What is wrong with a schedule, in the words of its parser.
fn bad_schedule(schedule: &str) -> Option<String> {
    if schedule.contains("TZ") {
        return Some("cannot use TZ or CRON_TZ in schedule, use timeZone field instead".to_owned());
    }
    if let Some(word) = schedule.strip_prefix('@') {
        let known = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
        let every = word.strip_prefix("every ").is_some();
        return (!known.contains(&word) && !every).then(|| format!("unrecognized descriptor: {schedule}"));
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    None
}
