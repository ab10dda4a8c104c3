//! Names to Keycloak's internal ids, for the writes of one run.
//!
//! Observing fills it from the lists that it reads anyway; creating adds what the server answers in
//! `Location`; what is still missing (a built-in client of a realm made a moment ago) is looked up once, also
//! when many changes need it at the same moment.

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
    /// The role that holds what every user has.
    DefaultRole,
    /// An authentication flow, by alias.
    Flow(String),
    /// A group, by path.
    Group(String),
    /// A user, by the name that the values know it by.
    User(Arc<str>),
}

/// The ids known so far.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    ids: Mutex<HashMap<Named, Arc<str>>>,
    /// Who looks for an id holds its lock; others wait for what comes of it.
    searches: Mutex<HashMap<Named, Arc<futures::lock::Mutex<()>>>>,
}

impl Directory {
    /// The id, if it is known.
    pub(crate) fn get(&self, named: &Named) -> Option<String> {
        guard(&self.ids).get(named).map(|id| id.as_ref().to_owned())
    }

    /// The id, or what `search` finds: one search at a time for each.
    ///
    /// # Errors
    ///
    /// Of the search. Whoever waited for it then searches again.
    pub(crate) async fn get_or_search<E>(
        &self,
        named: Named,
        search: impl Future<Output = Result<String, E>>,
    ) -> Result<String, E> {
        if let Some(id) = self.get(&named) {
            return Ok(id);
        }
        let lock = Arc::clone(guard(&self.searches).entry(named.clone()).or_default());
        let _searching = lock.lock().await;
        if let Some(id) = self.get(&named) {
            return Ok(id);
        }
        let id = search.await?;
        self.insert(named, id.as_str());
        Ok(id)
    }

    /// Keeps an id.
    pub(crate) fn insert(&self, named: Named, id: impl Into<Arc<str>>) {
        guard(&self.ids).insert(named, id.into());
    }

    /// Forgets everything: the next observation starts anew.
    pub(crate) fn clear(&self) {
        guard(&self.ids).clear();
        guard(&self.searches).clear();
    }
}

/// A panic elsewhere cannot leave a map half written: its entries are independent.
fn guard<T>(entries: &Mutex<T>) -> MutexGuard<'_, T> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::{
        channel::oneshot,
        future::{join, join_all},
    };

    use super::*;

    #[tokio::test]
    async fn a_role_that_many_groups_get_at_the_same_moment_is_read_once() {
        let (directory, searches) = (Directory::default(), Cell::new(0));
        let role = || Named::ClientRole("realm-management".to_owned(), "view-users".to_owned());
        let (answer, answered) = oneshot::channel::<String>();
        let first = directory.get_or_search(role(), async {
            searches.set(searches.get() + 1);
            answered.await
        });
        let others = join_all((0..3).map(|_| {
            directory.get_or_search(role(), async {
                searches.set(searches.get() + 1);
                Ok::<_, oneshot::Canceled>("another".to_owned())
            })
        }));
        let answering = async { answer.send("id".to_owned()) };
        let (first, (others, _)) = join(first, join(others, answering)).await;
        assert_eq!(first.as_deref(), Ok("id"));
        assert!(others.iter().all(|id| id.as_deref() == Ok("id")), "{others:?}");
        assert_eq!(searches.get(), 1);
    }

    #[tokio::test]
    async fn a_search_that_failed_is_made_again() {
        let directory = Directory::default();
        let user = || Named::User("ada@example.com".into());
        assert_eq!(directory.get_or_search(user(), async { Err("no answer") }).await, Err("no answer"));
        let found = directory.get_or_search(user(), async { Ok::<_, &str>("id".to_owned()) }).await;
        assert_eq!(found.as_deref(), Ok("id"));
    }
}
