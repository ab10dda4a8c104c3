//! Why an inventory cannot be used.

use evenkeel_kubernetes_client::KubernetesError;

use crate::{
    failure::{Class, Classified},
    storage::{StorageError, StorageLocation},
};

/// Why the inventory cannot be used. Whatever it is: nothing is deleted then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// It cannot be read or written.
    #[error("inventory {0}")]
    Storage(#[from] StorageError),
    /// A line of it makes no sense.
    #[error("inventory `{location}` is damaged in line {line}")]
    Damaged {
        /// Where it is.
        location: StorageLocation,
        /// The line, counted from 1.
        line: usize,
    },
    /// A part of it is not there.
    #[error("inventory `{location}` is damaged: its part `{part}` is missing")]
    Incomplete {
        /// Where it is.
        location: StorageLocation,
        /// The Secret that is missing.
        part: String,
    },
    /// The cluster does not let it be read or written.
    #[error("inventory `{location}` cannot be used: {source}")]
    Cluster {
        /// Where it is.
        location: StorageLocation,
        /// Why.
        source: Box<KubernetesError>,
    },
    /// A later version of this tool wrote it.
    #[error("inventory `{location}` has format {format}, which this version does not know")]
    Newer {
        /// Where it is.
        location: StorageLocation,
        /// Its format.
        format: u32,
    },
    /// It belongs to another platform or task.
    #[error("inventory `{location}` is that of task `{task}` on platform `{platform}`")]
    Foreign {
        /// Where it is.
        location: StorageLocation,
        /// The platform that it belongs to.
        platform: String,
        /// The task that it belongs to.
        task: String,
    },
    /// The system has no random key for its digests.
    #[error("there is no random key for the inventory: {reason}")]
    NoKey {
        /// What the system says.
        reason: String,
    },
    /// There is no place for it.
    #[error("there is no place for the inventory: neither `XDG_STATE_HOME` nor `HOME` is set")]
    NoPlace,
}

impl Classified for InventoryError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Storage(error) => error.hint().to_owned(),
            Self::Damaged { location: StorageLocation::File(_), .. } => {
                "restore the file, or move it away: what it lists is then not ours any more and never deleted"
                    .to_owned()
            }
            Self::Damaged { location: StorageLocation::Secret(_), .. } | Self::Incomplete { .. } => {
                "restore the Secret, or delete it: what it lists is then not ours any more and never deleted".to_owned()
            }
            Self::Cluster { source, .. } => source.hint().unwrap_or_else(|| "run it again".to_owned()),
            Self::Newer { .. } => "use the version that wrote it, or a later one".to_owned(),
            Self::Foreign { location: StorageLocation::Secret(_), .. } => {
                "give the platforms names that stay different when the task's name is added".to_owned()
            }
            Self::Foreign { .. } => "name another file with `--inventory`".to_owned(),
            Self::NoPlace => "set `HOME`, or name a file with `--inventory`".to_owned(),
            Self::NoKey { .. } => "run it again on a system whose random numbers work".to_owned(),
        };
        Some(hint)
    }

    fn class(&self) -> Class {
        match self {
            Self::Storage(error) => error.class(),
            Self::Cluster { source, .. } => match source.class() {
                // It is the values that name the namespace.
                Class::Refused => Class::Configuration,
                class => class,
            },
            _ => Class::Configuration,
        }
    }
}

impl InventoryError {
    /// Whether what should have been written may be there nevertheless.
    pub(super) const fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Storage(StorageError::NotWritable { .. }) | Self::Cluster { .. })
    }
}
