//! Deployments: a set of replicas for each template, its pods, and what the deployment says of them (contract `deployments`).

use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::kubelet;
use super::owned::{controlled, make_pod, owner};
use crate::kubernetes::bootstrap::put;
use crate::kubernetes::json::quoted;
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::Key;
use crate::kubernetes::time::milliseconds;
use crate::kubernetes::world::World;

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

fn shelf() -> StoreKey {
    StoreKey::new("apps", "deployments")
}

fn sets() -> StoreKey {
    StoreKey::new("apps", "replicasets")
}

/// Brings one deployment one step further.
pub(super) fn step(world: &mut World) -> bool {
    deployments(world).into_iter().any(|(key, deployment)| advance(world, key, &deployment))
}

/// When a deployment changes although nothing happens.
pub(super) fn next_due(world: &World) -> Option<i64> {
    let dues = deployments(world).into_iter().filter_map(|(_, deployment)| deadline(&deployment));
    dues.filter(|due| *due > world.clock.now()).min()
}

fn deployments(world: &World) -> Vec<(Key, Value)> {
    let deployments = world.store.list(&shelf(), None).filter(|(_, deployment)| !deployment.is_being_deleted());
    deployments.map(|(key, deployment)| (key.clone(), deployment.value.clone())).collect()
}

/// When a deployment that makes no progress is given up.
fn deadline(deployment: &Value) -> Option<i64> {
    let progressing =
        condition(deployment, "Progressing").filter(|condition| condition["reason"] == "ReplicaSetUpdated")?;
    let since = progressing["lastUpdateTime"].as_str().and_then(milliseconds)?;
    Some(since + deployment["spec"]["progressDeadlineSeconds"].as_i64()? * 1000)
}

fn condition<'a>(deployment: &'a Value, kind: &str) -> Option<&'a Value> {
    deployment["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

fn advance(world: &mut World, key: Key, deployment: &Value) -> bool {
    let uid = deployment["metadata"]["uid"].as_str().unwrap_or_default();
    let all = controlled(world, &sets(), &key.namespace, uid);
    let hash = template_hash(&deployment["spec"]["template"]);
    let Some((set_key, set)) = all.iter().find(|(_, set)| set["metadata"]["labels"][HASH] == hash.as_str()) else {
        make_set(world, &key, deployment, &hash, all.len() + 1);
        return true;
    };
    let revision = set["metadata"]["annotations"][REVISION].clone();
    if deployment["metadata"]["annotations"][REVISION] != revision {
        let mut value = deployment.clone();
        value["metadata"]["annotations"][REVISION] = revision;
        world.store.put(&shelf(), key, value);
        return true;
    }
    if deployment["status"]["observedGeneration"] != deployment["metadata"]["generation"] {
        let mut value = deployment.clone();
        value["status"]["observedGeneration"] = deployment["metadata"]["generation"].clone();
        world.store.put(&shelf(), key, value);
        return true;
    }
    let wanted = deployment["spec"]["replicas"].as_u64().and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(1);
    for (_, other) in all.iter().filter(|(other, _)| other != set_key) {
        if scale(world, &key, other, 0) {
            return true;
        }
    }
    if scale(world, &key, set, wanted) {
        return true;
    }
    let status = status(world, &key, deployment, set, wanted);
    if status == deployment["status"] {
        return false;
    }
    let mut value = deployment.clone();
    value["status"] = status;
    world.store.put(&shelf(), key, value);
    true
}

fn template_hash(template: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    template.to_string().hash(&mut hasher);
    format!("{:x}", hasher.finish() & 0xff_ffff_ffff)
}

fn make_set(world: &mut World, key: &Key, deployment: &Value, hash: &str, revision: usize) {
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"][HASH] = hash.into();
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH] = hash.into();
    let set = json!({
        "metadata": {
            "labels": template["metadata"]["labels"],
            "annotations": {REVISION: revision.to_string()},
            "ownerReferences": owner(("apps/v1", "Deployment"), deployment),
        },
        "spec": {"replicas": deployment["spec"]["replicas"], "selector": selector, "template": template},
        "status": {"replicas": 0},
    });
    put(world, "apps", "replicasets", &key.namespace, &format!("{}-{hash}", key.name), set);
}

/// Makes or takes away one pod of a set.
fn scale(world: &mut World, key: &Key, set: &Value, wanted: usize) -> bool {
    let uid = set["metadata"]["uid"].as_str().unwrap_or_default();
    let mut pods = controlled(world, &kubelet::shelf(), &key.namespace, uid);
    if pods.len() < wanted {
        make_pod(world, ("apps/v1", "ReplicaSet"), set, &set["spec"]["template"], None);
        return true;
    }
    match pods.pop().filter(|_| pods.len() >= wanted) {
        Some((pod, _)) => world.store.remove(&kubelet::shelf(), &pod).is_some(),
        None => false,
    }
}

fn status(world: &World, key: &Key, deployment: &Value, set: &Value, wanted: usize) -> Value {
    let uid = set["metadata"]["uid"].as_str().unwrap_or_default();
    let pods = controlled(world, &kubelet::shelf(), &key.namespace, uid);
    let ready = pods.iter().filter(|(_, pod)| pod["status"]["phase"] == "Running").count();
    let mut status = json!({
        "observedGeneration": deployment["metadata"]["generation"],
        "terminatingReplicas": 0,
    });
    let counts = [
        ("replicas", pods.len()),
        ("updatedReplicas", pods.len()),
        ("readyReplicas", ready),
        ("availableReplicas", ready),
        ("unavailableReplicas", wanted.saturating_sub(ready)),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        status[name] = count.into();
    }
    let now = world.now();
    let name = quoted(set["metadata"]["name"].as_str().unwrap_or_default());
    let late = deadline(deployment).is_some_and(|deadline| world.clock.now() >= deadline)
        || condition(deployment, "Progressing").is_some_and(|known| known["reason"] == "ProgressDeadlineExceeded");
    let available = if ready >= wanted {
        ("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.".to_owned())
    } else {
        ("Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.".to_owned())
    };
    let progressing = if ready >= wanted {
        ("Progressing", true, "NewReplicaSetAvailable", format!("ReplicaSet {name} has successfully progressed."))
    } else if late {
        ("Progressing", false, "ProgressDeadlineExceeded", format!("ReplicaSet {name} has timed out progressing."))
    } else {
        ("Progressing", true, "ReplicaSetUpdated", format!("ReplicaSet {name} is progressing."))
    };
    let conditions = [available, progressing].map(|(kind, value, reason, message)| {
        let value = if value { "True" } else { "False" };
        let known = condition(deployment, kind).filter(|known| known["status"] == value);
        let since = known.map_or_else(|| now.as_str().into(), |known| known["lastTransitionTime"].clone());
        let same = known.filter(|known| known["reason"] == reason && known["message"] == message);
        let updated = same.map_or_else(|| now.as_str().into(), |known| known["lastUpdateTime"].clone());
        json!({
            "type": kind, "status": value, "lastUpdateTime": updated, "lastTransitionTime": since,
            "reason": reason, "message": message,
        })
    });
    status["conditions"] = conditions.to_vec().into();
    status
}
