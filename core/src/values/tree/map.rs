//! The map of the located tree.

use std::{sync::Arc, vec};

use super::Entry;

/// Entries in the order of their keys, each key once.
///
/// Values may hold tens of thousands of small maps with the same few keys: a list has no room to spare, and
/// equal keys share their text.
#[derive(Clone, Default)]
pub(crate) struct Map(Box<[(Arc<str>, Entry)]>);

impl Map {
    /// A map of entries in any order. Of entries with the same key the first stays; `repeated` learns of the
    /// others, with the first.
    pub(crate) fn new(mut entries: Vec<(Arc<str>, Entry)>, mut repeated: impl FnMut(&str, &Entry, &Entry)) -> Self {
        entries.sort_by(|(one, _), (two, _)| one.cmp(two));
        entries.dedup_by(|(key, again), (first_key, first)| {
            let same = key == first_key;
            if same {
                repeated(key, first, again);
            }
            same
        });
        Self(entries.into())
    }

    /// This map with what `join` makes of each key that either map has: of its entry here and its entry in `over`.
    pub(crate) fn joined(self, over: Self, mut join: impl FnMut(&str, Option<Entry>, Entry) -> Option<Entry>) -> Self {
        let mut below = self.into_iter().peekable();
        let mut joined = Vec::new();
        for (key, entry) in over {
            joined.extend(std::iter::from_fn(|| below.next_if(|(known, _)| *known < key)));
            let known = below.next_if(|(known, _)| *known == key).map(|(_, known)| known);
            joined.extend(join(&key, known, entry).map(|entry| (key, entry)));
        }
        joined.extend(below);
        Self(joined.into())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        let position = self.0.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?;
        self.0.get(position).map(|(_, entry)| entry)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> Entries<'_> {
        Entries(self.0.iter())
    }

    /// Leaves out the entries whose key is not `wanted`.
    pub(crate) fn only(self, wanted: impl Fn(&str) -> bool) -> Self {
        Self(self.into_iter().filter(|(key, _)| wanted(key)).collect())
    }
}

impl From<(Arc<str>, Entry)> for Map {
    fn from(entry: (Arc<str>, Entry)) -> Self {
        Self([entry].into())
    }
}

impl IntoIterator for Map {
    type Item = (Arc<str>, Entry);
    type IntoIter = vec::IntoIter<(Arc<str>, Entry)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

/// The entries of a map, in the order of their keys.
pub(crate) struct Entries<'a>(std::slice::Iter<'a, (Arc<str>, Entry)>);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, &'a Entry);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, entry)| (key.as_ref(), entry))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Content, Node};
    use super::*;

    fn map(keys: &[(&str, bool)]) -> Map {
        let entry =
            |value| Entry { value: Node { content: Content::Bool(value), ..Node::default() }, ..Entry::default() };
        Map::new(keys.iter().map(|(key, value)| ((*key).into(), entry(*value))).collect(), |_, _, _| {})
    }

    fn shown(map: &Map) -> Vec<(&str, bool)> {
        map.iter().map(|(key, entry)| (key, matches!(entry.value.content, Content::Bool(true)))).collect()
    }

    #[test]
    fn of_entries_with_the_same_key_the_first_stays() {
        assert_eq!(shown(&map(&[("b", true), ("a", false), ("b", false)])), [("a", false), ("b", true)]);
    }

    #[test]
    fn joined_maps_have_the_keys_of_both_in_order() {
        let joined = map(&[("a", false), ("c", false), ("e", false)])
            .joined(map(&[("b", true), ("c", true), ("f", true)]), |key, _, over| (key != "f").then_some(over));
        assert_eq!(shown(&joined), [("a", false), ("b", true), ("c", true), ("e", false)]);
        assert!(joined.get("c").is_some() && joined.get("d").is_none());
    }
}
