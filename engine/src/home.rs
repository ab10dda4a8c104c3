//! Where a run keeps what it remembers: in the cluster, where the values name a namespace for it, or in a
//! file, where there is none.

use std::path::PathBuf;

use evenkeel_core::values::NamespaceName;
use evenkeel_kubernetes_client::{Cluster, KubernetesError, ObjectName};

use crate::cluster::ClusterAccess;

/// Where inventory and lease are.
#[derive(Clone, Debug)]
pub(crate) enum Home {
    /// This file, or the default one. There is no lease: the file is locked while it is written.
    File(Option<PathBuf>),
    /// A Secret and a Lease of this name.
    Cluster(ClusterHome),
}

/// A place in the cluster.
#[derive(Clone, Debug)]
pub(crate) struct ClusterHome {
    pub cluster: Cluster,
    /// The name of Secret and Lease: `evenkeel-<platform>-<task>`.
    pub name: ObjectName,
}

impl Home {
    /// A file that was named on the command line comes first. Without a cluster, values that name a
    /// namespace do not help: they are the same on a developer's machine.
    ///
    /// # Errors
    ///
    /// When there is a cluster that cannot be used.
    pub(crate) async fn choose(
        file: Option<&PathBuf>,
        namespace: Option<&NamespaceName>,
        (platform, task): (&str, &str),
        access: &ClusterAccess,
    ) -> Result<Self, KubernetesError> {
        let (None, Some(namespace)) = (file, namespace) else { return Ok(Self::File(file.cloned())) };
        match access.connected().await {
            Ok(cluster) => {
                let name = ObjectName::in_namespace(namespace.as_str(), format!("evenkeel-{platform}-{task}"));
                Ok(Self::Cluster(ClusterHome { cluster: cluster.clone(), name }))
            }
            Err(KubernetesError::NotConfigured) => {
                tracing::warn!(
                    "the values keep the inventory in namespace `{namespace}`, but there is no cluster: it is a file"
                );
                Ok(Self::File(None))
            }
            Err(error) => Err(error),
        }
    }
}
