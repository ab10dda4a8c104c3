//! The text of an inventory file, and what it says.

use std::{collections::BTreeMap, fs, io, path::Path};

use evenkeel_core::object::ObjectId;
use serde::{Deserialize, Serialize};

use crate::{
    inventory::{InventoryError, State},
    secrets::reason,
};

/// The version of the format; it grows when an older reader could misunderstand.
const FORMAT: u32 = 1;
/// Obsolete lines are left alone until there are more of them than this and than lines that count.
const TOLERATED_LINES: usize = 1_000;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    platform: String,
    task: String,
}

/// Every other line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub target: String,
    pub object: ObjectId,
    pub state: State,
}

impl Line {
    pub(super) fn write(&self, out: &mut String) {
        append(out, self);
    }
}

#[derive(Debug)]
pub(super) struct Journal {
    header: Header,
    entries: BTreeMap<String, BTreeMap<ObjectId, State>>,
    /// Whether lines can be added to the file: it is there and ends with a whole line.
    whole: bool,
    /// Lines of the file, without the first.
    lines: usize,
}

impl Journal {
    pub(super) fn new(platform: &str, task: &str) -> Self {
        let header = Header { format: FORMAT, platform: platform.to_owned(), task: task.to_owned() };
        Self { header, entries: BTreeMap::new(), whole: false, lines: 0 }
    }

    /// Takes the file's content for what is known.
    pub(super) fn read(&mut self, path: &Path) -> Result<(), InventoryError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(InventoryError::Unreadable { path: path.to_owned(), reason: reason(&error) }),
        };
        (self.entries, self.whole, self.lines) = (BTreeMap::new(), false, 0);
        if text.is_empty() && !path.exists() {
            return Ok(());
        }
        let damaged = |line| InventoryError::Damaged { path: path.to_owned(), line };
        // A last line without its end was cut off by a crash while it was written: it was not durable,
        // so that the create that it announces was never sent.
        let (text, torn) = text.rsplit_once('\n').ok_or_else(|| damaged(1))?;
        let mut lines = text.split('\n');
        let header: Header = lines.next().and_then(|line| serde_json::from_str(line).ok()).ok_or_else(|| damaged(1))?;
        self.check(header, path)?;
        for (index, line) in lines.enumerate() {
            self.apply(serde_json::from_str(line).map_err(|_| damaged(index + 2))?);
            self.lines += 1;
        }
        self.whole = torn.is_empty();
        Ok(())
    }

    fn check(&self, header: Header, path: &Path) -> Result<(), InventoryError> {
        let path = path.to_owned();
        if header.format > FORMAT {
            return Err(InventoryError::Newer { path, format: header.format });
        }
        if (&header.platform, &header.task) != (&self.header.platform, &self.header.task) {
            return Err(InventoryError::Foreign { path, platform: header.platform, task: header.task });
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, line: Line) {
        let entries = self.entries.entry(line.target).or_default();
        match line.state {
            State::Gone => entries.remove(&line.object),
            state => entries.insert(line.object, state),
        };
    }

    pub(super) fn state(&self, target: &str, object: &ObjectId) -> Option<State> {
        self.entries.get(target)?.get(object).copied()
    }

    pub(super) fn owned(&self, target: &str) -> impl Iterator<Item = &ObjectId> {
        self.entries.get(target).into_iter().flat_map(BTreeMap::keys)
    }

    pub(super) fn needs_rewriting(&self) -> bool {
        let live: usize = self.entries.values().map(BTreeMap::len).sum();
        let obsolete = self.lines.saturating_sub(live);
        !self.whole || obsolete > live.max(TOLERATED_LINES)
    }

    pub(super) fn rewritten(&mut self) {
        self.whole = true;
        self.lines = self.entries.values().map(BTreeMap::len).sum();
    }

    /// The shortest text that says the same.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        append(&mut out, &self.header);
        for (target, entries) in &self.entries {
            for (object, state) in entries {
                Line { target: target.clone(), object: object.clone(), state: *state }.write(&mut out);
            }
        }
        out
    }
}

fn append(out: &mut String, line: &impl Serialize) {
    // Texts and numbers always have a JSON form.
    if let Ok(text) = serde_json::to_string(line) {
        out.push_str(&text);
        out.push('\n');
    }
}
