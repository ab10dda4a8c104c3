//! Lists that come in pages.

use std::{collections::hash_map::DefaultHasher, hash::Hasher, io, num::NonZeroU32};

use futures::{Stream, TryStreamExt, stream};
use serde::Serialize;

use crate::{ApiError, Kind};

/// Which part of a list to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The position of the first item, from 0.
    pub first: u32,
    /// The most items.
    pub max: NonZeroU32,
}

/// Where a list is.
struct Progress<F> {
    next: Option<Page>,
    fetch: F,
    /// The digest of the page before, to notice a server that gives the same one again.
    before: Option<u64>,
}

/// Fetches a list page by page, from `first` on, until a page is shorter than `max`.
///
/// A server that does not know paging answers the first question with everything: more than `max` items are taken as the
/// whole list (Keycloak 26.7 does so for client scopes and others, server-behaviour 2.6). Every other way of
/// not keeping to the pages ends the stream with an error, so that no half list is taken for a whole one.
///
/// # Errors
/// Of `fetch`; [`Kind::Unexpected`] when a later page is longer than asked or repeats the page before. An error ends the
/// stream.
pub fn pages<T, F, Fut>(first: u32, max: NonZeroU32, fetch: F) -> impl Stream<Item = Result<Vec<T>, ApiError>>
where
    T: Serialize,
    F: FnMut(Page) -> Fut,
    Fut: Future<Output = Result<Vec<T>, ApiError>>,
{
    let progress = Progress { next: Some(Page { first, max }), fetch, before: None };
    stream::try_unfold(progress, move |mut progress| async move {
        let Some(page) = progress.next.take() else { return Ok(None) };
        let items = (progress.fetch)(page).await?;
        let length = u32::try_from(items.len()).unwrap_or(u32::MAX);
        if length > max.get() && page.first > first {
            return Err(not_kept("a page is longer than asked"));
        }
        if length == max.get() {
            let digest = digest(&items)?;
            if progress.before == Some(digest) {
                return Err(not_kept("a page repeats the one before"));
            }
            progress.before = Some(digest);
            progress.next = page.first.checked_add(length).map(|first| Page { first, max });
        }
        Ok(Some((items, progress)))
    })
}

/// Everything that [`pages`] gives, as one list.
///
/// # Errors
/// As [`pages`].
pub async fn all<T, F, Fut>(first: u32, max: NonZeroU32, fetch: F) -> Result<Vec<T>, ApiError>
where
    T: Serialize,
    F: FnMut(Page) -> Fut,
    Fut: Future<Output = Result<Vec<T>, ApiError>>,
{
    pages(first, max, fetch).try_concat().await
}

fn not_kept(what: &str) -> ApiError {
    ApiError::new(Kind::Unexpected, format!("the server does not keep to the pages of a list: {what}"))
}

/// A digest of the page's content, made without a copy of it.
fn digest<T: Serialize>(items: &[T]) -> Result<u64, ApiError> {
    struct Sink(DefaultHasher);
    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sink = Sink(DefaultHasher::new());
    serde_json::to_writer(&mut sink, items)
        .map_err(|_| ApiError::new(Kind::Decode, "an item of a list cannot be written as JSON"))?;
    Ok(sink.0.finish())
}
