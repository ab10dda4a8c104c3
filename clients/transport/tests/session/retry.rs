use std::time::Duration;

use evenkeel_transport::{Deadline, Kind, Retry, Session, SessionOptions, repeatable, reqwest::Method};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::client::{Client, options, session};

/// A server that gives `status` `times` times, then 200; it must see exactly `expected` requests.
async fn server(status: u16, times: u64, expected: u64) -> MockServer {
    let server = MockServer::start().await;
    let failures = times.min(expected);
    Mock::given(any())
        .respond_with(ResponseTemplate::new(status))
        .up_to_n_times(times)
        .expect(failures)
        .mount(&server)
        .await;
    let rest = ResponseTemplate::new(200).set_body_json(json!({}));
    Mock::given(any()).respond_with(rest).expect(expected - failures).mount(&server).await;
    server
}

#[tokio::test]
async fn a_busy_server_is_asked_again_with_every_method() {
    for status in [429, 503] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::POST, Method::PATCH] {
            let server = server(status, 2, 3).await;
            Client::new(&server.uri(), session()).method(method).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_gateway_failure_is_repeated_only_for_methods_that_may_be() {
    for status in [502, 504] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let server = server(status, 2, 3).await;
            Client::new(&server.uri(), session()).method(method).await.unwrap();
        }
        for method in [Method::POST, Method::PATCH] {
            let server = server(status, 1, 1).await;
            let error = Client::new(&server.uri(), session()).method(method).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Server);
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert!(error.outcome_unknown() && error.is_unavailable());
        }
    }
}

#[tokio::test]
async fn a_post_is_repeated_when_the_caller_says_that_it_is_safe() {
    let server = server(502, 2, 4).await;
    let client = Client::new(&server.uri(), session());
    repeatable(client.method(Method::POST)).await.unwrap();
    // and what the caller said ends with the call
    client.method(Method::POST).await.unwrap();
    assert_eq!(client.session().log().summary().retries, 2);
}

#[tokio::test]
async fn what_the_server_refuses_or_breaks_on_is_not_repeated() {
    for status in [400, 403, 404, 409, 422, 500, 501] {
        let server = server(status, 1, 1).await;
        let error = Client::new(&server.uri(), session()).get().await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status);
    }
}

#[tokio::test]
async fn repeats_end_and_the_last_answer_is_the_error() {
    let server = server(503, 100, 3).await;
    let error = Client::new(&server.uri(), session()).get().await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Server, "503 Service Unavailable"));
    assert!(error.is_unavailable() && !error.outcome_unknown());
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_is_kept_up_to_the_cap() {
    // an hour asked for, a cap of a millisecond: the repeats come
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "3600");
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(busy.clone()).expect(3).mount(&server).await;
    let error = Client::new(&server.uri(), session()).get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooManyRequests);

    // no cap to speak of, and a run that ends before the pause does: no repeat, and no wait either
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(busy).expect(1).mount(&server).await;
    let patient = Retry { max_retry_after: Duration::from_secs(7200), ..options().retry };
    let deadline = Some(Deadline::after(Duration::from_secs(600)));
    let session = Session::new(SessionOptions { retry: patient, deadline, ..options() }).unwrap();
    let error = Client::new(&server.uri(), session).get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooManyRequests);
}

#[tokio::test]
async fn no_request_starts_after_the_deadline() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let deadline = Some(Deadline::after(Duration::ZERO));
    let session = Session::new(SessionOptions { deadline, ..options() }).unwrap();
    let client = Client::new(&server.uri(), session);
    let error = client.get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Deadline);
    assert!(!error.outcome_unknown(), "nothing was sent");
    assert_eq!(client.session().log().summary().requests, 0);
}
