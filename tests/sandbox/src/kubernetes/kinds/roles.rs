//! Roles and their bindings.

use serde_json::{Value, json};

use super::default_to;
use crate::kubernetes::invalid::{FieldError, strings};
use crate::kubernetes::json::quoted;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn default(binding: &mut Value) {
    default_to(&mut binding["roleRef"], "apiGroup", GROUP);
    for subject in binding.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        if matches!(subject["kind"].as_str(), Some("User" | "Group")) {
            default_to(subject, "apiGroup", GROUP);
        }
    }
}

pub(super) fn validate(role: &Value, namespaced: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, rule) in role["rules"].as_array().into_iter().flatten().enumerate() {
        let has = |key: &str| strings(&rule[key]).next().is_some();
        let missing = |key: &str, why: &str| FieldError::required(format!("rules[{index}].{key}"), why);
        if !has("verbs") {
            errors.push(missing("verbs", "verbs must contain at least one value"));
        }
        if has("nonResourceURLs") {
            let why = match namespaced {
                true => "namespaced rules cannot apply to non-resource URLs",
                false if has("apiGroups") || has("resources") || has("resourceNames") => {
                    "rules cannot apply to both regular resources and non-resource URLs"
                }
                false => continue,
            };
            errors.push(FieldError::invalid(format!("rules[{index}].nonResourceURLs"), &rule["nonResourceURLs"], why));
            continue;
        }
        if !has("apiGroups") {
            errors.push(missing("apiGroups", "resource rules must supply at least one api group"));
        }
        if !has("resources") {
            errors.push(missing("resources", "resource rules must supply at least one resource"));
        }
    }
    errors
}

pub(super) fn validate_binding(binding: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let role = |key: &str| binding["roleRef"][key].as_str().unwrap_or_default();
    if role("apiGroup") != GROUP {
        errors.push(FieldError::unsupported("roleRef.apiGroup", &quoted(role("apiGroup")), &[GROUP]));
    }
    if !["Role", "ClusterRole"].contains(&role("kind")) {
        errors.push(FieldError::unsupported("roleRef.kind", &quoted(role("kind")), &["ClusterRole", "Role"]));
    }
    if role("name").is_empty() {
        errors.push(FieldError::required("roleRef.name", ""));
    }
    for (index, subject) in binding["subjects"].as_array().into_iter().flatten().enumerate() {
        let text = |key: &str| subject[key].as_str().unwrap_or_default();
        let place = |key: &str| format!("subjects[{index}].{key}");
        if text("name").is_empty() {
            errors.push(FieldError::required(place("name"), ""));
        }
        match text("kind") {
            "ServiceAccount" if text("namespace").is_empty() => {
                errors.push(FieldError::required(place("namespace"), ""))
            }
            "ServiceAccount" | "User" | "Group" => {}
            other => {
                let kinds = ["Group", "ServiceAccount", "User"];
                errors.push(FieldError::unsupported(place("kind"), &quoted(other), &kinds));
            }
        }
    }
    errors
}

pub(super) fn validate_binding_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = validate_binding(new);
    if old["roleRef"] != new["roleRef"] {
        // The real server shows its own type here, with the names that its fields have in Go.
        let role = |key: &str| &new["roleRef"][key];
        let shown = json!({"APIGroup": role("apiGroup"), "Kind": role("kind"), "Name": role("name")});
        errors.push(FieldError::invalid("roleRef", &shown, "cannot change roleRef"));
    }
    errors
}
