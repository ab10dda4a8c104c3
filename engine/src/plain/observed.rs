//! What is there of plain kinds.

use std::collections::BTreeMap;

use evenkeel_core::{memory::Sight, object::ObjectId};
use futures::{StreamExt, TryStreamExt, stream};

use super::{AnyKind, ObservedList, ObservedObject, Parent, Server};

/// How many lists are begun before the first has ended. The session caps requests by itself; this bounds how many answers are held at
/// once.
const AT_ONCE: usize = 32;

/// The lists that were read: by the keys of their kinds, and by the names of what the objects live in.
#[derive(Clone, Debug, Default)]
pub struct ObservedObjects(BTreeMap<String, BTreeMap<String, ObservedList>>);

impl ObservedObjects {
    /// Reads these lists side by side. An object of whose parent nothing is read is unknown, and one whose parent was read and does not
    /// hold it is absent: a parent that is not there is left out here, and costs no request.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read.
    pub async fn read<S: Server>(
        server: &S,
        lists: impl IntoIterator<Item = (&'static dyn AnyKind<S>, Parent)>,
    ) -> Result<Self, S::Error> {
        let mut reads = Vec::new();
        for (kind, parent) in lists {
            reads.push(async move {
                let list = kind.read(server, &parent).await?;
                Ok((kind.key(), parent.name().to_owned(), list))
            });
        }
        let mut observed = Self::default();
        let mut lists = stream::iter(reads).buffer_unordered(AT_ONCE);
        while let Some((key, parent, list)) = lists.try_next().await? {
            observed.0.entry(key).or_default().insert(parent, list);
        }
        Ok(observed)
    }

    /// These lists and those of `more`.
    pub fn extend(&mut self, more: Self) {
        for (key, lists) in more.0 {
            self.0.entry(key).or_default().extend(lists);
        }
    }

    /// The list of a kind in a parent (empty: in none), if it was read.
    pub(super) fn list(&self, key: &str, parent: &str) -> Option<&ObservedList> {
        self.0.get(key)?.get(parent)
    }

    /// What was seen of an object; `None` where its list was not read.
    #[must_use]
    pub fn sight(&self, object: &ObjectId) -> Option<Sight> {
        let list = self.list(object.kind().as_str(), parent_of(object)?)?;
        Some(list.get(object.name()).map_or(Sight::Absent, |there| there.sight.clone()))
    }

    /// An object that was seen.
    #[must_use]
    pub fn get(&self, object: &ObjectId) -> Option<&ObservedObject> {
        self.list(object.kind().as_str(), parent_of(object)?)?.get(object.name())
    }

    /// The objects of a kind, wherever they live.
    pub(super) fn all_of<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a ObservedObject> + use<'a> {
        self.0.get(key).into_iter().flat_map(|lists| lists.values()).flat_map(|list| list.values())
    }

    /// The objects of a kind in a parent, in the order of their names; none where they were not read.
    pub fn all_in<'a>(&'a self, key: &str, parent: &str) -> impl Iterator<Item = &'a ObservedObject> + use<'a> {
        self.list(key, parent).into_iter().flat_map(|list| list.values())
    }

    /// The objects of a kind in nothing but the application, in its own type and in the order of their names.
    pub fn objects<'a, O: 'static>(&'a self, key: &str) -> impl Iterator<Item = &'a O> + use<'a, O> {
        self.objects_in(key, "").map(|(_, value)| value)
    }

    /// The objects of a kind in a parent, with their names, in its own type and in the order of their names.
    pub fn objects_in<'a, O: 'static>(
        &'a self,
        key: &str,
        parent: &str,
    ) -> impl Iterator<Item = (&'a ObjectId, &'a O)> + use<'a, O> {
        self.all_in(key, parent).filter_map(|there| Some((&there.object, there.value()?)))
    }
}

/// The name under which the list of an object is kept; `None` for one that lives in several others.
fn parent_of(object: &ObjectId) -> Option<&str> {
    let mut parents = object.parents();
    match (parents.next(), parents.next()) {
        (parent, None) => Some(parent.unwrap_or_default()),
        _ => None,
    }
}
