//! What runs Pods. A Job is ready by its conditions, of which the early `SuccessCriteriaMet` does not count (contract `jobs`); a
//! Deployment not by `Available` alone, which may be about its old template, or about none at all (contract `deployments`).

use evenkeel_kubernetes_client::k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    batch::v1::Job,
};

use crate::barrier::{End, Verdict};

const FAILED_JOB: &str = "see why with `kubectl describe job` and `kubectl logs job/NAME`, and run it again; `--retry-failed-jobs` \
                          (`retryFailedJob` in values) waits for that";

pub(super) fn job(job: &Job, retry_failed: bool) -> Verdict {
    let status = job.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let is_true =
        |kind: &str| conditions.iter().find(|condition| condition.type_ == kind && condition.status == "True");
    if is_true("Complete").is_some() {
        return Verdict::Ready;
    }
    // Once it is decided that a Job fails, its Pods still have to end.
    let failure =
        [("Failed", "has failed"), ("FailureTarget", "fails")].map(|(kind, what)| Some((is_true(kind)?, what)));
    if let Some((condition, what)) = failure.into_iter().flatten().next() {
        let what = because(what, condition.reason.as_deref());
        return if retry_failed { Verdict::NotYet(what) } else { Verdict::Never(End::new(what, FAILED_JOB)) };
    }
    // The condition follows: a Job that is held while it runs has its Pods taken away first.
    let is_held = job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true);
    if is_held || is_true("Suspended").is_some() {
        return Verdict::NotYet("is suspended".to_owned());
    }
    match status.and_then(|status| status.active) {
        Some(active) if active > 0 => Verdict::NotYet("is running".to_owned()),
        _ => Verdict::NotYet("has not run yet".to_owned()),
    }
}

pub(super) fn deployment(deployment: &Deployment) -> Verdict {
    let Some(status) = &deployment.status else { return without_status() };
    if status.observed_generation < deployment.metadata.generation {
        return not_rolled_out();
    }
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let condition = |kind: &str, status: &str| {
        conditions.iter().find(|condition| condition.type_ == kind && condition.status == status)
    };
    if wanted == 0 {
        return without_replicas();
    }
    let updated = status.updated_replicas.unwrap_or_default();
    if updated < wanted {
        let stuck = condition("ReplicaFailure", "True").or_else(|| condition("Progressing", "False"));
        let what = format!("has rolled out {updated} of {wanted} replicas");
        return Verdict::NotYet(because(&what, stuck.and_then(|stuck| stuck.reason.as_deref())));
    }
    let available = status.available_replicas.unwrap_or_default();
    if condition("Available", "True").is_some() && status.replicas.unwrap_or_default() <= updated && available > 0 {
        return Verdict::Ready;
    }
    Verdict::NotYet(format!("has {available} of {wanted} replicas available"))
}

pub(super) fn stateful_set(set: &StatefulSet) -> Verdict {
    let Some(status) = &set.status else { return without_status() };
    if status.observed_generation < set.metadata.generation {
        return not_rolled_out();
    }
    let spec = set.spec.as_ref();
    let wanted = spec.and_then(|spec| spec.replicas).unwrap_or(1);
    if wanted == 0 {
        return without_replicas();
    }
    let strategy = spec.and_then(|spec| spec.update_strategy.as_ref());
    let partition = strategy.and_then(|strategy| strategy.rolling_update.as_ref()?.partition).unwrap_or_default();
    // With `OnDelete`, and below the partition, Pods keep their old template on purpose.
    let is_by_hand = strategy.is_some_and(|strategy| strategy.type_.as_deref() == Some("OnDelete"));
    let to_update = if is_by_hand { 0 } else { wanted.saturating_sub(partition) };
    let updated = status.updated_replicas.unwrap_or_default();
    if updated < to_update {
        return Verdict::NotYet(format!("has rolled out {updated} of {to_update} replicas"));
    }
    let available = status.available_replicas.or(status.ready_replicas).unwrap_or_default();
    if available < wanted {
        return Verdict::NotYet(format!("has {available} of {wanted} replicas available"));
    }
    Verdict::Ready
}

pub(super) fn daemon_set(set: &DaemonSet) -> Verdict {
    let Some(status) = &set.status else { return without_status() };
    if status.observed_generation < set.metadata.generation {
        return not_rolled_out();
    }
    let wanted = status.desired_number_scheduled;
    if wanted == 0 {
        return Verdict::NotYet("has no node to run on".to_owned());
    }
    let strategy = set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
    let is_by_hand = strategy.is_some_and(|strategy| strategy.type_.as_deref() == Some("OnDelete"));
    let updated = status.updated_number_scheduled.unwrap_or_default();
    if updated < wanted && !is_by_hand {
        return Verdict::NotYet(format!("has rolled out {updated} of {wanted} Pods"));
    }
    let available = status.number_available.unwrap_or_default();
    if available < wanted {
        return Verdict::NotYet(format!("has {available} of {wanted} Pods available"));
    }
    Verdict::Ready
}

fn without_status() -> Verdict {
    Verdict::NotYet("has no status yet".to_owned())
}

fn not_rolled_out() -> Verdict {
    Verdict::NotYet("has a change that is not rolled out yet".to_owned())
}

/// Some say that they are available without any.
fn without_replicas() -> Verdict {
    Verdict::NotYet("has 0 replicas".to_owned())
}

/// With the reason that the API gives, if there is one.
fn because(what: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) if !reason.is_empty() => format!("{what}: {reason}"),
        _ => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn job_of(status: Value) -> Job {
        from_value(json!({"metadata": {"name": "keycloak"}, "status": status})).unwrap()
    }

    fn condition(kind: &str, status: &str, reason: &str) -> Value {
        json!({"type": kind, "status": status, "reason": reason})
    }

    #[test]
    fn a_job_is_ready_when_it_is_complete_and_not_when_it_is_about_to_be() {
        let early = job_of(json!({"active": 1, "conditions": [condition("SuccessCriteriaMet", "True", "")]}));
        assert_eq!(job(&early, false), Verdict::NotYet("is running".to_owned()));
        assert_eq!(job(&job_of(json!({"conditions": [condition("Complete", "True", "")]})), false), Verdict::Ready);
    }

    #[test]
    fn a_job_that_fails_or_has_failed_ends_the_waiting_unless_somebody_may_run_it_again() {
        let early = condition("FailureTarget", "True", "PodFailurePolicy");
        let late = condition("Failed", "True", "BackoffLimitExceeded");
        for (conditions, reason) in [
            (json!([early]), "fails: PodFailurePolicy"),
            (json!([early, late]), "has failed: BackoffLimitExceeded"),
            (json!([late]), "has failed: BackoffLimitExceeded"),
        ] {
            let failed = job_of(json!({"active": 1, "conditions": conditions}));
            assert_eq!(job(&failed, false), Verdict::Never(End::new(reason, FAILED_JOB)));
            assert_eq!(job(&failed, true), Verdict::NotYet(reason.to_owned()));
        }
        let resumed = job_of(json!({"active": 1, "conditions": [condition("Suspended", "False", "JobResumed")]}));
        assert_eq!(job(&resumed, false), Verdict::NotYet("is running".to_owned()));
    }

    /// `suspend: true` is accepted of a Job that has ended, and means nothing there (contract `jobs-policies`).
    #[test]
    fn a_job_that_is_held_is_not_ready_unless_it_had_ended() {
        let held = |status: Value| -> Job {
            from_value(
                json!({"metadata": {"name": "keycloak"}, "spec": {"suspend": true, "template": {}}, "status": status}),
            )
            .unwrap()
        };
        let suspended = Verdict::NotYet("is suspended".to_owned());
        assert_eq!(job(&held(json!({"active": 1, "ready": 1})), false), suspended);
        assert_eq!(
            job(&held(json!({"conditions": [condition("Suspended", "True", "JobSuspended")]})), false),
            suspended
        );
        let ended = json!([condition("Suspended", "False", "JobResumed"), condition("Complete", "True", "")]);
        assert_eq!(job(&held(json!({"conditions": ended})), false), Verdict::Ready);
    }

    /// Two of three indexes succeeded and the Job failed; one succeeded of three and it is complete (contract `jobs-policies`).
    #[test]
    fn a_job_with_indexes_is_judged_by_its_conditions_and_not_by_its_counts() {
        let failed = json!({
            "succeeded": 2, "failed": 1, "completedIndexes": "0,2", "failedIndexes": "1",
            "conditions": [condition("FailureTarget", "True", "FailedIndexes"), condition("Failed", "True", "FailedIndexes")],
        });
        let end = End::new("has failed: FailedIndexes", FAILED_JOB);
        assert_eq!(job(&job_of(failed), false), Verdict::Never(end));
        let by_policy = condition("Complete", "True", "SuccessPolicy");
        let done = json!({"succeeded": 1, "completedIndexes": "0", "conditions": [by_policy]});
        assert_eq!(job(&job_of(done), false), Verdict::Ready);
        // A failure that a policy ignores is counted nowhere: only the Job's deadline ends it.
        assert_eq!(job(&job_of(json!({"active": 1})), false), Verdict::NotYet("is running".to_owned()));
    }

    fn deployment_of(generation: i64, replicas: i32, status: Value) -> Deployment {
        from_value(json!({
            "metadata": {"name": "core", "generation": generation},
            "spec": {"replicas": replicas, "selector": {}, "template": {}},
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn a_deployment_that_is_available_for_its_old_template_is_not_ready() {
        let available = json!([condition("Available", "True", "MinimumReplicasAvailable")]);
        let status = |observed: i64, updated: i32, available_replicas: i32| {
            json!({"observedGeneration": observed, "replicas": 2, "updatedReplicas": updated,
                   "availableReplicas": available_replicas, "conditions": available})
        };
        assert_eq!(deployment(&deployment_of(2, 2, status(2, 2, 2))), Verdict::Ready);
        for (generation, observed, updated) in [(2, 1, 2), (2, 2, 1)] {
            let verdict = deployment(&deployment_of(generation, 2, status(observed, updated, 2)));
            assert!(matches!(verdict, Verdict::NotYet(_)), "{verdict:?}");
        }
    }

    #[test]
    fn a_deployment_without_replicas_is_not_ready_although_it_says_that_it_is_available() {
        let status = json!({"observedGeneration": 1, "conditions": [condition("Available", "True", "")]});
        assert_eq!(deployment(&deployment_of(1, 0, status)), Verdict::NotYet("has 0 replicas".to_owned()));
    }

    #[test]
    fn a_deployment_that_may_make_no_pods_says_so() {
        let failure = json!([condition("ReplicaFailure", "True", "FailedCreate")]);
        let status = json!({"observedGeneration": 1, "conditions": failure});
        let missing = "has rolled out 0 of 2 replicas: FailedCreate".to_owned();
        assert_eq!(deployment(&deployment_of(1, 2, status)), Verdict::NotYet(missing));
    }

    fn stateful_set_of(strategy: Value, status: Value) -> StatefulSet {
        let spec =
            json!({"replicas": 3, "selector": {}, "serviceName": "db", "template": {}, "updateStrategy": strategy});
        from_value(json!({"metadata": {"name": "db", "generation": 2}, "spec": spec, "status": status})).unwrap()
    }

    #[test]
    fn a_stateful_set_is_ready_when_its_newest_template_is_rolled_out_as_far_as_it_shall_be() {
        let rolling = json!({"type": "RollingUpdate"});
        let status = |observed: i64, updated: i32, available: i32| {
            json!({"observedGeneration": observed, "replicas": 3, "updatedReplicas": updated, "readyReplicas": 3,
                   "availableReplicas": available})
        };
        let partition = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}});
        let by_hand = json!({"type": "OnDelete"});
        for (strategy, status, missing) in [
            (&rolling, status(2, 3, 3), None),
            (&rolling, status(1, 3, 3), Some("has a change that is not rolled out yet")),
            (&rolling, status(2, 2, 3), Some("has rolled out 2 of 3 replicas")),
            (&rolling, status(2, 3, 2), Some("has 2 of 3 replicas available")),
            (&partition, status(2, 1, 3), None),
            (&partition, status(2, 0, 3), Some("has rolled out 0 of 1 replicas")),
            (&by_hand, status(2, 0, 3), None),
        ] {
            let expected = missing.map_or(Verdict::Ready, |missing| Verdict::NotYet(missing.to_owned()));
            assert_eq!(stateful_set(&stateful_set_of(strategy.clone(), status)), expected);
        }
    }

    #[test]
    fn a_daemon_set_is_ready_when_its_newest_template_is_available_on_each_node() {
        let of = |observed: i64, desired: i32, updated: i32, available: i32| {
            let status = json!({
                "observedGeneration": observed, "desiredNumberScheduled": desired, "updatedNumberScheduled": updated,
                "numberAvailable": available, "currentNumberScheduled": desired, "numberMisscheduled": 0, "numberReady": available,
            });
            let set =
                json!({"metadata": {"generation": 2}, "spec": {"selector": {}, "template": {}}, "status": status});
            daemon_set(&from_value(set).unwrap())
        };
        assert_eq!(of(2, 2, 2, 2), Verdict::Ready);
        for (verdict, missing) in [
            (of(1, 2, 2, 2), "has a change that is not rolled out yet"),
            (of(2, 0, 0, 0), "has no node to run on"),
            (of(2, 2, 1, 2), "has rolled out 1 of 2 Pods"),
            (of(2, 2, 2, 1), "has 1 of 2 Pods available"),
        ] {
            assert_eq!(verdict, Verdict::NotYet(missing.to_owned()));
        }
    }
}
