//! Pods: what keeps one, and when it will never be ready.

use evenkeel_kubernetes_client::k8s_openapi::api::core::v1::{
    ContainerStateTerminated, ContainerStatus, Pod, PodStatus,
};

use crate::barrier::{End, Verdict};

const ENDED_POD: &str = "see why with `kubectl describe pod` and `kubectl logs --all-containers`; a Pod that has ended does not start \
                         again, so wait for what makes it, or for its labels";
/// Reasons to wait that every container has at first.
const ORDINARY: [&str; 2] = ["ContainerCreating", "PodInitializing"];

pub(super) fn pod(pod: &Pod) -> Verdict {
    let Some(status) = &pod.status else { return Verdict::NotYet("has no status yet".to_owned()) };
    if condition(status, "Ready", "True").is_some() {
        return Verdict::Ready;
    }
    match end(pod, status) {
        Some(end) if is_made_anew(pod) => Verdict::NotYet(format!("{end}, and is made anew by its StatefulSet")),
        Some(end) => Verdict::Never(End::new(end, ENDED_POD)),
        None => Verdict::NotYet(keeps(status)),
    }
}

/// Whether a Pod counts among those that labels select: one that has ended, or is about to, has had its time.
pub(super) fn is_alive(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    pod.metadata.deletion_timestamp.is_none() && !matches!(phase, Some("Failed" | "Succeeded"))
}

/// Why it will never be ready.
fn end(pod: &Pod, status: &PodStatus) -> Option<String> {
    match status.phase.as_deref() {
        Some("Succeeded") => return Some("has ended, and is never ready again".to_owned()),
        Some("Failed") => {
            let reason = status.reason.clone().filter(|reason| !reason.is_empty());
            let reason = reason.or_else(|| containers(status).find_map(|container| container.failed()));
            return Some(reason.map_or_else(|| "has failed".to_owned(), |reason| format!("has failed: {reason}")));
        }
        _ => {}
    }
    let policy = pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()).unwrap_or("Always");
    containers(status).filter(|container| !container.is_init).find_map(|container| {
        let ended = container.terminated()?;
        let starts_again = policy == "Always" || policy == "OnFailure" && ended.exit_code != 0;
        (!starts_again).then(|| format!("is never ready: {}, and does not start again", container.ended(ended)))
    })
}

/// A StatefulSet gives the name of a Pod that has ended to another one.
fn is_made_anew(pod: &Pod) -> bool {
    let owners = pod.metadata.owner_references.iter().flatten();
    owners.into_iter().any(|owner| owner.controller == Some(true) && owner.kind == "StatefulSet")
}

/// What keeps it from being ready.
fn keeps(status: &PodStatus) -> String {
    let unscheduled = condition(status, "PodScheduled", "False");
    if let Some(reason) = unscheduled.and_then(|unscheduled| unscheduled.reason.as_deref()) {
        return format!("is not ready: no node has it yet ({reason})");
    }
    if let Some(trouble) = containers(status).find_map(|container| container.trouble()) {
        return format!("is not ready: {trouble}");
    }
    match status.phase.as_deref() {
        Some(phase) => format!("is not ready, its phase is {phase}"),
        None => "is not ready".to_owned(),
    }
}

fn condition<'a>(
    status: &'a PodStatus,
    kind: &str,
    is: &str,
) -> Option<&'a evenkeel_kubernetes_client::k8s_openapi::api::core::v1::PodCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == kind && condition.status == is)
}

/// The containers in the order in which they start.
fn containers(status: &PodStatus) -> impl Iterator<Item = Container<'_>> {
    let first = status.init_container_statuses.iter().flatten().map(|status| Container { is_init: true, status });
    first.chain(status.container_statuses.iter().flatten().map(|status| Container { is_init: false, status }))
}

#[derive(Clone, Copy)]
struct Container<'a> {
    is_init: bool,
    status: &'a ContainerStatus,
}

impl<'a> Container<'a> {
    fn terminated(self) -> Option<&'a ContainerStateTerminated> {
        self.status.state.as_ref()?.terminated.as_ref()
    }

    /// How it ended, if that was a failure.
    fn failed(self) -> Option<String> {
        self.terminated().filter(|ended| ended.exit_code != 0).map(|ended| self.ended(ended))
    }

    /// What keeps it: a failure, the last one's too, or a reason to wait that is not an ordinary one.
    fn trouble(self) -> Option<String> {
        let last = self.status.last_state.as_ref().and_then(|last| last.terminated.as_ref());
        let waiting = self.status.state.as_ref().and_then(|state| state.waiting.as_ref()?.reason.as_deref());
        match waiting.filter(|reason| !ORDINARY.contains(reason)) {
            Some(reason) => Some(match last {
                Some(last) => format!("{} ({reason})", self.ended(last)),
                None => format!("{} waits ({reason})", self.name()),
            }),
            None => self.failed(),
        }
    }

    fn ended(self, ended: &ContainerStateTerminated) -> String {
        let code = format!("{} ended with code {}", self.name(), ended.exit_code);
        match ended.reason.as_deref() {
            Some(reason) if !matches!(reason, "" | "Error" | "Completed") => format!("{code} ({reason})"),
            _ => code,
        }
    }

    fn name(self) -> String {
        let kind = if self.is_init { "init container" } else { "container" };
        format!("{kind} `{}`", self.status.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn judged(metadata: Value, policy: &str, status: Value) -> Verdict {
        let spec = json!({"containers": [], "restartPolicy": policy});
        pod(&from_value(json!({"metadata": metadata, "spec": spec, "status": status})).unwrap())
    }

    fn container(name: &str, state: Value, last: Value) -> Value {
        json!({"name": name, "image": "a", "imageID": "", "ready": false, "restartCount": 0, "state": state, "lastState": last})
    }

    fn ended(code: i32, reason: &str) -> Value {
        json!({"terminated": {"exitCode": code, "reason": reason, "message": "canary"}})
    }

    fn waits(reason: &str) -> Value {
        json!({"waiting": {"reason": reason, "message": "canary"}})
    }

    #[test]
    fn a_pod_that_can_never_become_ready_ends_the_waiting_with_its_reason() {
        let init = container("migrate", ended(3, "Error"), json!({}));
        let app = container("app", ended(137, "OOMKilled"), json!({}));
        let done = container("app", ended(0, "Completed"), json!({}));
        let running = container("sidecar", json!({"running": {}}), json!({}));
        for (policy, status, reason) in [
            ("Always", json!({"phase": "Failed", "reason": "Evicted"}), "has failed: Evicted"),
            (
                "Never",
                json!({"phase": "Failed", "initContainerStatuses": [init]}),
                "has failed: init container `migrate` ended with code 3",
            ),
            (
                "Never",
                json!({"phase": "Failed", "containerStatuses": [app]}),
                "has failed: container `app` ended with code 137 (OOMKilled)",
            ),
            ("Never", json!({"phase": "Failed"}), "has failed"),
            ("OnFailure", json!({"phase": "Succeeded"}), "has ended, and is never ready again"),
            (
                "OnFailure",
                json!({"phase": "Running", "containerStatuses": [done, running]}),
                "is never ready: container `app` ended with code 0, and does not start again",
            ),
        ] {
            assert_eq!(judged(json!({}), policy, status), Verdict::Never(End::new(reason, ENDED_POD)));
        }
    }

    #[test]
    fn a_pod_that_its_stateful_set_makes_anew_is_waited_for() {
        let owner =
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "1", "controller": true});
        let failed =
            judged(json!({"ownerReferences": [owner]}), "Always", json!({"phase": "Failed", "reason": "Evicted"}));
        assert_eq!(failed, Verdict::NotYet("has failed: Evicted, and is made anew by its StatefulSet".to_owned()));
    }

    #[test]
    fn what_keeps_a_pod_is_told_and_waited_for() {
        let crashing = container("migrate", waits("CrashLoopBackOff"), ended(3, "Error"));
        let creating = container("app", waits("PodInitializing"), json!({}));
        let unscheduled = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]);
        for (status, missing) in [
            (
                json!({"phase": "Pending", "conditions": unscheduled}),
                "is not ready: no node has it yet (Unschedulable)",
            ),
            (
                json!({"phase": "Pending", "initContainerStatuses": [crashing], "containerStatuses": [creating]}),
                "is not ready: init container `migrate` ended with code 3 (CrashLoopBackOff)",
            ),
            (
                json!({"phase": "Pending", "containerStatuses": [container("app", waits("ImagePullBackOff"), json!({}))]}),
                "is not ready: container `app` waits (ImagePullBackOff)",
            ),
            (
                json!({"phase": "Pending", "initContainerStatuses": [container("migrate", ended(3, "Error"), json!({}))]}),
                "is not ready: init container `migrate` ended with code 3",
            ),
            (json!({"phase": "Pending", "containerStatuses": [creating]}), "is not ready, its phase is Pending"),
        ] {
            assert_eq!(judged(json!({}), "Always", status), Verdict::NotYet(missing.to_owned()));
        }
    }

    #[test]
    fn a_pod_that_has_had_its_time_does_not_count_among_others() {
        let of = |value: Value| is_alive(&from_value(value).unwrap());
        assert!(of(json!({"metadata": {}, "status": {"phase": "Pending"}})) && of(json!({"metadata": {}})));
        assert!(!of(json!({"metadata": {}, "status": {"phase": "Failed"}})));
        assert!(!of(
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Running"}})
        ));
    }
}
