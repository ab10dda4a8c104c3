//! What can go wrong, and what it means for the run.

use evenkeel_engine::task::{Class, Classified};
use evenkeel_kubernetes_client::KubernetesError;

/// Why a call of this task failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A call to the cluster failed.
    #[error(transparent)]
    Cluster(#[from] KubernetesError),
    /// The source is not what it was when the plan was made.
    #[error("Secret `{from}` has changed since it was read")]
    SourceChanged {
        /// The source.
        from: String,
    },
    /// A Secret of that name is there, and is not ours.
    #[error("Secret `{secret}` is there and not ours, so that it stays as it is")]
    Foreign {
        /// `namespace/name`.
        secret: String,
    },
    /// Several Secrets would become one copy.
    #[error("Secret `{secret}` is not made: {sources} would all be copied to it")]
    Contested {
        /// `namespace/name`.
        secret: String,
        /// The sources, with backticks.
        sources: String,
    },
    /// Its certificate does not work, and the run was told to copy none of those.
    #[error("Secret `{from}` is not copied: {flaws}")]
    Broken {
        /// The source.
        from: String,
        /// What is wrong with its certificate.
        flaws: String,
    },
    /// The namespace of a copy is missing.
    #[error("Secret `{secret}` waits: namespace `{namespace}` does not exist")]
    NamespaceMissing {
        /// `namespace/name`.
        secret: String,
        /// The namespace.
        namespace: String,
    },
    /// The name of a copy would be longer than Kubernetes takes.
    #[error("Secret `{secret}` is not made: its name has more than 253 characters")]
    NameTooLong {
        /// `namespace/name`.
        secret: String,
    },
}

impl Classified for Error {
    fn class(&self) -> Class {
        match self {
            Self::Cluster(error) => error.class(),
            Self::SourceChanged { .. } => Class::Conflict,
            Self::Foreign { .. } | Self::Contested { .. } | Self::NameTooLong { .. } => Class::Prevented,
            Self::Broken { .. } | Self::NamespaceMissing { .. } => Class::Refused,
        }
    }

    fn changed_nothing(&self) -> bool {
        match self {
            Self::Cluster(error) => error.changed_nothing(),
            _ => self.class().changed_nothing(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Cluster(error) => return error.hint(),
            Self::SourceChanged { .. } => "run again: it is read anew",
            Self::Foreign { .. } => {
                "`apply --adopt --only secret/NAMESPACE/NAME` makes it ours, for `--prune` too; or choose other names in `to.name`"
            }
            Self::Contested { .. } => "rename one of them, or choose names in `to.name` that tell them apart",
            Self::Broken { .. } => "renew the certificate; without `--require-valid` it is copied as it is",
            Self::NamespaceMissing { .. } => "create it, or leave it out of the values",
            Self::NameTooLong { .. } => "choose shorter names in `to.name`",
        };
        Some(hint.to_owned())
    }
}
