//! Applications that tell their own health: what they say is not always so, and what answers is not always they.

use std::sync::Arc;

use evenkeel_sandbox::{Harbor, HarborOptions, HarborPart, ManualClock};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{answer, run, wait_for};

/// Harbor looks at each component every ten seconds: until then it calls a database healthy that is away.
#[tokio::test]
async fn harbor_that_calls_itself_healthy_without_its_database_is_waited_for() {
    let options = HarborOptions::new("Harbor12345").with_clock(Arc::new(ManualClock::new()));
    let harbor = Harbor::start(&options).unwrap();
    let target = format!("harbor:{}", harbor.url());
    assert_eq!(run(wait_for(&[&target])).await.0, 0);
    harbor.take_away(HarborPart::Database);
    let (code, _, stderr) = run(wait_for(&["--timeout", "300ms", &target])).await;
    assert_eq!(code, 69, "{stderr}");
    assert!(stderr.contains("says that it is healthy, and cannot list projects: answers 500"), "{stderr}");
    harbor.bring_back(HarborPart::Database);
    assert_eq!(run(wait_for(&[&target])).await.0, 0);
}

#[tokio::test]
async fn what_answers_and_is_something_else_is_told_so() {
    for (name, at) in [("Harbor", "harbor:"), ("Gitea", "gitea:"), ("Drone", "drone:"), ("Keycloak", "keycloak:")] {
        for (status, told) in
            [(200, format!("what answers is not {name}")), (404, format!("answers 404, as {name} does not"))]
        {
            let other = MockServer::start().await;
            Mock::given(any()).respond_with(answer(status, json!({"version": "1"}))).mount(&other).await;
            let realm = if name == "Keycloak" { "/realms/otomi" } else { "" };
            let target = format!("{at}{}{realm}", other.uri());
            let (code, _, stderr) = run(wait_for(&["--timeout", "300ms", &target])).await;
            assert_eq!(code, 69, "{stderr}");
            assert!(stderr.contains(&told), "{told}: {stderr}");
        }
    }
}

#[tokio::test]
async fn a_realm_that_is_missing_is_not_a_gateway_without_a_route() {
    let server = MockServer::start().await;
    let missing = ResponseTemplate::new(404).set_body_json(json!({"error": "Realm does not exist"}));
    Mock::given(any()).respond_with(missing).mount(&server).await;
    let (code, _, stderr) =
        run(wait_for(&["--timeout", "300ms", &format!("keycloak:{}/realms/otomi", server.uri())])).await;
    assert_eq!(code, 69, "{stderr}");
    assert!(stderr.contains("answers that the realm does not exist"), "{stderr}");
}

/// Something in front of an application asks for a login: nobody who reads of statuses and credentials finds that.
#[tokio::test]
async fn a_login_that_the_application_does_not_ask_for_is_told_with_its_own_hint() {
    let gateway = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&gateway).await;
    let (code, _, stderr) = run(wait_for(&[&format!("gitea:{}", gateway.uri())])).await;
    assert_eq!(code, 78, "{stderr}");
    assert!(
        stderr.contains("answers 401, as Gitea does not") && stderr.contains("something in front of it"),
        "{stderr}"
    );
}
