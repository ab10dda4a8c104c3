//! The document: all layers merged, every value with its place.

use super::compose::{Composed, Finding, Text, compose};
use super::layers::lay;
use super::path::ValuePath;
use super::problem::{Problem, Problems};
use super::schema::Schema;
use super::set;
use super::source::{Location, Source, SourceId, SourceKind, Sources};
use super::tree::{Content, Map, Nearest, Node};

/// Merged values that remember where each was written.
#[derive(Debug)]
pub struct Document {
    root: Node,
    sources: Sources,
    /// Sections that were left out, because something in them is wrong.
    left_out: Vec<Box<str>>,
}

/// Sections whose defaults apply even when the values do not declare them.
const ALWAYS: [&str; 1] = ["platform"];

/// How many problems get their place and source line: more than are ever shown.
const MAX_PLACED: usize = 200;

impl Document {
    /// Where the value at a path was written: its key, or the item of a list. Falls back to the nearest
    /// ancestor that was written; `None` only for a path into a document without any.
    #[must_use]
    pub fn location(&self, path: &ValuePath) -> Option<Location> {
        self.part(path).location()
    }

    /// The value at a path, for several questions about where its own values were written.
    #[must_use]
    pub fn part(&self, path: &ValuePath) -> Part<'_> {
        Part { document: self, nearest: self.root.nearest(path) }
    }

    /// Whether nobody wrote the value at a path: it is there by a built-in default.
    #[must_use]
    pub fn is_built_in(&self, path: &ValuePath) -> bool {
        self.root.nearest(path).origin().source == SourceId::DEFAULTS
    }

    /// A problem with the value at a path, for checks that a task makes itself.
    #[must_use]
    pub fn problem(&self, path: &ValuePath, message: impl Into<String>) -> Problem {
        let problem = Problem::new(message);
        match self.location(path) {
            Some(_) => problem.at(self.root.nearest(path).origin(), &self.sources),
            None => problem,
        }
    }

    /// Whether a section was left out of an [inspection](super::Inspection), because something in it is wrong.
    #[must_use]
    pub fn lacks(&self, section: &str) -> bool {
        self.left_out.iter().any(|left_out| **left_out == *section)
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// Leaves the sections out that are not sound, each judged alone with those that apply to all.
    pub(crate) fn keep_sections(&mut self, is_sound: impl Fn(&Node, &str) -> bool) {
        let Content::Map(all) = std::mem::take(&mut self.root).content else { return };
        let tree = |map: Map| Node { content: Content::Map(map), ..Node::default() };
        let alone = |section: &str| {
            let entries = all.iter().filter(|(key, _)| *key == section || ALWAYS.contains(key));
            let entries = entries.map(|(key, entry)| (key.into(), entry.clone())).collect();
            tree(Map::new(entries, |_, _, _| ()))
        };
        let sections = all.iter().map(|(section, _)| section).filter(|section| !ALWAYS.contains(section));
        self.left_out = sections.filter(|section| !is_sound(&alone(section), section)).map(Into::into).collect();
        self.root = tree(all.only(|section| !self.lacks(section)));
    }
}

/// A value of a document.
#[derive(Clone, Copy)]
pub struct Part<'document> {
    document: &'document Document,
    nearest: Nearest<'document>,
}

impl Part<'_> {
    /// Where it was written; see [`Document::location`].
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        if self.nearest.key.is_none() && std::ptr::eq(self.nearest.node, &raw const self.document.root) {
            return None;
        }
        self.document.sources.location(self.nearest.origin())
    }

    /// Whether somebody wrote a value of this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.nearest.node.as_map().is_some_and(|map| map.get(key).is_some())
    }

    /// Where its value of a key was written; where it has none, where it was written itself.
    #[must_use]
    pub fn location_of(&self, key: &str) -> Option<Location> {
        match self.nearest.node.as_map().and_then(|map| map.get(key)) {
            Some(entry) => self.document.sources.location(entry.key),
            None => self.location(),
        }
    }
}

/// Layers that were read, merged as far as they could be.
pub(crate) struct Read {
    pub(crate) document: Document,
    pub(crate) findings: Vec<Finding>,
    /// Whether every layer was read to its end: only then does what is absent mean anything.
    pub(crate) complete: bool,
}

impl Read {
    /// Reads and merges: built-in defaults, `sources` in their order (those with secrets where the caller put
    /// them), `sets` last.
    pub(crate) fn layers(sources: Vec<Source>, sets: &[String], schema: &Schema) -> Self {
        let mut reading = Self {
            document: Document { root: Node::empty_map(), sources: Sources::default(), left_out: Vec::new() },
            findings: Vec::new(),
            complete: true,
        };
        let defaults = reading.read(Source::defaults(), schema);
        let mut layers: Vec<Map> = sources.into_iter().map(|source| reading.read(source, schema)).collect();
        layers.extend(sets.iter().map(|argument| reading.read(Source::set(argument), schema)));
        let defaults =
            defaults.only(|section| ALWAYS.contains(&section) || layers.iter().any(|layer| declares(layer, section)));
        let mut root = Map::default();
        for layer in std::iter::once(defaults).chain(layers) {
            root = lay(root, layer, &mut reading.findings);
        }
        reading.document.root.content = Content::Map(root);
        reading
    }

    fn read(&mut self, source: Source, schema: &Schema) -> Map {
        let id = self.document.sources.add(source);
        let Some(source) = self.document.sources.get(id) else { return Map::default() };
        let Composed { root, complete, findings, hidden } = match source.kind() {
            SourceKind::Set => set::read(id, source.text()),
            kind => compose(Text { source: id, kind, text: source.text(), offset: 0 }),
        };
        self.complete &= complete;
        self.findings.extend(findings);
        hidden.into_iter().for_each(|origin| self.document.sources.hide(origin));
        if !complete {
            self.hide_by_lines(id);
        }
        self.root_map(root, schema)
    }

    fn root_map(&mut self, root: Option<Node>, schema: &Schema) -> Map {
        let Some(root) = root else { return Map::default() };
        let sources = &mut self.document.sources;
        schema.unknown_values(&root, &mut |origin| sources.hide(origin));
        let plain = schema.plain_secrets(&root, &mut |origin| sources.hide(origin));
        self.findings.extend(plain.into_iter().filter_map(|place| place.finding(&self.document.sources)));
        match root.content {
            Content::Map(map) => map,
            Content::Null { .. } => Map::default(),
            _ => {
                let message = format!("expected a map, found {}", root.type_name());
                self.findings.push(Finding::at(root.origin, message));
                self.complete = false;
                Map::default()
            }
        }
    }

    /// A source with broken syntax has no tree to say where its secrets are: the rest of each line behind a
    /// key that sounds like a secret is hidden.
    fn hide_by_lines(&mut self, id: SourceId) {
        let Some(source) = self.document.sources.get(id) else { return };
        let hidden = super::secret_lines::find(id, source.text());
        hidden.into_iter().for_each(|origin| self.document.sources.hide(origin));
    }

    /// Problems out of findings, in the order of the sources, those without a place at the end.
    pub(crate) fn problems(&self, mut findings: Vec<Finding>) -> Problems {
        let sources = &self.document.sources;
        findings.sort_by(|left, right| {
            let key = |finding: &Finding| (finding.origin.is_none(), finding.origin);
            key(left).cmp(&key(right)).then_with(|| left.message.cmp(&right.message))
        });
        findings.dedup_by(|left, right| left.origin == right.origin && left.message == right.message);
        let place = |(index, finding): (usize, Finding)| {
            if index < MAX_PLACED { finding.problem(sources) } else { finding.bare_problem() }
        };
        findings.into_iter().enumerate().map(place).collect()
    }
}

/// Whether a layer sets a section to anything.
fn declares(layer: &Map, section: &str) -> bool {
    layer.get(section).is_some_and(|entry| !matches!(entry.value.content, Content::Null { .. }))
}
