//! Kubernetes objects, watched and not polled: after the first look, a question is answered when something has changed.
//!
//! What "ready" means, by kind (contracts `jobs`, `deployments`, `namespaces`): a Job by its conditions, of which the early ones
//! (`SuccessCriteriaMet`, `FailureTarget`) do not count; a Deployment not by `Available` alone, which may be about its old
//! template, or about none at all.

use std::sync::Arc;

use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection, KubernetesError, ObjectName, Resource,
    k8s_openapi::{
        api::{
            apps::v1::Deployment,
            batch::v1::Job,
            core::v1::{Namespace, Pod, Secret},
        },
        apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    },
};
use evenkeel_transport::Retry;
use tokio::sync::OnceCell;

use super::Manner;
use crate::{
    barrier::Verdict,
    condition::{Kind, KubernetesObject},
};

/// The cluster, made when the first object is asked for; all objects share it.
#[derive(Clone, Debug)]
pub struct SharedCluster {
    connection: Connection,
    manner: Manner,
    cluster: Arc<OnceCell<Cluster>>,
}

impl SharedCluster {
    /// The cluster at this connection.
    #[must_use]
    pub fn new(connection: Connection, manner: &Manner) -> Self {
        Self { connection, manner: manner.clone(), cluster: Arc::default() }
    }

    async fn get(&self) -> Result<&Cluster, KubernetesError> {
        let options = ClusterOptions {
            connect_timeout: self.manner.limit,
            request_timeout: self.manner.limit,
            mask: self.manner.mask.clone(),
            // The barrier has a pace of its own, and tells after each try what is missing.
            retry: Retry { times: 0, ..Retry::default() },
            ..ClusterOptions::default()
        };
        self.cluster.get_or_try_init(|| Cluster::connect(&self.connection, options)).await
    }
}

/// One object.
#[derive(Debug)]
pub struct KubernetesProbe {
    cluster: SharedCluster,
    object: KubernetesObject,
    name: ObjectName,
    /// What was seen last, if the last question was answered by the server with "not yet": then the next one waits for
    /// something else.
    seen: Option<Verdict>,
}

impl KubernetesProbe {
    pub(super) fn new(object: &KubernetesObject, cluster: SharedCluster) -> Self {
        let name = if object.namespace.is_empty() {
            ObjectName::of_cluster(&object.name)
        } else {
            ObjectName::in_namespace(&object.namespace, &object.name)
        };
        Self { cluster, object: object.clone(), name, seen: None }
    }

    /// Whether the next question waits by itself.
    pub(super) const fn is_watching(&self) -> bool {
        self.seen.is_some()
    }

    pub(super) async fn ask(&mut self) -> Verdict {
        let verdict = match self.object.kind {
            Kind::Job => {
                let retry = self.object.retry_failed_job;
                self.watch(move |job: &Job| judge_job(job, retry)).await
            }
            Kind::Deployment => self.watch(judge_deployment).await,
            Kind::Pod => self.watch(judge_pod).await,
            Kind::Secret => {
                let key = self.object.key.clone();
                self.watch(move |secret: &Secret| judge_secret(secret, key.as_deref())).await
            }
            Kind::Namespace => self.watch(judge_namespace).await,
            Kind::CustomResourceDefinition => self.watch(judge_definition).await,
        };
        match verdict {
            Ok(verdict) => {
                self.seen = Some(verdict.clone()).filter(|verdict| matches!(verdict, Verdict::NotYet(_)));
                verdict
            }
            Err(error) => {
                self.seen = None;
                verdict_of(&error)
            }
        }
    }

    async fn watch<R: Resource>(
        &self,
        judge: impl Fn(&R) -> Verdict + Send + Sync,
    ) -> Result<Verdict, KubernetesError> {
        let seen = self.seen.as_ref();
        let changed = |object: Option<&R>| {
            let verdict = object.map_or_else(|| Verdict::NotYet("does not exist".to_owned()), &judge);
            (seen != Some(&verdict)).then_some(verdict)
        };
        self.cluster.get().await?.until(&self.name, changed).await
    }
}

/// A server that is not there may come, and tells nothing of the object until then; one that refuses us does not change by
/// waiting.
fn verdict_of(error: &KubernetesError) -> Verdict {
    match error {
        KubernetesError::NotFound(_)
        | KubernetesError::NamespaceMissing { .. }
        | KubernetesError::NamespaceTerminating { .. } => Verdict::NotYet(error.to_string()),
        KubernetesError::Unavailable(_)
        | KubernetesError::Expired(_)
        | KubernetesError::Stale(_)
        | KubernetesError::Undecodable(_)
        | KubernetesError::Unexpected(_) => Verdict::Unknown(error.to_string()),
        _ => Verdict::Never(error.to_string()),
    }
}

fn judge_job(job: &Job, retry_failed: bool) -> Verdict {
    let status = job.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let is_true =
        |kind: &str| conditions.iter().find(|condition| condition.type_ == kind && condition.status == "True");
    if is_true("Complete").is_some() {
        return Verdict::Ready;
    }
    if let Some(failed) = is_true("Failed") {
        let what = match failed.reason.as_deref() {
            Some(reason) if !reason.is_empty() => format!("has failed: {reason}"),
            _ => "has failed".to_owned(),
        };
        return if retry_failed { Verdict::NotYet(what) } else { Verdict::Never(what) };
    }
    if is_true("Suspended").is_some() {
        return Verdict::NotYet("is suspended".to_owned());
    }
    match status.and_then(|status| status.active) {
        Some(active) if active > 0 => Verdict::NotYet("is running".to_owned()),
        _ => Verdict::NotYet("has not run yet".to_owned()),
    }
}

fn judge_deployment(deployment: &Deployment) -> Verdict {
    let not_yet = |what: String| Verdict::NotYet(what);
    let Some(status) = &deployment.status else { return not_yet("has no status yet".to_owned()) };
    if status.observed_generation < deployment.metadata.generation {
        return not_yet("has a change that is not rolled out yet".to_owned());
    }
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let condition = |kind: &str| conditions.iter().find(|condition| condition.type_ == kind);
    if wanted == 0 {
        return not_yet("has 0 replicas".to_owned());
    }
    let updated = status.updated_replicas.unwrap_or_default();
    if updated < wanted {
        let stuck = condition("Progressing").filter(|progressing| progressing.status == "False");
        let why = stuck.and_then(|stuck| stuck.reason.as_deref()).map(|reason| format!(" ({reason})"));
        return not_yet(format!("has rolled out {updated} of {wanted} replicas{}", why.unwrap_or_default()));
    }
    let available = status.available_replicas.unwrap_or_default();
    let is_available = condition("Available").is_some_and(|available| available.status == "True");
    if is_available && status.replicas.unwrap_or_default() <= updated && available > 0 {
        return Verdict::Ready;
    }
    not_yet(format!("has {available} of {wanted} replicas available"))
}

fn judge_pod(pod: &Pod) -> Verdict {
    if pod.metadata.deletion_timestamp.is_some() {
        return Verdict::NotYet("is being deleted".to_owned());
    }
    let status = pod.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    if conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True") {
        return Verdict::Ready;
    }
    match status.and_then(|status| status.phase.as_deref()) {
        Some(phase) => Verdict::NotYet(format!("is not ready, its phase is {phase}")),
        None => Verdict::NotYet("is not ready".to_owned()),
    }
}

fn judge_secret(secret: &Secret, key: Option<&str>) -> Verdict {
    let Some(key) = key else { return Verdict::Ready };
    match secret.data.as_ref().and_then(|data| data.get(key)) {
        Some(value) if !value.0.is_empty() => Verdict::Ready,
        Some(_) => Verdict::NotYet(format!("has nothing under key `{key}`")),
        None => Verdict::NotYet(format!("has no key `{key}`")),
    }
}

fn judge_namespace(namespace: &Namespace) -> Verdict {
    match namespace.status.as_ref().and_then(|status| status.phase.as_deref()) {
        Some("Active") => Verdict::Ready,
        Some("Terminating") => Verdict::NotYet("is being deleted".to_owned()),
        _ => Verdict::NotYet("is not active".to_owned()),
    }
}

fn judge_definition(definition: &CustomResourceDefinition) -> Verdict {
    let conditions = definition.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    if conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True") {
        return Verdict::Ready;
    }
    let refused = conditions.iter().find(|condition| condition.type_ == "NamesAccepted" && condition.status == "False");
    Verdict::NotYet(match refused {
        Some(_) => "is not established: its names are taken".to_owned(),
        None => "is not established".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn job(status: Value) -> Job {
        from_value(json!({"metadata": {"name": "keycloak"}, "status": status})).unwrap()
    }

    fn condition(kind: &str, status: &str, reason: &str) -> Value {
        json!({"type": kind, "status": status, "reason": reason})
    }

    #[test]
    fn a_job_is_ready_when_it_is_complete_and_not_when_it_is_about_to_be() {
        let early = job(json!({"active": 1, "conditions": [condition("SuccessCriteriaMet", "True", "")]}));
        assert_eq!(judge_job(&early, false), Verdict::NotYet("is running".to_owned()));
        assert_eq!(judge_job(&job(json!({"conditions": [condition("Complete", "True", "")]})), false), Verdict::Ready);
    }

    #[test]
    fn a_failed_job_ends_the_waiting_unless_somebody_may_run_it_again() {
        let failed = job(json!({"conditions": [condition("Failed", "True", "BackoffLimitExceeded")]}));
        assert_eq!(judge_job(&failed, false), Verdict::Never("has failed: BackoffLimitExceeded".to_owned()));
        assert_eq!(judge_job(&failed, true), Verdict::NotYet("has failed: BackoffLimitExceeded".to_owned()));
        let resumed = job(json!({"active": 1, "conditions": [condition("Suspended", "False", "JobResumed")]}));
        assert_eq!(judge_job(&resumed, false), Verdict::NotYet("is running".to_owned()));
    }

    fn deployment(generation: i64, replicas: i32, status: Value) -> Deployment {
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
        assert_eq!(judge_deployment(&deployment(2, 2, status(2, 2, 2))), Verdict::Ready);
        for (generation, observed, updated) in [(2, 1, 2), (2, 2, 1)] {
            let verdict = judge_deployment(&deployment(generation, 2, status(observed, updated, 2)));
            assert!(matches!(verdict, Verdict::NotYet(_)), "{verdict:?}");
        }
    }

    #[test]
    fn a_deployment_without_replicas_is_not_ready_although_it_says_that_it_is_available() {
        let status = json!({"observedGeneration": 1, "conditions": [condition("Available", "True", "")]});
        assert_eq!(judge_deployment(&deployment(1, 0, status)), Verdict::NotYet("has 0 replicas".to_owned()));
    }

    #[test]
    fn a_secret_needs_something_under_its_key() {
        let secret: Secret = from_value(json!({"metadata": {}, "data": {"a": "eA==", "empty": ""}})).unwrap();
        assert_eq!(judge_secret(&secret, None), Verdict::Ready);
        assert_eq!(judge_secret(&secret, Some("a")), Verdict::Ready);
        assert!(matches!(judge_secret(&secret, Some("b")), Verdict::NotYet(_)));
        assert!(matches!(judge_secret(&secret, Some("empty")), Verdict::NotYet(_)));
    }

    #[test]
    fn a_pod_that_is_being_deleted_is_not_ready() {
        let ready = json!({"phase": "Running", "conditions": [condition("Ready", "True", "")]});
        let pod = |metadata: Value| from_value::<Pod>(json!({"metadata": metadata, "status": ready})).unwrap();
        assert_eq!(judge_pod(&pod(json!({}))), Verdict::Ready);
        assert!(matches!(judge_pod(&pod(json!({"deletionTimestamp": "2026-01-01T00:00:00Z"}))), Verdict::NotYet(_)));
    }
}
