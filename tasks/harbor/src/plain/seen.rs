//! What is there of plain kinds, and what of it is ours and not declared any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use evenkeel_core::{
    field::Field,
    memory::{Ownership, Sight},
    object::ObjectId,
};
use evenkeel_engine::task::Task;
use futures::future::try_join_all;

use super::{AnyKind, Body, Wanted, typed};

/// The objects of one kind by their names.
pub(super) type Rows = BTreeMap<String, Row>;

/// An object that is there.
#[derive(Clone, Debug)]
pub struct Row {
    /// The object.
    pub object: ObjectId,
    /// What is compared of it.
    pub fields: Field,
    /// Which very object it is.
    pub sight: Sight,
    /// The object in its kind's own type.
    pub(super) body: Body,
}

/// What is there of the kinds that were looked at, by their keys.
#[derive(Clone, Debug, Default)]
pub struct Seen(BTreeMap<String, Rows>);

impl Seen {
    /// Reads these kinds, all at the same time.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read.
    pub async fn read<T: Task>(
        server: &T,
        kinds: impl IntoIterator<Item = &'static dyn AnyKind<T>>,
    ) -> Result<Self, T::Error> {
        let reads = kinds.into_iter().map(async |kind| Ok((kind.key(), kind.read(server).await?)));
        Ok(Self(try_join_all(reads).await?.into_iter().collect()))
    }

    /// Which of these kinds a run has to look at: those of which something is declared or ours.
    #[must_use]
    pub fn needed<T: Task>(
        kinds: impl IntoIterator<Item = &'static dyn AnyKind<T>>,
        wanted: &[Arc<Wanted<T>>],
        ownership: &Ownership,
    ) -> Vec<&'static dyn AnyKind<T>> {
        let declared: BTreeSet<String> = wanted.iter().map(|wanted| wanted.kind.key()).collect();
        let is_ours = |kind: &dyn AnyKind<T>| ownership.of_kind(&kind.kind()).next().is_some();
        let is_needed =
            |kind: &&'static dyn AnyKind<T>| declared.contains(&kind.key()) || (!kind.is_singleton() && is_ours(*kind));
        kinds.into_iter().filter(is_needed).collect()
    }

    /// The objects of a kind, if it was looked at.
    pub(super) fn rows(&self, key: &str) -> Option<&Rows> {
        self.0.get(key)
    }

    /// What was seen of an object; `None` where it is of no kind that was looked at.
    #[must_use]
    pub fn sight(&self, object: &ObjectId) -> Option<Sight> {
        let rows = self.rows(object.kind().as_str()).filter(|_| object.parents().next().is_none())?;
        Some(rows.get(object.name()).map_or(Sight::Absent, |row| row.sight.clone()))
    }

    /// An object that was seen.
    #[must_use]
    pub fn row(&self, object: &ObjectId) -> Option<&Row> {
        self.rows(object.kind().as_str())?.get(object.name())
    }

    /// The objects of a kind in its own type, in the order of their names.
    pub fn objects<'a, O: 'static>(&'a self, key: &str) -> impl Iterator<Item = &'a O> + use<'a, O> {
        self.rows(key).into_iter().flat_map(|rows| rows.values()).filter_map(|row| typed(&row.body))
    }
}

/// The objects that are there, ours, and not declared any more, each with its kind.
#[must_use]
pub fn left_behind<T: Task>(
    kinds: impl IntoIterator<Item = &'static dyn AnyKind<T>>,
    seen: &Seen,
    ownership: &Ownership,
    declared: &BTreeSet<ObjectId>,
) -> Vec<(&'static dyn AnyKind<T>, Row)> {
    let goes = |row: &&Row| ownership.contains(&row.object) && !declared.contains(&row.object);
    let lists = kinds.into_iter().filter(|kind| !kind.is_singleton());
    let rows = lists.flat_map(|kind| {
        let rows = seen.rows(&kind.key()).into_iter().flat_map(|rows| rows.values());
        rows.filter(goes).map(move |row| (kind, row.clone())).collect::<Vec<_>>()
    });
    rows.collect()
}
