//! Files that are their owner's only: those in which a run keeps secrets, and what it made.
//!
//! Whoever may write the inventory chooses what a later run deletes; whoever may read the vault has the secrets in it. So a file
//! that others may read or write is refused, and a link is never followed: it leads to what somebody else has chosen.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Why a file is refused: neither its own nor its content's fault, but that of who may reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exposed {
    /// It is a link.
    #[error("it is a link")]
    Link,
    /// It is a folder, a pipe or a device.
    #[error("it is no regular file")]
    NoFile,
    /// Its mode lets others in.
    #[error("others may read or write it (its mode is {mode:03o})")]
    Mode {
        /// The mode's last three digits.
        mode: u32,
    },
    /// It is somebody else's.
    #[error("it belongs to another user")]
    Owner,
}

impl Exposed {
    /// What to do about it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Link => "name the file itself",
            Self::NoFile => "name a regular file",
            Self::Mode { .. } => {
                "see that nobody has changed it, then `chmod 600`; in a pod with `fsGroup`, set `fsGroupChangePolicy: OnRootMismatch`"
            }
            Self::Owner => "see what is in it, then take it over with `chown`, or move it away",
        }
    }
}

/// A failure of the system, or the refusal of a file.
#[derive(Debug)]
pub(crate) enum PrivateError {
    Io(io::Error),
    Exposed(Exposed),
}

impl From<io::Error> for PrivateError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens a file as `options` say, made for its owner only if it is to be made. It is looked at before anything is read of it or
/// written to it.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> Result<File, PrivateError> {
    system::private(options);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(_) if path.is_symlink() => return Err(PrivateError::Exposed(Exposed::Link)),
        Err(error) => return Err(error.into()),
    };
    match system::exposure(&file)? {
        Some(exposed) => Err(PrivateError::Exposed(exposed)),
        None => Ok(file),
    }
}

/// Replaces a file in one step: readers see the old text or the new one, also after a crash. The new one is made under a name
/// that nobody knows before; what stood under `path`, be it a link, is not touched but replaced.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    // Readable for its owner only: that is how temporary files are made.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name is durable once its folder is; a system where folders cannot be opened has no such notion.
    File::open(folder).and_then(|folder| folder.sync_all()).or(Ok(()))
}

/// Makes the folder of a file, for its owner only.
pub(crate) fn make_folder_of(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
mod system {
    use std::{
        fs::{File, OpenOptions},
        io,
        os::unix::fs::{MetadataExt, OpenOptionsExt},
    };

    use rustix::{fs::OFlags, process::geteuid};

    use super::Exposed;

    /// What the group and everybody else may do.
    const OTHERS: u32 = 0o077;

    /// No link is followed, and nothing waits for somebody to open the other end of a pipe.
    pub(super) fn private(options: &mut OpenOptions) {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }

    pub(super) fn exposure(file: &File) -> io::Result<Option<Exposed>> {
        let metadata = file.metadata()?;
        Ok(match metadata.mode() & 0o777 {
            _ if !metadata.is_file() => Some(Exposed::NoFile),
            _ if metadata.uid() != geteuid().as_raw() => Some(Exposed::Owner),
            mode if mode & OTHERS != 0 => Some(Exposed::Mode { mode }),
            _ => None,
        })
    }
}

#[cfg(not(unix))]
mod system {
    use std::{
        fs::{File, OpenOptions},
        io,
    };

    use super::Exposed;

    pub(super) fn private(_: &mut OpenOptions) {}

    pub(super) fn exposure(_: &File) -> io::Result<Option<Exposed>> {
        Ok(None)
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt, symlink},
        path::PathBuf,
    };

    use super::*;

    fn refused(path: &Path) -> Option<Exposed> {
        match open(path, OpenOptions::new().read(true)) {
            Err(PrivateError::Exposed(exposed)) => Some(exposed),
            _ => None,
        }
    }

    fn file(folder: &tempfile::TempDir, name: &str, mode: u32) -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, "text").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_file_that_others_may_read_or_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(refused(&file(&folder, "own", 0o600)), None);
        for mode in [0o640, 0o604, 0o660, 0o602, 0o666] {
            assert_eq!(refused(&file(&folder, "shared", mode)), Some(Exposed::Mode { mode }));
        }
    }

    #[test]
    fn a_link_is_never_followed_and_replaced_where_a_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let target = file(&folder, "target", 0o600);
        let link = folder.path().join("link");
        symlink(&target, &link).unwrap();
        assert_eq!(refused(&link), Some(Exposed::Link));
        let appended = open(&link, OpenOptions::new().create(true).append(true));
        assert!(matches!(appended, Err(PrivateError::Exposed(Exposed::Link))));
        replace(&link, b"new").unwrap();
        assert_eq!(
            (fs::read_to_string(&target).unwrap().as_str(), fs::read_to_string(&link).unwrap().as_str()),
            ("text", "new")
        );
        assert!(!link.is_symlink());
    }

    #[test]
    fn what_is_written_has_a_fresh_mode_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "shared", 0o666);
        replace(&path, b"new").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_and_a_folder_are_no_files_and_nothing_waits_for_them() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(refused(folder.path()), Some(Exposed::NoFile));
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
        assert_eq!(refused(&pipe), Some(Exposed::NoFile));
    }
}
