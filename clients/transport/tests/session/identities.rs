use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use evenkeel_transport::{
    ApiError, Auth, Identities, IdentityRules, Kind, LoginRetry, Operation, Permission, Session,
    reqwest::{Method, Request},
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path},
};

use super::client::{Client, Problem, bounded, session};

/// What the robot may do.
const CALL: Permission = Permission { scope: "*", resource: "thing", action: "call" };
const LIST: Permission = Permission { scope: "*", resource: "thing", action: "list" };

const ROBOT: &str = "Basic cm9ib3Q6Um9ib3QtU2VjcmV0LTE=";
const ADMINISTRATOR: &str = "Basic YWRtaW46QWRtaW4tUGFzc3dvcmQtMQ==";

#[derive(Clone, Default)]
struct Rules {
    excuse: Option<ApiError>,
    /// How often an excuse was asked for.
    asked: Arc<AtomicUsize>,
}

impl IdentityRules for Rules {
    fn permission(&self, operation: &Operation) -> Option<Permission> {
        match operation.id {
            "thing_call" => Some(CALL),
            "thing_list" => Some(LIST),
            _ => None,
        }
    }

    fn refuses_everybody(&self, body: &[u8]) -> bool {
        serde_json::from_slice::<Value>(body).is_ok_and(|body| body["message"] == "read only")
    }

    fn login_excuse<'a>(&'a self, _: &'a Session, _: &'a str) -> BoxFuture<'a, Option<ApiError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { self.excuse.clone() })
    }
}

/// Two identities at one server.
struct Bench {
    server: MockServer,
    session: Session,
    identities: Arc<Identities>,
}

impl Bench {
    async fn new(rules: Rules) -> Self {
        let session = session();
        let fallback = Auth::Basic { user: "admin".into(), password: "Admin-Password-1".into() };
        let retry = LoginRetry { limit: Duration::from_millis(500), pause: Duration::from_millis(2) };
        let identities = Arc::new(Identities::new(fallback, retry, rules));
        identities.use_primary(&session, Auth::Basic { user: "robot".into(), password: "Robot-Secret-1".into() });
        Self { server: MockServer::start().await, session, identities }
    }

    fn client(&self) -> Client {
        self.client_with(None)
    }

    fn client_with(&self, permission: Option<Permission>) -> Client {
        let identities = Arc::clone(&self.identities);
        Client::new(&self.server.uri(), self.session.with_auth(Auth::Identities { identities, permission }))
    }

    /// Expects so many requests with this `Authorization` for this path.
    async fn expect(&self, authorization: &str, at: &str, count: u64, answer: ResponseTemplate) {
        let mock = Mock::given(header("authorization", authorization)).and(path(at));
        mock.respond_with(answer).expect(count).mount(&self.server).await;
    }
}

fn done() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({}))
}

fn empty_list() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!([]))
}

fn refused(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"message": message}))
}

#[tokio::test]
async fn the_primary_identity_sends_what_it_may_and_the_fallback_the_rest() {
    let bench = Bench::new(Rules::default()).await;
    bench.expect(ROBOT, "/thing", 1, done()).await;
    let named = ResponseTemplate::new(200).set_body_json(json!({"name": "a"}));
    bench.expect(ADMINISTRATOR, "/things/a", 1, named).await;
    bench.client().get().await.unwrap();
    bench.client().named(Method::GET, "a").await.unwrap();
}

#[tokio::test]
async fn a_missing_permission_is_met_once_and_the_request_is_sent_again_with_its_body() {
    let bench = Bench::new(Rules::default()).await;
    bench.expect(ROBOT, "/thing", 1, refused(403, "no")).await;
    Mock::given(method("POST"))
        .and(header("authorization", ADMINISTRATOR))
        .and(body_json(json!({"a": 1})))
        .respond_with(done())
        .expect(2)
        .mount(&bench.server)
        .await;
    bench.expect(ROBOT, "/things", 1, empty_list()).await;
    for _ in 0..2 {
        bench.client().call::<Value>(Method::POST, "", Some(&json!({"a": 1}))).await.unwrap();
    }
    bench.client().list().await.unwrap();
    let summary = bench.session.log().summary();
    assert_eq!((summary.requests, summary.writes, summary.retries), (4, 3, 0));
}

#[tokio::test]
async fn a_refused_login_of_the_primary_identity_ends_its_use() {
    let bench = Bench::new(Rules::default()).await;
    bench.expect(ROBOT, "/thing", 1, refused(401, "who")).await;
    bench.expect(ADMINISTRATOR, "/thing", 1, done()).await;
    bench.expect(ADMINISTRATOR, "/things", 1, empty_list()).await;
    bench.client().get().await.unwrap();
    assert!(!bench.identities.has_primary());
    bench.client().list().await.unwrap();
}

/// Its secret was replaced while a request with the one of before was under way.
#[tokio::test]
async fn a_refused_login_of_an_earlier_primary_identity_does_not_end_the_one_of_now() {
    struct Replacing(Arc<Identities>, Session);
    impl wiremock::Respond for Replacing {
        fn respond(&self, _: &wiremock::Request) -> ResponseTemplate {
            self.0.use_primary(&self.1, Auth::Basic { user: "robot".into(), password: "newer".into() });
            refused(401, "who")
        }
    }
    let bench = Bench::new(Rules::default()).await;
    let replacing = Replacing(Arc::clone(&bench.identities), bench.session.clone());
    Mock::given(header("authorization", ROBOT)).respond_with(replacing).expect(1).mount(&bench.server).await;
    bench.expect(ADMINISTRATOR, "/thing", 1, done()).await;
    bench.expect("Basic cm9ib3Q6bmV3ZXI=", "/things", 1, empty_list()).await;
    bench.client().get().await.unwrap();
    bench.client().list().await.unwrap();
}

#[tokio::test]
async fn a_refusal_that_is_about_everybody_is_neither_repeated_nor_learnt() {
    let bench = Bench::new(Rules::default()).await;
    bench.expect(ROBOT, "/thing", 2, refused(403, "read only")).await;
    bench.expect(ADMINISTRATOR, "/thing", 0, done()).await;
    for _ in 0..2 {
        let error = bench.client().get().await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::Forbidden, "read only"));
    }
}

#[tokio::test]
async fn every_other_answer_to_the_primary_identity_is_the_answer() {
    for status in [404, 409, 422, 500] {
        let bench = Bench::new(Rules::default()).await;
        bench.expect(ROBOT, "/thing", 1, refused(status, "so it is")).await;
        bench.expect(ADMINISTRATOR, "/thing", 0, done()).await;
        let error = bench.client().get().await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert!(bench.identities.has_primary());
    }
}

#[tokio::test]
async fn a_caller_says_what_an_operation_takes_where_the_operation_does_not() {
    let bench = Bench::new(Rules::default()).await;
    let named = || ResponseTemplate::new(200).set_body_json(json!({"name": "a"}));
    bench.expect(ROBOT, "/things/a", 1, named()).await;
    bench.client_with(Some(LIST)).named(Method::GET, "a").await.unwrap();
    bench.expect(ADMINISTRATOR, "/things/a", 1, named()).await;
    bench.identities.withhold([LIST]);
    bench.client_with(Some(LIST)).named(Method::GET, "a").await.unwrap();
}

#[tokio::test]
async fn a_withheld_permission_and_the_end_of_the_primary_identity_cost_no_request() {
    let bench = Bench::new(Rules::default()).await;
    bench.expect(ADMINISTRATOR, "/thing", 1, done()).await;
    bench.expect(ADMINISTRATOR, "/things", 1, empty_list()).await;
    bench.identities.withhold([CALL]);
    bench.client().get().await.unwrap();
    bench.identities.use_fallback_only();
    bench.client().list().await.unwrap();
}

#[tokio::test]
async fn a_fallback_whose_name_is_locked_for_a_moment_is_waited_for() {
    let bench = Bench::new(Rules::default()).await;
    bench.identities.use_fallback_only();
    let locked = Mock::given(header("authorization", ADMINISTRATOR)).respond_with(refused(401, "locked"));
    locked.up_to_n_times(3).expect(3).mount(&bench.server).await;
    bench.expect(ADMINISTRATOR, "/thing", 1, done()).await;
    bounded(bench.client().method(Method::POST)).await.unwrap();
}

#[tokio::test]
async fn a_fallback_that_stays_refused_has_an_excuse_or_is_refused() {
    let excuse = ApiError::new(Kind::Unavailable, "its database is away");
    for (excuse, expected) in [(None, Kind::Unauthorized), (Some(excuse), Kind::Unavailable)] {
        let rules = Rules { excuse: excuse.clone(), ..Rules::default() };
        let bench = Bench::new(rules.clone()).await;
        bench.identities.use_fallback_only();
        Mock::given(path("/thing")).respond_with(refused(401, "no")).expect(2..).mount(&bench.server).await;
        let error = bounded(bench.client().get()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_unavailable()), (expected, excuse.is_some()));
        assert_eq!(rules.asked.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn what_no_operation_describes_is_sent_as_the_fallback() {
    let bench = Bench::new(Rules::default()).await;
    bench.expect(ADMINISTRATOR, "/elsewhere", 1, done()).await;
    let url = format!("{}/elsewhere", bench.server.uri()).parse().unwrap();
    let identities = Arc::clone(&bench.identities);
    let session = bench.session.with_auth(Auth::Identities { identities, permission: None });
    session.send(Request::new(Method::GET, url), "elsewhere").await.unwrap();
}

#[tokio::test]
async fn neither_identity_shows_its_secret() {
    let bench = Bench::new(Rules::default()).await;
    Mock::given(path("/thing"))
        .respond_with(refused(422, "Admin-Password-1 Robot-Secret-1"))
        .mount(&bench.server)
        .await;
    let error = bench.client().call::<Value>(Method::GET, "", None).await.unwrap_err();
    let error = ApiError::from(error as evenkeel_transport::progenitor_client::Error<Problem>);
    let shown = format!("{error} {error:?} {:?}", bench.identities);
    assert!(!shown.contains("Secret-1") && !shown.contains("Password-1"), "{shown}");
}
