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
async fn a_server_that_repeats_any_earlier_page_ends_the_list_with_an_error() {
    let fetches = Cell::new(0);
    let error = all(0, MAX, |_| {
        fetches.set(fetches.get() + 1);
        ready(Ok(vec![fetches.get() % 3; 3]))
    })
    .await
    .unwrap_err();
    assert_eq!((error.kind(), fetches.get()), (Kind::Unexpected, 4));
    assert!(error.to_string().contains("repeats an earlier one"), "{error}");
}

#[tokio::test]
async fn an_endless_list_of_small_pages_is_given_up() {
    let fetches = Cell::new(0);
    let stream = pages(0, MAX, |page| {
        fetches.set(fetches.get() + 1);
        ready(Ok(slice(page, u32::MAX)))
    });
    let error = stream.try_for_each(|_| ready(Ok(()))).await.unwrap_err();
    assert_eq!(error.to_string(), "the server's list has no end in sight: it is longer than 10000 pages");
    assert_eq!(fetches.get(), 10_001);
}

#[tokio::test]
async fn an_endless_list_of_many_rows_is_given_up() {
    let many = NonZeroU32::new(100_000).unwrap();
    let stream = pages(0, many, |page| ready(Ok(slice_of(page))));
    let error = stream.try_for_each(|_| ready(Ok(()))).await.unwrap_err();
    assert_eq!(error.to_string(), "the server's list has no end in sight: it is longer than 1000000 rows");
}

fn slice_of(page: Page) -> Vec<u32> {
    (page.first..page.first + page.max.get()).collect()
}

/// Rows count with their own size, so that tiny ones do not slip through.
#[tokio::test]
async fn a_list_that_is_kept_takes_no_more_than_64_mib_of_memory() {
    let many = NonZeroU32::new(1000).unwrap();
    let fetched = Cell::new(0);
    let rows = all(0, many, |page| {
        fetched.set(fetched.get() + page.max.get());
        ready(Ok(slice_of(page).into_iter().map(|number| [u64::from(number); 32]).collect::<Vec<_>>()))
    });
    let error = rows.await.unwrap_err();
    assert_eq!(error.to_string(), "the server's list has no end in sight: it is longer than 64 MiB in memory");
    assert!(fetched.get() < 64 * 1024 * 1024 / 256, "{}", fetched.get());
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
