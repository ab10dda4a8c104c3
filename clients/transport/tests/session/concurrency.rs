use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use evenkeel_transport::{Session, SessionOptions};
use tokio::sync::Barrier;

use super::{
    client::{Client, bounded, options},
    server::{Server, answer, ok},
};

#[tokio::test]
async fn as_many_requests_as_allowed_are_under_way_and_never_more() {
    const CAP: usize = 3;
    let flying = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    // answers come in threes: with less than three under way there would be none
    let gate = Arc::new(Barrier::new(CAP));
    let (seen, peak) = (flying.clone(), most.clone());
    let server = Server::start(move |_, stream| {
        let (seen, peak, gate) = (seen.clone(), peak.clone(), gate.clone());
        async move {
            peak.fetch_max(seen.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            gate.wait().await;
            seen.fetch_sub(1, Ordering::SeqCst);
            answer(stream, &ok("{}")).await;
        }
    })
    .await;
    let concurrency = NonZeroUsize::new(CAP).unwrap();
    let session = Session::new(SessionOptions { concurrency, ..options() }).unwrap();
    // two clients of one session share its places
    let clients = [Client::new(&server.url(), session.clone()), Client::new(&server.url(), session)];
    let calls = (0..12).map(|number| clients[number % 2].get());
    let results = bounded(futures::future::join_all(calls)).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(most.load(Ordering::SeqCst), CAP);
    assert_eq!(flying.load(Ordering::SeqCst), 0);
}
