//! Layers laid over each other: maps merge, lists and scalars replace, `null` removes what an earlier layer set.

use std::collections::btree_map;

use super::compose::Finding;
use super::path::{Step, ValuePath};
use super::tree::{Content, Entry, Map, Node};

/// Lays `over` upon `base`.
pub(crate) fn lay(base: &mut Map, over: Map, findings: &mut Vec<Finding>) {
    Layering { path: ValuePath::root(), findings }.maps(base, over);
}

struct Layering<'findings> {
    path: ValuePath,
    findings: &'findings mut Vec<Finding>,
}

impl Layering<'_> {
    fn maps(&mut self, base: &mut Map, over: Map) {
        for (key, entry) in over.0 {
            self.path.push(Step::Key(key.as_ref().to_owned()));
            match base.0.entry(key) {
                btree_map::Entry::Occupied(mut occupied) => match entry.value.content {
                    Content::Null { .. } => {
                        occupied.remove();
                    }
                    content => {
                        let value = Node { content, origin: entry.value.origin };
                        self.entries(occupied.get_mut(), Entry { key: entry.key, value });
                    }
                },
                btree_map::Entry::Vacant(vacant) => {
                    if let Some(entry) = self.first(entry) {
                        vacant.insert(entry);
                    }
                }
            }
            self.path.pop();
        }
    }

    fn entries(&mut self, base: &mut Entry, over: Entry) {
        base.key = over.key;
        base.value.origin = over.value.origin;
        match (&mut base.value.content, over.value.content) {
            (Content::Map(base), Content::Map(over)) => self.maps(base, over),
            (_, content) => {
                let value = Node { content, origin: over.value.origin };
                if let Some(entry) = self.first(Entry { key: over.key, value }) {
                    *base = entry;
                }
            }
        }
    }

    /// An entry that no earlier layer has: what it removes was never there.
    fn first(&mut self, entry: Entry) -> Option<Entry> {
        let origin = entry.value.origin;
        let content = match entry.value.content {
            Content::Null { written: true } => return None,
            Content::Null { written: false } => {
                self.findings.push(
                    Finding::at(entry.key, format!("`{}` has no value", self.path))
                        .with_hint("write `{}` or `[]` where nothing belongs in it, or `null` to leave it out"),
                );
                return None;
            }
            Content::Map(over) => {
                let mut map = Map::default();
                self.maps(&mut map, over);
                Content::Map(map)
            }
            content => content,
        };
        Some(Entry { key: entry.key, value: Node { content, origin } })
    }
}
