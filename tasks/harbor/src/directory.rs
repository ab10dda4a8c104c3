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

/// The numbers of named objects.
#[derive(Debug, Default)]
pub(crate) struct Directory(Mutex<BTreeMap<Named, i64>>);

impl Directory {
    pub(crate) fn insert(&self, named: Named, id: i64) {
        self.map().insert(named, id);
    }

    pub(crate) fn get(&self, named: &Named) -> Option<i64> {
        self.map().get(named).copied()
    }

    pub(crate) fn clear(&self) {
        self.map().clear();
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<Named, i64>> {
        // What a panicking thread left behind is a complete map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
