//! The inventory's text as a file that only its owner reads. Appending lines to it keeps the cost of a run
//! proportional to what it creates.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use secrecy::SecretString;

use super::{InventoryError, Place};
use crate::{command_line::environment_variable, regular_file, secrets::reason};

/// What cannot stand in a file's name everywhere.
const NOT_IN_A_NAME: &AsciiSet =
    &CONTROLS.add(b'/').add(b'\\').add(b':').add(b'%').add(b'*').add(b'?').add(b'"').add(b'<').add(b'>').add(b'|');

/// Where the inventory is by default: `evenkeel/<platform>/<task>.jsonl` in the folder for state.
pub(crate) fn default_path(platform: &str, task: &str) -> Option<PathBuf> {
    // A relative path in this variable is to be ignored (XDG Base Directory Specification).
    let state = environment_variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(PathBuf::from(environment_variable("HOME")?).join(".local/state")))?;
    let name = |text: &str| utf8_percent_encode(text, NOT_IN_A_NAME).to_string();
    Some(state.join("evenkeel").join(name(platform)).join(format!("{}.jsonl", name(task))))
}

/// A text in a file.
#[derive(Debug)]
pub(super) struct FileStore {
    path: Option<PathBuf>,
    /// Keeps other runs out; from the first write on.
    lock: Option<File>,
    /// Open for appending.
    file: Option<File>,
}

impl FileStore {
    /// The text in `path`, or in the default place.
    pub(super) fn new(path: Option<PathBuf>, platform: &str, task: &str) -> Self {
        Self { path: path.or_else(|| default_path(platform, task)), lock: None, file: None }
    }

    /// No place at all.
    pub(super) const fn nowhere() -> Self {
        Self { path: None, lock: None, file: None }
    }

    pub(super) fn place(&self) -> Place {
        Place::File(self.path.clone().unwrap_or_default())
    }

    pub(super) const fn is_open(&self) -> bool {
        self.lock.is_some()
    }

    /// The text; `None` when there is no file.
    pub(super) fn read(&self) -> Result<Option<SecretString>, InventoryError> {
        let Some(path) = &self.path else { return Ok(None) };
        match regular_file::check(path).and_then(|()| fs::read_to_string(path)) {
            Ok(text) => Ok(Some(text.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(InventoryError::Unreadable { place: self.place(), reason: reason(&error) }),
        }
    }

    /// Locks the file, and returns what other runs have left in it.
    pub(super) fn open(&mut self) -> Result<Option<SecretString>, InventoryError> {
        let Some(path) = &self.path else { return Err(InventoryError::NoPlace) };
        let failed = |error: io::Error| not_writable(path, &error);
        fs::create_dir_all(folder_of(path)).map_err(failed)?;
        let lock = path.with_extension("lock");
        regular_file::check(&lock).map_err(failed)?;
        let lock = private(OpenOptions::new().create(true).append(true)).open(lock).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(InventoryError::Busy { place: self.place() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let text = self.read()?;
        self.lock = Some(lock);
        Ok(text)
    }

    /// Frees the file for other runs.
    pub(super) fn close(&mut self) {
        (self.file, self.lock) = (None, None);
    }

    /// One write. After a failure the file is closed and free: the next one finds the torn line.
    pub(super) fn append(&mut self, lines: &str) -> Result<(), InventoryError> {
        self.unless_failed(|file, path| {
            let mut file = match file.take() {
                Some(file) => file,
                None => OpenOptions::new().append(true).open(path)?,
            };
            file.write_all(lines.as_bytes())?;
            file.sync_data()?;
            Ok(Some(file))
        })
    }

    pub(super) fn rewrite(&mut self, text: &str) -> Result<(), InventoryError> {
        self.unless_failed(|_, path| rewrite(path, folder_of(path), text).map(|()| None))
    }

    fn unless_failed(
        &mut self,
        act: impl FnOnce(&mut Option<File>, &Path) -> io::Result<Option<File>>,
    ) -> Result<(), InventoryError> {
        let Some(path) = &self.path else { return Err(InventoryError::NoPlace) };
        match act(&mut self.file, path) {
            Ok(file) => {
                self.file = file;
                Ok(())
            }
            Err(error) => {
                let failed = not_writable(path, &error);
                self.close();
                Err(failed)
            }
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces the file in one step: readers see the old text or the new one, also after a crash.
fn rewrite(path: &Path, folder: &Path, text: &str) -> io::Result<()> {
    // Readable for its owner only: that is how temporary files are made.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder)
}

/// Makes the new name durable.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

fn not_writable(path: &Path, error: &io::Error) -> InventoryError {
    InventoryError::NotWritable { place: Place::File(path.to_owned()), reason: reason(error) }
}
