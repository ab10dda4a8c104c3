//! Names to Keycloak's internal ids, for the writes of one run.
//!
//! Observing fills it from the lists that it reads anyway; creating adds what the server answers in
//! `Location`; what is still missing (a built-in client of a realm made a moment ago) is looked up once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What an id belongs to. Keycloak addresses these by an id of its own, while values name them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Named {
    /// A client scope.
    ClientScope(String),
    /// A client, by `clientId`.
    Client(String),
    /// A realm role.
    Role(String),
    /// A role of a client, by `clientId` and name.
    ClientRole(String, String),
    /// A top-level group.
    Group(String),
    /// A user, by folded email.
    User(Arc<str>),
}

/// The ids known so far.
#[derive(Debug, Default)]
pub(crate) struct Directory(Mutex<HashMap<Named, Arc<str>>>);

impl Directory {
    /// The id, if it is known.
    pub(crate) fn get(&self, named: &Named) -> Option<String> {
        self.entries().get(named).map(|id| id.as_ref().to_owned())
    }

    /// Keeps an id.
    pub(crate) fn insert(&self, named: Named, id: impl Into<Arc<str>>) {
        self.entries().insert(named, id.into());
    }

    /// Forgets everything: the next observation starts anew.
    pub(crate) fn clear(&self) {
        self.entries().clear();
    }

    /// A panic elsewhere cannot leave the map half written: its entries are independent.
    fn entries(&self) -> MutexGuard<'_, HashMap<Named, Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
