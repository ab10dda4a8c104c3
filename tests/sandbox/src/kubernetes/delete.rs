//! DELETE: of one object, and of a selection.

use serde_json::{Value, json};
use std::sync::Arc;

use super::answer::{Answer, Failure, JSON, Reply};
use super::body;
use super::invalid::strings;
use super::json::parse;
use super::list;
use super::registry::Resource;
use super::request::{Request, Target};
use super::store::{Key, Stored};
use super::views::{Form, View, shown};
use super::world::{NAMESPACES, World};

const LEAVES_PODS: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them \
                           or set propagationPolicy=Orphan to suppress this warning";

/// What becomes of the objects that the deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Propagation {
    Background,
    Foreground,
    Orphan,
}

/// How to delete.
#[derive(Debug)]
struct Wish {
    propagation: Option<Propagation>,
    uid: Option<String>,
    revision: Option<String>,
    dry_run: bool,
}

impl Wish {
    fn read(request: &Request) -> Result<Self, Failure> {
        let bytes = body::bytes(request)?;
        let options = match bytes {
            [] => json!({}),
            bytes => {
                parse(bytes)
                    .map_err(|why| Failure::bad_request(format!("couldn't get version/kind; json parse error: {why}")))?
                    .value
            }
        };
        body::check_options(request, "DeleteOptions")?;
        let text = |pointer: &str| options.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let propagation =
            text("/propagationPolicy").or_else(|| request.query.get("propagationPolicy").map(str::to_owned));
        let propagation = match propagation.as_deref() {
            Some("Foreground") => Some(Propagation::Foreground),
            Some("Orphan") => Some(Propagation::Orphan),
            Some("Background") => Some(Propagation::Background),
            _ => None,
        };
        Ok(Self {
            propagation,
            uid: text("/preconditions/uid"),
            revision: text("/preconditions/resourceVersion"),
            dry_run: request.is_dry_run() || strings(&options["dryRun"]).any(|value| value == "All"),
        })
    }

    fn check(&self, resource: &Resource, name: &str, object: &Stored) -> Result<(), Failure> {
        let revision = object.revision.to_string();
        let why = match (&self.uid, &self.revision) {
            (Some(uid), _) if uid != object.metadata("uid") => format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been \
                 deleted and then recreated",
                object.metadata("uid")
            ),
            (_, Some(wanted)) if *wanted != revision => format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
                 ({revision}). The object might have been modified"
            ),
            _ => return Ok(()),
        };
        Err(Failure::conflict(resource.named_kind(), name, &why))
    }
}

/// Answers DELETE of an object.
pub(crate) fn one(world: &mut World, request: &Request, target: &Target, resource: &Arc<Resource>) -> Reply {
    let wish = Wish::read(request)?;
    let object = world.object(resource, target)?;
    let immortal = &NAMESPACES[..];
    if resource.is("", "namespaces") && immortal.contains(&target.name.as_str()) && target.name != "kube-node-lease" {
        return Err(Failure::forbidden(resource.named(), &target.name, "this namespace may not be deleted"));
    }
    wish.check(resource, &target.name, &object)?;
    let left = delete(world, resource, &object, &wish);
    let body = match left {
        Some(left) => shown(resource, &left),
        None if resource.returns_object => shown(resource, &object.value),
        None => success(resource, &object).to_string(),
    };
    let warns = resource.orphans && wish.propagation.is_none();
    Ok(Answer::json(200, body).warned(warns.then(|| LEAVES_PODS.to_owned()).into_iter().collect()))
}

/// Answers DELETE of a collection: with a list of what it was about.
pub(crate) fn collection(world: &mut World, request: &Request, target: &Target, resource: &Arc<Resource>) -> Reply {
    let wish = Wish::read(request)?;
    let selector = list::selector(request, resource)?;
    let objects = list::selected(world, target, resource, &selector);
    for object in objects.values() {
        delete(world, resource, object, &wish);
    }
    let metadata = json!({"resourceVersion": world.store.revision().to_string()});
    let view = View { form: Form::Whole, content_type: JSON };
    let items = objects.values().map(|object| &**object);
    Ok(Answer::json(200, view.list(resource, items, metadata, world.clock.now())))
}

/// Deletes an object of the cluster's own accord.
pub(crate) fn quietly(world: &mut World, resource: &Resource, object: &Arc<Stored>) {
    let wish = Wish { propagation: Some(Propagation::Background), uid: None, revision: None, dry_run: false };
    delete(world, resource, object, &wish);
}

/// Deletes, or marks what something still holds. Gives the object that is left.
fn delete(world: &mut World, resource: &Resource, object: &Arc<Stored>, wish: &Wish) -> Option<Value> {
    let mut value = object.value.clone();
    let fallback = if resource.orphans { Propagation::Orphan } else { Propagation::Background };
    let finalizer = match wish.propagation.unwrap_or(fallback) {
        Propagation::Foreground => Some("foregroundDeletion"),
        Propagation::Orphan if world.store.is_owner(object.metadata("uid")) => Some("orphan"),
        _ => None,
    };
    if let Some(finalizer) = finalizer
        && !object.is_being_deleted()
        && !strings(&value["metadata"]["finalizers"]).any(|known| known == finalizer)
    {
        let mut finalizers: Vec<String> = strings(&value["metadata"]["finalizers"]).map(str::to_owned).collect();
        finalizers.push(finalizer.to_owned());
        value["metadata"]["finalizers"] = finalizers.into();
    }
    let key = Key::new(object.metadata("namespace"), object.metadata("name"));
    let graceful = is_on_a_node(world, resource, &value);
    if !is_held(resource, &value) && !graceful {
        if !wish.dry_run {
            world.store.remove(&resource.stored_as(), &key);
        }
        return None;
    }
    if object.is_being_deleted() {
        return Some(value);
    }
    let grace = if graceful { value["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30) } else { 0 };
    value["metadata"]["deletionTimestamp"] = super::time::stamp(world.clock.now() + grace * 1000).into();
    if !resource.is("", "namespaces") {
        value["metadata"]["deletionGracePeriodSeconds"] = grace.into();
    } else {
        value["status"]["phase"] = "Terminating".into();
    }
    if let Some(generation) = value["metadata"]["generation"].as_i64() {
        value["metadata"]["generation"] = (generation + 1).into();
    }
    if wish.dry_run {
        return Some(value);
    }
    Some(world.store.put(&resource.stored_as(), key, value).value.clone())
}

/// Whether something keeps an object from going.
pub(crate) fn is_held(resource: &Resource, value: &Value) -> bool {
    let own = strings(&value["metadata"]["finalizers"]).next().is_some();
    own || (resource.is("", "namespaces") && strings(&value["spec"]["finalizers"]).next().is_some())
}

/// A pod that runs is given time to end.
fn is_on_a_node(world: &World, resource: &Resource, value: &Value) -> bool {
    let ended = ["Succeeded", "Failed"].contains(&value["status"]["phase"].as_str().unwrap_or_default());
    resource.is("", "pods") && world.controllers.has_node() && value["spec"]["nodeName"].is_string() && !ended
}

fn success(resource: &Resource, object: &Stored) -> Value {
    let mut details = json!({"name": object.metadata("name"), "kind": resource.plural, "uid": object.metadata("uid")});
    if !resource.group.is_empty() {
        details["group"] = resource.group.as_str().into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
