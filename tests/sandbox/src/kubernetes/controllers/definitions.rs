//! Custom resource definitions become resources.

use serde_json::{Value, json};

use crate::kubernetes::delete;
use crate::kubernetes::registry::{Resource, StoreKey};
use crate::kubernetes::store::Key;
use crate::kubernetes::world::World;

pub(super) fn step(world: &mut World) -> bool {
    let shelf = StoreKey::new("apiextensions.k8s.io", "customresourcedefinitions");
    let definitions: Vec<(Key, Value)> =
        world.store.list(&shelf, None).map(|(key, definition)| (key.clone(), definition.value.clone())).collect();
    let names: Vec<&str> = definitions.iter().map(|(key, _)| &*key.name).collect();
    if forget(world, &names) {
        return true;
    }
    for (key, mut definition) in definitions {
        let conditions = definition["status"]["conditions"].as_array();
        let established = conditions.into_iter().flatten().any(|condition| condition["type"] == "Established");
        if !established {
            establish(&mut definition, &world.now());
            world.store.put(&shelf, key, definition);
            return true;
        }
        let served = resources(&definition);
        let known = world.registry.all().filter(|resource| resource.custom && is_defined(resource, &key.name)).count();
        if known != served.len() {
            world.registry.define(&key.name, served);
        }
    }
    false
}

fn is_defined(resource: &Resource, definition: &str) -> bool {
    definition == format!("{}.{}", resource.plural, resource.group)
}

/// Takes away resources without a definition, their objects first.
fn forget(world: &mut World, definitions: &[&str]) -> bool {
    let lost = world
        .registry
        .all()
        .find(|resource| resource.custom && !definitions.iter().any(|definition| is_defined(resource, definition)))
        .cloned();
    let Some(resource) = lost else { return false };
    let object = world.store.list(&resource.stored_as(), None).next().map(|(_, object)| object.clone());
    match object {
        Some(object) => delete::quietly(world, &resource, &object),
        None => world.registry.define(&format!("{}.{}", resource.plural, resource.group), Vec::new()),
    }
    true
}

fn establish(definition: &mut Value, now: &str) {
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message});
    let stored: Vec<Value> = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .collect();
    definition["status"] = json!({
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "acceptedNames": definition["spec"]["names"],
        "storedVersions": stored,
    });
}

fn resources(definition: &Value) -> Vec<Resource> {
    let spec = &definition["spec"];
    let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let served = spec["versions"].as_array().into_iter().flatten().filter(|version| version["served"] == true);
    served
        .map(|version| {
            let status = !version["subresources"]["status"].is_null();
            let name = version["name"].as_str().unwrap_or_default();
            let namespaced = text("/scope") == "Namespaced";
            Resource::custom(text("/group"), name, text("/names/plural"), text("/names/kind"), namespaced, status)
        })
        .collect()
}
