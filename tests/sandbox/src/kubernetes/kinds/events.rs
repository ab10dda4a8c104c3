//! Events: one object with two faces, that of the core and the newer one of `events.k8s.io` (contract `events`).

use serde_json::{Map, Value};

use crate::kubernetes::invalid::{FieldError, wrong_qualified_name};

/// Names of the core, and of the newer face.
const NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// The newer face of a stored event.
pub(crate) fn newer(event: &Value) -> Value {
    let mut event = renamed(event, |core| NAMES.iter().find(|(name, _)| *name == core).map(|(_, newer)| *newer));
    // shown by the core even when empty
    for key in ["reportingController", "reportingInstance"] {
        if event[key] == "" {
            event.remove(key);
        }
    }
    event.into()
}

/// The stored form of an event that came with the newer face.
pub(crate) fn stored(event: &Value) -> Value {
    let mut event = renamed(event, |newer| NAMES.iter().find(|(_, name)| *name == newer).map(|(core, _)| *core));
    for key in ["reportingComponent", "reportingInstance"] {
        event.entry(key).or_insert_with(|| "".into());
    }
    event.into()
}

fn renamed(event: &Value, name: impl Fn(&str) -> Option<&'static str>) -> Map<String, Value> {
    let entries = event.as_object().into_iter().flatten();
    entries.map(|(key, value)| (name(key).unwrap_or(key).to_owned(), value.clone())).collect()
}

pub(super) fn validate(event: &Value, newer: bool) -> Vec<FieldError> {
    let text = |key: &str| event[key].as_str().unwrap_or_default();
    let mut errors = if text("eventTime").is_empty() { without_time(event) } else { with_time(event, newer) };
    if !newer {
        return errors;
    }
    if text("eventTime").is_empty() {
        errors.push(FieldError::required("eventTime", ""));
    }
    if !["Normal", "Warning"].contains(&text("type")) {
        errors.push(FieldError::invalid("type", &"".into(), &format!("has invalid value: {}", text("type"))));
    }
    for key in ["firstTimestamp", "lastTimestamp", "count"] {
        if !event[key].is_null() {
            errors.push(FieldError::invalid(key, &"".into(), "needs to be unset"));
        }
    }
    if event["source"].as_object().is_some_and(|source| !source.is_empty()) {
        errors.push(FieldError::invalid("source", &"".into(), "needs to be unset"));
    }
    errors
}

fn elsewhere(event: &Value) -> FieldError {
    let about = event["involvedObject"]["namespace"].as_str().unwrap_or_default();
    FieldError::invalid("involvedObject.namespace", &about.into(), "does not match event.namespace")
}

fn without_time(event: &Value) -> Vec<FieldError> {
    let own = event["metadata"]["namespace"].as_str().unwrap_or_default();
    let about = event["involvedObject"]["namespace"].as_str().unwrap_or_default();
    let fits = if about.is_empty() { own == "default" } else { own == about };
    if fits { Vec::new() } else { vec![elsewhere(event)] }
}

fn with_time(event: &Value, newer: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let text = |key: &str| event[key].as_str().unwrap_or_default();
    let own = event["metadata"]["namespace"].as_str().unwrap_or_default();
    let about = event["involvedObject"]["namespace"].as_str().unwrap_or_default();
    if about.is_empty() && !["default", "kube-system"].contains(&own) {
        errors.push(elsewhere(event));
    }
    let controller = if newer { "reportingController" } else { "reportingComponent" };
    let by = text("reportingComponent");
    if by.is_empty() {
        errors.push(FieldError::required(controller, ""));
    }
    errors.extend(wrong_qualified_name(by).iter().map(|why| FieldError::invalid(controller, &by.into(), why)));
    for key in ["reportingInstance", "action", "reason"] {
        match text(key) {
            "" => errors.push(FieldError::required(key, "")),
            long if long.len() > 128 => {
                errors.push(FieldError::invalid(key, &"".into(), "can have at most 128 characters"));
            }
            _ => {}
        }
    }
    if text("message").len() > 1024 {
        errors.push(FieldError::invalid("message", &"".into(), "can have at most 1024 characters"));
    }
    errors
}

/// An event only goes on in its series.
pub(super) fn validate_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let fixed = [
        "involvedObject",
        "reason",
        "message",
        "count",
        "firstTimestamp",
        "lastTimestamp",
        "source",
        "eventTime",
        "action",
        "related",
        "reportingComponent",
        "reportingInstance",
        "type",
    ];
    let mut errors: Vec<FieldError> = fixed
        .into_iter()
        .filter(|key| old[*key] != new[*key])
        .map(|key| {
            FieldError::immutable(if key == "reportingComponent" { "reportingController" } else { key }, &new[key])
        })
        .collect();
    if !new["series"].is_null() && new["series"]["count"].as_i64().unwrap_or_default() < 2 {
        errors.push(FieldError::invalid("series.count", &"".into(), "should be at least 2"));
    }
    errors
}
