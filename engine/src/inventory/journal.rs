//! The text of an inventory, wherever it is stored, and what it says: JSON lines. The first says whose it
//! is and holds the key of its digests; each other one says what became of an object, or of one hidden
//! field of an object. The last word about each counts.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::Arc,
};

use evenkeel_core::{
    field_path::FieldPath,
    memory::{Claim, Digest, DigestKey, HiddenSecret, Identity, Memory, Ownership, Secrets, Written, WrittenFields},
    object::ObjectId,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::lines::Lines;

/// The version of the format; it grows when an older reader could misunderstand. Since 2 there are
/// digests, and a key for them; since 3 the names of an object are kept apart; since 4 there are the server's ids.
const FORMAT: u32 = 4;
/// The last version that joined the names of an object.
const JOINED: u32 = 2;
/// How long after it was announced a create may still come about: a server may finish a request that was cut off.
const UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);
/// Obsolete lines are left alone until there are more of them than this and than lines that count.
const TOLERATED_LINES: usize = 1_000;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    platform: String,
    task: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<DigestKey>,
}

/// Every other line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// Shared by all lines of a target.
    target: Arc<str>,
    object: ObjectId,
    #[serde(flatten)]
    news: News,
}

/// A line of a format in which an object's names were joined.
#[derive(Deserialize)]
struct JoinedLine {
    target: Arc<str>,
    object: String,
    #[serde(flatten)]
    news: News,
}

/// What a line says of its object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum News {
    State {
        state: Word,
        /// The server's id of an owned object.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Identity>,
        /// When an announced object was announced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
    /// `None` takes back what was said of the field before.
    Secret { field: FieldPath, secret: Option<Written> },
}

/// How a line calls what became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Announced,
    Owned,
    Gone,
}

/// What a line about an object that counts as ours means for a run that reads now. An announcement of long ago, or one of which an older
/// inventory does not say when it was, stands for an object that is ours by its name.
fn claim(word: Word, id: Option<Identity>, since: Option<Timestamp>, now: Timestamp) -> Option<Claim> {
    match (word, id, since) {
        (Word::Gone, ..) => None,
        (Word::Owned, Some(identity), _) => Some(Claim::This(identity)),
        (Word::Announced, _, Some(since)) if now.duration_since(since) < UNDER_WAY => {
            Some(Claim::Announced { since: since.as_second() })
        }
        (Word::Owned, None, _) | (Word::Announced, ..) => Some(Claim::ByName),
    }
}

impl Line {
    /// What became of an object; `None`: it is not ours, or not there.
    pub(super) fn of_object(target: &Arc<str>, object: &ObjectId, claim: Option<Claim>) -> Self {
        let (state, id, since) = match claim {
            Some(Claim::Announced { since }) => (Word::Announced, None, Timestamp::from_second(since).ok()),
            Some(Claim::ByName) => (Word::Owned, None, None),
            Some(Claim::This(identity)) => (Word::Owned, Some(identity), None),
            None => (Word::Gone, None, None),
        };
        Self { target: Arc::clone(target), object: object.clone(), news: News::State { state, id, since } }
    }

    /// What was written to a hidden field; `None`: nothing that is known of.
    pub(super) fn of_secret(target: &Arc<str>, object: &ObjectId, field: &FieldPath, secret: Option<Written>) -> Self {
        let news = News::Secret { field: field.clone(), secret };
        Self { target: Arc::clone(target), object: object.clone(), news }
    }

    /// Reads a line in its format.
    fn read(text: &[u8], format: u32) -> Option<Self> {
        if format > JOINED {
            return serde_json::from_slice(text).ok();
        }
        let JoinedLine { target, object, news } = serde_json::from_slice(text).ok()?;
        Some(Self { target, object: ObjectId::from_joined(&object).ok()?, news })
    }

    pub(super) fn write(&self, out: &mut String) {
        append(out, self);
    }
}

/// What is known of one target.
#[derive(Debug, Default)]
struct Target {
    ownership: Ownership,
    secrets: BTreeMap<ObjectId, WrittenFields>,
}

impl Target {
    fn lines(&self) -> usize {
        self.ownership.len() + self.secrets.values().map(BTreeMap::len).sum::<usize>()
    }
}

/// Why a text is not the inventory that it should be.
#[derive(Debug)]
pub(super) enum NotReadable {
    /// The system does not give it.
    Io(io::Error),
    /// This line makes no sense.
    Damaged { line: usize },
    /// A later version of this tool wrote it.
    Newer { format: u32 },
    /// It belongs to another platform or task.
    Foreign { platform: String, task: String },
}

impl From<io::Error> for NotReadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[derive(Debug)]
pub(super) struct Journal {
    header: Header,
    targets: BTreeMap<Arc<str>, Target>,
    /// Whether lines can be added to what is stored: it is there, in this format, and ends with a whole line.
    whole: bool,
    /// Lines of what is stored, without the first.
    lines: usize,
}

impl Journal {
    pub(super) fn new(platform: &str, task: &str) -> Self {
        let header = Header { format: FORMAT, platform: platform.to_owned(), task: task.to_owned(), key: None };
        Self { header, targets: BTreeMap::new(), whole: false, lines: 0 }
    }

    /// Takes a stored text, or that there is none, for what is known.
    pub(super) fn read(&mut self, text: Option<&mut dyn Read>) -> Result<(), NotReadable> {
        (self.targets, self.whole, self.lines) = (BTreeMap::new(), false, 0);
        let Some(text) = text else { return Ok(()) };
        let damaged = |line| NotReadable::Damaged { line };
        let mut lines = Lines::new(text);
        let header = lines.next()?.and_then(|line| serde_json::from_slice::<Header>(line).ok());
        let header = header.ok_or_else(|| damaged(1))?;
        let format = header.format;
        self.take(header)?;
        while let Some(line) = lines.next()? {
            let line = Line::read(line, format).ok_or_else(|| damaged(self.lines + 2))?;
            self.apply(line);
            self.lines += 1;
        }
        // A last line without its end was cut off by a crash while it was written: it was not durable,
        // so that what it announces was never sent.
        self.whole = lines.is_at_end() && format == FORMAT;
        Ok(())
    }

    fn take(&mut self, header: Header) -> Result<(), NotReadable> {
        if header.format > FORMAT {
            return Err(NotReadable::Newer { format: header.format });
        }
        if (&header.platform, &header.task) != (&self.header.platform, &self.header.task) {
            return Err(NotReadable::Foreign { platform: header.platform, task: header.task });
        }
        // The key that is stored is the one of the digests that are stored.
        self.header.key = header.key;
        Ok(())
    }

    pub(super) fn apply(&mut self, line: Line) {
        let target = self.targets.entry(line.target).or_default();
        // What is known by its names needs no joined ones any more.
        if let (Some(joined), News::State { .. }) = (line.object.joined(), &line.news) {
            target.ownership.remove(&joined);
            if let Some(fields) = target.secrets.remove(&joined) {
                target.secrets.entry(line.object.clone()).or_default().extend(fields);
            }
        }
        match line.news {
            News::State { state, id, since } => match claim(state, id, since, Timestamp::now()) {
                Some(claim) => target.ownership.insert(line.object, claim),
                None => {
                    target.ownership.remove(&line.object);
                    target.secrets.remove(&line.object);
                }
            },
            News::Secret { field, secret: Some(written) } => {
                target.secrets.entry(line.object).or_default().insert(field, written);
            }
            News::Secret { field, secret: None } => {
                if let Some(fields) = target.secrets.get_mut(&line.object) {
                    fields.remove(&field);
                }
            }
        }
    }

    pub(super) fn claim(&self, target: &str, object: &ObjectId) -> Option<&Claim> {
        self.targets.get(target)?.ownership.claim(object)
    }

    pub(super) fn written(&self, target: &str, object: &ObjectId, field: &str) -> Option<&Written> {
        let secrets = &self.targets.get(target)?.secrets;
        secrets.get(object).or_else(|| secrets.get(&object.joined()?))?.get(field)
    }

    /// The digest of a secret; `None` while there is no key.
    pub(super) fn digest(&self, object: &ObjectId, secret: &HiddenSecret) -> Option<Digest> {
        Some(self.header.key.as_ref()?.digest(object, &secret.path, &secret.value))
    }

    pub(super) fn memory(&self, target: &str) -> Memory {
        let Some(known) = self.targets.get(target) else { return Memory::default() };
        let secrets = Secrets::new(self.header.key.clone(), known.secrets.clone());
        Memory { ownership: known.ownership.clone(), secrets }
    }

    /// The keys of all targets of which something is known.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Arc<str>> {
        self.targets.iter().filter(|(_, known)| known.lines() > 0).map(|(name, _)| name)
    }

    /// What is known of a target is known under another key from now on; what is stored has to be written anew then. What is there by
    /// then is newer.
    pub(super) fn rename(&mut self, former: &str, name: &Arc<str>) {
        if self.targets.get(name).is_some_and(|known| known.lines() > 0) {
            return;
        }
        if let Some(known) = self.targets.remove(former) {
            self.targets.insert(Arc::clone(name), known);
            self.whole = false;
        }
    }

    pub(super) const fn needs_key(&self) -> bool {
        self.header.key.is_none()
    }

    /// Gives the inventory its key. What is stored has to be written anew then.
    pub(super) fn set_key(&mut self, key: DigestKey) {
        self.header.key = Some(key);
        self.whole = false;
    }

    pub(super) fn needs_rewriting(&self) -> bool {
        let live = self.live_lines();
        let obsolete = self.lines.saturating_sub(live);
        !self.whole || obsolete > live.max(TOLERATED_LINES)
    }

    pub(super) fn rewritten(&mut self) {
        self.whole = true;
        self.lines = self.live_lines();
    }

    fn live_lines(&self) -> usize {
        self.targets.values().map(Target::lines).sum()
    }

    /// The shortest text that says the same.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        append(&mut out, &self.header);
        for (name, target) in &self.targets {
            for (object, claim) in target.ownership.iter() {
                Line::of_object(name, object, Some(claim.clone())).write(&mut out);
            }
            for (object, fields) in &target.secrets {
                for (field, written) in fields {
                    Line::of_secret(name, object, field, Some(written.clone())).write(&mut out);
                }
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
