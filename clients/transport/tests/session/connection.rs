use std::time::Duration;

use evenkeel_transport::{
    Deadline, Kind, Outcome, Retry, Session, SessionOptions, repeatable,
    reqwest::{Method, StatusCode},
};
use serde_json::json;
use tokio::net::TcpListener;

use super::{
    client::{Client, bounded, options, session},
    server::{Server, answer, ok},
};

#[tokio::test]
async fn a_refused_connection_is_tried_again_and_then_reported_as_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(&url, session());
    let error = client.method(Method::POST).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!(error.is_unavailable() && !error.outcome_unknown(), "nothing was sent");
    assert!(error.to_string().starts_with("cannot connect: "), "{error}");
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    let records = client.session().log().snapshot();
    assert_eq!(records.iter().map(|record| record.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(records.iter().all(|record| record.outcome == Outcome::Failed(Kind::Connection)));
}

/// A run that lost its server once tried each of its changes with all attempts: minutes, and the same line for each.
#[tokio::test]
async fn a_server_that_is_lost_costs_one_round_of_attempts_however_many_requests_there_are() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let retry = Retry { max_delay: Duration::from_secs(3600), ..options().retry };
    let client = Client::new(&url, Session::new(SessionOptions { retry, ..options() }).unwrap());
    let first = client.get().await.unwrap_err();
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
        let error = client.method(method).await.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (first.kind(), first.to_string()));
        assert!(!error.outcome_unknown(), "nothing was sent");
    }
    assert_eq!(client.session().log().summary().requests, 3, "the first one's attempts");
}

#[tokio::test]
async fn a_server_that_was_lost_is_asked_again_soon_and_another_one_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let lost = Client::new(&url, session());
    lost.get().await.unwrap_err();
    let server = Server::start(|_, stream| async move { answer(stream, &ok("{}")).await }).await;
    Client::new(&server.url(), lost.session().clone()).get().await.unwrap();
    let requests = || lost.session().log().summary().requests;
    let before = requests();
    bounded(async {
        while requests() == before {
            lost.get().await.unwrap_err();
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The first connection is cut in the middle of the body, the second answers.
async fn cutting_server() -> Server {
    Server::start(|number, stream| async move {
        let whole = ok(r#"{"answer":42}"#);
        let length = if number == 0 { whole.len() - 5 } else { whole.len() };
        answer(stream, &whole[..length]).await;
    })
    .await
}

#[tokio::test]
async fn a_body_that_breaks_off_is_asked_for_again() {
    let server = cutting_server().await;
    let client = Client::new(&server.url(), session());
    assert_eq!(client.get().await.unwrap(), json!({"answer": 42}));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_post_whose_answer_breaks_off_is_left_to_the_caller() {
    let server = cutting_server().await;
    let client = Client::new(&server.url(), session());
    let error = client.method(Method::POST).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!(error.outcome_unknown());
    assert_eq!(server.connections(), 1);

    let server = cutting_server().await;
    let client = Client::new(&server.url(), session());
    assert_eq!(repeatable(client.method(Method::POST)).await.unwrap(), json!({"answer": 42}));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_is_ambiguous() {
    let server = Server::start(|_, stream| answer(stream, b"")).await;
    let client = Client::new(&server.url(), session());
    let error = client.method(Method::PATCH).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!(error.outcome_unknown());
    assert_eq!(server.connections(), 1);
    client.method(Method::DELETE).await.unwrap_err();
    assert_eq!(server.connections(), 1 + 3);
}

/// Reads requests and never answers.
async fn silent_server() -> Server {
    Server::start(|_, stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_timeout() {
    let server = silent_server().await;
    let request_timeout = Duration::from_millis(30);
    let session = Session::new(SessionOptions { request_timeout, ..options() }).unwrap();
    let client = Client::new(&server.url(), session);
    let error = bounded(client.method(Method::POST)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (Kind::Timeout, true));
    assert_eq!(client.session().log().summary().requests, 1);
    let error = bounded(client.get()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(client.session().log().summary().requests, 1 + 3);
}

#[tokio::test]
async fn a_request_under_way_ends_with_the_run() {
    let server = silent_server().await;
    let request_timeout = Duration::from_secs(3600);
    let session = Session::new(SessionOptions { request_timeout, ..options() }).unwrap();
    let client = Client::new(&server.url(), session.with_deadline(Deadline::after(Duration::from_millis(250))));
    let error = bounded(client.method(Method::PUT)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (Kind::Deadline, true));
    assert_eq!(session.log().summary().requests, 1);
}

#[tokio::test]
async fn doubt_from_an_earlier_attempt_is_not_forgotten() {
    // the first attempt may have been done, the second finds nobody: the end of both is unknown
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        drop(listener);
        super::server::read_request(&mut stream).await;
    });
    let retry = Retry { times: 1, ..options().retry };
    let client = Client::new(&url, Session::new(SessionOptions { retry, ..options() }).unwrap());
    let error = bounded(client.method(Method::PUT)).await.unwrap_err();
    server.await.unwrap();
    assert_eq!((error.kind(), error.outcome_unknown()), (Kind::Connection, true));
    assert!(error.to_string().starts_with("cannot connect"), "{error}");
}

/// Three megabytes of text, and gigabytes once something is made of it.
#[tokio::test]
async fn an_answer_of_tiny_objects_is_refused_before_anything_is_made_of_it() {
    let server = Server::start(|_, stream| async move {
        answer(stream, &ok(&format!("[{}{{}}]", "{},".repeat(1_000_000)))).await;
    })
    .await;
    let error = Client::new(&server.url(), session()).get().await.unwrap_err();
    assert_eq!(error.to_string(), "the answer has too many values: they would need more than 64 MiB of memory");
    assert_eq!(server.connections(), 1, "another attempt would end alike");
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_refused() {
    let server = Server::start(|_, stream| async move {
        answer(stream, &ok(&format!("\"{}\"", "x".repeat(5000)))).await;
    })
    .await;
    let session = Session::new(SessionOptions { max_response_bytes: 4096, ..options() }).unwrap();
    let error = Client::new(&server.url(), session).get().await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Decode, "the answer is larger than 4096 bytes"));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_error_keeps_its_status_when_its_body_breaks_off_or_has_no_end() {
    let server = Server::start(|number, stream| async move {
        let head = "HTTP/1.1 409 Conflict\r\ncontent-length: 100000000\r\n\r\n";
        let body = "x".repeat(if number == 0 { 10 } else { 200_000 });
        answer(stream, format!("{head}{body}").as_bytes()).await;
    })
    .await;
    let client = Client::new(&server.url(), session());
    for _ in 0..2 {
        let error = client.get().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (Kind::Conflict, Some(StatusCode::CONFLICT)));
        assert!(error.message().chars().count() <= 301);
    }
    assert_eq!(client.session().log().snapshot()[1].bytes, 64 * 1024);
}
