//! What is particular to a kind: its defaults, what it refuses, what it warns of.

mod cron_jobs;
mod definitions;
mod deployments;
pub(crate) mod events;
mod jobs;
mod leases;
mod namespaces;
mod pods;
mod roles;
mod secrets;

use serde_json::Value;

use super::invalid::FieldError;
use super::registry::Resource;

/// Fills in what a writer left out. It is also done on reading from the store: what only then is left out is never checked.
pub(crate) fn default(resource: &Resource, value: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "secrets") => secrets::default(value),
        ("", "namespaces") => namespaces::default(value),
        ("", "pods") => pods::default(&mut value["spec"], "Always"),
        ("batch", "jobs") => jobs::default(value),
        ("batch", "cronjobs") => cron_jobs::default(value),
        ("apps", "deployments") => deployments::default(value),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => roles::default(value),
        ("apiextensions.k8s.io", _) => definitions::default(value),
        _ => {}
    }
}

/// What a new object gets that nobody may choose.
pub(crate) fn prepare_create(resource: &Resource, value: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => namespaces::prepare(value),
        ("", "pods") => pods::prepare(value),
        ("batch", "jobs") => jobs::prepare(value),
        _ if resource.has_status() && !resource.custom => value["status"] = Value::Object(serde_json::Map::new()),
        _ if resource.has_status() => {
            if let Some(object) = value.as_object_mut() {
                object.remove("status");
            }
        }
        _ => {}
    }
}

/// What a change cannot change without being refused.
pub(crate) fn prepare_update(resource: &Resource, old: &Value, new: &mut Value) {
    if (resource.group.as_str(), resource.plural.as_str()) == ("", "namespaces") {
        namespaces::keep(old, new);
    }
}

/// Whether a change counts as another generation of the object.
pub(crate) fn is_another_generation(resource: &Resource, old: &Value, new: &Value) -> bool {
    if !resource.custom {
        return old["spec"] != new["spec"];
    }
    let desired = |object: &Value| {
        let mut object = object.clone();
        if let Some(object) = object.as_object_mut() {
            object.remove("metadata");
            if resource.has_status() {
                object.remove("status");
            }
        }
        object
    };
    desired(old) != desired(new)
}

/// What is wrong with a new object, its metadata aside.
pub(crate) fn validate(resource: &Resource, value: &Value) -> Vec<FieldError> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "secrets") => secrets::validate(value),
        ("", "configmaps") => secrets::validate_config_map(value),
        ("", "pods") => pods::validate(&value["spec"], "spec"),
        ("", "events") => events::validate(value, false),
        ("events.k8s.io", _) => events::validate(value, true),
        ("coordination.k8s.io", _) => leases::validate(value),
        ("batch", "jobs") => jobs::validate(value),
        ("batch", "cronjobs") => cron_jobs::validate(value),
        ("apps", "deployments") => deployments::validate(value),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => roles::validate(value, resource.namespaced),
        ("rbac.authorization.k8s.io", _) => roles::validate_binding(value),
        ("apiextensions.k8s.io", _) => definitions::validate(value),
        _ => Vec::new(),
    }
}

/// What is wrong with a change, metadata aside.
pub(crate) fn validate_update(resource: &Resource, old: &Value, new: &Value) -> Vec<FieldError> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "secrets") => secrets::validate_update(old, new),
        ("", "configmaps") => secrets::validate_config_map_update(old, new),
        ("events.k8s.io", _) => events::validate_update(old, new),
        ("batch", "jobs") => jobs::validate_update(old, new),
        ("apps", "deployments") => deployments::validate_update(old, new),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            roles::validate_binding_update(old, new)
        }
        _ => validate(resource, new),
    }
}

/// What a client is told of an object that is taken all the same.
pub(crate) fn warnings(resource: &Resource, value: &Value) -> Vec<String> {
    if resource.is("", "secrets") { secrets::warnings(value) } else { Vec::new() }
}

/// Sets a field that has no value.
fn default_to(object: &mut Value, key: &str, value: impl Into<Value>) {
    if object[key].is_null() {
        object[key] = value.into();
    }
}
