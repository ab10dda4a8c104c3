//! Faults, the log, and what the handle shows.

use evenkeel_sandbox::{Effect, Fault, Kind, Matching, Page};
use http::Method;
use serde_json::json;
use std::io::ErrorKind;

use super::client::Client;
use super::{SECRETS, secret, start};

#[test]
fn a_cut_after_applies_the_write_and_says_nothing() {
    let server = start();
    let client = Client::new(&server);
    server.inject(Fault::once(Matching::writes(), Effect::CutAfter));
    let failure = client.send("POST", SECRETS, "application/json", Some(&secret("one"))).unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(client.post(SECRETS, &secret("one")).status, 409);
    let cut = &server.requests()[0];
    assert_eq!((cut.status, cut.handled, cut.faulted), (Some(201), true, true));
}

#[test]
fn a_cut_before_applies_nothing_and_a_status_comes_in_place_of_the_answer() {
    let server = start();
    let client = Client::new(&server);
    server.inject(Fault::once(Matching::writes(), Effect::CutBefore));
    client.send("POST", SECRETS, "application/json", Some(&secret("one"))).unwrap_err();
    let busy = Effect::Status { code: 429, page: Page::Empty, retry_after: Some(3) };
    server.inject(Fault::once(Matching::writes().method(Method::POST).path("*/secrets"), busy));
    let answer = client.post(SECRETS, &secret("one"));
    assert!(answer.status == 429 && answer.head.contains("retry-after: 3"), "{answer:?}");
    assert_eq!(client.post(SECRETS, &secret("one")).status, 201);
}

#[test]
fn a_watch_breaks_off_behind_its_first_line() {
    let server = start();
    let client = Client::new(&server);
    client.post(SECRETS, &secret("one"));
    server.inject(Fault::once(Matching::reads(), Effect::CutInBody));
    let mut watch = client.watch(SECRETS);
    assert_eq!(watch.news().1, "one");
    assert!(watch.next().is_none());
}

#[test]
fn a_dead_token_stays_dead() {
    let server = start();
    let token = server.service_account("team-alpha", "task");
    server.grant(("team-alpha", "task"), None, &[json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]})]);
    let token = secrecy::ExposeSecret::expose_secret(&token).to_owned();
    let client = Client::with(&server, &token);
    assert_eq!(client.get(SECRETS).status, 200);
    server.inject(Fault::once(Matching::reads(), Effect::DeadToken));
    assert_eq!(client.get(SECRETS).status, 401);
    assert_eq!(client.get(SECRETS).status, 401);
    assert_eq!(Client::new(&server).get(SECRETS).status, 200);
}

#[test]
fn the_log_tells_reads_from_writes_and_a_review_is_a_read() {
    let server = start();
    let client = Client::new(&server);
    client.get(SECRETS);
    client.post(SECRETS, &secret("one"));
    client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &json!({"spec": {}}));
    client.post("/api/v1/namespaces/team-alpha/serviceaccounts/default/token", &json!({"spec": {}}));
    assert_eq!((server.reads(), server.writes(), server.tokens()), (2, 1, 1));
    let kinds: Vec<Kind> = server.requests().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Read, Kind::Write, Kind::Read, Kind::Token]);
    server.reset_log();
    assert!(server.requests().is_empty());
}

#[test]
fn the_handle_shows_no_secret_and_the_snapshot_shows_all() {
    let server = start();
    Client::new(&server).post(SECRETS, &secret("one"));
    assert!(!format!("{server:?}").contains("token"));
    assert_eq!(server.snapshot()["secrets"]["team-alpha/one"]["data"], json!({"a": "b25l"}));
    let config: serde_json::Value = serde_json::from_str(&server.kubeconfig()).unwrap();
    assert_eq!(config["clusters"][0]["cluster"]["server"], server.url());
}
