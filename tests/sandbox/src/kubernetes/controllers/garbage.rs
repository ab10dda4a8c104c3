//! What goes with its owner, and what waits for what it owns.

use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kubernetes::delete;
use crate::kubernetes::invalid::strings;
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::{Key, Stored};
use crate::kubernetes::world::World;

pub(super) fn step(world: &mut World) -> bool {
    orphans(world) || waiting(world)
}

type Found = (StoreKey, Key, Arc<Stored>);

fn find(world: &World, wanted: impl Fn(&Stored) -> bool) -> Vec<Found> {
    let all = world.store.everything();
    let objects = all.flat_map(|(shelf, objects)| objects.iter().map(move |(key, object)| (shelf, key, object)));
    objects
        .filter(|(_, _, object)| wanted(object))
        .map(|(shelf, key, object)| (shelf.clone(), key.clone(), Arc::clone(object)))
        .collect()
}

/// Deletes an object none of whose owners is there any more, or whose owner waits for it.
fn orphans(world: &mut World) -> bool {
    let owned =
        find(world, |object| object.value["metadata"]["ownerReferences"].is_array() && !object.is_being_deleted());
    if owned.is_empty() {
        return false;
    }
    let mut alive = BTreeSet::new();
    for (_, objects) in world.store.everything() {
        let kept = objects.values().filter(|object| !has_finalizer(&object.value, "foregroundDeletion"));
        alive.extend(kept.map(|object| object.metadata("uid").to_owned()));
    }
    let lost = owned.into_iter().find(|(_, _, object)| {
        let owners = object.value["metadata"]["ownerReferences"].as_array();
        owners.into_iter().flatten().all(|owner| !alive.contains(owner["uid"].as_str().unwrap_or_default()))
    });
    let Some((shelf, _, object)) = lost else { return false };
    if let Some(resource) = world.registry.resource(&shelf.group, &shelf.plural) {
        delete::quietly(world, &resource, &object);
    }
    true
}

/// Lets go of an object that only waited for what it owned.
fn waiting(world: &mut World) -> bool {
    let marks = ["foregroundDeletion", "orphan"];
    let waits =
        |object: &Stored| object.is_being_deleted() && marks.iter().any(|mark| has_finalizer(&object.value, mark));
    for (shelf, key, object) in find(world, waits) {
        let uid = object.metadata("uid").to_owned();
        let owned = find(world, |other| other.owners().any(|owner| owner == uid));
        if has_finalizer(&object.value, "orphan") {
            if let Some((shelf, key, other)) = owned.into_iter().next() {
                disown(world, &shelf, key, &other, &uid);
                return true;
            }
        } else if !owned.is_empty() {
            continue;
        }
        release(world, &shelf, key, &object, &marks);
        return true;
    }
    false
}

fn disown(world: &mut World, shelf: &StoreKey, key: Key, object: &Stored, uid: &str) {
    let mut value = object.value.clone();
    let owners = value["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
    let left: Vec<Value> = owners.into_iter().filter(|owner| owner["uid"] != uid).collect();
    if let Some(metadata) = value["metadata"].as_object_mut() {
        if left.is_empty() {
            metadata.remove("ownerReferences");
        } else {
            metadata.insert("ownerReferences".to_owned(), left.into());
        }
    }
    world.store.put(shelf, key, value);
}

fn release(world: &mut World, shelf: &StoreKey, key: Key, object: &Stored, marks: &[&str]) {
    let mut value = object.value.clone();
    let left: Vec<String> = strings(&value["metadata"]["finalizers"])
        .filter(|finalizer| !marks.contains(finalizer))
        .map(str::to_owned)
        .collect();
    let held = !left.is_empty();
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("finalizers");
        if held {
            metadata.insert("finalizers".to_owned(), left.into());
        }
    }
    world.store.put(shelf, key.clone(), value);
    if !held {
        world.store.remove(shelf, &key);
    }
}

fn has_finalizer(value: &Value, wanted: &str) -> bool {
    strings(&value["metadata"]["finalizers"]).any(|finalizer| finalizer == wanted)
}
