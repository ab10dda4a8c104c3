//! Where a run keeps what it remembers, and what it means when that cannot be read or written: whether another try helps, and what to do.
//! Inventory and vault both lie on it.

mod file;
mod labels;

use std::{fmt, io, path::PathBuf};

use evenkeel_kubernetes_client::ObjectName;

use crate::failure::Class;
pub use crate::private_file::Exposed;
pub(crate) use file::{TextFile, default_path};
pub(crate) use labels::labels;

/// Where a text is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageLocation {
    /// This file.
    File(PathBuf),
    /// This Kubernetes Secret, and those that it names.
    Secret(ObjectName),
}

impl fmt::Display for StorageLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Secret(name) => name.fmt(formatter),
        }
    }
}

/// Why a text cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// It is there and cannot be read.
    #[error("`{location}` cannot be read: {reason}")]
    Unreadable {
        /// Where it is.
        location: StorageLocation,
        /// What the system says.
        reason: String,
    },
    /// Others may read or write it.
    #[error("`{location}` is not used: {exposed}")]
    Exposed {
        /// Where it is.
        location: StorageLocation,
        /// Why.
        exposed: Exposed,
    },
    /// It cannot be written.
    #[error("`{location}` cannot be written: {reason}")]
    NotWritable {
        /// Where it is.
        location: StorageLocation,
        /// What the system says.
        reason: String,
        /// What that means.
        trouble: StorageTrouble,
    },
    /// Another run is writing it.
    #[error("`{location}` is in use by another run")]
    Busy {
        /// Where it is.
        location: StorageLocation,
    },
}

impl StorageError {
    pub(crate) fn unreadable(location: StorageLocation, error: &io::Error) -> Self {
        Self::Unreadable { location, reason: reason(error) }
    }

    fn not_writable(location: StorageLocation, error: &io::Error) -> Self {
        Self::NotWritable { location, reason: reason(error), trouble: error.into() }
    }

    /// What to do about it.
    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "check the path and who may read it",
            Self::Exposed { exposed, .. } => exposed.hint(),
            Self::NotWritable { trouble, .. } => trouble.hint(),
            Self::Busy { .. } => "wait until the other run has ended",
        }
    }

    pub(crate) const fn class(&self) -> Class {
        match self {
            Self::NotWritable { trouble, .. } => trouble.class(),
            Self::Busy { .. } => Class::Conflict,
            Self::Unreadable { .. } | Self::Exposed { .. } => Class::Configuration,
        }
    }
}

/// Why a file system does not take what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageTrouble {
    /// There is no room left, or a quota is used up.
    Full,
    /// Nothing can be written there at all.
    ReadOnly,
    /// Anything else, such as a right that is missing.
    Other,
}

impl From<&io::Error> for StorageTrouble {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Other,
        }
    }
}

impl StorageTrouble {
    /// What to do about it.
    const fn hint(self) -> &'static str {
        match self {
            Self::Full => "make room on that disk, and run again",
            Self::ReadOnly => {
                "nothing can be written on that file system: name a file elsewhere with `--inventory`, or mount one that can be \
                 written"
            }
            Self::Other => "name a file that can be written with `--inventory`",
        }
    }

    /// Room comes back by itself where others write too; the rest lasts.
    const fn class(self) -> Class {
        match self {
            Self::Full => Class::Conflict,
            Self::ReadOnly | Self::Other => Class::Configuration,
        }
    }
}

/// What the system says, without the number that differs between systems.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        // These are our own words.
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code::ExitCode;

    #[test]
    fn a_full_disk_is_worth_another_try_and_a_read_only_one_is_not() {
        let code = |kind: io::ErrorKind| ExitCode::of(StorageTrouble::from(&io::Error::from(kind)).class());
        assert_eq!(code(io::ErrorKind::StorageFull), ExitCode::SomeFailed);
        assert_eq!(code(io::ErrorKind::QuotaExceeded), ExitCode::SomeFailed);
        assert_eq!(code(io::ErrorKind::ReadOnlyFilesystem), ExitCode::Configuration);
        assert_eq!(code(io::ErrorKind::PermissionDenied), ExitCode::Configuration);
    }
}
