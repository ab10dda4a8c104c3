//! Exec, attach and port forwarding: what is refused before a stream begins (contract `exec`). No stream ever begins here.

use serde_json::Value;

use crate::kubernetes::access::{Question, User, access};
use crate::kubernetes::answer::{Failure, Named, Reply};
use crate::kubernetes::registry::Resource;
use crate::kubernetes::request::{Request, Target};
use crate::kubernetes::world::World;

/// Answers a request for a stream to or from a pod.
pub(super) fn answer(world: &World, request: &Request, target: &Target, resource: &Resource, user: &User) -> Reply {
    let upgrades = request.header("upgrade");
    if upgrades.is_some_and(|to| to.eq_ignore_ascii_case("websocket")) && !may_create(world, target, user) {
        return Err(Failure::forbidden(Named { group: "", kind: "pods" }, &target.name, ""));
    }
    let pod = world.object(resource, target)?;
    if target.subresource != "portforward" {
        check_container(&pod.value, request.query.get("container"), &target.name)?;
    }
    if pod.value["spec"]["nodeName"].is_null() {
        return Err(Failure::bad_request(format!("pod {} does not have a host assigned", target.name)));
    }
    let why = match upgrades {
        None => "Upgrade request required",
        Some(_) => "unable to upgrade connection: the sandbox runs nothing in pods",
    };
    Err(Failure::bad_request(why))
}

/// A WebSocket begins with GET, and needs the right to create all the same.
fn may_create(world: &World, target: &Target, user: &User) -> bool {
    let question = Question {
        verb: "create",
        group: &target.group,
        resource: &target.plural,
        subresource: &target.subresource,
        namespace: &target.namespace,
        name: &target.name,
        path: "",
    };
    access(world, user).allowed(&question).is_some()
}

fn check_container(pod: &Value, wanted: Option<&str>, name: &str) -> Result<(), Failure> {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let names: Vec<&str> = containers.filter_map(|container| container["name"].as_str()).collect();
    match wanted {
        Some(wanted) if !names.contains(&wanted) => {
            Err(Failure::bad_request(format!("container {wanted} is not valid for pod {name}")))
        }
        None if names.len() > 1 => {
            let choice = names.join(" ");
            let why = format!("a container name must be specified for pod {name}, choose one of: [{choice}]");
            Err(Failure::bad_request(why))
        }
        _ => Ok(()),
    }
}
