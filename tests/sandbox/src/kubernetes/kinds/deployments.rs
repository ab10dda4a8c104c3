//! Deployments.

use serde_json::{Value, json};

use super::{default_to, pods};
use crate::kubernetes::invalid::FieldError;

pub(super) fn default(deployment: &mut Value) {
    let spec = &mut deployment["spec"];
    pods::default(&mut spec["template"]["spec"], "Always");
    default_to(spec, "replicas", 1);
    default_to(&mut spec["strategy"], "type", "RollingUpdate");
    if spec["strategy"]["type"] == "RollingUpdate" {
        default_to(&mut spec["strategy"], "rollingUpdate", json!({}));
        let rolling = &mut spec["strategy"]["rollingUpdate"];
        default_to(rolling, "maxUnavailable", "25%");
        default_to(rolling, "maxSurge", "25%");
    }
    default_to(spec, "revisionHistoryLimit", 10);
    default_to(spec, "progressDeadlineSeconds", 600);
}

pub(super) fn validate(deployment: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let spec = &deployment["spec"];
    if let Some(number) = spec["replicas"].as_i64().filter(|number| *number < 0) {
        errors.push(FieldError::invalid("spec.replicas", &number.into(), "must be greater than or equal to 0"));
    }
    match spec["selector"]["matchLabels"].as_object() {
        None if spec["selector"]["matchExpressions"].is_null() => {
            errors.push(FieldError::required("spec.selector", ""));
        }
        wanted => {
            let labels = &spec["template"]["metadata"]["labels"];
            if wanted.into_iter().flatten().any(|(key, value)| labels.get(key) != Some(value)) {
                let why = "`selector` does not match template `labels`";
                errors.push(FieldError::invalid("spec.template.metadata.labels", labels, why));
            }
        }
    }
    errors.extend(pods::validate(&spec["template"]["spec"], "spec.template.spec"));
    errors
}

pub(super) fn validate_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = validate(new);
    if old["spec"]["selector"] != new["spec"]["selector"] {
        errors.push(FieldError::immutable("spec.selector", &new["spec"]["selector"]));
    }
    errors
}
