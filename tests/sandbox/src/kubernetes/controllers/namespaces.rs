//! What appears in a new namespace, and how one ends.

use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::kubernetes::bootstrap::put;
use crate::kubernetes::delete;
use crate::kubernetes::invalid::strings;
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::Key;
use crate::kubernetes::world::World;

const ABOUT_THE_CA: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
/// The form of a certificate; nothing verifies anything by it.
const CA: &str = "-----BEGIN CERTIFICATE-----\nc2FuZGJveA==\n-----END CERTIFICATE-----\n";

pub(super) fn step(world: &mut World) -> bool {
    let namespaces: Vec<(String, bool)> = world
        .store
        .list(&StoreKey::new("", "namespaces"), None)
        .map(|(key, namespace)| (key.name.to_string(), namespace.is_being_deleted()))
        .collect();
    for (name, ending) in namespaces {
        let worked = if ending { end(world, &name) } else { furnish(world, &name) };
        if worked {
            return true;
        }
    }
    false
}

/// The default account and the cluster's certificate, where they are missing.
fn furnish(world: &mut World, namespace: &str) -> bool {
    if world.look("", "serviceaccounts", namespace, "default").is_none() {
        put(world, "", "serviceaccounts", namespace, "default", json!({"metadata": {}}));
        return true;
    }
    if world.look("", "configmaps", namespace, "kube-root-ca.crt").is_none() {
        let annotations = json!({"kubernetes.io/description": ABOUT_THE_CA});
        let map = json!({"metadata": {"annotations": annotations}, "data": {"ca.crt": CA}});
        put(world, "", "configmaps", namespace, "kube-root-ca.crt", map);
        return true;
    }
    false
}

/// Deletes what is in a namespace, says what is left, and lets the namespace go when nothing is.
fn end(world: &mut World, namespace: &str) -> bool {
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<String, usize> = BTreeMap::new();
    for shelf in world.registry.in_namespaces() {
        let objects: Vec<_> = world.store.list(&shelf, Some(namespace)).map(|(_, object)| object.clone()).collect();
        for object in objects {
            if !object.is_being_deleted() {
                if let Some(resource) = world.registry.resource(&shelf.group, &shelf.plural) {
                    delete::quietly(world, &resource, &object);
                }
                return true;
            }
            *left.entry(format!("{}.{}", shelf.plural, shelf.group)).or_default() += 1;
            for finalizer in strings(&object.value["metadata"]["finalizers"]) {
                *finalizers.entry(finalizer.to_owned()).or_default() += 1;
            }
        }
    }
    let key = Key::new("", namespace);
    let shelf = StoreKey::new("", "namespaces");
    let Some(found) = world.store.get(&shelf, &key) else { return false };
    let mut value = found.value.clone();
    if left.is_empty() {
        value["spec"] = json!({});
        world.store.put(&shelf, key.clone(), value);
        world.store.remove(&shelf, &key);
        return true;
    }
    let before = value["status"].clone();
    value["status"]["conditions"] = conditions(&before, &left, &finalizers, &world.now());
    if value["status"] == before {
        return false;
    }
    world.store.put(&shelf, key, value);
    true
}

fn conditions(
    before: &Value,
    left: &BTreeMap<String, usize>,
    finalizers: &BTreeMap<String, usize>,
    now: &str,
) -> Value {
    let counted = |counts: &BTreeMap<String, usize>, words: &str| {
        let parts: Vec<String> =
            counts.iter().map(|(name, count)| format!("{name} {words} {count} resource instances")).collect();
        parts.join(", ")
    };
    let remaining = format!("Some resources are remaining: {}", counted(left, "has"));
    let held = format!("Some content in the namespace has finalizers remaining: {}", counted(finalizers, "in"));
    let all = [
        ("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered"),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            false,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "NamespaceDeletionContentFailure",
            false,
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("NamespaceContentRemaining", true, "SomeResourcesRemain", remaining.as_str()),
        ("NamespaceFinalizersRemaining", true, "SomeFinalizersRemain", held.as_str()),
    ];
    let known = before["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.into_iter()
        .map(|(kind, status, reason, message)| {
            let status = if status { "True" } else { "False" };
            let same = known.iter().find(|condition| condition["type"] == kind && condition["status"] == status);
            let since = same.and_then(|condition| condition["lastTransitionTime"].as_str()).unwrap_or(now);
            json!({"type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message})
        })
        .collect()
}
