//! What it means when a file cannot be written: whether another try helps, and what to do.

use std::io;

use crate::task::Class;

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
    pub(crate) const fn hint(self) -> &'static str {
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
    pub(crate) const fn class(self) -> Class {
        match self {
            Self::Full => Class::Conflict,
            Self::ReadOnly | Self::Other => Class::Configuration,
        }
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
