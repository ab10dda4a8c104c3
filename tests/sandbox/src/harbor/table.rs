//! Rows by number, as a database gives them out.

use std::collections::BTreeMap;

/// One kind of object. Numbers are never given out twice, also not those of inserts that failed.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<i64, T>,
    last: i64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), last: 0 }
    }
}

impl<T> Table<T> {
    /// Uses up a number: an insert that the database refused.
    pub(crate) fn skip(&mut self) {
        self.last += 1;
    }

    /// Stores a row that may know its number.
    pub(crate) fn insert(&mut self, row: impl FnOnce(i64) -> T) -> i64 {
        self.last += 1;
        self.rows.insert(self.last, row(self.last));
        self.last
    }

    pub(crate) fn get(&self, id: i64) -> Option<&T> {
        self.rows.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: i64) -> Option<&mut T> {
        self.rows.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<T> {
        self.rows.remove(&id)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.rows.retain(|_, row| keep(row));
    }

    /// Oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// Oldest first, with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (i64, &T)> {
        self.rows.iter().map(|(id, row)| (*id, row))
    }

    /// Oldest first.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.values_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}
