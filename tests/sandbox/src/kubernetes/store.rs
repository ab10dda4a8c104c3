//! The objects with their revisions, and what happened to them: one counter for all, as the real server's store has it.

use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use super::registry::StoreKey;

/// Changes that are remembered of one resource; older ones are compacted.
const REMEMBERED: usize = 50_000;

/// Namespace (empty for the cluster's own) and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl Key {
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

/// An object as it is stored, without kind and version.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) value: Value,
    pub(crate) revision: u64,
    text: OnceLock<String>,
}

impl Stored {
    fn new(mut value: Value, revision: u64) -> Arc<Self> {
        value["metadata"]["resourceVersion"] = revision.to_string().into();
        Arc::new(Self { value, revision, text: OnceLock::new() })
    }

    /// As JSON; made once, since lists are read often.
    pub(crate) fn text(&self) -> &str {
        self.text.get_or_init(|| self.value.to_string())
    }

    /// A text of the metadata.
    pub(crate) fn metadata(&self, key: &str) -> &str {
        self.value["metadata"][key].as_str().unwrap_or_default()
    }

    /// The same at another revision.
    pub(crate) fn at(&self, revision: u64) -> Arc<Self> {
        Self::new(self.value.clone(), revision)
    }

    /// The uids of its owners.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &str> {
        let owners = self.value["metadata"]["ownerReferences"].as_array();
        owners.into_iter().flatten().filter_map(|owner| owner["uid"].as_str())
    }

    pub(crate) fn is_being_deleted(&self) -> bool {
        !self.value["metadata"]["deletionTimestamp"].is_null()
    }
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Modified,
    Deleted,
}

/// Objects in the order of namespaces and names.
pub(crate) type Objects<'a> = Box<dyn Iterator<Item = (&'a Key, &'a Arc<Stored>)> + 'a>;

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) change: Change,
    pub(crate) key: Key,
    /// The object as it is now, or as it was last.
    pub(crate) object: Arc<Stored>,
    pub(crate) previous: Option<Arc<Stored>>,
}

/// All objects of one resource.
#[derive(Debug, Default)]
struct Shelf {
    objects: BTreeMap<Key, Arc<Stored>>,
    history: VecDeque<Event>,
}

/// All objects.
#[derive(Debug, Default)]
pub(crate) struct Store {
    revision: u64,
    /// Revisions up to this one can neither be listed nor watched from.
    compacted: u64,
    shelves: BTreeMap<StoreKey, Shelf>,
    /// Changes that nobody was told of yet.
    fresh: Vec<(StoreKey, Event)>,
    /// How many objects name an owner, by its uid.
    owners: BTreeMap<String, usize>,
}

impl Store {
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn compacted(&self) -> u64 {
        self.compacted
    }

    pub(crate) fn get(&self, shelf: &StoreKey, key: &Key) -> Option<&Arc<Stored>> {
        self.shelves.get(shelf)?.objects.get(key)
    }

    /// The objects of a namespace, or all, in the order of namespaces and names.
    pub(crate) fn list<'a>(&'a self, shelf: &StoreKey, namespace: Option<&'a str>) -> Objects<'a> {
        self.list_after(shelf, namespace, None)
    }

    /// The same, behind an object that was there once.
    pub(crate) fn list_after<'a>(
        &'a self,
        shelf: &StoreKey,
        namespace: Option<&'a str>,
        after: Option<&Key>,
    ) -> Objects<'a> {
        match self.shelves.get(shelf) {
            None => Box::new(std::iter::empty()),
            Some(shelf) => range(&shelf.objects, namespace, after),
        }
    }

    /// Whether any object names that one as its owner.
    pub(crate) fn is_owner(&self, uid: &str) -> bool {
        self.owners.contains_key(uid)
    }

    /// The objects as they were at a revision that is not compacted.
    pub(crate) fn at(&self, shelf: &StoreKey, revision: u64) -> BTreeMap<Key, Arc<Stored>> {
        let Some(shelf) = self.shelves.get(shelf) else { return BTreeMap::new() };
        let mut objects = shelf.objects.clone();
        for event in shelf.history.iter().rev().take_while(|event| event.revision > revision) {
            match &event.previous {
                Some(previous) => objects.insert(event.key.clone(), Arc::clone(previous)),
                None => objects.remove(&event.key),
            };
        }
        objects
    }

    /// What happened after a revision, oldest first.
    pub(crate) fn since(&self, shelf: &StoreKey, revision: u64) -> impl Iterator<Item = &Event> {
        let history = self.shelves.get(shelf).map(|shelf| &shelf.history);
        let start = history.map_or(0, |history| history.partition_point(|event| event.revision <= revision));
        history.into_iter().flat_map(move |history| history.range(start..))
    }

    /// Makes or replaces an object.
    pub(crate) fn put(&mut self, shelf: &StoreKey, key: Key, value: Value) -> Arc<Stored> {
        self.revision += 1;
        let object = Stored::new(value, self.revision);
        let objects = &mut self.shelves.entry(shelf.clone()).or_default().objects;
        let previous = objects.insert(key.clone(), Arc::clone(&object));
        let change = if previous.is_some() { Change::Modified } else { Change::Added };
        self.note(shelf, Event { revision: self.revision, change, key, object: Arc::clone(&object), previous });
        object
    }

    /// Takes an object away; its last state carries the revision of its end.
    pub(crate) fn remove(&mut self, shelf: &StoreKey, key: &Key) -> Option<Arc<Stored>> {
        let previous = self.shelves.get_mut(shelf)?.objects.remove(key)?;
        self.revision += 1;
        let object = Stored::new(previous.value.clone(), self.revision);
        let event = Event {
            revision: self.revision,
            change: Change::Deleted,
            key: key.clone(),
            object: Arc::clone(&object),
            previous: Some(previous),
        };
        self.note(shelf, event);
        Some(object)
    }

    /// Forgets what happened up to a revision.
    pub(crate) fn compact(&mut self, revision: u64) {
        self.compacted = self.compacted.max(revision);
        for shelf in self.shelves.values_mut() {
            let gone = shelf.history.partition_point(|event| event.revision <= revision);
            shelf.history.drain(..gone);
        }
    }

    /// Changes since the last call, for those who watch.
    pub(crate) fn take_fresh(&mut self) -> Vec<(StoreKey, Event)> {
        std::mem::take(&mut self.fresh)
    }

    /// Everything, by resource.
    pub(crate) fn everything(&self) -> impl Iterator<Item = (&StoreKey, &BTreeMap<Key, Arc<Stored>>)> {
        self.shelves.iter().map(|(key, shelf)| (key, &shelf.objects))
    }

    fn note(&mut self, shelf: &StoreKey, event: Event) {
        if event.change != Change::Deleted {
            for uid in event.object.owners() {
                *self.owners.entry(uid.to_owned()).or_default() += 1;
            }
        }
        for uid in event.previous.iter().flat_map(|previous| previous.owners()) {
            match self.owners.get_mut(uid) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    self.owners.remove(uid);
                }
            }
        }
        self.fresh.push((shelf.clone(), event.clone()));
        let history = &mut self.shelves.entry(shelf.clone()).or_default().history;
        history.push_back(event);
        if history.len() > REMEMBERED
            && let Some(oldest) = history.pop_front()
        {
            self.compacted = self.compacted.max(oldest.revision);
        }
    }
}

/// The part of `objects` that is in a namespace, behind `after`.
pub(crate) fn range<'a>(
    objects: &'a BTreeMap<Key, Arc<Stored>>,
    namespace: Option<&'a str>,
    after: Option<&Key>,
) -> Objects<'a> {
    let first = match after {
        Some(after) => Bound::Excluded(after.clone()),
        None => Bound::Included(Key::new(namespace.unwrap_or_default(), "")),
    };
    let inside = move |(key, _): &(&Key, &Arc<Stored>)| namespace.is_none_or(|namespace| &*key.namespace == namespace);
    Box::new(objects.range((first, Bound::Unbounded)).take_while(inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(objects: &BTreeMap<Key, Arc<Stored>>) -> Vec<&str> {
        objects.keys().map(|key| &*key.name).collect()
    }

    #[test]
    fn the_past_can_be_listed_until_it_is_compacted() {
        let mut store = Store::default();
        let shelf = StoreKey::new("", "secrets");
        for name in ["a", "b"] {
            store.put(&shelf, Key::new("x", name), json!({"metadata": {}}));
        }
        let before = store.revision();
        store.remove(&shelf, &Key::new("x", "a"));
        store.put(&shelf, Key::new("x", "c"), json!({"metadata": {}}));
        assert_eq!(names(&store.at(&shelf, before)), ["a", "b"]);
        assert_eq!(names(&store.at(&shelf, store.revision())), ["b", "c"]);
        assert_eq!(store.since(&shelf, before).count(), 2);
        store.compact(store.revision());
        assert_eq!((store.since(&shelf, 0).count(), store.compacted()), (0, 4));
    }

    #[test]
    fn a_namespace_is_listed_alone() {
        let mut store = Store::default();
        let shelf = StoreKey::new("", "secrets");
        for namespace in ["a", "ab", "b"] {
            store.put(&shelf, Key::new(namespace, "x"), json!({"metadata": {}}));
        }
        assert_eq!(store.list(&shelf, Some("ab")).count(), 1);
        assert_eq!(store.list(&shelf, None).count(), 3);
    }
}
