//! What both servers hold, as a law compares it: without moments, with the secrets that no answer shows, and with whether what
//! is published logs in.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use evenkeel_sandbox::Kubernetes;
use serde_json::{Map, Value, json};

/// What differs between two servers that were asked for the same: numbers, and secrets that somebody made up.
pub(super) const OF_THE_MOMENT: [&str; 7] =
    ["id", "project_id", "ref", "retention_id", "registry_id", "password", "evenkeel.dev/verified"];

/// What says when something was done, or by whom.
const MOMENTS: [&str; 7] =
    ["creation_time", "create_time", "update_time", "setup_timestamp", "expires_at", "creator_ref", "creator_type"];

/// What a cluster counts up, and who wrote which field when.
const COUNTED: [&str; 4] = ["resourceVersion", "managedFields", "creationTimestamp", "uid"];

pub(super) fn of_harbor(server: &evenkeel_sandbox::Harbor) -> Value {
    let mut state = without(server.snapshot(), &MOMENTS);
    // of the allow list, an end is no moment
    state["allowlist"] = server.snapshot()["allowlist"].clone();
    let groups = state["userGroups"].as_object().map(|groups| groups.keys().cloned().collect::<Vec<_>>());
    state["userGroups"] = json!(groups);
    let mut hidden = server.hidden();
    for secret in hidden["robots"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        *secret = json!({"password": secret.take()});
    }
    hidden["robots"]["(declared works)"] = server.accepts("otomi-shared+ci", super::ROBOT_SECRET).into();
    state["hidden"] = hidden;
    state
}

pub(super) fn of_cluster(cluster: &Kubernetes, server: &evenkeel_sandbox::Harbor) -> Value {
    let mut state = cluster.snapshot();
    for object in state.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        for object in object.values_mut() {
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.retain(|key, _| !COUNTED.contains(&key.as_str()));
            }
        }
    }
    for secret in state["secrets"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for content in secret["data"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(read) = content.as_str().and_then(|content| read(content, server)) {
                *content = read;
            }
        }
    }
    for account in state["serviceaccounts"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        // the order of entries is nobody's
        if let Some(entries) = account["imagePullSecrets"].as_array_mut() {
            entries.sort_by_key(ToString::to_string);
        } else if let Some(account) = account.as_object_mut() {
            account.remove("imagePullSecrets");
        }
    }
    state
}

/// What a Secret holds for container tools, and whether it logs in.
fn read(content: &str, server: &evenkeel_sandbox::Harbor) -> Option<Value> {
    let mut config: Value = serde_json::from_slice(&STANDARD.decode(content).ok()?).ok()?;
    for entry in config["auths"].as_object_mut()?.values_mut() {
        let (user, password) = (entry["username"].as_str()?.to_owned(), entry["password"].as_str()?.to_owned());
        let pair = STANDARD.encode(format!("{user}:{password}"));
        entry["auth"] = json!(if entry["auth"] == pair { "(the same)" } else { "(another)" });
        entry["works"] = server.accepts(&user, &password).into();
    }
    Some(config)
}

fn without(value: Value, keys: &[&str]) -> Value {
    match value {
        Value::Object(fields) => {
            let rest = fields.into_iter().filter(|(key, _)| !keys.contains(&key.as_str()));
            Value::Object(rest.map(|(key, value)| (key, without(value, keys))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| without(item, keys)).collect()),
        other => other,
    }
}
