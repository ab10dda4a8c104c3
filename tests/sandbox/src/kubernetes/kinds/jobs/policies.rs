//! What a job says of failures, successes and replacements of its pods.

use serde_json::Value;

use crate::kubernetes::invalid::FieldError;
use crate::kubernetes::json::quoted;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: [&str; 2] = ["In", "NotIn"];

pub(super) fn validate(spec: &Value, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !spec["podFailurePolicy"].is_null() {
        errors.extend(failure_policy(spec, field));
    }
    if !spec["successPolicy"].is_null() && spec["completionMode"] != "Indexed" {
        let why = "requires indexed completion mode";
        errors.push(FieldError::invalid(format!("{field}.successPolicy"), &spec["successPolicy"], why));
    }
    let replacements =
        if spec["podFailurePolicy"].is_null() { &["Failed", "TerminatingOrFailed"][..] } else { &["Failed"] };
    if let Some(replacement) = spec["podReplacementPolicy"].as_str().filter(|chosen| !replacements.contains(chosen)) {
        let place = format!("{field}.podReplacementPolicy");
        errors.push(FieldError::unsupported(place, &quoted(replacement), replacements));
    }
    errors
}

fn failure_policy(spec: &Value, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let policy = &spec["template"]["spec"]["restartPolicy"];
    if policy != "Never" {
        let why = "only \"Never\" is supported when podFailurePolicy is specified";
        errors.push(FieldError::invalid(format!("{field}.template.spec.restartPolicy"), policy, why));
    }
    for (index, rule) in spec["podFailurePolicy"]["rules"].as_array().into_iter().flatten().enumerate() {
        let place = format!("{field}.podFailurePolicy.rules[{index}]");
        errors.extend(wrong_action(spec, rule, &format!("{place}.action")));
        errors.extend(wrong_condition(spec, rule, &place));
    }
    errors
}

fn wrong_action(spec: &Value, rule: &Value, place: &str) -> Option<FieldError> {
    let action = rule["action"].as_str().unwrap_or_default();
    match action {
        "" => Some(FieldError::required(place, &format!("valid values: {ACTIONS:?}"))),
        "FailIndex" if spec["backoffLimitPerIndex"].is_null() => {
            Some(FieldError::invalid(place, &action.into(), "requires the backoffLimitPerIndex to be set"))
        }
        known if ACTIONS.contains(&known) => None,
        other => Some(FieldError::unsupported(place, &quoted(other), &ACTIONS)),
    }
}

/// A rule is about exit codes or about conditions of the pod.
fn wrong_condition(spec: &Value, rule: &Value, place: &str) -> Vec<FieldError> {
    let codes = &rule["onExitCodes"];
    let conditions = rule["onPodConditions"].as_array().is_some_and(|conditions| !conditions.is_empty());
    match (codes.is_null(), conditions) {
        (true, true) => Vec::new(),
        (true, false) => {
            let why = "specifying one of OnExitCodes and OnPodConditions is required";
            vec![FieldError::invalid_without_value(place, why)]
        }
        (false, true) => {
            let why = "specifying both OnExitCodes and OnPodConditions is not supported";
            vec![FieldError::invalid_without_value(place, why)]
        }
        (false, false) => wrong_exit_codes(spec, codes, &format!("{place}.onExitCodes")),
    }
}

fn wrong_exit_codes(spec: &Value, codes: &Value, place: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let operator = codes["operator"].as_str().unwrap_or_default();
    if !OPERATORS.contains(&operator) {
        errors.push(FieldError::unsupported(format!("{place}.operator"), &quoted(operator), &OPERATORS));
    }
    let template = &spec["template"]["spec"];
    let mut containers = ["initContainers", "containers"].iter().flat_map(|list| template[*list].as_array()).flatten();
    if let Some(name) = codes["containerName"].as_str()
        && !containers.any(|container| container["name"] == name)
    {
        let why = "must be one of the container or initContainer names in the pod template";
        errors.push(FieldError::invalid(format!("{place}.containerName"), &name.into(), why));
    }
    let values = codes["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    if values.is_empty() {
        errors.push(FieldError::invalid(format!("{place}.values"), &codes["values"], "at least one value is required"));
    }
    for (index, _) in values.iter().enumerate().filter(|(_, code)| operator == "In" && **code == 0) {
        let why = "must not be 0 for the In operator";
        errors.push(FieldError::invalid(format!("{place}.values[{index}]"), &0.into(), why));
    }
    errors
}
