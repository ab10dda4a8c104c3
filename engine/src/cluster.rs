//! The Kubernetes cluster of a run: connected to when somebody first needs it, and by one connection for all.

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Instant};

use evenkeel_core::report::RequestCounts;
use evenkeel_kubernetes_client::{Cluster, ClusterOptions, Connection, KubernetesError};
use evenkeel_transport::{Deadline, Kind, Mask};
use tokio::sync::OnceCell;

use crate::{
    failure::{Class, Classified},
    sessions::counts,
};

/// The way to the cluster. Clones are one and the same; nothing is built before [`connected`](Self::connected) is called.
#[derive(Clone)]
pub struct ClusterAccess(Arc<Shared>);

struct Shared {
    connection: Connection,
    field_manager: String,
    concurrency: NonZeroUsize,
    deadline: Instant,
    mask: Mask,
    cluster: OnceCell<Cluster>,
}

impl ClusterAccess {
    /// A way that nobody has gone yet. `task` gives the field manager its name: `evenkeel-<task>`; `mask` has the run's secrets.
    #[must_use]
    pub fn new(connection: Connection, task: &str, concurrency: NonZeroUsize, deadline: Instant, mask: Mask) -> Self {
        let field_manager = format!("evenkeel-{task}");
        Self(Arc::new(Shared { connection, field_manager, concurrency, deadline, mask, cluster: OnceCell::new() }))
    }

    /// The cluster. Preparing it makes no request.
    ///
    /// # Errors
    ///
    /// [`KubernetesError::NotConfigured`] when there is none, [`KubernetesError::Configuration`] when it cannot be addressed.
    pub async fn connected(&self) -> Result<&Cluster, KubernetesError> {
        let Shared { connection, field_manager, concurrency, deadline, mask, cluster } = &*self.0;
        cluster
            .get_or_try_init(|| {
                let options = ClusterOptions {
                    field_manager: field_manager.clone(),
                    concurrency: *concurrency,
                    deadline: Some(Deadline::at(*deadline)),
                    mask: mask.clone(),
                    ..ClusterOptions::default()
                };
                Cluster::connect(connection, options)
            })
            .await
    }

    /// The requests made so far, by everybody.
    #[must_use]
    pub fn requests(&self) -> RequestCounts {
        let Some(cluster) = self.0.cluster.get() else { return RequestCounts::default() };
        counts(cluster.log().summary())
    }
}

impl fmt::Debug for ClusterAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ClusterAccess").field("cluster", &self.0.cluster.get()).finish_non_exhaustive()
    }
}

impl Classified for KubernetesError {
    fn class(&self) -> Class {
        if self.outcome_unknown() {
            return Class::Unavailable;
        }
        match self {
            Self::NotConfigured | Self::Configuration { .. } | Self::Unaddressable(_) => Class::Configuration,
            Self::Unauthorized(_) | Self::Forbidden(_) => Class::NotAuthorised,
            // What was there a moment ago is gone, or the other way round.
            Self::NotFound(_) | Self::AlreadyExists(_) | Self::Stale(_) | Self::Expired(_) => Class::Conflict,
            // Somebody has to do something about it first, but the next run may find it done.
            Self::NamespaceMissing { .. }
            | Self::NamespaceTerminating { .. }
            | Self::FieldManagerConflict { .. }
            | Self::Immutable { .. }
            | Self::TooLarge(_)
            | Self::Invalid(_) => Class::Refused,
            // The same certificate is refused the next time as well.
            Self::Unavailable(refusal) if refusal.error.kind() == Kind::Tls => Class::Configuration,
            Self::Unavailable(_) => Class::Unavailable,
            _ => Class::Unexpected,
        }
    }

    /// Without a cluster, or an address, nothing is sent.
    fn changed_nothing(&self) -> bool {
        matches!(self, Self::NotConfigured | Self::Configuration { .. } | Self::Unaddressable(_))
            || self.class().changed_nothing()
    }

    fn hint(&self) -> Option<String> {
        Self::hint(self)
    }
}
