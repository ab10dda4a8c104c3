//! What of a job cannot change any more.

use serde_json::Value;

use super::internal_form::{POD_FAILURE_POLICY, POD_SPEC, SUCCESS_POLICY, shown};
use super::{validate, validate_selected};
use crate::kubernetes::invalid::FieldError;
use crate::kubernetes::json::quoted;

const IMMUTABLE: &str = "field is immutable";
/// What says where a pod is placed may change as long as the job is held and was never started.
const PLACEMENT: [&str; 4] = ["nodeSelector", "tolerations", "affinity", "schedulingGates"];

/// What is wrong with a changed job. Like the real server, it tells twice what is wrong with the spec itself.
pub(in super::super) fn validate_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = validate(new);
    errors.extend(validate_selected(&new["spec"]));
    let (before, after) = (&old["spec"], &new["spec"]);
    errors.extend(changed_completions(before, after));
    let changed = |key: &str| before[key] != after[key];
    if changed("selector") {
        errors.push(FieldError::immutable("spec.selector", &after["selector"]));
    }
    let is_held = before["suspend"] == true && old["status"]["startTime"].is_null();
    errors.extend(changed_template(&before["template"], &after["template"], is_held));
    if changed("completionMode") {
        errors.push(FieldError::immutable("spec.completionMode", &after["completionMode"]));
    }
    if changed("podFailurePolicy") {
        let policy = shown(&after["podFailurePolicy"], POD_FAILURE_POLICY);
        errors.push(FieldError::invalid_shown("spec.podFailurePolicy", &policy, IMMUTABLE));
    }
    for key in ["backoffLimitPerIndex", "managedBy"] {
        if changed(key) {
            errors.push(FieldError::immutable(format!("spec.{key}"), &after[key]));
        }
    }
    if changed("successPolicy") {
        let policy = shown(&after["successPolicy"], SUCCESS_POLICY);
        errors.push(FieldError::invalid_shown("spec.successPolicy", &policy, IMMUTABLE));
    }
    errors
}

/// Those of a job with indexes may change together with its parallelism.
fn changed_completions(before: &Value, after: &Value) -> Option<FieldError> {
    let completions = &after["completions"];
    if before["completions"] == *completions {
        None
    } else if after["completionMode"] != "Indexed" {
        Some(FieldError::immutable("spec.completions", completions))
    } else if completions.is_null() {
        Some(FieldError::required("spec.completions", "when completion mode is Indexed"))
    } else {
        let why = "can only be modified in tandem with spec.parallelism";
        (*completions != after["parallelism"]).then(|| FieldError::invalid("spec.completions", completions, why))
    }
}

fn changed_template(before: &Value, after: &Value, is_held: bool) -> Option<FieldError> {
    if before == after {
        None
    } else if !is_held {
        Some(FieldError::invalid_shown("spec.template", &template_shown(after), IMMUTABLE))
    } else {
        let spec = || shown(&after["spec"], POD_SPEC);
        (what_runs(before) != what_runs(after))
            .then(|| FieldError::invalid_shown("spec.template.spec", &spec(), IMMUTABLE))
    }
}

/// A template's spec without what only says where, and with which resources, its pod runs.
fn what_runs(template: &Value) -> Value {
    let mut spec = template["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        PLACEMENT.iter().for_each(|key| {
            spec.remove(*key);
        });
    }
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            container["resources"] = Value::Null;
        }
    }
    spec
}

/// A template as messages show it: the metadata lies flat beside the spec.
fn template_shown(template: &Value) -> String {
    let metadata = template["metadata"].as_object();
    let entries = metadata.into_iter().flatten().map(|(key, value)| format!("{}:{value}", quoted(key)));
    let mut parts: Vec<String> = entries.collect();
    parts.push(format!("\"Spec\":{}", template["spec"]));
    format!("{{{}}}", parts.join(","))
}
