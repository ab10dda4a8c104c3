//! Namespaces: missing, being deleted, forbidden, or there.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ObjectMeta};

use crate::{Cluster, KubernetesError, Listing, ObjectName};

/// Whether things can be put into a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// They can.
    Active,
    /// It is being deleted: what is there may still be changed, nothing new can be made.
    Terminating,
}

/// Why nothing can be put into a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// It is not there.
    Missing,
    /// It is being deleted.
    Terminating,
}

impl Closed {
    /// Why nothing can be put into a namespace of this state, where `None` is one that is missing.
    #[must_use]
    pub const fn of(state: Option<State>) -> Option<Self> {
        match state {
            Some(State::Active) => None,
            Some(State::Terminating) => Some(Self::Terminating),
            None => Some(Self::Missing),
        }
    }
}

impl State {
    /// The state of a namespace, by its metadata: one that is being deleted has a time of deletion.
    #[must_use]
    pub const fn of(metadata: &ObjectMeta) -> Self {
        if metadata.deletion_timestamp.is_some() { Self::Terminating } else { Self::Active }
    }
}

impl Cluster {
    /// All namespaces with their state, by name. Only metadata is read.
    ///
    /// Needs `list` on `namespaces`.
    ///
    /// # Errors
    /// [`Forbidden`](KubernetesError::Forbidden): then [`namespace`](Self::namespace) may work for each; or any other failure.
    pub async fn namespaces(&self) -> Result<BTreeMap<String, State>, KubernetesError> {
        let all = self.list_metadata::<Namespace>(&Listing::everywhere()).await?;
        Ok(all.into_iter().map(|metadata| (metadata.name.clone().unwrap_or_default(), State::of(&metadata))).collect())
    }

    /// The state of a namespace; `None` when it is missing.
    ///
    /// Needs `get` on `namespaces`, for that name.
    ///
    /// # Errors
    /// [`Forbidden`](KubernetesError::Forbidden) without that right, whether it is there or not; or any other failure.
    pub async fn namespace(&self, name: &str) -> Result<Option<State>, KubernetesError> {
        let metadata = self.find_metadata::<Namespace>(&ObjectName::of_cluster(name)).await?;
        Ok(metadata.as_ref().map(State::of))
    }

    /// Makes a namespace. That it is there already is fine, unless it is being deleted: the server says `AlreadyExists` to
    /// both (server-behaviour 9). Returns whether it was made now.
    ///
    /// Needs `create` and `get` on `namespaces`.
    ///
    /// # Errors
    /// [`NamespaceTerminating`](KubernetesError::NamespaceTerminating), or any other failure.
    pub async fn create_namespace(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<bool, KubernetesError> {
        let metadata =
            ObjectMeta { name: Some(name.to_owned()), labels: Some(labels.clone()), ..ObjectMeta::default() };
        match self.create(&Namespace { metadata, ..Namespace::default() }).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error, KubernetesError::AlreadyExists(_)) || error.outcome_unknown() => {
                match self.namespace(name).await? {
                    Some(State::Active) => Ok(false),
                    Some(State::Terminating) => {
                        Err(KubernetesError::NamespaceTerminating { namespace: name.to_owned() })
                    }
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }
}
