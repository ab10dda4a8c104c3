//! The node: pods are placed on it, run what their image does, and end (contracts `jobs`, `deployments`).

use serde_json::{Value, json};
use std::fmt::Write as _;

use crate::kubernetes::options::Image;
use crate::kubernetes::registry::StoreKey;
use crate::kubernetes::store::{Key, Stored};
use crate::kubernetes::time::milliseconds;
use crate::kubernetes::world::World;
use crate::random::random_bytes;

const NODE: &str = "sandbox";

pub(super) fn shelf() -> StoreKey {
    StoreKey::new("", "pods")
}

/// Brings one pod one step further.
pub(super) fn step(world: &mut World) -> bool {
    let pods: Vec<(Key, Value)> = world
        .store
        .list(&shelf(), None)
        .filter(|(_, pod)| pod.is_being_deleted() || !has_ended(pod))
        .map(|(key, pod)| (key.clone(), pod.value.clone()))
        .collect();
    for (key, pod) in pods {
        if !pod["metadata"]["deletionTimestamp"].is_null() {
            if pod["metadata"]["finalizers"].is_null() {
                world.store.remove(&shelf(), &key);
                return true;
            }
            continue;
        }
        let now = world.now();
        let next = if pod["spec"]["nodeName"].is_null() { placed(&pod, &now) } else { run(world, &pod, &now) };
        if next != pod {
            world.store.put(&shelf(), key, next);
            return true;
        }
    }
    false
}

fn has_ended(pod: &Stored) -> bool {
    ["Succeeded", "Failed"].contains(&pod.value["status"]["phase"].as_str().unwrap_or_default())
}

fn placed(pod: &Value, now: &str) -> Value {
    let mut pod = pod.clone();
    pod["spec"]["nodeName"] = NODE.into();
    pod["status"]["conditions"] = json!([condition("PodScheduled", true, now)]);
    pod
}

fn condition(kind: &str, status: bool, since: &str) -> Value {
    let status = if status { "True" } else { "False" };
    json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since})
}

/// What the containers do next.
fn run(world: &World, pod: &Value, now: &str) -> Value {
    let mut next = pod.clone();
    let containers = pod["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let before = pod["status"]["containerStatuses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let policy = pod["spec"]["restartPolicy"].as_str().unwrap_or("Always");
    let statuses: Vec<Value> = containers
        .iter()
        .enumerate()
        .map(|(index, container)| container_status(world, &Run { pod, container, policy, now }, before.get(index)))
        .collect();
    if statuses == before {
        return next;
    }
    let ended = |status: &Value| status["state"]["terminated"]["exitCode"].as_i64();
    let runs = |status: &Value| status["state"]["running"].is_object();
    let phase = if statuses.iter().all(|status| ended(status) == Some(0)) {
        "Succeeded"
    } else if statuses.iter().all(|status| ended(status).is_some()) {
        "Failed"
    } else if statuses.iter().any(runs) {
        "Running"
    } else {
        "Pending"
    };
    let ready = statuses.iter().all(runs);
    let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"]
        .map(|kind| condition(kind, ready || ["Initialized", "PodScheduled"].contains(&kind), now));
    next["status"]["phase"] = phase.into();
    next["status"]["conditions"] = conditions.to_vec().into();
    next["status"]["containerStatuses"] = statuses.into();
    if next["status"]["startTime"].is_null() {
        next["status"]["startTime"] = now.into();
        next["status"]["hostIP"] = "127.0.0.1".into();
    }
    next
}

/// One container of a pod, at one time.
struct Run<'a> {
    pod: &'a Value,
    container: &'a Value,
    policy: &'a str,
    now: &'a str,
}

fn container_status(world: &World, run: &Run<'_>, before: Option<&Value>) -> Value {
    let Run { container, now, .. } = *run;
    let name = container["image"].as_str().unwrap_or_default();
    let state = match world.controllers.image(name) {
        None => waiting(container, name),
        Some(image) => match before.map(|status| &status["state"]) {
            Some(state) if state["running"].is_object() => end(world, run, image, state),
            Some(state) if !state.is_null() && state["waiting"].is_null() => state.clone(),
            Some(state) if state["waiting"]["reason"] == "CrashLoopBackOff" => state.clone(),
            _ => json!({"running": {"startedAt": now}}),
        },
    };
    let runs = state["running"].is_object();
    let restarts = i64::from(state["waiting"]["reason"] == "CrashLoopBackOff");
    let mut status = json!({
        "name": container["name"], "image": name, "imageID": "", "ready": runs, "started": runs, "restartCount": restarts,
        "lastState": {}, "state": state,
    });
    if runs || status["state"]["terminated"].is_object() {
        let known = before.and_then(|before| before["containerID"].as_str()).map(str::to_owned);
        let id = known.unwrap_or_else(container_id);
        if status["state"]["terminated"].is_object() {
            status["state"]["terminated"]["containerID"] = id.as_str().into();
        }
        status["containerID"] = id.into();
    }
    status
}

/// An image that is not there.
fn waiting(container: &Value, name: &str) -> Value {
    if container["imagePullPolicy"] == "Never" {
        let message = format!("Container image \"{name}\" is not present with pull policy of Never");
        return json!({"waiting": {"reason": "ErrImageNeverPull", "message": message}});
    }
    let (host, rest) = name.split_once('/').unwrap_or(("docker.io", name));
    let (path, tag) = rest.rsplit_once(':').unwrap_or((rest, "latest"));
    let message = format!(
        "Back-off pulling image \"{name}\": ErrImagePull: failed to pull and unpack image \"{name}\": failed to resolve \
         reference \"{name}\": failed to do request: Head \"http://{host}/v2/{path}/manifests/{tag}\": dial tcp {host}: \
         connect: connection refused"
    );
    json!({"waiting": {"reason": "ImagePullBackOff", "message": message}})
}

/// How a container that runs goes on.
fn end(world: &World, run: &Run<'_>, image: &Image, state: &Value) -> Value {
    let Some(code) = exit_code(image, run) else { return state.clone() };
    if sleeps_until(image, run.container, state).is_some_and(|end| end > world.clock.now()) {
        return state.clone();
    }
    if run.policy == "Always" || (run.policy == "OnFailure" && code != 0) {
        let message = "back-off 5m0s restarting failed container";
        return json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
    }
    let reason = if code == 0 { "Completed" } else { "Error" };
    let started = state["running"]["startedAt"].clone();
    json!({"terminated": {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": run.now}})
}

/// The code with which a container ends, if it does.
fn exit_code(image: &Image, run: &Run<'_>) -> Option<i32> {
    let index = &run.pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"];
    if let Some((variable, code)) = &image.exit_code_at_index {
        let mut variables = run.container["env"].as_array().into_iter().flatten();
        if variables.any(|entry| entry["name"] == variable.as_str() && entry["value"] == *index && !index.is_null()) {
            return Some(*code);
        }
    }
    let has_arguments = run.container["args"].as_array().is_some_and(|arguments| !arguments.is_empty());
    let is_told_to_fail = has_arguments && !is_told_to_sleep(image, run.container);
    if is_told_to_fail { image.exit_code_with_arguments } else { image.exit_code }
}

fn is_told_to_sleep(image: &Image, container: &Value) -> bool {
    image.sleeps.as_ref().is_some_and(|(argument, _)| container["args"][0] == argument.as_str())
}

/// When a container that sleeps wakes up.
fn sleeps_until(image: &Image, container: &Value, state: &Value) -> Option<i64> {
    let (_, time) = image.sleeps.as_ref().filter(|_| is_told_to_sleep(image, container))?;
    let started = state["running"]["startedAt"].as_str().and_then(milliseconds)?;
    Some(started + i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 2))
}

/// When a container changes although nothing happens.
pub(super) fn next_due(world: &World) -> Option<i64> {
    let pods = world.store.list(&shelf(), None).filter(|(_, pod)| !has_ended(pod));
    let dues = pods.flat_map(|(_, pod)| {
        let containers = pod.value["spec"]["containers"].as_array().into_iter().flatten();
        containers.enumerate().filter_map(|(index, container)| {
            let image = world.controllers.image(container["image"].as_str().unwrap_or_default())?;
            sleeps_until(image, container, &pod.value["status"]["containerStatuses"][index]["state"])
        })
    });
    dues.filter(|due| *due > world.clock.now()).min()
}

fn container_id() -> String {
    random_bytes::<32>().iter().fold("containerd://".to_owned(), |mut text, byte| {
        // writing into a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}
