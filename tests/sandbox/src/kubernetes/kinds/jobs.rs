//! Jobs (contracts `jobs`, `jobs-policies`).

mod immutable;
mod internal_form;
mod policies;

use serde_json::{Value, json};

use super::{default_to, pods};
use crate::kubernetes::invalid::{FieldError, labels};
use crate::kubernetes::json::quoted;

pub(super) use immutable::validate_update;

pub(super) fn default(job: &mut Value) {
    let labels = job["spec"]["template"]["metadata"]["labels"].clone();
    let spec = &mut job["spec"];
    default_template(&mut spec["template"]);
    // one run, unless it is a queue of work
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        spec["completions"] = 1.into();
        spec["parallelism"] = 1.into();
    }
    default_to(spec, "parallelism", 1);
    default_to(spec, "backoffLimit", if spec["backoffLimitPerIndex"].is_null() { 6 } else { i64::from(i32::MAX) });
    default_to(spec, "completionMode", "NonIndexed");
    default_to(spec, "suspend", false);
    default_to(spec, "manualSelector", false);
    let replacement = if spec["podFailurePolicy"].is_null() { "TerminatingOrFailed" } else { "Failed" };
    default_to(spec, "podReplacementPolicy", replacement);
    if job["metadata"]["labels"].is_null() && labels.is_object() {
        job["metadata"]["labels"] = labels;
    }
}

/// The defaults of a job's or cron job's template of a pod.
pub(super) fn default_template(template: &mut Value) {
    pods::default(&mut template["spec"], "Always");
}

/// The labels by which a job knows its pods.
fn own_labels(job: &Value) -> [(&'static str, &Value); 4] {
    let (uid, name) = (&job["metadata"]["uid"], &job["metadata"]["name"]);
    [
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
        ("controller-uid", uid),
        ("job-name", name),
    ]
}

/// The selector by the job's own uid, unless it is chosen by hand.
pub(super) fn prepare(job: &mut Value) {
    job["status"] = json!({});
    if job["spec"]["manualSelector"] == true {
        return;
    }
    // Labels that the job took over from its template are the template's, also later (contracts `jobs` and `metadata-only`).
    let template_labels = &job["spec"]["template"]["metadata"]["labels"];
    let shares = template_labels.is_object() && job["metadata"]["labels"] == *template_labels;
    for (key, value) in own_labels(job).map(|(key, value)| (key, value.clone())) {
        // A label that the writer chose stays, and is refused.
        default_to(&mut job["spec"]["template"]["metadata"]["labels"], key, value.clone());
        if shares {
            default_to(&mut job["metadata"]["labels"], key, value);
        }
    }
    let uid = job["metadata"]["uid"].clone();
    job["spec"]["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
}

/// What is wrong with a job.
pub(super) fn validate(job: &Value) -> Vec<FieldError> {
    let mut errors = generated_selector(job);
    errors.extend(validate_selected(&job["spec"]));
    errors
}

/// A selector that is not chosen by hand is the one that the server made.
fn generated_selector(job: &Value) -> Vec<FieldError> {
    let spec = &job["spec"];
    if spec["manualSelector"] == true || spec["selector"].is_null() {
        return Vec::new();
    }
    let mut errors = Vec::new();
    let labels = &spec["template"]["metadata"]["labels"];
    for (key, value) in own_labels(job) {
        let why = format!("must be '{}'", value.as_str().unwrap_or_default());
        if labels[key].is_null() {
            errors.push(FieldError::required(format!("spec.template.metadata.labels[{key}]"), &why));
        } else if labels[key] != *value {
            errors.push(FieldError::invalid(format!("spec.template.metadata.labels[{key}]"), labels, &why));
        }
    }
    if spec["selector"] != json!({"matchLabels": {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}}) {
        errors.push(FieldError::invalid("spec.selector", &spec["selector"], "`selector` not auto-generated"));
    }
    errors
}

/// What is wrong with the spec of a job, which has a selector.
fn validate_selected(spec: &Value) -> Vec<FieldError> {
    let mut errors = validate_spec(spec, "spec");
    if spec["selector"].is_null() {
        errors.push(FieldError::required("spec.selector", ""));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let wanted = spec["selector"]["matchLabels"].as_object();
    // No selector selects nothing.
    if wanted.is_none_or(|wanted| wanted.iter().any(|(key, value)| labels[key] != *value)) {
        let why = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid("spec.template.metadata.labels", labels, why));
    }
    errors
}

/// What is wrong with the spec of a job that is to be made, also by a cron job.
pub(super) fn validate_spec(spec: &Value, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for key in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        if let Some(number) = spec[key].as_i64().filter(|number| *number < 0) {
            let why = "must be greater than or equal to 0";
            errors.push(FieldError::invalid(format!("{field}.{key}"), &number.into(), why));
        }
    }
    errors.extend(wrong_indexes(spec, field));
    errors.extend(policies::validate(spec, field));
    let template = format!("{field}.template");
    errors.extend(labels(spec["template"]["metadata"]["labels"].as_object(), &format!("{template}.labels")));
    errors.extend(pods::validate(&spec["template"]["spec"], &format!("{template}.spec")));
    if spec["template"]["spec"]["restartPolicy"] == "Always" {
        let why = "valid values: \"OnFailure\", \"Never\"";
        errors.push(FieldError::required(format!("{template}.spec.restartPolicy"), why));
    }
    errors
}

/// What only a job with indexes may have.
fn wrong_indexes(spec: &Value, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !spec["maxFailedIndexes"].is_null() && spec["backoffLimitPerIndex"].is_null() {
        let why = "when maxFailedIndexes is specified";
        errors.push(FieldError::required(format!("{field}.backoffLimitPerIndex"), why));
    }
    let mode = spec["completionMode"].as_str().unwrap_or("NonIndexed");
    let modes = ["NonIndexed", "Indexed"];
    if !modes.contains(&mode) {
        errors.push(FieldError::unsupported(format!("{field}.completionMode"), &quoted(mode), &modes));
    }
    if mode == "Indexed" && spec["completions"].is_null() {
        errors.push(FieldError::required(format!("{field}.completions"), "when completion mode is Indexed"));
    }
    for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
        if mode != "Indexed" && !spec[key].is_null() {
            let why = "requires indexed completion mode";
            errors.push(FieldError::invalid(format!("{field}.{key}"), &spec[key], why));
        }
    }
    errors
}
