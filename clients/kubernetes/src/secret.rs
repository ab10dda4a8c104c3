//! Secrets: what they hold never shows, and nothing of them is written by surprise.

mod bytes;

use std::{collections::BTreeMap, fmt};

use evenkeel_transport::{Secret, nothing::null_is_empty};
use k8s_openapi::{Metadata, NamespaceResourceScope, Resource, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde::{Deserialize, Serialize};

use crate::{
    Cluster, KubernetesError, ObjectName, Refusal, Removable,
    call::{Call, Verb},
    objects::{APPLY_PATCH, JSON, MERGE_PATCH, PartialObject},
};
pub use bytes::SecretBytes;

/// The type of a Secret that does not say what it is.
pub const OPAQUE: &str = "Opaque";
/// The type of an image pull secret, with the one key [`DOCKER_CONFIG_KEY`].
pub const DOCKER_CONFIG: &str = "kubernetes.io/dockerconfigjson";
/// The key of an image pull secret.
pub const DOCKER_CONFIG_KEY: &str = ".dockerconfigjson";
/// The type of a certificate with its key.
pub const TLS: &str = "kubernetes.io/tls";
/// The type of a user name with a password.
pub const BASIC_AUTH: &str = "kubernetes.io/basic-auth";

/// The most bytes that the values of a Secret may have together.
pub const LONGEST_DATA: usize = 1024 * 1024;

/// A Secret as the server shows it. Its `Debug` shows neither data nor annotations: kubectl keeps a copy of the data in one.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretObject {
    /// Name, namespace, labels, `resourceVersion` and so on.
    pub metadata: ObjectMeta,
    /// Its type; the server sets [`OPAQUE`] where none was given.
    #[serde(rename = "type")]
    pub secret_type: String,
    /// Whether data and this flag can never change.
    pub immutable: bool,
    /// What it holds.
    #[serde(deserialize_with = "null_is_empty")]
    pub data: BTreeMap<String, SecretBytes>,
}

impl Resource for SecretObject {
    const API_VERSION: &'static str = "v1";
    const GROUP: &'static str = "";
    const KIND: &'static str = "Secret";
    const VERSION: &'static str = "v1";
    const URL_PATH_SEGMENT: &'static str = "secrets";
    type Scope = NamespaceResourceScope;
}

impl Metadata for SecretObject {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Removable for SecretObject {}

impl SecretObject {
    /// Where it is.
    #[must_use]
    pub fn name(&self) -> ObjectName {
        ObjectName::of(&self.metadata)
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.metadata.labels.as_ref()?.get(name).map(String::as_str)
    }

    /// The value of an annotation.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(name).map(String::as_str)
    }
}

impl fmt::Debug for SecretObject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SecretObject")
            .field("name", &self.name().to_string())
            .field("type", &self.secret_type)
            .field("immutable", &self.immutable)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// What a Secret shall hold. Only this is managed: labels, annotations and keys of others stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredSecret {
    /// Where it is.
    pub name: ObjectName,
    /// Its type, such as [`OPAQUE`].
    pub secret_type: String,
    /// Labels of ours.
    pub labels: BTreeMap<String, String>,
    /// Annotations of ours.
    pub annotations: BTreeMap<String, String>,
    /// What it holds: always as `data`, because a server-side apply of `stringData` overwrites without a conflict and removes
    /// nothing (server-behaviour 9).
    pub data: BTreeMap<String, SecretBytes>,
}

/// What changes in a Secret that is there; everything else in it stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretUpdate {
    /// Labels, with their values.
    pub labels: BTreeMap<String, String>,
    /// Annotations, with their values.
    pub annotations: BTreeMap<String, String>,
    /// Keys, with what they hold from then on; `None` removes one.
    pub data: BTreeMap<String, Option<SecretBytes>>,
}

/// Why a Secret has to be deleted and made again to become what is desired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recreation {
    /// Its type is another one, and a type can never change.
    Type,
    /// Its data differs, and it is immutable.
    Immutable,
}

impl DesiredSecret {
    /// Whether the observed Secret can only become this one by a delete and a create. For the plan: it has to say so.
    #[must_use]
    pub fn recreation(&self, observed: &SecretObject) -> Option<Recreation> {
        if observed.secret_type != self.secret_type {
            return Some(Recreation::Type);
        }
        (observed.immutable && !self.holds_data(observed)).then_some(Recreation::Immutable)
    }

    /// This one with the labels and annotations of others on a Secret.
    fn beside(&self, there: ObjectMeta) -> Self {
        let with = |theirs: Option<BTreeMap<String, String>>, ours: &BTreeMap<String, String>| {
            let mut all = theirs.unwrap_or_default();
            all.extend(ours.clone());
            all
        };
        let (labels, annotations) = (with(there.labels, &self.labels), with(there.annotations, &self.annotations));
        Self { labels, annotations, ..self.clone() }
    }

    /// Whether the observed Secret holds every value that is desired.
    #[must_use]
    pub fn holds_data(&self, observed: &SecretObject) -> bool {
        self.data.iter().all(|(key, value)| observed.data.get(key) == Some(value))
    }
}

/// What is known of a Secret that is to be applied.
#[derive(Debug, Clone, Copy)]
pub enum Expected<'a> {
    /// It was not there: an apply that would take a foreign one over is refused as
    /// [`AlreadyExists`](KubernetesError::AlreadyExists).
    Absent,
    /// It was there, with this metadata: it must still be the same object, in the same state.
    Seen(&'a ObjectMeta),
    /// It is ours, whatever it holds.
    Anything,
}

/// What happens to values that somebody else manages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OthersValues {
    /// The call fails with [`FieldManagerConflict`](KubernetesError::FieldManagerConflict).
    Keep,
    /// They are taken over.
    Take,
}

impl Cluster {
    /// Makes a Secret what it shall be, by server-side apply: keys that we applied before and that are not desired any more go,
    /// those of others stay.
    ///
    /// Needs `get`, `create` and `patch` on `secrets` in the namespace; `create` also where it only changes one, since an
    /// apply may make it (server-behaviour 9).
    ///
    /// # Errors
    /// [`AlreadyExists`](KubernetesError::AlreadyExists) or [`Stale`](KubernetesError::Stale) when it is not what was
    /// expected; [`FieldManagerConflict`](KubernetesError::FieldManagerConflict);
    /// [`Immutable`](KubernetesError::Immutable) (see [`DesiredSecret::recreation`]);
    /// [`NamespaceMissing`](KubernetesError::NamespaceMissing) and [`NamespaceTerminating`](KubernetesError::NamespaceTerminating);
    /// or any other failure.
    pub async fn apply_secret(
        &self,
        desired: &DesiredSecret,
        expected: Expected<'_>,
        others: OthersValues,
    ) -> Result<SecretObject, KubernetesError> {
        let seen = match expected {
            Expected::Absent => {
                self.expect_absent(&desired.name).await?;
                None
            }
            Expected::Seen(seen) => Some(seen),
            Expected::Anything => None,
        };
        let call = Call::one::<SecretObject>(Verb::Patch, &desired.name).with("fieldManager", self.field_manager());
        let call = if others == OthersValues::Take { call.with("force", "true") } else { call };
        let call = call.sending(APPLY_PATCH, &Applied::new(desired, seen))?.hiding(confidential(&desired.data));
        self.answer(&call).await
    }

    /// Deletes a Secret as it was seen, and makes it what it shall be: for what [`DesiredSecret::recreation`] tells. Labels and
    /// annotations of others come along; keys do not, since another type has others.
    /// Between the two it is not there; after a crash in between, the next run makes it.
    ///
    /// Needs `get`, `create` and `delete` on `secrets` in the namespace.
    ///
    /// # Errors
    /// [`Stale`](KubernetesError::Stale) when it is not the one that was seen, or any other failure.
    pub async fn recreate_secret(
        &self,
        desired: &DesiredSecret,
        seen: &ObjectMeta,
    ) -> Result<ObjectMeta, KubernetesError> {
        let there = self.find_metadata::<SecretObject>(&desired.name).await?;
        self.delete::<SecretObject>(&desired.name, Some(seen)).await?;
        // Not by an apply: what we apply once and then no more goes, and these are not ours.
        self.create_secret(&desired.beside(there.unwrap_or_default())).await
    }

    /// Merges annotations into a Secret: for what a task notes about it, such as that its content was verified.
    /// `None` removes one.
    ///
    /// Needs `patch` on it.
    ///
    /// # Errors
    /// [`Stale`](KubernetesError::Stale) when it has changed since it was seen, or any other failure.
    pub async fn annotate_secret(
        &self,
        seen: &ObjectMeta,
        annotations: &BTreeMap<String, Option<String>>,
    ) -> Result<SecretObject, KubernetesError> {
        let fields = serde_json::json!({
            "metadata": {"resourceVersion": seen.resource_version, "annotations": annotations}
        });
        self.merge(&ObjectName::of(seen), &fields, Vec::new()).await
    }

    /// Makes a Secret that must not be there yet; it is not repeated when the outcome is unknown.
    ///
    /// Needs `create` on `secrets` in the namespace.
    ///
    /// # Errors
    /// [`AlreadyExists`](KubernetesError::AlreadyExists), or as [`apply_secret`](Self::apply_secret).
    pub async fn create_secret(&self, desired: &DesiredSecret) -> Result<ObjectMeta, KubernetesError> {
        let call = Call::one::<SecretObject>(Verb::Create, &desired.name)
            .with("fieldManager", self.field_manager())
            .accepting(METADATA_OR_WHOLE)
            .sending(JSON, &Applied::new(desired, None))?
            .hiding(confidential(&desired.data));
        self.answer::<PartialObject>(&call).await.map(|object| object.metadata)
    }

    /// Changes some keys of a Secret as it was seen, and leaves all others; `None` removes a key. For a Secret that only we
    /// write, and that is too large to be sent whole each time.
    ///
    /// Needs `patch` on it.
    ///
    /// # Errors
    /// [`Stale`](KubernetesError::Stale) when it has changed since it was seen, or any other failure.
    pub async fn change_secret(
        &self,
        seen: &ObjectMeta,
        data: &BTreeMap<String, Option<SecretBytes>>,
    ) -> Result<ObjectMeta, KubernetesError> {
        let fields = Changed { metadata: Guard { resource_version: seen.resource_version.as_deref() }, data };
        let call = Call::one::<SecretObject>(Verb::Patch, &ObjectName::of(seen))
            .with("fieldManager", self.field_manager())
            .accepting(METADATA_OR_WHOLE)
            .sending(MERGE_PATCH, &fields)?
            .hiding(data.values().flatten().flat_map(SecretBytes::spellings).collect());
        self.answer::<PartialObject>(&call).await.map(|object| object.metadata)
    }

    /// Changes labels, annotations and keys of a Secret as it was seen, and leaves all others; `None` removes one. Unlike an apply it
    /// also removes what somebody else has put there: for a Secret that is to hold exactly what another one holds.
    ///
    /// Needs `patch` on it.
    ///
    /// # Errors
    /// [`Stale`](KubernetesError::Stale) when it has changed since it was seen, [`NotFound`](KubernetesError::NotFound) when it is
    /// gone, or any other failure.
    pub async fn update_secret(&self, seen: &ObjectMeta, update: &SecretUpdate) -> Result<ObjectMeta, KubernetesError> {
        let metadata = UpdatedMetadata {
            resource_version: seen.resource_version.as_deref(),
            labels: &update.labels,
            annotations: &update.annotations,
        };
        let call = Call::one::<SecretObject>(Verb::Patch, &ObjectName::of(seen))
            .with("fieldManager", self.field_manager())
            .accepting(METADATA_OR_WHOLE)
            .sending(MERGE_PATCH, &Updated { metadata, data: &update.data })?
            .hiding(update.data.values().flatten().flat_map(SecretBytes::spellings).collect());
        self.answer::<PartialObject>(&call).await.map(|object| object.metadata)
    }

    /// An apply knows no "only if it is not there"; so it is looked for right before. Another writer in the moment between
    /// still shows as a conflict wherever its values differ.
    async fn expect_absent(&self, name: &ObjectName) -> Result<(), KubernetesError> {
        match self.find_metadata::<SecretObject>(name).await? {
            None => Ok(()),
            Some(_) => {
                let call = Call::one::<SecretObject>(Verb::Create, name);
                let conflict = http::StatusCode::CONFLICT;
                Err(KubernetesError::AlreadyExists(Box::new(Refusal {
                    object: call.about,
                    verb: Verb::Create.operation(),
                    resource: call.resource,
                    error: evenkeel_transport::ApiError::from_status(conflict, "it was found right before its create"),
                })))
            }
        }
    }
}

/// The values in every form in which an answer can repeat them.
pub(crate) fn confidential(data: &BTreeMap<String, SecretBytes>) -> Vec<Secret> {
    data.values().flat_map(SecretBytes::spellings).collect()
}

/// Of what was written only the metadata is of interest; a server that does not give it alone gives all.
const METADATA_OR_WHOLE: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// The body of a change.
#[derive(Serialize)]
struct Changed<'a> {
    metadata: Guard<'a>,
    data: &'a BTreeMap<String, Option<SecretBytes>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Guard<'a> {
    resource_version: Option<&'a str>,
}

/// The body of an update.
#[derive(Serialize)]
struct Updated<'a> {
    metadata: UpdatedMetadata<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data: &'a BTreeMap<String, Option<SecretBytes>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UpdatedMetadata<'a> {
    resource_version: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

/// The body of an apply.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Applied<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: AppliedMetadata<'a>,
    #[serde(rename = "type")]
    secret_type: &'a str,
    data: &'a BTreeMap<String, SecretBytes>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AppliedMetadata<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_version: Option<&'a str>,
}

impl<'a> Applied<'a> {
    fn new(desired: &'a DesiredSecret, seen: Option<&'a ObjectMeta>) -> Self {
        let metadata = AppliedMetadata {
            name: &desired.name.name,
            namespace: desired.name.namespace.as_deref(),
            labels: &desired.labels,
            annotations: &desired.annotations,
            // The uid too: an apply to an object that was deleted meanwhile is refused then, and makes no new one.
            uid: seen.and_then(|seen| seen.uid.as_deref()),
            resource_version: seen.and_then(|seen| seen.resource_version.as_deref()),
        };
        Self { api_version: "v1", kind: "Secret", metadata, secret_type: &desired.secret_type, data: &desired.data }
    }
}
