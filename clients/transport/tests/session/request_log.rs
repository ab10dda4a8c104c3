use evenkeel_transport::{Kind, Outcome, Session, SessionOptions, reqwest::Method};
use futures::FutureExt;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{
    client::{Client, bounded, options, session},
    server::Server,
};

async fn server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).up_to_n_times(1).mount(&server).await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"name": "canary"})))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn every_attempt_is_recorded_with_its_template_and_never_its_path() {
    let server = server().await;
    let client = Client::new(&server.uri(), session());
    client.named(Method::DELETE, "canary").await.unwrap();
    let records = client.session().log().snapshot();
    let seen: Vec<_> = records
        .iter()
        .map(|record| {
            (record.sequence, record.method.as_str(), record.outcome.to_string(), record.attempt, record.bytes)
        })
        .collect();
    assert_eq!(seen, [(0, "DELETE", "503".to_owned(), 1, 0), (1, "DELETE", "200".to_owned(), 2, 17)]);
    assert!(records.iter().all(|record| record.template == Some("/things/{name}") && record.is_write()));
    assert!(!format!("{records:?}").contains("canary"));
}

#[tokio::test]
async fn the_log_is_bounded_and_its_counters_are_exact() {
    let server = server().await;
    let session = Session::new(SessionOptions { log_capacity: 3, ..options() }).unwrap();
    let client = Client::new(&server.uri(), session.clone());
    for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH] {
        let _ = client.method(method).await;
    }
    let summary = session.log().summary();
    assert_eq!((summary.requests, summary.reads, summary.writes, summary.retries), (6, 3, 3, 1));
    let kept: Vec<_> = session.log().snapshot().iter().map(|record| record.sequence).collect();
    assert_eq!(kept, [3, 4, 5]);
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_any_more_is_recorded() {
    let (arrived, arrival) = tokio::sync::oneshot::channel();
    let arrived = std::sync::Mutex::new(Some(arrived));
    let server = Server::start(move |_, stream| {
        arrived.lock().unwrap().take().unwrap().send(()).unwrap();
        async move {
            let _held = stream;
            std::future::pending::<()>().await;
        }
    })
    .await;
    let client = Client::new(&server.url(), session());
    let call = client.method(Method::POST).boxed();
    let abandoned = bounded(futures::future::select(call, arrival)).await;
    assert!(matches!(abandoned, futures::future::Either::Right(_)));
    drop(abandoned);
    let records = client.session().log().snapshot();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].outcome, Outcome::Cancelled);
    assert_ne!(records[0].outcome, Outcome::Failed(Kind::Timeout));
    assert_eq!(client.session().log().summary().writes, 1);
}
