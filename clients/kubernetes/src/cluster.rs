//! The cluster: connection, limits and request log.

use std::{fmt, sync::Arc};

use evenkeel_transport::{Deadline, Mask, Received, RequestLog, Secret};
use kube::Client;
use tokio::sync::Semaphore;

use crate::{ClusterOptions, Connection, KubernetesError};

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
