//! Kubernetes objects, watched and not polled: after the first look, a question is answered when something has changed.
//!
//! What "ready" means is said by kind: [`workloads`], [`pods`], [`things`]. What is told of an object are words of the API
//! (reasons, phases, exit codes) and never its messages, which may hold anything.

mod pods;
mod things;
mod workloads;

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection, KubernetesError, ObjectName, Resource,
    k8s_openapi::api::{batch::v1::Job, core::v1::Secret},
};
use evenkeel_transport::Retry;
use tokio::sync::OnceCell;

use super::Manner;
use crate::{
    barrier::{End, Verdict},
    condition::{Kind, KubernetesObject, Which},
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

/// One object, or those that have certain labels.
#[derive(Debug)]
pub struct KubernetesProbe {
    cluster: SharedCluster,
    object: KubernetesObject,
    /// What was seen last, if the last question was answered by the server with "not yet": then the next one waits for
    /// something else.
    seen: Option<Verdict>,
}

impl KubernetesProbe {
    pub(super) fn new(object: &KubernetesObject, cluster: SharedCluster) -> Self {
        Self { cluster, object: object.clone(), seen: None }
    }

    /// Whether the next question waits by itself.
    pub(super) const fn is_watching(&self) -> bool {
        self.seen.is_some()
    }

    pub(super) async fn ask(&mut self) -> Verdict {
        match self.look().await {
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

    async fn look(&self) -> Result<Verdict, KubernetesError> {
        let KubernetesObject { kind, key, retry_failed_job, .. } = &self.object;
        match kind {
            Kind::Job => self.watch(|job: &Job| workloads::job(job, *retry_failed_job), |_| true).await,
            Kind::Deployment => self.watch(workloads::deployment, |_| true).await,
            Kind::StatefulSet => self.watch(workloads::stateful_set, |_| true).await,
            Kind::DaemonSet => self.watch(workloads::daemon_set, |_| true).await,
            // Pods that have ended stay beside those that took their places.
            Kind::Pod => self.watch(pods::pod, pods::is_alive).await,
            Kind::PersistentVolumeClaim => self.watch(things::claim, |_| true).await,
            Kind::Service => self.watch_endpoints().await,
            Kind::Secret => self.watch(|secret: &Secret| things::secret(secret, key.as_deref()), |_| true).await,
            Kind::Namespace => self.watch(things::namespace, |_| true).await,
            Kind::CustomResourceDefinition => self.watch(things::definition, |_| true).await,
        }
    }

    /// Waits for another verdict than the last. Of several objects, those that do not count are left out.
    async fn watch<R: Resource + Sync>(
        &self,
        judge: impl Fn(&R) -> Verdict + Send + Sync,
        counts: impl Fn(&R) -> bool + Send + Sync,
    ) -> Result<Verdict, KubernetesError> {
        let cluster = self.cluster.get().await?;
        let judge = |object: &R| unless_deleted(object, &judge);
        let is_new = |verdict| (self.seen.as_ref() != Some(&verdict)).then_some(verdict);
        match &self.object.which {
            Which::Named(name) => {
                let missing = || Verdict::NotYet("does not exist".to_owned());
                let judged = |object: Option<&R>| is_new(object.map_or_else(missing, &judge));
                cluster.until(&self.name(name), judged).await
            }
            Which::Labelled { labels, any } => {
                let judged = |objects: &BTreeMap<String, R>| {
                    let counted = objects.iter().filter(|(_, object)| counts(object));
                    is_new(together(counted.map(|(name, object)| (name.as_str(), judge(object))), *any))
                };
                cluster.until_labelled(&self.object.namespace, labels, judged).await
            }
        }
    }

    /// What stands behind a Service is in slices of their own, which name it in a label.
    async fn watch_endpoints(&self) -> Result<Verdict, KubernetesError> {
        let Which::Named(name) = &self.object.which else { return Ok(together([].into_iter(), false)) };
        let judged = |slices: &BTreeMap<String, _>| {
            let verdict = things::service(slices.values());
            (self.seen.as_ref() != Some(&verdict)).then_some(verdict)
        };
        let labels = format!("kubernetes.io/service-name={name}");
        self.cluster.get().await?.until_labelled(&self.object.namespace, &labels, judged).await
    }

    fn name(&self, name: &str) -> ObjectName {
        match self.object.namespace.as_str() {
            "" => ObjectName::of_cluster(name),
            namespace => ObjectName::in_namespace(namespace, name),
        }
    }
}

/// What an object is, unless it is on its way out: then another one may come, and what this one was or did is no matter any more.
fn unless_deleted<R: Resource>(object: &R, judge: impl Fn(&R) -> Verdict) -> Verdict {
    match object.metadata().deletion_timestamp {
        Some(_) => Verdict::NotYet("is being deleted".to_owned()),
        None => judge(object),
    }
}

/// What several objects are together: ready when all of them are, or with `any` one of them, and there is one.
fn together<'a>(objects: impl Iterator<Item = (&'a str, Verdict)>, any: bool) -> Verdict {
    let verdicts: Vec<(&str, Verdict)> = objects.collect();
    let ready = verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Ready).count();
    let ended = verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Never(_))).count();
    if ready > 0 && (any || ready == verdicts.len()) {
        return Verdict::Ready;
    }
    let is_over = if any { ended == verdicts.len() } else { ended > 0 };
    let told = verdicts.iter().find(|(_, verdict)| match verdict {
        Verdict::Ready => false,
        Verdict::Never(_) => is_over,
        _ => !is_over,
    });
    let of_them =
        |name: &str, what: &str| format!("selects `{name}`, which {what} ({ready} of {} are ready)", verdicts.len());
    match told {
        Some((name, Verdict::Never(end))) => Verdict::Never(End::new(of_them(name, &end.reason), end.hint.as_str())),
        Some((name, Verdict::NotYet(missing))) => Verdict::NotYet(of_them(name, missing)),
        _ => Verdict::NotYet("selects no object".to_owned()),
    }
}

/// A server that is not there may come, and tells nothing of the object until then; one that refuses us does not change by
/// waiting.
fn verdict_of(error: &KubernetesError) -> Verdict {
    let refused = |hint: String| Verdict::Refused(End::new(error.to_string(), hint));
    match error {
        // Objects are looked for in lists, which are there without any object.
        KubernetesError::NotFound(refusal) => Verdict::Unknown(format!(
            "cannot be asked for: what answers knows no `{}`, as no Kubernetes API server does or an older one",
            refusal.resource
        )),
        KubernetesError::NamespaceMissing { .. } | KubernetesError::NamespaceTerminating { .. } => {
            Verdict::NotYet(error.to_string())
        }
        KubernetesError::Unavailable(_)
        | KubernetesError::Expired(_)
        | KubernetesError::Stale(_)
        | KubernetesError::Undecodable(_)
        | KubernetesError::Unexpected(_) => Verdict::Unknown(error.to_string()),
        KubernetesError::Forbidden(refusal) => {
            let place = match &refusal.object.namespace {
                Some(namespace) => format!("namespace `{namespace}`"),
                None => "the whole cluster".to_owned(),
            };
            refused(format!(
                "allow `list` and `watch` on `{}` in {place}: docs/wait-for.md has the rules",
                refusal.resource
            ))
        }
        _ => refused(error.hint().unwrap_or_else(|| "check the kubeconfig, and `--context`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    /// Such a Job is being replaced, or goes by its `ttlSecondsAfterFinished` (contract `jobs-policies`).
    #[test]
    fn an_object_that_is_being_deleted_is_neither_ready_nor_given_up() {
        for kind in ["Complete", "Failed", "FailureTarget"] {
            let job = |deleted: Option<&str>| -> Job {
                let metadata = json!({"name": "migrate", "finalizers": ["orphan"], "deletionTimestamp": deleted});
                let conditions = json!([{"type": kind, "status": "True"}]);
                from_value(json!({"metadata": metadata, "status": {"conditions": conditions}})).unwrap()
            };
            let judge = |job: &Job| workloads::job(job, false);
            let deleted = unless_deleted(&job(Some("2026-01-01T00:00:00Z")), judge);
            assert_eq!(deleted, Verdict::NotYet("is being deleted".to_owned()), "{kind}");
            assert!(matches!(unless_deleted(&job(None), judge), Verdict::Ready | Verdict::Never(_)), "{kind}");
        }
    }

    fn all(verdicts: &[Verdict], any: bool) -> Verdict {
        together(["a", "b", "c"].into_iter().zip(verdicts.iter().cloned()), any)
    }

    #[test]
    fn several_objects_are_ready_when_there_is_one_and_all_are_or_any_is() {
        let not_yet = || Verdict::NotYet("is not ready".to_owned());
        let never = || Verdict::Never(End::new("has failed", "look at it"));
        for any in [false, true] {
            assert_eq!(all(&[], any), Verdict::NotYet("selects no object".to_owned()));
            assert_eq!(all(&[Verdict::Ready], any), Verdict::Ready);
            let missing = "selects `a`, which is not ready (0 of 2 are ready)".to_owned();
            assert_eq!(all(&[not_yet(), not_yet()], any), Verdict::NotYet(missing));
            assert!(matches!(all(&[never()], any), Verdict::Never(_)));
        }
        let missing = "selects `b`, which is not ready (1 of 2 are ready)".to_owned();
        assert_eq!(all(&[Verdict::Ready, not_yet()], false), Verdict::NotYet(missing));
        assert_eq!(all(&[Verdict::Ready, not_yet(), never()], true), Verdict::Ready);
        let end = End::new("selects `b`, which has failed (0 of 2 are ready)", "look at it");
        assert_eq!(all(&[not_yet(), never()], false), Verdict::Never(end));
        let missing = "selects `a`, which is not ready (0 of 2 are ready)".to_owned();
        assert_eq!(all(&[not_yet(), never()], true), Verdict::NotYet(missing));
    }
}
