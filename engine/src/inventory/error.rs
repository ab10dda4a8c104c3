//! Why an inventory cannot be used.

use std::{fmt, path::PathBuf};

use evenkeel_kubernetes_client::{KubernetesError, ObjectName};

use crate::{
    private_file::Exposed,
    storage::StorageTrouble,
    task::{Class, Classified},
};

/// Where an inventory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// This file.
    File(PathBuf),
    /// This Kubernetes Secret, and what it names.
    Secret(ObjectName),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Secret(name) => name.fmt(formatter),
        }
    }
}

/// Why the inventory cannot be used. Whatever it is: nothing is deleted then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// It is there and cannot be read.
    #[error("inventory `{place}` cannot be read: {reason}")]
    Unreadable {
        /// Where it is.
        place: Place,
        /// What the system says.
        reason: String,
    },
    /// Others may read or write it.
    #[error("inventory `{place}` is not used: {exposed}")]
    Exposed {
        /// Where it is.
        place: Place,
        /// Why.
        exposed: Exposed,
    },
    /// A line of it makes no sense.
    #[error("inventory `{place}` is damaged in line {line}")]
    Damaged {
        /// Where it is.
        place: Place,
        /// The line, counted from 1.
        line: usize,
    },
    /// A part of it is not there.
    #[error("inventory `{place}` is damaged: its part `{part}` is missing")]
    Incomplete {
        /// Where it is.
        place: Place,
        /// The Secret that is missing.
        part: String,
    },
    /// The cluster does not let it be read or written.
    #[error("inventory `{place}` cannot be used: {source}")]
    Cluster {
        /// Where it is.
        place: Place,
        /// Why.
        source: Box<KubernetesError>,
    },
    /// A later version of this tool wrote it.
    #[error("inventory `{place}` has format {format}, which this version does not know")]
    Newer {
        /// Where it is.
        place: Place,
        /// Its format.
        format: u32,
    },
    /// It belongs to another platform or task.
    #[error("inventory `{place}` is that of task `{task}` on platform `{platform}`")]
    Foreign {
        /// Where it is.
        place: Place,
        /// The platform that it belongs to.
        platform: String,
        /// The task that it belongs to.
        task: String,
    },
    /// It cannot be stored.
    #[error("inventory `{place}` cannot be written: {reason}")]
    NotWritable {
        /// Where it is.
        place: Place,
        /// What the system says.
        reason: String,
        /// What that means.
        trouble: StorageTrouble,
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
    /// Another run is under way.
    #[error("inventory `{place}` is in use by another run")]
    Busy {
        /// Where it is.
        place: Place,
    },
}

impl InventoryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and who may read it".to_owned(),
            Self::Exposed { exposed, .. } => exposed.hint().to_owned(),
            Self::Damaged { place: Place::File(_), .. } => {
                "restore the file, or move it away: what it lists is then not ours any more and never deleted"
                    .to_owned()
            }
            Self::Damaged { place: Place::Secret(_), .. } | Self::Incomplete { .. } => {
                "restore the Secret, or delete it: what it lists is then not ours any more and never deleted".to_owned()
            }
            Self::Cluster { source, .. } => source.hint().unwrap_or_else(|| "run it again".to_owned()),
            Self::Newer { .. } => "use the version that wrote it, or a later one".to_owned(),
            Self::Foreign { place: Place::Secret(_), .. } => {
                "give the platforms names that stay different when the task's name is added".to_owned()
            }
            Self::Foreign { .. } => "name another file with `--inventory`".to_owned(),
            Self::NotWritable { trouble, .. } => trouble.hint().to_owned(),
            Self::NoPlace => "set `HOME`, or name a file with `--inventory`".to_owned(),
            Self::NoKey { .. } => "run it again on a system whose random numbers work".to_owned(),
            Self::Busy { .. } => "wait until the other run has ended".to_owned(),
        }
    }

    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Busy { .. } => Class::Conflict,
            Self::NotWritable { trouble, .. } => trouble.class(),
            Self::Cluster { source, .. } => match source.class() {
                // It is the values that name the namespace.
                Class::Refused => Class::Configuration,
                class => class,
            },
            _ => Class::Configuration,
        }
    }

    /// Whether what should have been written may be there nevertheless.
    pub(super) const fn leaves_doubt(&self) -> bool {
        matches!(self, Self::NotWritable { .. } | Self::Cluster { .. })
    }
}
