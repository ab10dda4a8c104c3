use std::{cell::Cell, future::ready, num::NonZeroU32};

use evenkeel_transport::{ApiError, Kind, Page, all, pages};
use futures::TryStreamExt;

const MAX: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// A list of `length` numbers at a server that knows paging.
fn slice(page: Page, length: u32) -> Vec<u32> {
    (0..length).skip(page.first as usize).take(page.max.get() as usize).collect()
}

async fn fetched(length: u32) -> (Result<Vec<u32>, ApiError>, u32) {
    let fetches = Cell::new(0);
    let list = all(0, MAX, |page| {
        fetches.set(fetches.get() + 1);
        ready(Ok(slice(page, length)))
    })
    .await;
    (list, fetches.get())
}

#[tokio::test]
async fn a_list_ends_with_a_page_that_is_not_full() {
    for (length, expected) in [(0, 1), (2, 1), (3, 2), (7, 3), (9, 4)] {
        let (list, fetches) = fetched(length).await;
        assert_eq!(list.unwrap(), (0..length).collect::<Vec<_>>());
        assert_eq!(fetches, expected, "for a list of {length}");
    }
}

#[tokio::test]
async fn pages_are_fetched_only_as_far_as_they_are_read() {
    let fetches = Cell::new(0);
    let stream = pages(0, MAX, |page| {
        fetches.set(fetches.get() + 1);
        ready(Ok(slice(page, 1000)))
    });
    let mut stream = std::pin::pin!(stream);
    assert_eq!(stream.try_next().await.unwrap().unwrap(), [0, 1, 2]);
    assert_eq!(stream.try_next().await.unwrap().unwrap(), [3, 4, 5]);
    assert_eq!(fetches.get(), 2);
}

#[tokio::test]
async fn a_server_that_gives_the_whole_list_at_once_is_asked_once() {
    let fetches = Cell::new(0);
    let list = all(0, MAX, |_| {
        fetches.set(fetches.get() + 1);
        ready(Ok((0..10).collect::<Vec<u32>>()))
    })
    .await
    .unwrap();
    assert_eq!((list.len(), fetches.get()), (10, 1));
}

#[tokio::test]
async fn a_server_that_repeats_a_page_ends_the_list_with_an_error() {
    let fetches = Cell::new(0);
    let error = all(0, MAX, |_| {
        fetches.set(fetches.get() + 1);
        ready(Ok(vec![1, 2, 3]))
    })
    .await
    .unwrap_err();
    assert_eq!((error.kind(), fetches.get()), (Kind::Unexpected, 2));
}

#[tokio::test]
async fn a_later_page_that_is_too_long_ends_the_list_with_an_error() {
    let error = all(0, MAX, |page| ready(Ok(vec![page.first; if page.first == 0 { 3 } else { 4 }]))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unexpected);
}

#[tokio::test]
async fn a_failed_page_fails_the_list() {
    let fail = || ApiError::new(Kind::Server, "broken");
    let list = all(0, MAX, |page| ready(if page.first == 0 { Ok(slice(page, 9)) } else { Err(fail()) })).await;
    assert_eq!(list, Err(fail()));
}
