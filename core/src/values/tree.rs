//! The located tree: values in which every key and value knows where it was written.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Number;

use super::path::{Step, ValuePath};
use super::source::{Origin, SourceId};

mod map;

pub(crate) use map::{Entries, Map};

/// A value and where it was written.
#[derive(Clone, Default)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) origin: Origin,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Content {
    /// Nothing; `written` tells `null` from a value that was left out.
    Null {
        written: bool,
    },
    Bool(bool),
    Number(Number),
    Text(Box<str>),
    /// A text from a source of kind `Secrets`.
    Secret(SecretString),
    List(Box<[Node]>),
    Map(Map),
}

/// An entry of a map: where its key was written, and its value.
#[derive(Clone, Default)]
pub(crate) struct Entry {
    pub(crate) key: Origin,
    pub(crate) value: Node,
}

impl Default for Content {
    fn default() -> Self {
        Self::Null { written: true }
    }
}

impl Node {
    pub(crate) fn empty_map() -> Self {
        Self { content: Content::Map(Map::default()), ..Self::default() }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.content {
            Content::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a string, secret or not.
    #[expect(
        clippy::disallowed_methods,
        reason = "a field of a secrets file that is no secret becomes an ordinary value"
    )]
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Secret(text) => Some(text.expose_secret()),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key).map(|entry| &entry.value)
    }

    /// The value under several keys.
    pub(crate) fn find(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// What the value is, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.content {
            Content::Null { .. } => "nothing",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::Text(_) | Content::Secret(_) => "a string",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// Visits the place of every scalar in the value.
    pub(crate) fn scalars(&self, visit: &mut impl FnMut(Origin)) {
        match &self.content {
            Content::List(items) => items.iter().for_each(|item| item.scalars(visit)),
            Content::Map(map) => map.iter().for_each(|(_, entry)| entry.value.scalars(visit)),
            _ => visit(self.origin),
        }
    }

    /// Visits the place of every scalar in the value that may be a secret: `true`, `false` and nothing are none.
    pub(crate) fn possible_secrets(&self, visit: &mut impl FnMut(Origin)) {
        match &self.content {
            Content::List(items) => items.iter().for_each(|item| item.possible_secrets(visit)),
            Content::Map(map) => map.iter().for_each(|(_, entry)| entry.value.possible_secrets(visit)),
            Content::Bool(_) | Content::Null { .. } => {}
            _ => visit(self.origin),
        }
    }

    /// The path that a JSON Pointer (RFC 6901) names in this tree.
    pub(crate) fn path(&self, pointer: &str) -> ValuePath {
        let mut path = ValuePath::root();
        let mut node = Some(self);
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let list = node.and_then(Self::as_list);
            node = match (list, part.parse::<usize>()) {
                (Some(items), Ok(index)) => {
                    path.push(Step::Index(index));
                    items.get(index)
                }
                _ => {
                    let next = node.and_then(|node| node.get(&part));
                    path.push(Step::Key(part));
                    next
                }
            };
        }
        path
    }

    /// The value at a path, or its nearest ancestor that exists, with the place of its key.
    pub(crate) fn nearest(&self, path: &ValuePath) -> Nearest<'_> {
        let mut nearest = Nearest { node: self, key: None, written: None };
        for step in path.steps() {
            let next = match (&nearest.node.content, step) {
                (Content::Map(map), Step::Key(key)) => map.get(key).map(|entry| (&entry.value, Some(entry.key))),
                // a key of digits looks like a place in a list when it comes from a JSON Pointer
                (Content::Map(map), Step::Index(index)) => {
                    map.get(&index.to_string()).map(|entry| (&entry.value, Some(entry.key)))
                }
                (Content::List(items), Step::Index(index)) => items.get(*index).map(|item| (item, None)),
                _ => None,
            };
            match next {
                Some((node, key)) => {
                    let origin = key.unwrap_or(node.origin);
                    let written = if origin.source == SourceId::DEFAULTS { nearest.written } else { Some(origin) };
                    nearest = Nearest { node, key, written };
                }
                None => return nearest,
            }
        }
        nearest
    }
}

/// What [`Node::nearest`] found.
#[derive(Clone, Copy)]
pub(crate) struct Nearest<'tree> {
    pub(crate) node: &'tree Node,
    /// Where the key of the value was written; `None` for the root and for items of lists.
    pub(crate) key: Option<Origin>,
    written: Option<Origin>,
}

impl Nearest<'_> {
    /// Where to point: at the key, or at the item of a list.
    pub(crate) fn origin(self) -> Origin {
        self.key.unwrap_or(self.node.origin)
    }

    /// Where to point when something is missing: at the nearest ancestor that people wrote.
    pub(crate) fn written(self) -> Origin {
        self.written.unwrap_or(self.node.origin)
    }
}

/// Shape only: a tree may hold what must not be shown.
impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::List(items) => formatter.debug_list().entries(items).finish(),
            Content::Map(map) => {
                formatter.debug_map().entries(map.iter().map(|(key, entry)| (key, &entry.value))).finish()
            }
            _ => formatter.write_str(self.type_name()),
        }
    }
}
