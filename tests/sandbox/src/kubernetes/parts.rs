//! Subresources: parts of an object with a path of their own.

mod streams;

use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::access::User;
use super::answer::{Answer, Failure, Named, Reply};
use super::body;
use super::invalid::FieldError;
use super::patches::{Patch, Style};
use super::registry::Resource;
use super::request::{Request, Target};
use super::schema::Shape;
use super::store::{Key, Stored};
use super::time::stamp;
use super::tokens::{SERVER, Wanted};
use super::views::{one, shown};
use super::world::World;
use super::write;

/// Ten minutes.
const SHORTEST_TOKEN: i64 = 600;

/// Answers a request for a part of an object.
pub(crate) fn answer(
    world: &mut World,
    request: &Request,
    target: &Target,
    resource: &Arc<Resource>,
    part: &str,
    user: &User,
) -> Reply {
    match (part, request.verb()) {
        ("status", "get") => one(world, request, target, resource),
        ("status", "patch") => write::patch(world, request, target, resource, user),
        ("status", _) => write::update(world, request, target, resource, user),
        ("finalize", _) => finalize(world, request, target, resource),
        ("token", _) => token(world, request, target, resource),
        ("scale", _) => scale(world, request, target, resource),
        ("log", _) => log(world, target, resource),
        ("attach" | "exec" | "portforward", _) => streams::answer(world, request, target, resource, user),
        _ => Err(Failure::wrong_method()),
    }
}

/// Replaces the finalizers of a namespace's spec.
fn finalize(world: &mut World, request: &Request, target: &Target, resource: &Resource) -> Reply {
    let sent = body::question(request, resource)?;
    let old = world.object(resource, target)?;
    let mut value = old.value.clone();
    value["spec"]["finalizers"] = sent["spec"]["finalizers"].clone();
    let key = Key::new(target.object_namespace(), &target.name);
    let stored = world.store.put(&resource.stored_as(), key, value);
    Ok(Answer::json(200, shown(resource, &stored.value)))
}

/// A token of a service account.
fn token(world: &mut World, request: &Request, target: &Target, resource: &Resource) -> Reply {
    let sent = body::question(request, resource)?;
    let account = world.object(resource, target)?;
    let seconds = sent["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    if seconds < SHORTEST_TOKEN {
        let why = "may not specify a duration less than 10 minutes";
        let error = FieldError::invalid("spec.expirationSeconds", &seconds.into(), why);
        let what = Named { group: "authentication.k8s.io", kind: "TokenRequest" };
        return Err(Failure::invalid(what, "", &[error]));
    }
    let now = world.clock.now();
    let lifetime = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    let audiences = match sent["spec"]["audiences"].as_array() {
        Some(audiences) if !audiences.is_empty() => Value::from(audiences.clone()),
        _ => json!([SERVER]),
    };
    let wanted = Wanted { audiences: &audiences, now, lifetime };
    let token = world.tokens.issue(&target.namespace, &target.name, account.metadata("uid"), &wanted);
    let answer = json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {
            "name": target.name,
            "namespace": target.namespace,
            "uid": account.metadata("uid"),
            "creationTimestamp": stamp(now),
        },
        "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": null},
        "status": {"token": token, "expirationTimestamp": stamp(now + seconds * 1000)},
    });
    Ok(Answer::json(201, answer.to_string()))
}

/// How many replicas a workload wants.
fn scale(world: &mut World, request: &Request, target: &Target, resource: &Resource) -> Reply {
    let old = world.object(resource, target)?;
    let before = scale_of(&old);
    let after = match request.verb() {
        "get" => return Ok(Answer::json(200, before.to_string())),
        "patch" => {
            let style = Style::of(request.content_type()).ok_or_else(Failure::unsupported_patch)?;
            Patch::read(style, body::bytes(request)?)?.apply(&Shape::Any, before.clone())?
        }
        _ => body::question(request, resource)?,
    };
    let mut value = old.value.clone();
    let replicas = after["spec"]["replicas"].as_i64().unwrap_or_default();
    if value["spec"]["replicas"] != replicas {
        value["spec"]["replicas"] = replicas.into();
        let generation = value["metadata"]["generation"].as_i64().unwrap_or_default();
        value["metadata"]["generation"] = (generation + 1).into();
        let key = Key::new(target.object_namespace(), &target.name);
        let stored = world.store.put(&resource.stored_as(), key, value);
        return Ok(Answer::json(200, scale_of(&stored).to_string()));
    }
    Ok(Answer::json(200, before.to_string()))
}

fn scale_of(workload: &Stored) -> Value {
    let value = &workload.value;
    let mut spec = json!({});
    if let Some(replicas) = value["spec"]["replicas"].as_i64().filter(|replicas| *replicas != 0) {
        spec["replicas"] = replicas.into();
    }
    let labels = value["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let labels: Vec<String> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    let metadata: Value = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]
        .iter()
        .map(|key| ((*key).to_owned(), value["metadata"][*key].clone()))
        .collect();
    let replicas = value["status"]["replicas"].as_i64().unwrap_or_default();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec,
        "status": {"replicas": replicas, "selector": labels.join(",")},
    })
}

/// What the containers of a pod have printed.
fn log(world: &World, target: &Target, resource: &Resource) -> Reply {
    let pod = world.object(resource, target)?;
    if pod.value["spec"]["nodeName"].is_null() {
        return Ok(Answer::nothing());
    }
    let image = pod.value["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
    Ok(Answer::new(200, "text/plain", world.controllers.log_of(image)))
}
