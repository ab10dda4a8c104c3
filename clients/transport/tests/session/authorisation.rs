use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use evenkeel_transport::{
    ApiError, Auth, CachedToken, IssuedToken, Kind, Secret, Session, TokenIssuer, TokenSource,
    reqwest::{Method, Request, Url},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, path},
};

use super::client::{Client, bounded, session};

/// Gives `token-1`, `token-2`, … without a server, or fails.
#[derive(Default)]
struct Counting {
    issued: Arc<AtomicUsize>,
    failure: Option<ApiError>,
}

impl TokenIssuer for Counting {
    fn issue(&self) -> futures::future::BoxFuture<'_, Result<IssuedToken, ApiError>> {
        Box::pin(async {
            let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
            // everybody else who wants a token is waiting by now
            tokio::task::yield_now().await;
            match &self.failure {
                Some(failure) => Err(failure.clone()),
                None => {
                    Ok(IssuedToken { token: format!("token-{number}").into(), lifetime: Some(Duration::from_secs(60)) })
                }
            }
        })
    }
}

fn counting(failure: Option<ApiError>) -> (Arc<AtomicUsize>, Arc<CachedToken<Counting>>) {
    let issued = Arc::new(AtomicUsize::new(0));
    (issued.clone(), Arc::new(CachedToken::new(Counting { issued, failure })))
}

fn bearer() -> (Arc<AtomicUsize>, Session) {
    let (issued, source) = counting(None);
    (issued, session().with_auth(Auth::Bearer(source)))
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_also_for_a_post() {
    for method in [Method::GET, Method::POST, Method::PATCH] {
        let server = MockServer::start().await;
        Mock::given(header("authorization", "Bearer token-1"))
            .respond_with(ResponseTemplate::new(401))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(header("authorization", "Bearer token-2"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
            .expect(1)
            .mount(&server)
            .await;
        let (issued, session) = bearer();
        Client::new(&server.uri(), session).method(method).await.unwrap();
        assert_eq!(issued.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_server_that_refuses_every_token_gets_two() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).expect(2).mount(&server).await;
    let (issued, session) = bearer();
    let error = bounded(Client::new(&server.uri(), session).get()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthorized);
    assert!(error.hint().is_some());
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn fifty_requests_share_one_token_and_fifty_refusals_one_renewal() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Bearer token-1"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    Mock::given(header("authorization", "Bearer token-2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .expect(50)
        .mount(&server)
        .await;
    let (issued, session) = bearer();
    let client = Client::new(&server.uri(), session);
    let results = futures::future::join_all((0..50).map(|_| client.get())).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends() {
    let (issued, source) = counting(None);
    source.token(None).await.unwrap();
    tokio::time::advance(Duration::from_secs(49)).await;
    assert_eq!(source.token(None).await.unwrap(), Secret::from("token-1"));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(source.token(None).await.unwrap(), Secret::from("token-2"));
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

/// Sent as it is, it would come back as a refused login.
#[tokio::test]
async fn an_empty_access_token_is_an_error_and_nothing_is_asked_with_it() {
    struct Empty(&'static str);
    impl TokenIssuer for Empty {
        fn issue(&self) -> futures::future::BoxFuture<'_, Result<IssuedToken, ApiError>> {
            Box::pin(async { Ok(IssuedToken { token: self.0.to_owned().into(), lifetime: None }) })
        }
    }
    for token in ["", " \n"] {
        let error = CachedToken::new(Empty(token)).token(None).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unexpected);
        assert_eq!(error.to_string(), "the login gave an empty access token");
    }
}

#[tokio::test]
async fn only_the_current_token_is_renewed_when_it_is_refused() {
    let (issued, source) = counting(None);
    let first = source.token(None).await.unwrap();
    let second = source.token(Some(&first)).await.unwrap();
    assert_eq!(source.token(Some(&first)).await.unwrap(), second);
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_login_is_not_tried_again() {
    let refusal = ApiError::from_status(evenkeel_transport::reqwest::StatusCode::UNAUTHORIZED, "invalid credentials");
    let (issued, source) = counting(Some(refusal.clone()));
    let results = futures::future::join_all((0..20).map(|_| source.token(None))).await;
    assert!(results.into_iter().all(|result| result == Err(refusal.clone())));
    assert_eq!(source.token(None).await, Err(refusal));
    assert_eq!(issued.load(Ordering::SeqCst), 1, "more would lock the account");
}

#[tokio::test]
async fn a_login_that_found_no_server_fails_for_all_who_wait_and_is_tried_by_the_next() {
    let (issued, source) = counting(Some(ApiError::new(Kind::Connection, "cannot connect")));
    let results = futures::future::join_all((0..20).map(|_| source.token(None))).await;
    assert!(results.iter().all(Result::is_err));
    assert_eq!(issued.load(Ordering::SeqCst), 1);
    source.token(None).await.unwrap_err();
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_kind_of_a_failed_login_reaches_the_caller() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let refusal = ApiError::from_status(evenkeel_transport::reqwest::StatusCode::UNAUTHORIZED, "invalid credentials");
    let (_, source) = counting(Some(refusal.clone()));
    let client = Client::new(&server.uri(), session().with_auth(Auth::Bearer(source)));
    assert_eq!(client.get().await, Err(refusal.of_read(true)));
}

/// Logs in with the session that waits for it.
struct OverHttp {
    session: Session,
    url: Url,
}

impl TokenIssuer for OverHttp {
    fn issue(&self) -> futures::future::BoxFuture<'_, Result<IssuedToken, ApiError>> {
        Box::pin(async {
            let response = self.session.send(Request::new(Method::POST, self.url.clone()), "token").await?;
            assert_eq!(response.status(), 200);
            Ok(IssuedToken { token: "from-http".into(), lifetime: None })
        })
    }
}

#[tokio::test]
async fn a_login_takes_no_place_is_repeated_and_is_counted_apart() {
    let server = MockServer::start().await;
    Mock::given(path("/token"))
        .respond_with(ResponseTemplate::new(502))
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/token")).respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    Mock::given(path("/thing"))
        .and(header("authorization", "Bearer from-http"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .expect(2)
        .mount(&server)
        .await;
    // one place only: a login that wanted one as well would wait for the request that waits for it
    let narrow =
        evenkeel_transport::SessionOptions { concurrency: std::num::NonZeroUsize::MIN, ..super::client::options() };
    let plain = Session::new(narrow).unwrap();
    let url = format!("{}/token", server.uri()).parse().unwrap();
    let source = Arc::new(CachedToken::new(OverHttp { session: plain.clone(), url }));
    let client = Client::new(&server.uri(), plain.with_auth(Auth::Bearer(source)));
    bounded(futures::future::try_join(client.get(), client.method(Method::POST))).await.unwrap();
    let summary = plain.log().summary();
    assert_eq!((summary.requests, summary.tokens, summary.reads, summary.writes, summary.retries), (4, 2, 1, 1, 1));
}

#[tokio::test]
async fn fixed_tokens_and_passwords_are_sent_as_they_are() {
    for (auth, expected) in [
        (Auth::Basic { user: "admin".into(), password: "pa ss".into() }, "Basic YWRtaW46cGEgc3M="),
        (Auth::Token { scheme: "token", token: "abcd".into() }, "token abcd"),
    ] {
        let server = MockServer::start().await;
        Mock::given(header("authorization", expected))
            .respond_with(ResponseTemplate::new(401))
            .expect(1)
            .mount(&server)
            .await;
        let error = Client::new(&server.uri(), session().with_auth(auth)).get().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unauthorized, "and are not sent again when they are refused");
    }
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_an_error_without_it() {
    let auth = Auth::Token { scheme: "token", token: "can\nary".into() };
    let error = Client::new("http://127.0.0.1:1", session().with_auth(auth)).get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Request);
    assert!(!format!("{error} {error:?}").contains("ary"), "{error:?}");
}
