//! YAML text to a located tree. Everything wrong in a source is collected, as far as its syntax allows.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use secrecy::SecretString;

use super::problem::Problem;
use super::scalar::{self, NotFinite, Scalar};
use super::source::{MAX_SOURCE_BYTES, Origin, SourceId, SourceKind, Sources};
use super::tree::{Content, Entry, Map, Node};

mod syntax;

/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 100;

/// How much all aliases of a source may expand to, in bytes.
const MAX_EXPANSION: usize = MAX_SOURCE_BYTES;

/// How many duplicate keys are told with the line of the first.
const MAX_NUMBERED: usize = 100;

/// What a value without its text costs, in bytes, when an alias repeats it.
const NODE_BYTES: usize = 64;

/// A problem whose place is still a range of bytes.
pub(crate) struct Finding {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) origin: Option<Origin>,
}

impl Finding {
    pub(crate) fn at(origin: Origin, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, origin: Some(origin) }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The problem with its source line; everything that must not be shown is hidden by then.
    pub(crate) fn problem(self, sources: &Sources) -> Problem {
        let mut problem = Problem::new(self.message);
        if let Some(hint) = self.hint {
            problem = problem.with_hint(hint);
        }
        match self.origin {
            Some(origin) => problem.at(origin, sources),
            None => problem,
        }
    }

    /// The problem without its place, for one of very many.
    pub(crate) fn bare_problem(self) -> Problem {
        Problem::new(self.message)
    }
}

/// A part of a source to read: the whole text of a file, the value of a `--set`.
#[derive(Clone, Copy)]
pub(crate) struct Text<'text> {
    pub(crate) source: SourceId,
    pub(crate) kind: SourceKind,
    pub(crate) text: &'text str,
    /// Where the part begins in the source, in bytes.
    pub(crate) offset: usize,
}

/// What was read of a source.
pub(crate) struct Composed {
    /// `None` for a source without content, and when its syntax is broken.
    pub(crate) root: Option<Node>,
    /// Whether the source was read to its end.
    pub(crate) complete: bool,
    pub(crate) findings: Vec<Finding>,
    /// Scalars whose key says that they are secret: no excerpt shows them, wherever they stand.
    pub(crate) hidden: Vec<Origin>,
}

/// Reads one YAML document.
pub(crate) fn compose(text: Text<'_>) -> Composed {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_comments: false,
    };
    let mut composer = Composer {
        parser: Parser::new_from_str_with_options(text.text, options),
        text,
        anchors: BTreeMap::new(),
        keys: HashSet::new(),
        entries: Vec::new(),
        items: Vec::new(),
        expanded: 0,
        findings: Vec::new(),
        hidden: Vec::new(),
    };
    let root = if text.text.len() > MAX_SOURCE_BYTES {
        composer.find(0..0, "the file is larger than 8 MiB").map(|()| None)
    } else {
        composer.document()
    };
    let complete = root.is_ok();
    let Composer { findings, hidden, .. } = composer;
    Composed { root: root.unwrap_or(None), complete, findings, hidden }
}

/// The source cannot be read further; the finding that says why is there already.
struct Stop;

struct Composer<'text> {
    parser: Parser<'text, StrInput<'text>>,
    text: Text<'text>,
    /// Values with an anchor, by its id, with what they cost when an alias repeats them.
    anchors: BTreeMap<usize, (Node, usize)>,
    /// The keys so far.
    keys: HashSet<Arc<str>>,
    /// The entries of the maps that are being read, outer ones first: one list for all, so that none grows by itself.
    entries: Vec<(Arc<str>, Entry)>,
    /// The items of the lists that are being read, likewise.
    items: Vec<Node>,
    expanded: usize,
    findings: Vec<Finding>,
    hidden: Vec<Origin>,
}

impl<'text> Composer<'text> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        let mut documents = 0;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(root),
                Event::DocumentStart(..) if documents > 0 => {
                    return self.stop(
                        Finding::at(self.origin(&span), "a second document begins here")
                            .with_hint("a values file holds one document; write each document to a file of its own"),
                    );
                }
                Event::DocumentStart(..) => documents += 1,
                event => root = Some(self.node(event, &span)?),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'text>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let offset = error.marker().byte_offset().unwrap_or(self.text.text.len());
                let origin = self.origin_at(offset..offset);
                self.stop(syntax::finding(error.kind(), origin))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'text>, span: &Span) -> Result<Node, Stop> {
        let origin = self.origin(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let content = self.scalar(&text, style, tag.as_deref(), origin);
                self.anchored(anchor, Node { content, origin })
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", origin);
                let items = self.sequence()?;
                self.anchored(anchor, Node { content: Content::List(items), origin })
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", origin);
                let map = self.mapping()?;
                self.anchored(anchor, Node { content: Content::Map(map), origin })
            }
            Event::Alias(anchor) => self.alias(anchor, origin),
            _ => self.stop(Finding::at(origin, "expected a value")),
        }
    }

    fn sequence(&mut self) -> Result<Box<[Node]>, Stop> {
        let first = self.items.len();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(self.items.drain(first..).collect()),
                (event, span) => {
                    let item = self.node(event, &span)?;
                    self.items.push(item);
                }
            }
        }
    }

    fn mapping(&mut self) -> Result<Map, Stop> {
        let first = self.entries.len();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let origin = self.origin(&span);
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let key = self.key(event, &span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, &span)?;
            match key {
                Some(_) if is_merge => merged.push(value),
                Some(key) => {
                    if is_secret_name(&key) && value.as_map().is_none() {
                        value.scalars(&mut |origin| self.hidden.push(origin));
                    }
                    self.entries.push((key, Entry { key: origin, value }));
                }
                None => {}
            }
        }
        let entries = self.entries.drain(first..).collect();
        let map = Map::new(entries, |key, first, again| self.duplicate(key, first.key, again.key));
        Ok(if merged.is_empty() { map } else { self.merge_keys(map, merged) })
    }

    fn duplicate(&mut self, key: &str, first: Origin, again: Origin) {
        let mut finding = Finding::at(again, format!("duplicate key `{key}`"));
        // finding a line number reads the text from its start, which a file of duplicates would turn into a bomb
        if self.findings.len() < MAX_NUMBERED {
            let first = self.line_of(first);
            finding = finding.with_hint(format!("line {first} has the key already; keep one"));
        }
        self.findings.push(finding);
    }

    /// The text of a key; `None`, with a finding, for a key that is a list or a map.
    fn key(&mut self, event: Event<'text>, span: &Span) -> Result<Option<Arc<str>>, Stop> {
        let origin = self.origin(span);
        if let Event::Scalar(text, _, anchor, _) = event {
            if text.starts_with(char::is_control) {
                self.findings.push(Finding::at(origin, "a key begins with a control character"));
                return Ok(None);
            }
            if anchor > 0 {
                self.anchored(anchor, Node { content: Content::Text(text.as_ref().into()), origin })?;
            }
            return Ok(Some(self.shared(&text)));
        }
        let node = self.node(event, span)?;
        let key = node.as_text().map(|text| self.shared(text));
        if key.is_none() {
            self.findings.push(Finding::at(origin, format!("expected a string as key, found {}", node.type_name())));
        }
        Ok(key)
    }

    /// The one text that equal keys share.
    fn shared(&mut self, key: &str) -> Arc<str> {
        if let Some(known) = self.keys.get(key) {
            return Arc::clone(known);
        }
        let key: Arc<str> = key.into();
        self.keys.insert(Arc::clone(&key));
        key
    }

    /// `<<: *base` and `<<: [*base, *other]`: entries that the map does not have itself; the first base wins.
    fn merge_keys(&mut self, map: Map, merged: Vec<Node>) -> Map {
        let mut entries: Vec<(Arc<str>, Entry)> = map.into_iter().collect();
        for value in merged {
            let origin = value.origin;
            let bases = match value.content {
                Content::List(items) => items.into_vec(),
                content => vec![Node { content, origin }],
            };
            for base in bases {
                match base.content {
                    Content::Map(map) => entries.extend(map),
                    _ => self.findings.push(Finding::at(base.origin, "expected a map to merge with `<<`")),
                }
            }
        }
        Map::new(entries, |_, _, _| {})
    }

    fn alias(&mut self, anchor: usize, origin: Origin) -> Result<Node, Stop> {
        let Some(size) = self.anchors.get(&anchor).map(|(_, size)| *size) else {
            return self.stop(Finding::at(origin, "the alias stands inside the value that it repeats"));
        };
        self.spend(size, origin)?;
        Ok(self.anchors.get(&anchor).map(|(node, _)| node.clone()).unwrap_or_default())
    }

    fn anchored(&mut self, anchor: usize, node: Node) -> Result<Node, Stop> {
        if anchor > 0 {
            let size = size_of(&node);
            self.spend(size, node.origin)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(node)
    }

    /// Keeping a value for aliases and repeating it both cost memory that the file's own size does not bound.
    fn spend(&mut self, size: usize, origin: Origin) -> Result<(), Stop> {
        self.expanded = self.expanded.saturating_add(size);
        if self.expanded <= MAX_EXPANSION {
            return Ok(());
        }
        self.stop(
            Finding::at(origin, "the anchors and aliases of this file expand to more than 8 MiB")
                .with_hint("write the values out, or use fewer aliases inside aliased values"),
        )
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, origin: Origin) -> Content {
        let tag_name = tag.map(|tag| tag.core_suffix().unwrap_or("?"));
        let resolved = match tag_name {
            Some("str") => Ok(Scalar::Text),
            None if style != ScalarStyle::Plain => Ok(Scalar::Text),
            Some("null" | "bool" | "int" | "float") | None => scalar::resolve(text),
            Some(_) => {
                self.findings.push(Finding::at(origin, "this tag is not understood").with_hint("leave the tag out"));
                Ok(Scalar::Text)
            }
        };
        match resolved {
            // the parser gives a value that was left out as `~` without an extent
            Ok(Scalar::Null) => Content::Null { written: origin.start < origin.end },
            Ok(Scalar::Bool(value)) => Content::Bool(value),
            Ok(Scalar::Number(number)) => Content::Number(number),
            Ok(Scalar::Text) if self.text.kind == SourceKind::Secrets => Content::Secret(SecretString::from(text)),
            Ok(Scalar::Text) => Content::Text(text.into()),
            Err(NotFinite) => {
                self.findings.push(Finding::at(origin, "the number is too large or not a number"));
                Content::Null { written: true }
            }
        }
    }

    fn check_collection_tag(&mut self, tag: Option<&Tag>, expected: &str, origin: Origin) {
        if tag.is_some_and(|tag| tag.core_suffix() != Some(expected)) {
            self.findings.push(Finding::at(origin, "this tag is not understood").with_hint("leave the tag out"));
        }
    }

    fn line_of(&self, origin: Origin) -> usize {
        let before = (origin.start as usize).saturating_sub(self.text.offset);
        self.text.text.get(..before).map_or(1, |text| text.matches('\n').count() + 1)
    }

    fn origin(&self, span: &Span) -> Origin {
        self.origin_at(span.byte_range().unwrap_or_default())
    }

    fn origin_at(&self, range: std::ops::Range<usize>) -> Origin {
        Origin::new(self.text.source, range.start + self.text.offset..range.end + self.text.offset)
    }

    fn find(&mut self, range: std::ops::Range<usize>, message: &str) -> Result<(), Stop> {
        let origin = self.origin_at(range);
        self.stop(Finding::at(origin, message))
    }

    fn stop<T>(&mut self, finding: Finding) -> Result<T, Stop> {
        self.findings.push(finding);
        Err(Stop)
    }
}

/// What a value costs when an alias repeats it, in bytes.
fn size_of(node: &Node) -> usize {
    let content = match &node.content {
        Content::List(items) => items.iter().map(size_of).fold(0, usize::saturating_add),
        Content::Map(map) => map
            .iter()
            .map(|(key, entry)| size_of(&entry.value).saturating_add(key.len()))
            .fold(0, usize::saturating_add),
        _ => node.as_text().map_or(0, str::len),
    };
    content.saturating_add(NODE_BYTES)
}

/// Whether a key is by its name one that holds a secret.
pub(crate) fn is_secret_name(key: &str) -> bool {
    let ends = ["password", "passwd", "secret", "token", "credential", "credentials", "passphrase", "privatekey"];
    ends.iter().any(|end| {
        let start = key.len().checked_sub(end.len());
        start.and_then(|start| key.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    })
}
