//! The sandbox Keycloak from outside: faults on the wire, paging, the request log, the clock, the snapshot.

use evenkeel_sandbox::{Effect, Fault, Gate, Keycloak, Kind, ManualClock, Matching, Options, Page, Paths};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use crate::wire::{self, Answer};

/// A connection of its own for every request, so that what happens to it is seen.
struct Client<'a> {
    server: &'a Keycloak,
    token: String,
}

impl<'a> Client<'a> {
    fn new(server: &'a Keycloak) -> Self {
        let token = server.admin_token().unwrap().expose_secret().to_owned();
        Self { server, token }
    }

    /// Sends a request and reads until the connection ends.
    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let authorization = format!("Bearer {}", self.token);
        wire::send(self.server.url(), &[("Authorization", &authorization)], method, path, body)
    }

    fn ok(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.send(method, path, body).unwrap();
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer.value()
    }

    fn add_role(&self, name: &str) -> io::Result<Answer> {
        self.send("POST", "/admin/realms/master/roles", Some(&json!({ "name": name })))
    }

    fn has_role(&self, name: &str) -> bool {
        let answer = self.send("GET", &format!("/admin/realms/master/roles/{name}"), None).unwrap();
        match answer.status {
            200 => true,
            404 => false,
            other => panic!("status {other}"),
        }
    }
}

fn start() -> Keycloak {
    Keycloak::start(&Options::new("admin", "a password of the tests")).unwrap()
}

#[test]
fn a_cut_before_applies_nothing() {
    let server = start();
    let client = Client::new(&server);
    server.inject(Fault::once(Matching::writes(), Effect::CutBefore));
    assert_eq!(client.add_role("one").unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert!(!client.has_role("one"));
    let first = &server.requests()[0];
    assert_eq!((first.status, first.handled, first.faulted), (None, false, true));
    assert_eq!(client.add_role("one").unwrap().status, 201);
}

#[test]
fn a_cut_after_applies_the_write_and_says_nothing() {
    let server = start();
    let client = Client::new(&server);
    server.inject(Fault::once(Matching::writes().nth(2), Effect::CutAfter));
    assert_eq!(client.add_role("one").unwrap().status, 201);
    assert_eq!(client.add_role("two").unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert!(client.has_role("two"));
    assert_eq!(client.add_role("two").unwrap().status, 409);
    let cut = &server.requests()[1];
    assert_eq!((cut.status, cut.handled, cut.faulted), (Some(201), true, true));
}

#[test]
fn a_reset_is_a_reset() {
    let server = start();
    let client = Client::new(&server);
    server.inject(Fault::once(Matching::reads(), Effect::Reset));
    let failure = client.send("GET", "/admin/realms/master", None).unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_status_comes_in_place_of_the_application() {
    let server = start();
    let client = Client::new(&server);
    let busy = Effect::Status { code: 503, page: Page::Html, retry_after: Some(7) };
    server.inject(Fault::times(2, Matching::writes().method(Method::POST).path("/admin/realms/*/roles"), busy));
    for _ in 0..2 {
        let answer = client.add_role("one").unwrap();
        assert_eq!(answer.status, 503);
        assert!(answer.head.contains("retry-after: 7") && answer.head.contains("text/html"), "{}", answer.head);
    }
    assert!(!client.has_role("one"));
    assert_eq!(client.add_role("one").unwrap().status, 201);

    server.inject(Fault::once(Matching::writes(), Effect::StatusAfter { code: 504 }));
    assert_eq!(client.add_role("two").unwrap().status, 504);
    assert!(client.has_role("two"));
}

#[test]
fn truncated_answers_come_in_two_kinds() {
    let server = start();
    let client = Client::new(&server);
    let whole = client.send("GET", "/admin/realms/master", None).unwrap();
    server.inject(Fault::once(Matching::reads(), Effect::TruncatedJson));
    let short = client.send("GET", "/admin/realms/master", None).unwrap();
    assert_eq!(short.body.len(), whole.body.len() / 2);
    assert!(short.head.contains(&format!("content-length: {}", short.body.len())), "{}", short.head);
    assert!(serde_json::from_slice::<Value>(&short.body).is_err());

    server.inject(Fault::once(Matching::reads(), Effect::CutInBody));
    let broken = client.send("GET", "/admin/realms/master", None).unwrap();
    assert!(broken.head.contains(&format!("content-length: {}", whole.body.len())), "{}", broken.head);
    assert!(broken.body.len() < whole.body.len());
}

#[test]
fn a_dead_token_stays_dead() {
    let server = start();
    let client = Client::new(&server);
    server.inject(Fault::once(Matching::any(), Effect::DeadToken));
    for _ in 0..2 {
        let answer = client.send("GET", "/admin/realms/master", None).unwrap();
        assert_eq!((answer.status, answer.json()), (401, json!({"error": "HTTP 401 Unauthorized"})));
    }
    assert_eq!(Client::new(&server).send("GET", "/admin/realms/master", None).unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_is_held_until_the_gate_opens() {
    let server = Arc::new(start());
    let gate = Gate::new();
    server.inject(Fault::once(Matching::writes(), Effect::Hold(gate.clone())));
    let there = Arc::clone(&server);
    let writer = tokio::task::spawn_blocking(move || Client::new(&there).add_role("one").unwrap().status);
    gate.reached(1).await;
    assert!(!writer.is_finished());
    let there = Arc::clone(&server);
    assert!(tokio::task::spawn_blocking(move || Client::new(&there).has_role("one")).await.unwrap());
    gate.open();
    assert_eq!(writer.await.unwrap(), 201);
}

#[test]
fn tokens_expire_by_the_clock_that_was_given() {
    let clock = Arc::new(ManualClock::new());
    let options = Options::new("admin", "pw").with_clock(clock.clone()).token_lifetime(Duration::from_secs(5));
    let server = Keycloak::start(&options).unwrap();
    let client = Client::new(&server);
    clock.advance(Duration::from_millis(4_999));
    assert_eq!(client.send("GET", "/admin/realms", None).unwrap().status, 200);
    clock.advance(Duration::from_millis(1));
    assert_eq!(client.send("GET", "/admin/realms", None).unwrap().status, 401);
}

#[test]
fn the_log_tells_reads_writes_and_logins_apart() {
    let server = start();
    let client = Client::new(&server);
    client.ok("GET", "/admin/realms/master/users?first=0&max=5", None);
    client.ok("POST", "/admin/realms/master/roles", Some(&json!({"name": "secret-name-of-a-role"})));
    client.send("POST", "/realms/master/protocol/openid-connect/token", None).unwrap();
    client.send("GET", "/admin/realms/master/nothing/here", None).unwrap();
    assert_eq!((server.reads(), server.writes(), server.tokens()), (2, 1, 1));
    let log = server.requests();
    let seen: Vec<_> = log.iter().map(|entry| (entry.kind, entry.path.as_str(), entry.status)).collect();
    assert_eq!(
        seen,
        [
            (Kind::Read, "/admin/realms/master/users?first=0&max=5", Some(200)),
            (Kind::Write, "/admin/realms/master/roles", Some(201)),
            (Kind::Token, "/realms/master/protocol/openid-connect/token", Some(400)),
            (Kind::Read, "/admin/realms/master/nothing/here", Some(404)),
        ]
    );
    assert!(!format!("{log:?}").contains("secret-name"));
    server.reset_log();
    assert_eq!((server.requests().len(), server.reads()), (0, 0));
}

#[test]
fn lists_page_as_the_real_server_pages_them() {
    let server = start();
    let client = Client::new(&server);
    client.ok("POST", "/admin/realms", Some(&json!({"realm": "big", "enabled": true})));
    client.ok("POST", "/admin/realms/big/groups", Some(&json!({"name": "all"})));
    for number in 0..120 {
        client.ok("POST", "/admin/realms/big/roles", Some(&json!({ "name": format!("r{number:03}") })));
        let user = json!({"username": format!("u{number:03}"), "groups": ["all"]});
        client.ok("POST", "/admin/realms/big/users", Some(&user));
    }
    let rows = |path: &str| client.ok("GET", &format!("/admin/realms/big/{path}"), None).as_array().unwrap().len();
    assert_eq!(
        [rows("roles"), rows("roles?max=5"), rows("roles?first=100"), rows("roles?first=100&max=5")],
        [123, 123, 123, 5]
    );
    assert_eq!([rows("users"), rows("users?max=-1"), rows("users?first=100"), rows("users?max=0")], [100, 120, 20, 0]);
    assert_eq!([rows("clients?max=2"), rows("client-scopes?max=2")], [2, 15]);
    assert_eq!([rows("roles?search=r00&max=4"), rows("groups?first=1&max=9")], [4, 0]);
    assert_eq!(client.send("GET", "/admin/realms/big/users?max=many", None).unwrap().status, 404);
}

#[test]
fn the_snapshot_shows_every_change_and_nothing_else() {
    let server = start();
    let client = Client::new(&server);
    let before = server.snapshot();
    client.ok("GET", "/admin/realms/master/clients", None);
    assert_eq!(server.snapshot(), before);
    client.add_role("one").unwrap();
    let after = server.snapshot();
    assert_ne!(after, before);
    assert!(after["master"]["roles"]["one"]["id"].is_string());
    client.ok("DELETE", "/admin/realms/master/roles/one", None);
    assert_eq!(server.snapshot(), before);
}

#[test]
fn a_realm_goes_with_all_that_stood_for_it() {
    let server = start();
    let client = Client::new(&server);
    let before = server.snapshot();
    client.ok("POST", "/admin/realms", Some(&json!({"realm": "gone"})));
    assert!(server.snapshot()["master"]["clients"]["gone-realm"].is_object());
    client.ok("DELETE", "/admin/realms/gone", None);
    assert_eq!(server.snapshot(), before);
}

#[test]
fn a_path_that_could_be_read_in_two_ways_is_refused_as_26_7_does() {
    let server = start();
    let client = Client::new(&server);
    client.add_role("a").unwrap();
    client.add_role("a;b").unwrap();
    for path in ["roles/..", "roles/%2e%2e", "roles/.", "/roles", "roles//", "x/../roles/a"] {
        let answer = client.send("DELETE", &format!("/admin/realms/master/{path}"), None).unwrap();
        let refused = json!({"error": "missingNormalization", "error_description": "Request path not normalized"});
        assert_eq!((answer.status, answer.json()), (400, refused), "{path}");
    }
    let answer = client.send("DELETE", "/admin/realms/master/roles/a;b", None).unwrap();
    let refused =
        json!({"error": "invalidCharacter", "error_description": "Request path contains invalid character ';'"});
    assert_eq!((answer.status, answer.json()), (400, refused));
    assert_eq!(client.ok("GET", "/admin/realms/master/roles/a%3Bb", None)["name"], "a;b");
}

#[test]
fn a_path_that_could_be_read_in_two_ways_is_resolved_as_26_0_does() {
    let options = Options::new("admin", "a password of the tests").reading_paths(Paths::Resolved);
    let server = Keycloak::start(&options).unwrap();
    let client = Client::new(&server);
    client.add_role("a").unwrap();
    client.add_role("a;b").unwrap();
    assert_eq!(client.ok("GET", "/admin/realms/master/roles/a;b", None)["name"], "a");
    assert_eq!(client.ok("GET", "/admin/realms/master/roles/a%3Bb", None)["name"], "a;b");
    assert_eq!(client.ok("GET", "/admin/realms/master/x/../roles/a", None)["name"], "a");
    assert_eq!(client.ok("GET", "/admin//realms/master/roles/%2e%2e", None)["realm"], "master");
    client.ok("POST", "/admin/realms", Some(&json!({"realm": "theirs"})));
    client.ok("DELETE", "/admin/realms/theirs/roles/..", None);
    assert_eq!(client.send("GET", "/admin/realms/theirs", None).unwrap().status, 404, "a whole realm");
}
