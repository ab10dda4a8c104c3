//! The inventory as a file: a journal of JSON lines. The first says whose it is, each other one what
//! became of an object; the last word about an object counts. Appending keeps the cost of a run
//! proportional to what it creates; what later lines made obsolete is dropped when a run first writes.

mod journal;

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use evenkeel_core::object::{ObjectId, Ownership};
use journal::{Journal, Line};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Inventory, InventoryError, State};
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
            journal.read(path)?;
        }
        Ok(Self { path, target: target.to_owned(), journal, notes: Vec::new(), writer: None })
    }

    /// An inventory that remembers nothing: for looking on when the real one cannot be read.
    pub(crate) fn empty(target: &str) -> Self {
        Self { path: None, target: target.to_owned(), journal: Journal::new("", ""), notes: Vec::new(), writer: None }
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
        self.journal.read(path)?;
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

    fn add(&mut self, object: &ObjectId, state: State) {
        let line = Line { target: self.target.clone(), object: object.clone(), state };
        self.journal.apply(line.clone());
        self.notes.push(line);
    }
}

impl Inventory for FileInventory {
    fn ownership(&self) -> Ownership {
        self.journal.owned(&self.target).cloned().collect()
    }

    async fn announce(&mut self, objects: &[ObjectId]) -> Result<(), InventoryError> {
        let before: BTreeMap<ObjectId, Option<State>> =
            objects.iter().map(|object| (object.clone(), self.journal.state(&self.target, object))).collect();
        let noted = self.notes.len();
        for object in objects {
            if !matches!(before.get(object), Some(Some(State::Announced))) {
                self.add(object, State::Announced);
            }
        }
        let written = self.write();
        if let Err(error) = &written {
            self.notes.truncate(noted);
            // What could not be announced will not be created, and is not ours. Lines that reached the
            // file nevertheless are contradicted by the next write.
            let may_be_stored = matches!(error, InventoryError::NotWritable { .. });
            for (object, state) in before {
                let line = Line { target: self.target.clone(), object, state: state.unwrap_or(State::Gone) };
                self.journal.apply(line.clone());
                self.notes.extend(may_be_stored.then_some(line));
            }
        }
        written
    }

    fn note(&mut self, object: &ObjectId, state: State) {
        self.add(object, state);
    }

    async fn store(&mut self) -> Result<(), InventoryError> {
        self.write()
    }
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
