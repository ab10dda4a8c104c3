//! A text in a file that only its owner reads. Appending to it keeps the cost of a run proportional to what it creates.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{StorageError, StorageLocation};
use crate::{
    environment::environment_variable,
    private_file::{self, PrivateError},
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
pub(crate) struct TextFile {
    path: PathBuf,
    lock_path: PathBuf,
    /// Keeps other runs out, while it is open.
    lock: Option<File>,
    /// Open for appending.
    file: Option<File>,
}

impl TextFile {
    /// The text in this file. Whoever writes it locks a file beside it, whose name ends with `lock_extension` instead.
    pub(crate) fn new(path: PathBuf, lock_extension: &str) -> Self {
        Self { lock_path: path.with_extension(lock_extension), path, lock: None, file: None }
    }

    pub(crate) fn location(&self) -> StorageLocation {
        StorageLocation::File(self.path.clone())
    }

    /// Whether other runs are kept out.
    pub(crate) const fn is_open(&self) -> bool {
        self.lock.is_some()
    }

    /// The text, from its beginning; `None` when there is no file.
    pub(crate) fn read(&self) -> Result<Option<File>, StorageError> {
        match private_file::open(&self.path, OpenOptions::new().read(true)) {
            Ok(file) => Ok(Some(file)),
            Err(PrivateError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(PrivateError::Io(error)) => Err(StorageError::unreadable(self.location(), &error)),
            Err(PrivateError::Exposed(exposed)) => Err(StorageError::Exposed { location: self.location(), exposed }),
        }
    }

    /// Keeps other runs out, and returns what they have left.
    pub(crate) fn open(&mut self) -> Result<Option<File>, StorageError> {
        let failed = |error: io::Error| not_usable(&self.path, error.into());
        private_file::make_folder_of(&self.path).map_err(failed)?;
        let lock = private_file::open(&self.lock_path, OpenOptions::new().create(true).append(true))
            .map_err(|error| not_usable(&self.lock_path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StorageError::Busy { location: self.location() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let text = self.read()?;
        self.lock = Some(lock);
        Ok(text)
    }

    /// Lets other runs write.
    pub(crate) fn close(&mut self) {
        (self.file, self.lock) = (None, None);
    }

    /// One write at the end. After a failure the file is closed, and free for others: the next one finds the torn line.
    pub(crate) fn append(&mut self, lines: &str) -> Result<(), StorageError> {
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

    /// Replaces the text in one step: a crash leaves the old one or the new one.
    pub(crate) fn rewrite(&mut self, text: &[u8]) -> Result<(), StorageError> {
        self.unless_failed(|_, path| Ok(private_file::replace(path, text).map(|()| None)?))
    }

    fn unless_failed(
        &mut self,
        act: impl FnOnce(&mut Option<File>, &Path) -> Result<Option<File>, PrivateError>,
    ) -> Result<(), StorageError> {
        match act(&mut self.file, &self.path) {
            Ok(file) => {
                self.file = file;
                Ok(())
            }
            Err(error) => {
                self.close();
                Err(not_usable(&self.path, error))
            }
        }
    }
}

fn not_usable(path: &Path, error: PrivateError) -> StorageError {
    let location = StorageLocation::File(path.to_owned());
    match error {
        PrivateError::Io(error) => StorageError::not_writable(location, &error),
        PrivateError::Exposed(exposed) => StorageError::Exposed { location, exposed },
    }
}
