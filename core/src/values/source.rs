//! Sources of values and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// The largest source that is read, in bytes.
pub const MAX_SOURCE_BYTES: usize = 8 * 1024 * 1024;

/// What a source of values is, which decides whether it may hold plain secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// The defaults that come with evenkeel.
    Defaults,
    /// A values file.
    Plain,
    /// A file whose name starts with `secrets.`: it may hold plain secrets, and no value of it is ever shown.
    Secrets,
    /// A `--set` argument.
    Set,
}

impl SourceKind {
    /// Whether people can open the source at a line.
    pub(crate) fn has_lines(self) -> bool {
        matches!(self, Self::Plain | Self::Secrets)
    }
}

/// A source of values: its name as shown to people, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    name: Arc<str>,
    kind: SourceKind,
    text: SecretString,
}

impl Source {
    /// A values file. A file name that starts with `secrets.` makes it a source of kind
    /// [`SourceKind::Secrets`].
    #[must_use]
    pub fn file(path: &str, text: String) -> Self {
        let file_name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let kind = if file_name.starts_with("secrets.") { SourceKind::Secrets } else { SourceKind::Plain };
        Self::new(path, kind, text)
    }

    pub(crate) fn defaults() -> Self {
        Self::new("built-in defaults", SourceKind::Defaults, include_str!("defaults.yaml").to_owned())
    }

    pub(crate) fn set(argument: &str) -> Self {
        Self::new("--set", SourceKind::Set, argument.to_owned())
    }

    fn new(name: &str, kind: SourceKind, text: String) -> Self {
        Self { name: name.into(), kind, text: SecretString::from(text) }
    }

    /// Name as shown to people: the path of a file, `built-in defaults` or `--set`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the source is.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    #[expect(clippy::disallowed_methods, reason = "the parser and the masked excerpts of problems read the text")]
    pub(crate) fn text(&self) -> &str {
        self.text.expose_secret()
    }
}

/// Number of a source among the [`Sources`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SourceId(pub(crate) u16);

impl SourceId {
    /// The built-in defaults are the first source of every document.
    pub(crate) const DEFAULTS: Self = Self(0);
}

/// Where a key or value begins and ends: a source and a range of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    pub(crate) source: SourceId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Origin {
    pub(crate) fn new(source: SourceId, range: Range<usize>) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: narrow(range.start), end: narrow(range.end) }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place in a source. Displays as `path/to/10-teams.yaml:12`; the built-in defaults and `--set` have no line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Name of the source, as shown to people.
    pub file: Arc<str>,
    /// Line, from 1; `None` in the built-in defaults and in `--set`.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: u32,
    /// Range of bytes in the source.
    pub span: Range<usize>,
    kind: SourceKind,
}

impl Location {
    /// What kind of source the place is in.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        self.kind
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}", self.file),
            None => formatter.write_str(&self.file),
        }
    }
}

/// All sources of a document, with their line starts and with the ranges that no excerpt may show.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    source: Source,
    line_starts: Vec<u32>,
    hidden: Vec<Range<usize>>,
}

impl Sources {
    /// Takes a source in. More than 65,536 sources share the last number; only places would suffer.
    pub(crate) fn add(&mut self, source: Source) -> SourceId {
        let line_starts = std::iter::once(0)
            .chain(source.text().match_indices('\n').map(|(index, _)| u32::try_from(index + 1).unwrap_or(u32::MAX)))
            .collect();
        self.entries.push(Entry { source, line_starts, hidden: Vec::new() });
        SourceId(u16::try_from(self.entries.len() - 1).unwrap_or(u16::MAX))
    }

    pub(crate) fn get(&self, id: SourceId) -> Option<&Source> {
        self.entries.get(usize::from(id.0)).map(|entry| &entry.source)
    }

    pub(crate) fn kind(&self, id: SourceId) -> SourceKind {
        self.get(id).map_or(SourceKind::Plain, Source::kind)
    }

    /// Keeps a range out of every excerpt.
    pub(crate) fn hide(&mut self, origin: Origin) {
        if let Some(entry) = self.entries.get_mut(usize::from(origin.source.0)) {
            entry.hidden.push(origin.range());
        }
    }

    pub(crate) fn location(&self, origin: Origin) -> Option<Location> {
        let entry = self.entries.get(usize::from(origin.source.0))?;
        let (line, line_start) = entry.line_at(origin.start);
        let text = entry.source.text();
        let column = text.get(line_start..origin.start as usize).map_or(0, |before| before.chars().count());
        Some(Location {
            file: Arc::clone(&entry.source.name),
            line: entry.source.kind.has_lines().then(|| u32::try_from(line + 1).unwrap_or(u32::MAX)),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            span: origin.range(),
            kind: entry.source.kind,
        })
    }

    /// The line in which a place begins, with its range in the source.
    pub(crate) fn line(&self, origin: Origin) -> Option<(&str, Range<usize>)> {
        let entry = self.entries.get(usize::from(origin.source.0))?;
        let (_, start) = entry.line_at(origin.start);
        let text = entry.source.text();
        let rest = text.get(start..)?;
        let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        Some((line, start..start + line.len()))
    }

    /// The hidden ranges of a source that touch `range`, in order and apart from each other.
    pub(crate) fn hidden(&self, id: SourceId, range: &Range<usize>) -> Vec<Range<usize>> {
        let Some(entry) = self.entries.get(usize::from(id.0)) else { return Vec::new() };
        let touches = |hidden: &&Range<usize>| hidden.start < range.end && hidden.end > range.start;
        let mut found: Vec<_> = entry.hidden.iter().filter(touches).cloned().collect();
        found.sort_by_key(|hidden| (hidden.start, hidden.end));
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for hidden in found {
            match joined.last_mut() {
                Some(last) if hidden.start <= last.end + 1 => last.end = last.end.max(hidden.end),
                _ => joined.push(hidden),
            }
        }
        joined
    }
}

impl Entry {
    /// Index and start of the line that holds an offset.
    fn line_at(&self, offset: u32) -> (usize, usize) {
        let index = self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        (index, self.line_starts.get(index).copied().unwrap_or_default() as usize)
    }
}
