//! The calls that every kind of object has.

use bytes::Bytes;
use evenkeel_transport::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Cluster, KubernetesError, ObjectName, Removable, Resource,
    call::{Call, Verb},
    sending::Sending,
};

pub(crate) const JSON: &str = "application/json";
pub(crate) const APPLY_PATCH: &str = "application/apply-patch+yaml";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

impl Cluster {
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

    /// Sends, through all attempts. Returns the body of a success.
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
}

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
    if is_of_kind && is_named { Ok(()) } else { Err(call.about_another()) }
}

const METADATA_KIND: &str = "PartialObjectMetadata";

pub(crate) fn decode<T: DeserializeOwned>(call: &Call, body: &[u8]) -> Result<T, KubernetesError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // The path has names of fields and numbers; serde's own words may hold the value.
        let what = if error.inner().is_data() { "it is not what the API describes" } else { "it is no whole JSON" };
        call.undecodable(format!("{what}, at `{}`", error.path()))
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
