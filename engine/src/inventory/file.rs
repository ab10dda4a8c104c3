//! The inventory's text as a file that only its owner reads. Appending lines to it keeps the cost of a run
//! proportional to what it creates.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{InventoryError, Place};
use crate::{
    command_line::environment_variable,
    private_file::{self, PrivateError},
    secrets::reason,
};

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

    pub(super) fn place(&self) -> Place {
        Place::File(self.path.clone().unwrap_or_default())
    }

    pub(super) const fn is_open(&self) -> bool {
        self.lock.is_some()
    }

    /// The text, from its beginning; `None` when there is no file.
    pub(super) fn read(&self) -> Result<Option<File>, InventoryError> {
        let Some(path) = &self.path else { return Ok(None) };
        match private_file::open(path, OpenOptions::new().read(true)) {
            Ok(file) => Ok(Some(file)),
            Err(PrivateError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(PrivateError::Io(error)) => {
                Err(InventoryError::Unreadable { place: self.place(), reason: reason(&error) })
            }
            Err(PrivateError::Exposed(exposed)) => Err(InventoryError::Exposed { place: self.place(), exposed }),
        }
    }

    /// Locks the file, and returns what other runs have left in it.
    pub(super) fn open(&mut self) -> Result<Option<File>, InventoryError> {
        let Some(path) = &self.path else { return Err(InventoryError::NoPlace) };
        let failed = |error: io::Error| not_usable(path, error.into());
        private_file::make_folder_of(path).map_err(failed)?;
        let lock_path = path.with_extension("lock");
        let lock = private_file::open(&lock_path, OpenOptions::new().create(true).append(true))
            .map_err(|error| not_usable(&lock_path, error))?;
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
                None => private_file::open(path, OpenOptions::new().append(true))?,
            };
            file.write_all(lines.as_bytes())?;
            file.sync_data()?;
            Ok(Some(file))
        })
    }

    pub(super) fn rewrite(&mut self, text: &str) -> Result<(), InventoryError> {
        self.unless_failed(|_, path| Ok(private_file::replace(path, text.as_bytes()).map(|()| None)?))
    }

    fn unless_failed(
        &mut self,
        act: impl FnOnce(&mut Option<File>, &Path) -> Result<Option<File>, PrivateError>,
    ) -> Result<(), InventoryError> {
        let Some(path) = &self.path else { return Err(InventoryError::NoPlace) };
        match act(&mut self.file, path) {
            Ok(file) => {
                self.file = file;
                Ok(())
            }
            Err(error) => {
                let failed = not_usable(path, error);
                self.close();
                Err(failed)
            }
        }
    }
}

fn not_usable(path: &Path, error: PrivateError) -> InventoryError {
    let place = Place::File(path.to_owned());
    match error {
        PrivateError::Io(error) => {
            InventoryError::NotWritable { place, reason: reason(&error), trouble: (&error).into() }
        }
        PrivateError::Exposed(exposed) => InventoryError::Exposed { place, exposed },
    }
}
