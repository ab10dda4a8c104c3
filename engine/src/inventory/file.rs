//! The inventory as a file that only its owner reads. Appending lines to its journal keeps the cost of a
//! run proportional to what it creates; what later lines made obsolete is dropped when a run first writes.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use evenkeel_core::{
    memory::{DigestKey, HiddenSecret, Memory, Written},
    object::ObjectId,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{
    Inventory, InventoryError, State,
    journal::{Journal, Line, NotReadable},
};
use crate::{command_line::environment_variable, secrets::reason};

/// What cannot stand in a file's name everywhere.
const NOT_IN_A_NAME: &AsciiSet =
    &CONTROLS.add(b'/').add(b'\\').add(b':').add(b'%').add(b'*').add(b'?').add(b'"').add(b'<').add(b'>').add(b'|');

/// Where the inventory is by default: `evenkeel/<platform>/<task>.jsonl` in the folder for state.
pub(super) fn default_path(platform: &str, task: &str) -> Option<PathBuf> {
    // A relative path in this variable is to be ignored (XDG Base Directory Specification).
    let state = environment_variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(PathBuf::from(environment_variable("HOME")?).join(".local/state")))?;
    let name = |text: &str| utf8_percent_encode(text, NOT_IN_A_NAME).to_string();
    Some(state.join("evenkeel").join(name(platform)).join(format!("{}.jsonl", name(task))))
}

/// An inventory in a file.
#[derive(Debug)]
pub struct FileInventory {
    path: Option<PathBuf>,
    target: String,
    journal: Journal,
    notes: Vec<Line>,
    /// What was known of announced secrets before: true again if their write turns out not to have happened.
    before: BTreeMap<(ObjectId, String), Option<Written>>,
    /// Open for appending, together with the lock that keeps other runs out; from the first write on.
    writer: Option<Writer>,
}

#[derive(Debug)]
struct Writer {
    file: File,
    _lock: File,
}

impl FileInventory {
    /// Reads the inventory of a task for a target, from `path` or the default place. A file that is
    /// not there is an empty inventory. Nothing is written.
    ///
    /// # Errors
    ///
    /// When the file is there, but cannot be read or is not this task's.
    pub fn open(path: Option<PathBuf>, platform: &str, task: &str, target: &str) -> Result<Self, InventoryError> {
        let path = path.or_else(|| default_path(platform, task));
        let mut journal = Journal::new(platform, task);
        if let Some(path) = &path {
            read(&mut journal, path)?;
        }
        Ok(Self::with(path, target, journal))
    }

    /// An inventory that remembers nothing: for looking on when the real one cannot be read.
    pub(crate) fn empty(target: &str) -> Self {
        Self::with(None, target, Journal::new("", ""))
    }

    fn with(path: Option<PathBuf>, target: &str, journal: Journal) -> Self {
        Self { path, target: target.to_owned(), journal, notes: Vec::new(), before: BTreeMap::new(), writer: None }
    }

    fn write(&mut self) -> Result<(), InventoryError> {
        if self.notes.is_empty() {
            return Ok(());
        }
        let Some(path) = self.path.clone() else { return Err(InventoryError::NoPlace) };
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.writer(&path)?,
        };
        let mut text = String::new();
        for line in &self.notes {
            line.write(&mut text);
        }
        // One write, and durable before this returns. After a failure the writer stays closed, so that
        // the next write finds the torn line and repairs it.
        writer
            .file
            .write_all(text.as_bytes())
            .and_then(|()| writer.file.sync_data())
            .map_err(|error| not_writable(&path, &error))?;
        self.writer = Some(writer);
        self.notes.clear();
        Ok(())
    }

    /// Locks the inventory, takes in what other runs wrote meanwhile, and brings the file into a state
    /// to which lines can be added.
    fn writer(&mut self, path: &Path) -> Result<Writer, InventoryError> {
        let failed = |error: io::Error| not_writable(path, &error);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        let lock =
            private(OpenOptions::new().create(true).append(true)).open(path.with_extension("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(InventoryError::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        read(&mut self.journal, path)?;
        if self.journal.needs_key() {
            self.journal.set_key(random_key()?);
        }
        if self.journal.needs_rewriting() {
            rewrite(path, folder, &self.journal.text()).map_err(failed)?;
            self.journal.rewritten();
        }
        for line in &self.notes {
            self.journal.apply(line.clone());
        }
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        Ok(Writer { file, _lock: lock })
    }

    fn add(&mut self, line: Line) {
        self.journal.apply(line.clone());
        self.notes.push(line);
    }
}

impl Inventory for FileInventory {
    fn memory(&self) -> Memory {
        self.journal.memory(&self.target)
    }

    async fn announce(&mut self, objects: &[ObjectId]) -> Result<(), InventoryError> {
        let before: BTreeMap<ObjectId, Option<State>> =
            objects.iter().map(|object| (object.clone(), self.journal.state(&self.target, object))).collect();
        let noted = self.notes.len();
        for object in objects {
            if !matches!(before.get(object), Some(Some(State::Announced))) {
                self.add(Line::of_state(&self.target, object, State::Announced));
            }
        }
        let written = self.write();
        if let Err(error) = &written {
            self.notes.truncate(noted);
            // What could not be announced will not be created, and is not ours. Lines that reached the
            // file nevertheless are contradicted by the next write.
            let may_be_stored = matches!(error, InventoryError::NotWritable { .. });
            for (object, state) in before {
                let line = Line::of_state(&self.target, &object, state.unwrap_or(State::Gone));
                self.journal.apply(line.clone());
                self.notes.extend(may_be_stored.then_some(line));
            }
        }
        written
    }

    async fn announce_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]) -> Result<(), InventoryError> {
        for HiddenSecret { path, .. } in secrets {
            let known = self.journal.written(&self.target, object, path).cloned();
            self.before.insert((object.clone(), path.clone()), known);
            self.add(Line::of_secret(&self.target, object, path, Some(Written::Announced)));
        }
        let written = self.write();
        if written.is_err() {
            self.take_back_secrets(object, secrets);
        }
        written
    }

    fn note_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]) {
        for secret in secrets {
            if let Some(digest) = self.journal.digest(object, secret) {
                self.add(Line::of_secret(&self.target, object, &secret.path, Some(Written::Digest(digest))));
            }
        }
    }

    fn take_back_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]) {
        for HiddenSecret { path, .. } in secrets {
            if let Some(before) = self.before.remove(&(object.clone(), path.clone())) {
                self.add(Line::of_secret(&self.target, object, path, before));
            }
        }
    }

    fn note(&mut self, object: &ObjectId, state: State) {
        self.add(Line::of_state(&self.target, object, state));
    }

    async fn store(&mut self) -> Result<(), InventoryError> {
        self.write()
    }
}

/// Takes the file's content for what is known.
fn read(journal: &mut Journal, path: &Path) -> Result<(), InventoryError> {
    let path = path.to_owned();
    let text = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(InventoryError::Unreadable { path, reason: reason(&error) }),
    };
    journal.read(text.as_deref()).map_err(|error| match error {
        NotReadable::Damaged { line } => InventoryError::Damaged { path, line },
        NotReadable::Newer { format } => InventoryError::Newer { path, format },
        NotReadable::Foreign { platform, task } => InventoryError::Foreign { path, platform, task },
    })
}

fn random_key() -> Result<DigestKey, InventoryError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| InventoryError::NoKey { reason: error.to_string() })?;
    Ok(DigestKey::new(&bytes))
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
    InventoryError::NotWritable { path: path.to_owned(), reason: reason(error) }
}

#[cfg(test)]
mod tests;
