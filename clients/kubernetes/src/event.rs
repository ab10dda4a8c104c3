//! Events: what a run has to say, where people look for it (`kubectl describe job`).

use jiff::Timestamp;
use k8s_openapi::{
    api::{
        core::v1::{ObjectReference, Pod},
        events::v1::Event as ApiEvent,
    },
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta, OwnerReference},
};

use crate::{Cluster, KubernetesError, ObjectName};

/// The longest note that the API takes, in bytes.
const LONGEST_NOTE: usize = 1024;
/// The longest name of an instance that the API takes, in bytes.
const LONGEST_INSTANCE: usize = 128;

/// Whether an event is bad news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It is not.
    Normal,
    /// Somebody should look.
    Warning,
}

/// Something to say about an object.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// What it is about.
    pub regarding: &'a ObjectReference,
    /// What else it has to do with.
    pub related: Option<&'a ObjectReference>,
    /// Whether it is bad news.
    pub severity: Severity,
    /// Why, in one word in `UpperCamelCase`, such as `Converged`.
    pub reason: &'a str,
    /// What was done, in one word, such as `Apply`.
    pub action: &'a str,
    /// For people; what is longer than 1,024 bytes is cut.
    pub note: &'a str,
    /// Who says it, such as `evenkeel/harbor`.
    pub controller: &'a str,
    /// Which instance of it, such as the pod's name.
    pub instance: &'a str,
}

/// The Job that a pod belongs to, and the pod itself.
#[derive(Debug, Clone)]
pub struct OwningJob {
    /// The Job.
    pub job: ObjectReference,
    /// The pod.
    pub pod: ObjectReference,
}

impl Cluster {
    /// The Job that owns a pod; `None` when no Job does.
    ///
    /// Needs `get` on `pods` in the namespace; only metadata is read.
    ///
    /// # Errors
    /// Any failure.
    pub async fn owning_job(&self, pod: &ObjectName) -> Result<Option<OwningJob>, KubernetesError> {
        let Some(metadata) = self.find_metadata::<Pod>(pod).await? else { return Ok(None) };
        let owner = metadata.owner_references.iter().flatten().find(|owner| owner.kind == "Job");
        Ok(owner.map(|owner| OwningJob { job: reference_to(owner, &metadata), pod: reference("v1", "Pod", &metadata) }))
    }

    /// Says something about an object, in the object's namespace.
    ///
    /// Needs `create` on `events` (group `events.k8s.io`) in that namespace.
    ///
    /// # Errors
    /// Any failure. It is never worth more than a line in the log.
    pub async fn record_event(&self, event: &Event<'_>) -> Result<(), KubernetesError> {
        match self.create(&api_event(event)).await {
            // Said already: its answer was lost.
            Ok(_) | Err(KubernetesError::AlreadyExists(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn reference_to(owner: &OwnerReference, owned: &ObjectMeta) -> ObjectReference {
    ObjectReference {
        api_version: Some(owner.api_version.clone()),
        kind: Some(owner.kind.clone()),
        name: Some(owner.name.clone()),
        namespace: owned.namespace.clone(),
        uid: Some(owner.uid.clone()),
        ..ObjectReference::default()
    }
}

fn reference(api_version: &str, kind: &str, metadata: &ObjectMeta) -> ObjectReference {
    ObjectReference {
        api_version: Some(api_version.to_owned()),
        kind: Some(kind.to_owned()),
        name: metadata.name.clone(),
        namespace: metadata.namespace.clone(),
        uid: metadata.uid.clone(),
        ..ObjectReference::default()
    }
}

fn api_event(event: &Event<'_>) -> ApiEvent {
    let now = Timestamp::now();
    let about = event.regarding.name.as_deref().unwrap_or("evenkeel");
    let metadata = ObjectMeta {
        // Unique for what one process says about one object.
        name: Some(format!("{}.{:x}", cut(about, 200), now.as_nanosecond())),
        // What is said about an object of the whole cluster stands in `default` (server-behaviour, events).
        namespace: Some(event.regarding.namespace.clone().unwrap_or_else(|| "default".to_owned())),
        ..ObjectMeta::default()
    };
    let severity = match event.severity {
        Severity::Normal => "Normal",
        Severity::Warning => "Warning",
    };
    ApiEvent {
        metadata,
        event_time: Some(MicroTime(now)),
        regarding: Some(event.regarding.clone()),
        related: event.related.cloned(),
        type_: Some(severity.to_owned()),
        reason: Some(event.reason.to_owned()),
        action: Some(event.action.to_owned()),
        note: Some(cut(event.note, LONGEST_NOTE).to_owned()),
        reporting_controller: Some(event.controller.to_owned()),
        reporting_instance: Some(cut(event.instance, LONGEST_INSTANCE).to_owned()),
        ..ApiEvent::default()
    }
}

/// As much of the text as fits, in whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}
