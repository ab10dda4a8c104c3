//! Pods, and the templates of pods in other kinds.

use serde_json::{Value, json};

use super::default_to;
use crate::kubernetes::invalid::FieldError;
use crate::kubernetes::json::quoted;

/// The defaults of a pod's spec.
pub(super) fn default(spec: &mut Value, restart_policy: &str) {
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            default_container(container);
        }
    }
    default_to(spec, "restartPolicy", restart_policy);
    default_to(spec, "terminationGracePeriodSeconds", 30);
    default_to(spec, "dnsPolicy", "ClusterFirst");
    default_to(spec, "securityContext", json!({}));
    default_to(spec, "schedulerName", "default-scheduler");
    // the old name of the same field
    if let Some(account) = spec["serviceAccountName"].as_str().map(str::to_owned) {
        spec["serviceAccount"] = account.into();
    }
}

fn default_container(container: &mut Value) {
    default_to(container, "terminationMessagePath", "/dev/termination-log");
    default_to(container, "terminationMessagePolicy", "File");
    let image = container["image"].as_str().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or(image);
    let latest = !name.contains('@') && (!name.contains(':') || name.ends_with(":latest"));
    default_to(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
}

pub(super) fn prepare(pod: &mut Value) {
    pod["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
}

/// What is wrong with a pod's spec.
pub(super) fn validate(spec: &Value, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let containers = spec["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if containers.is_empty() {
        errors.push(FieldError::required(format!("{field}.containers"), ""));
    }
    for (index, container) in containers.iter().enumerate() {
        for key in ["name", "image"] {
            if container[key].as_str().unwrap_or_default().is_empty() {
                errors.push(FieldError::required(format!("{field}.containers[{index}].{key}"), ""));
            }
        }
    }
    let policy = spec["restartPolicy"].as_str().unwrap_or_default();
    if !["Always", "OnFailure", "Never"].contains(&policy) {
        let policies = ["Always", "OnFailure", "Never"];
        errors.push(FieldError::unsupported(format!("{field}.restartPolicy"), &quoted(policy), &policies));
    }
    errors
}
