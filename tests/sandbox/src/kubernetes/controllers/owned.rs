//! Objects that controllers make for others.

use serde_json::{Value, json};

use super::kubelet;
use crate::kubernetes::bootstrap::put;
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::Key;
use crate::kubernetes::world::World;
use crate::random::suffix;

/// The objects of a kind that an object controls.
pub(super) fn controlled(world: &World, shelf: &StoreKey, namespace: &str, uid: &str) -> Vec<(Key, Value)> {
    let objects = world.store.list(shelf, Some(namespace));
    let own = objects.filter(|(_, object)| !object.is_being_deleted() && object.owners().any(|owner| owner == uid));
    own.map(|(key, object)| (key.clone(), object.value.clone())).collect()
}

/// The reference to the owner, given by version and kind.
pub(super) fn owner((version, kind): (&str, &str), owner: &Value) -> Value {
    json!([{
        "apiVersion": version, "kind": kind, "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Makes a pod of a template, with its index where its owner counts them. Gives the pod's name.
pub(super) fn make_pod(
    world: &mut World,
    kind: (&str, &str),
    of: &Value,
    template: &Value,
    index: Option<i64>,
) -> String {
    let text = |key: &str| of["metadata"][key].as_str().unwrap_or_default();
    let mut pod = json!({"metadata": template["metadata"], "spec": template["spec"]});
    let name = match index {
        Some(index) => format!("{}-{index}-{}", text("name"), suffix()),
        None => format!("{}-{}", text("name"), suffix()),
    };
    pod["metadata"]["generateName"] = format!("{}-", text("name")).into();
    pod["metadata"]["ownerReferences"] = owner(kind, of);
    pod["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
    let shelf = kubelet::shelf();
    put(world, &shelf.group, &shelf.plural, text("namespace"), &name, pod);
    name
}
