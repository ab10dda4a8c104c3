//! The cluster: connection, limits, request log, and the calls that every kind of object has.

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Duration};

use bytes::Bytes;
use evenkeel_transport::{Deadline, Mask, Received, RequestLog, Retry, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Client;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::sync::Semaphore;

use crate::{
    Connection, KubernetesError, ObjectName, Removable, Resource,
    call::{Call, Verb},
    sending::Sending,
};

pub(crate) const JSON: &str = "application/json";
pub(crate) const APPLY_PATCH: &str = "application/apply-patch+yaml";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// What a cluster is made with. Every duration is positive.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Under which name server-side apply and other writes manage fields, such as `evenkeel-harbor`.
    pub field_manager: String,
    /// How long making a connection may take, its TLS handshake included.
    pub connect_timeout: Duration,
    /// How long one attempt of a request may take, its answer's body included.
    pub request_timeout: Duration,
    /// When and how often a request is repeated. In addition to what [`Retry`] says, a 500 is repeated where the request may
    /// be done twice: etcd's passing troubles come as 500.
    pub retry: Retry,
    /// How many requests may be under way at once, over all clones. A watch does not count.
    pub concurrency: NonZeroUsize,
    /// The end of the run: no request starts after it, and none outlives it.
    pub deadline: Option<Deadline>,
    /// How many bytes of an answer are read at most: a page of 500 Secrets of ordinary size is a few hundred KiB.
    pub max_response_bytes: usize,
    /// How many of the last attempts the request log keeps. Its counters are exact.
    pub log_capacity: usize,
    /// The run's secrets: they are taken out of what the server says, and the credentials of this cluster are added.
    pub mask: Mask,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            field_manager: "evenkeel".to_owned(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            retry: Retry::default(),
            concurrency: NonZeroUsize::MIN.saturating_add(7),
            deadline: None,
            max_response_bytes: 64 * 1024 * 1024,
            log_capacity: 2_000,
            mask: Mask::default(),
        }
    }
}

/// What all clones of a cluster share.
struct Shared {
    client: Client,
    address: String,
    default_namespace: String,
    options: ClusterOptions,
    places: Semaphore,
    log: RequestLog,
    received: Received,
}

/// A Kubernetes cluster. Clones share connections, the cap on concurrent requests and the request log.
///
/// In the request log, an attempt's operation is the verb of the RBAC rule that allows it (`get`, `list`, `watch`, `create`,
/// `update`, `patch`, `delete`), and its template the resource (`secrets`).
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
    deadline: Option<Deadline>,
}

impl Cluster {
    /// Prepares a cluster. No request is made: whether it answers shows with the first call.
    ///
    /// # Errors
    /// [`NotConfigured`](KubernetesError::NotConfigured) when there is nothing to infer it from;
    /// [`Configuration`](KubernetesError::Configuration) when what is there cannot be used.
    pub async fn connect(connection: &Connection, options: ClusterOptions) -> Result<Self, KubernetesError> {
        let connected = connection.connect(&options).await?;
        let deadline = options.deadline;
        let shared = Shared {
            client: connected.client,
            address: connected.address,
            default_namespace: connected.default_namespace,
            places: Semaphore::new(options.concurrency.get().min(Semaphore::MAX_PERMITS)),
            log: RequestLog::new(options.log_capacity),
            received: Received::default(),
            options,
        };
        Ok(Self { shared: Arc::new(shared), deadline })
    }

    /// The same cluster for calls that end at another moment: for what is still to be said after a run's end.
    #[must_use]
    pub fn with_deadline(&self, deadline: Deadline) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The API server's address, without any credential.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    /// The namespace that the kubeconfig's context or the pod names; `default` where neither does.
    #[must_use]
    pub fn default_namespace(&self) -> &str {
        &self.shared.default_namespace
    }

    /// What was sent so far, by all clones.
    #[must_use]
    pub fn log(&self) -> &RequestLog {
        &self.shared.log
    }

    /// Under which name this cluster's writes manage fields.
    #[must_use]
    pub fn field_manager(&self) -> &str {
        &self.shared.options.field_manager
    }

    /// The object.
    ///
    /// Needs `get` on it.
    ///
    /// # Errors
    /// [`NotFound`](KubernetesError::NotFound) when it is not there, also when its namespace is not.
    pub async fn get<R: Resource>(&self, name: &ObjectName) -> Result<R, KubernetesError> {
        self.answer(&Call::one::<R>(Verb::Get, name)).await
    }

    /// The object, or `None` when it is not there, also when its namespace is not.
    ///
    /// Needs `get` on it.
    ///
    /// # Errors
    /// Every other failure.
    pub async fn find<R: Resource>(&self, name: &ObjectName) -> Result<Option<R>, KubernetesError> {
        unless_missing(self.get(name).await)
    }

    /// The metadata of an object, or `None` when it is not there: of a Secret, nothing secret is read.
    ///
    /// Needs `get` on it.
    ///
    /// # Errors
    /// Every other failure.
    pub async fn find_metadata<R: Resource>(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, KubernetesError> {
        let call = Call::one::<R>(Verb::Get, name).accepting(METADATA_ONLY);
        unless_missing(self.answer::<PartialObject>(&call).await.map(|object| object.metadata))
    }

    /// Makes an object that must not be there yet. It is not repeated when the outcome is unknown: read again, then decide.
    ///
    /// Needs `create` on its resource.
    ///
    /// # Errors
    /// [`AlreadyExists`](KubernetesError::AlreadyExists); [`NamespaceMissing`](KubernetesError::NamespaceMissing) and
    /// [`NamespaceTerminating`](KubernetesError::NamespaceTerminating), or any other failure.
    pub async fn create<R: Resource + Serialize>(&self, object: &R) -> Result<R, KubernetesError> {
        let call = Call::one::<R>(Verb::Create, &ObjectName::of(object.metadata()))
            .with("fieldManager", self.field_manager())
            .sending(JSON, object)?;
        self.answer(&call).await
    }

    /// Replaces an object with one that was read before and changed; its `resourceVersion` guards against other writers.
    ///
    /// Fields that k8s-openapi does not know are lost: right for kinds that only we write, such as our leases.
    ///
    /// Needs `update` on it.
    ///
    /// # Errors
    /// [`Stale`](KubernetesError::Stale) when somebody else has written meanwhile, or any other failure.
    pub async fn replace<R: Resource + Serialize>(&self, object: &R) -> Result<R, KubernetesError> {
        let call = Call::one::<R>(Verb::Update, &ObjectName::of(object.metadata()))
            .with("fieldManager", self.field_manager())
            .sending(JSON, object)?;
        self.answer(&call).await
    }

    /// Merges these fields into the object. With `metadata.resourceVersion` inside, other writers are noticed.
    ///
    /// Needs `patch` on it.
    pub(crate) async fn merge<R: Resource>(
        &self,
        name: &ObjectName,
        fields: &serde_json::Value,
        hidden: Vec<Secret>,
    ) -> Result<R, KubernetesError> {
        let call = Call::one::<R>(Verb::Patch, name)
            .with("fieldManager", self.field_manager())
            .sending(MERGE_PATCH, fields)?
            .hiding(hidden);
        self.answer(&call).await
    }

    /// Deletes an object, as it was seen: with its `uid` and `resourceVersion`, where they are given. An object that is
    /// not there any more is no error.
    ///
    /// Needs `delete` on it.
    ///
    /// # Errors
    /// [`Stale`](KubernetesError::Stale) when it is not the one that was seen, or any other failure.
    pub async fn delete<R: Removable>(
        &self,
        name: &ObjectName,
        seen: Option<&ObjectMeta>,
    ) -> Result<(), KubernetesError> {
        let preconditions = seen
            .map(|seen| Preconditions { uid: seen.uid.as_deref(), resource_version: seen.resource_version.as_deref() });
        let body = DeleteOptions { api_version: "v1", kind: "DeleteOptions", preconditions };
        let call = Call::one::<R>(Verb::Delete, name).sending(JSON, &body)?;
        unless_missing(self.send(&call).await.map(drop)).map(|_| ())
    }

    pub(crate) async fn send(&self, call: &Call) -> Result<Bytes, KubernetesError> {
        Sending::new(self, call).run().await
    }

    /// Sends, and reads the answer. What was there and does not fit is never shown.
    pub(crate) async fn answer<T: DeserializeOwned>(&self, call: &Call) -> Result<T, KubernetesError> {
        let body = self.send(call).await?;
        if let Some(name) = call.one_object() {
            check_object(call, name, &body)?;
        }
        decode(call, &body)
    }

    pub(crate) fn options(&self) -> &ClusterOptions {
        &self.shared.options
    }

    pub(crate) fn kube(&self) -> &Client {
        &self.shared.client
    }

    pub(crate) fn places(&self) -> &Semaphore {
        &self.shared.places
    }

    /// What was answered so far.
    pub(crate) fn received(&self) -> &Received {
        &self.shared.received
    }

    pub(crate) const fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// The run's secrets.
    #[must_use]
    pub fn mask(&self) -> &Mask {
        &self.shared.options.mask
    }

    /// The text without secrets of the run, and without what a request said in confidence.
    pub(crate) fn masked(&self, said: &[Secret], text: &str) -> String {
        let own = Mask::default();
        said.iter().for_each(|secret| own.learn(secret.expose()));
        self.mask().entering(&own.entering(text))
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cluster").field("address", &self.address()).finish_non_exhaustive()
    }
}

pub(crate) const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// An object of which only the metadata is read.
#[derive(Deserialize)]
pub(crate) struct PartialObject {
    pub(crate) metadata: ObjectMeta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeleteOptions<'a> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    preconditions: Option<Preconditions<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preconditions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_version: Option<&'a str>,
}

/// What every object says of itself.
#[derive(Deserialize)]
struct Itself {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: ItsName,
}

#[derive(Default, Deserialize)]
struct ItsName {
    name: Option<String>,
    namespace: Option<String>,
}

/// Whether an answer is about the object that was named. What is no object at all is told by whoever decodes it.
fn check_object(call: &Call, name: &ObjectName, body: &[u8]) -> Result<(), KubernetesError> {
    let Ok(Itself { kind, metadata }) = serde_json::from_slice(body) else { return Ok(()) };
    let is_of_kind = ["", METADATA_KIND, call.about.kind].contains(&kind.as_str());
    let is_named = metadata.name.as_deref() == Some(name.name.as_str()) && metadata.namespace == name.namespace;
    if is_of_kind && is_named { Ok(()) } else { Err(KubernetesError::about_another(call)) }
}

const METADATA_KIND: &str = "PartialObjectMetadata";

pub(crate) fn decode<T: DeserializeOwned>(call: &Call, body: &[u8]) -> Result<T, KubernetesError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // The path has names of fields and numbers; serde's own words may hold the value.
        let what = if error.inner().is_data() { "it is not what the API describes" } else { "it is no whole JSON" };
        KubernetesError::undecodable(call, format!("{what}, at `{}`", error.path()))
    })
}

/// `None` for an object that is not there.
pub(crate) fn unless_missing<T>(result: Result<T, KubernetesError>) -> Result<Option<T>, KubernetesError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(KubernetesError::NotFound(_) | KubernetesError::NamespaceMissing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
