//! How far each condition is, for whoever looks.

use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use super::End;

/// Where a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is asked.
    Waiting,
    /// It is met.
    Met,
    /// It cannot be met.
    Hopeless,
}

/// One condition on the board.
#[derive(Clone, Debug)]
pub struct Row {
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// How often it was asked.
    pub attempts: u32,
    /// What is missing, or why it cannot be met; empty before the first answer and once it is met.
    pub missing: String,
    /// What to do about it once waiting cannot help; empty before.
    pub hint: String,
    /// How many successes have followed each other up to now.
    pub successes: u32,
    /// When waiting for it began.
    pub begin: Instant,
    /// Since when it is missing: since the beginning, or since the first failure after a success.
    pub since: Instant,
    /// When it was met, or when it turned out that it cannot be.
    pub ended: Option<Instant>,
}

/// All conditions, in the order in which they were given.
#[derive(Debug)]
pub struct Board(Mutex<Vec<Row>>);

impl Board {
    /// A board on which nothing has been asked yet.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let begin = Instant::now();
        let row = |name| Row {
            name,
            phase: Phase::Waiting,
            attempts: 0,
            missing: String::new(),
            hint: String::new(),
            successes: 0,
            begin,
            since: begin,
            ended: None,
        };
        Self(Mutex::new(names.into_iter().map(row).collect()))
    }

    /// What is on it now.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.lock().clone()
    }

    pub(crate) fn met(&self, row: usize) {
        self.change(row, |row| {
            row.phase = Phase::Met;
            row.missing.clear();
            row.ended = Some(Instant::now());
        });
    }

    pub(super) fn ready(&self, row: usize, successes: u32, wanted: NonZeroU32) {
        self.change(row, |row| {
            row.successes = successes;
            row.missing = format!("is ready, confirmed {successes} of {wanted} times");
        });
    }

    pub(crate) fn missing(&self, row: usize, missing: String) {
        self.change(row, |row| {
            if std::mem::take(&mut row.successes) > 0 {
                row.since = Instant::now();
            }
            row.missing = missing;
        });
    }

    pub(crate) fn hopeless(&self, row: usize, end: End) {
        self.change(row, |row| {
            row.phase = Phase::Hopeless;
            (row.missing, row.hint) = (end.reason, end.hint);
            row.ended = Some(Instant::now());
        });
    }

    fn change(&self, row: usize, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.lock().get_mut(row) {
            row.attempts = row.attempts.saturating_add(1);
            change(row);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Row>> {
        // What a panicking thread left behind is a complete list.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
