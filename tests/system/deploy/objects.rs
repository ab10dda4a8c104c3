//! Kubernetes objects as the API takes them: each is read into its type and written again, and nothing of it may be lost on the way. A field that
//! the API does not know is silently dropped by a cluster, and by a plain reading too.

use evenkeel_kubernetes_client::k8s_openapi::api::{
    batch::v1::{CronJob, Job},
    core::v1::{ConfigMap, Pod, ServiceAccount},
    networking::v1::NetworkPolicy,
    rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::yaml;

/// The objects of a file with documents in it.
pub(super) fn objects(text: &str) -> Vec<Value> {
    let documents = text.split("\n---\n").map(|document| document.trim_start_matches("---\n"));
    documents.map(yaml).filter(|object| !object.is_null()).collect()
}

/// What is wrong with an object, as its API sees it.
pub(super) fn problems(object: &Value) -> Vec<String> {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    match (text("apiVersion"), text("kind")) {
        ("v1", "ConfigMap") => lost::<ConfigMap>(object),
        ("v1", "Pod") => lost::<Pod>(object),
        ("v1", "ServiceAccount") => lost::<ServiceAccount>(object),
        ("batch/v1", "Job") => lost::<Job>(object),
        ("batch/v1", "CronJob") => lost::<CronJob>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => lost::<NetworkPolicy>(object),
        ("rbac.authorization.k8s.io/v1", "Role") => lost::<Role>(object),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => lost::<RoleBinding>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRole") => lost::<ClusterRole>(object),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => lost::<ClusterRoleBinding>(object),
        (version, kind) => vec![format!("`{kind}` of `{version}` is none that is known here")],
    }
}

fn lost<T: DeserializeOwned + Serialize>(object: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    match serde_json::from_value::<T>(object.clone()) {
        Ok(read) => compare(object, &serde_json::to_value(read).unwrap(), "", &mut problems),
        Err(error) => problems.push(error.to_string()),
    }
    problems
}

fn compare(before: &Value, after: &Value, path: &str, problems: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                match after.get(key) {
                    Some(after) => compare(value, after, &format!("{path}.{key}"), problems),
                    None => problems.push(format!("`{path}.{key}` is no field of the API")),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(before, after, &format!("{path}[{index}]"), problems);
            }
        }
        _ if before == after => {}
        _ => problems.push(format!("`{path}` becomes {after} of {before}")),
    }
}

#[test]
fn a_field_that_the_api_does_not_know_is_noticed() {
    let job = |template: &str| {
        yaml(&format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: a}}\nspec: {{template: {template}}}\n"))
    };
    let fine = job("{spec: {restartPolicy: Never, containers: [{name: run, env: [{name: A, value: ''}]}]}}");
    assert_eq!(problems(&fine), Vec::<String>::new());
    let misspelt = job("{spec: {restartPolicy: Never, containers: [{name: run, enviroment: []}]}}");
    assert_eq!(problems(&misspelt), ["`.spec.template.spec.containers[0].enviroment` is no field of the API"]);
    let misplaced = job("{spec: {activeDeadline: 1, containers: []}}");
    assert_eq!(problems(&misplaced), ["`.spec.template.spec.activeDeadline` is no field of the API"]);
    assert_eq!(problems(&job("{spec: {containers: [{name: 1}]}}")).len(), 1, "a number is no name");
}
