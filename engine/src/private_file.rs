//! Files that are their owner's only: those in which a run keeps secrets, and what it made.
//!
//! Whoever may write the inventory chooses what a later run deletes; whoever may read the vault has the secrets in it. So a file
//! that others may read or write is refused, and a link is never followed: it leads to what somebody else has chosen.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// How the name of a fresh text ends, and how much of it nobody knows before.
const FRESH_SUFFIX: &str = ".tmp";
const FRESH_RANDOM: usize = 12;

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
    let prefix = fresh_prefix(path);
    remove_left_over(folder, &prefix);
    // Readable for its owner only: that is how temporary files are made.
    let mut fresh = tempfile::Builder::new();
    let mut file = fresh.prefix(&prefix).suffix(FRESH_SUFFIX).rand_bytes(FRESH_RANDOM).tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name is durable once its folder is; a system where folders cannot be opened has no such notion.
    File::open(folder).and_then(|folder| folder.sync_all()).or(Ok(()))
}

/// What a fresh text of this file begins with, and of no other: whoever writes the file holds its lock.
fn fresh_prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

/// Removes what runs have left that were killed before a fresh text was in its place. What is not surely such a text stays, and so does one
/// that cannot be removed: the next write tries again.
fn remove_left_over(folder: &Path, prefix: &OsStr) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let random = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let random = random.and_then(|rest| rest.strip_suffix(FRESH_SUFFIX.as_bytes())).unwrap_or_default();
        let is_fresh = random.len() == FRESH_RANDOM && random.iter().all(u8::is_ascii_alphanumeric);
        // A link is no regular file here.
        if is_fresh && entry.metadata().is_ok_and(|metadata| system::exposure_of(&metadata).is_none()) {
            let _ = fs::remove_file(entry.path());
        }
    }
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
        fs::{File, Metadata, OpenOptions},
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
        Ok(exposure_of(&file.metadata()?))
    }

    pub(super) fn exposure_of(metadata: &Metadata) -> Option<Exposed> {
        match metadata.mode() & 0o777 {
            _ if !metadata.is_file() => Some(Exposed::NoFile),
            _ if metadata.uid() != geteuid().as_raw() => Some(Exposed::Owner),
            mode if mode & OTHERS != 0 => Some(Exposed::Mode { mode }),
            _ => None,
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::{
        fs::{File, Metadata, OpenOptions},
        io,
    };

    use super::Exposed;

    pub(super) fn private(_: &mut OpenOptions) {}

    pub(super) fn exposure(_: &File) -> io::Result<Option<Exposed>> {
        Ok(None)
    }

    pub(super) fn exposure_of(metadata: &Metadata) -> Option<Exposed> {
        if metadata.is_file() { None } else { Some(Exposed::NoFile) }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{
        fs::Permissions,
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
    fn what_killed_writes_have_left_goes_with_the_next_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.json");
        let left_over = file(&folder, ".vault.json.abcDEF123456.tmp", 0o600);
        let link = folder.path().join(".vault.json.linkLINK1234.tmp");
        symlink(file(&folder, "target", 0o600), &link).unwrap();
        let others = [
            file(&folder, ".vault.json.abcDEF12345.tmp", 0o600),
            file(&folder, ".vault.json.abcDEF12345!.tmp", 0o600),
            file(&folder, ".vault.json.shared123456.tmp", 0o644),
            file(&folder, ".other.json.abcDEF123456.tmp", 0o600),
            folder.path().join("target"),
        ];
        replace(&path, b"new").unwrap();
        assert!(!left_over.exists());
        assert!(link.is_symlink() && others.iter().all(|other| other.exists()));
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, others.len() + 2, "nothing is left of a write that went well");
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
