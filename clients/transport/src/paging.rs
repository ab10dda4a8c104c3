//! Lists that come in pages.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::Hasher,
    io,
    num::NonZeroU32,
};

use futures::{Stream, TryStreamExt, stream};
use serde::Serialize;

use crate::{ApiError, Kind};

/// The most pages of a list.
const MOST_PAGES: usize = 10_000;
/// The most rows of a list.
const MOST_ROWS: usize = 1_000_000;
/// The most bytes of a list that goes by.
const MOST_BYTES: usize = 1024 * MIB;
/// The most bytes of a list that is kept: its texts, and the room that its rows take.
const MOST_KEPT_BYTES: usize = 64 * MIB;

const MIB: usize = 1024 * 1024;

/// Which part of a list to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The position of the first item, from 0.
    pub first: u32,
    /// The most items.
    pub max: NonZeroU32,
}

/// Watches over a list while it comes in: it has an end, and no page comes twice.
///
/// A server that gives the same pages again and again, or new ones for ever, ends the list with an error, so that neither an
/// endless list nor half of one is taken for the whole.
#[derive(Debug)]
pub struct ListGuard {
    pages: usize,
    rows: usize,
    bytes: usize,
    /// The bytes that a row takes beside its texts, where the list is kept.
    row_bytes: Option<usize>,
    /// Digests of the pages so far.
    seen: HashSet<u64>,
}

impl ListGuard {
    /// For a list whose pages go by: whoever reads them keeps little of them.
    #[must_use]
    pub fn passing() -> Self {
        Self { pages: 0, rows: 0, bytes: 0, row_bytes: None, seen: HashSet::new() }
    }

    /// For a list that is kept, as rows of this type.
    #[must_use]
    pub fn keeping<T>() -> Self {
        Self { row_bytes: Some(size_of::<T>()), ..Self::passing() }
    }

    /// Counts a page of rows.
    ///
    /// # Errors
    /// [`Kind::Unexpected`] when the list is too long, or when it has had this page already.
    pub fn page<T: Serialize>(&mut self, rows: &[T]) -> Result<(), ApiError> {
        let mut sink = Sink { hasher: DefaultHasher::new(), bytes: 0 };
        serde_json::to_writer(&mut sink, rows)
            .map_err(|_| ApiError::new(Kind::Decode, "an item of a list cannot be written as JSON"))?;
        self.digested(rows.len(), sink.bytes, sink.hasher.finish())
    }

    /// Counts a page of so many rows and bytes, which this digest tells from others. A page without rows may come again.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn digested(&mut self, rows: usize, bytes: usize, digest: u64) -> Result<(), ApiError> {
        self.pages += 1;
        self.rows = self.rows.saturating_add(rows);
        self.bytes = self.bytes.saturating_add(bytes);
        if rows > 0 && !self.seen.insert(digest) {
            return Err(not_kept("a page repeats an earlier one"));
        }
        if self.pages > MOST_PAGES {
            return Err(too_long(&format!("{MOST_PAGES} pages")));
        }
        if self.rows > MOST_ROWS {
            return Err(too_long(&format!("{MOST_ROWS} rows")));
        }
        if self.bytes > MOST_BYTES {
            return Err(too_long(&format!("{} MiB", MOST_BYTES / MIB)));
        }
        let kept = self.row_bytes.map(|row| self.rows.saturating_mul(row).saturating_add(self.bytes));
        if kept.is_some_and(|kept| kept > MOST_KEPT_BYTES) {
            return Err(too_long(&format!("{} MiB in memory", MOST_KEPT_BYTES / MIB)));
        }
        Ok(())
    }
}

/// Where a list is.
struct Progress<F> {
    next: Option<Page>,
    fetch: F,
    guard: ListGuard,
}

/// Fetches a list page by page, from `first` on, until a page is shorter than `max`. For lists of which little is kept.
///
/// A server that does not know paging answers the first question with everything: more than `max` items are taken as the
/// whole list (Keycloak 26.7 does so for client scopes and others, server-behaviour 2.6). Every other way of
/// not keeping to the pages ends the stream with an error, so that no half list is taken for a whole one.
///
/// # Errors
/// Of `fetch`; [`Kind::Unexpected`] when a later page is longer than asked, when a page repeats an earlier one, or when the list has no end
/// in sight ([`ListGuard`]). An error ends the stream.
pub fn pages<T, F, Fut>(first: u32, max: NonZeroU32, fetch: F) -> impl Stream<Item = Result<Vec<T>, ApiError>>
where
    T: Serialize,
    F: FnMut(Page) -> Fut,
    Fut: Future<Output = Result<Vec<T>, ApiError>>,
{
    guarded(ListGuard::passing(), first, max, fetch)
}

/// Everything that [`pages`] gives, as one list that is kept.
///
/// # Errors
/// As [`pages`].
pub async fn all<T, F, Fut>(first: u32, max: NonZeroU32, fetch: F) -> Result<Vec<T>, ApiError>
where
    T: Serialize,
    F: FnMut(Page) -> Fut,
    Fut: Future<Output = Result<Vec<T>, ApiError>>,
{
    guarded(ListGuard::keeping::<T>(), first, max, fetch).try_concat().await
}

fn guarded<T, F, Fut>(
    guard: ListGuard,
    first: u32,
    max: NonZeroU32,
    fetch: F,
) -> impl Stream<Item = Result<Vec<T>, ApiError>>
where
    T: Serialize,
    F: FnMut(Page) -> Fut,
    Fut: Future<Output = Result<Vec<T>, ApiError>>,
{
    let progress = Progress { next: Some(Page { first, max }), fetch, guard };
    stream::try_unfold(progress, move |mut progress| async move {
        let Some(page) = progress.next.take() else { return Ok(None) };
        let items = (progress.fetch)(page).await?;
        let length = u32::try_from(items.len()).unwrap_or(u32::MAX);
        if length > max.get() && page.first > first {
            return Err(not_kept("a page is longer than asked"));
        }
        // A first page that is not full is the whole list, and no longer than one answer may be.
        if length >= max.get() || page.first > first {
            progress.guard.page(&items)?;
        }
        if length == max.get() {
            progress.next = page.first.checked_add(length).map(|first| Page { first, max });
        }
        Ok(Some((items, progress)))
    })
}

fn not_kept(what: &str) -> ApiError {
    ApiError::new(Kind::Unexpected, format!("the server does not keep to the pages of a list: {what}"))
}

fn too_long(limit: &str) -> ApiError {
    ApiError::new(Kind::Unexpected, format!("the server's list has no end in sight: it is longer than {limit}"))
}

/// Takes the digest and the length of what is written, without a copy of it.
struct Sink {
    hasher: DefaultHasher,
    bytes: usize,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.write(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
