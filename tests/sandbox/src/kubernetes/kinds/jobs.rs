//! Jobs.

use serde_json::{Value, json};

use super::{default_to, pods};
use crate::kubernetes::invalid::FieldError;
use crate::kubernetes::json::quoted;

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

/// The selector by the job's own uid, unless it is chosen by hand.
pub(super) fn prepare(job: &mut Value) {
    job["status"] = json!({});
    let own = [
        ("batch.kubernetes.io/controller-uid", job["metadata"]["uid"].clone()),
        ("batch.kubernetes.io/job-name", job["metadata"]["name"].clone()),
        ("controller-uid", job["metadata"]["uid"].clone()),
        ("job-name", job["metadata"]["name"].clone()),
    ];
    if job["spec"]["manualSelector"] == true {
        return;
    }
    // Labels that the job took over from its template are the template's, also later (contracts `jobs` and `metadata-only`).
    let shares = job["metadata"]["labels"] == job["spec"]["template"]["metadata"]["labels"];
    for (key, value) in own {
        if shares {
            job["metadata"]["labels"][key] = value.clone();
        }
        job["spec"]["template"]["metadata"]["labels"][key] = value;
    }
    let uid = job["metadata"]["uid"].clone();
    job["spec"]["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
}

/// What the job made itself stays when a writer leaves it out.
pub(super) fn keep(old: &Value, new: &mut Value) {
    for pointer in ["/spec/selector", "/spec/template/metadata/labels"] {
        if new.pointer(pointer).is_none_or(Value::is_null)
            && let (Some(before), Some((parent, key))) = (old.pointer(pointer), pointer.rsplit_once('/'))
            && let Some(parent) = new.pointer_mut(parent)
        {
            parent[key] = before.clone();
        }
    }
}

/// What is wrong with a job's spec.
pub(super) fn validate(spec: &Value, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for key in ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"] {
        if let Some(number) = spec[key].as_i64().filter(|number| *number < 0) {
            let why = "must be greater than or equal to 0";
            errors.push(FieldError::invalid(format!("{field}.{key}"), &number.into(), why));
        }
    }
    let mode = spec["completionMode"].as_str().unwrap_or("NonIndexed");
    if !["NonIndexed", "Indexed"].contains(&mode) {
        let place = format!("{field}.completionMode");
        errors.push(FieldError::unsupported(place, &quoted(mode), &["Indexed", "NonIndexed"]));
    }
    let template = format!("{field}.template.spec");
    errors.extend(pods::validate(&spec["template"]["spec"], &template));
    if spec["template"]["spec"]["restartPolicy"] == "Always" {
        let why = "valid values: \"OnFailure\", \"Never\"";
        errors.push(FieldError::required(format!("{template}.restartPolicy"), why));
    }
    errors
}

pub(super) fn validate_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = validate(&new["spec"], "spec");
    let (before, after) = (&old["spec"], &new["spec"]);
    for key in ["completions", "selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"] {
        if before[key] != after[key] && !(key == "completions" && after["completionMode"] == "Indexed") {
            errors.push(FieldError::immutable(format!("spec.{key}"), &after[key]));
        }
    }
    if before["template"] != after["template"] && before["suspend"] != true {
        errors.push(FieldError::invalid_shown("spec.template", &shown(&after["template"]), "field is immutable"));
    }
    errors
}

/// A template as messages show it: the metadata lies flat beside the spec.
pub(super) fn shown(template: &Value) -> String {
    let metadata = template["metadata"].as_object();
    let entries = metadata.into_iter().flatten().map(|(key, value)| format!("{}:{value}", quoted(key)));
    let mut parts: Vec<String> = entries.collect();
    parts.push(format!("\"Spec\":{}", template["spec"]));
    format!("{{{}}}", parts.join(","))
}
