//! Names to numbers, as they were seen or made in this round.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// An object whose number other requests need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    /// A project.
    Project(String),
    /// A robot, by the name without prefix.
    Robot(String),
    /// A registry.
    Registry(String),
}

/// The numbers of named objects, and the identifiers of scanners.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    numbers: Mutex<BTreeMap<Named, i64>>,
    /// Scanners have no numbers but identifiers of another kind.
    scanners: Mutex<BTreeMap<String, String>>,
}

impl Directory {
    pub(crate) fn insert(&self, named: Named, id: i64) {
        self.map().insert(named, id);
    }

    pub(crate) fn get(&self, named: &Named) -> Option<i64> {
        self.map().get(named).copied()
    }

    pub(crate) fn insert_scanner(&self, name: String, uuid: String) {
        self.scanners().insert(name, uuid);
    }

    pub(crate) fn scanner(&self, name: &str) -> Option<String> {
        self.scanners().get(name).cloned()
    }

    pub(crate) fn clear(&self) {
        self.map().clear();
        self.scanners().clear();
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<Named, i64>> {
        // What a panicking thread left behind is a complete map.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scanners(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.scanners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
