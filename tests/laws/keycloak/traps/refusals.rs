//! What is refused, dropped or never changed whatever is sent (server-behaviour 2.4 and 2.5).

use evenkeel_core::plan::Style;
use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Matching, Page};
use reqwest::Method;
use serde_json::json;

use super::super::Keycloak;
use crate::{
    bench::{Bench, planned, told},
    subject::Subject,
};

/// The declared provider `google`, with something else in its fields and in its configuration.
fn google(fields: &str, config: &str) -> String {
    format!(
        "keycloak:
  identityProviders:
    - alias: google
      {fields}
      config: {{clientId: evenkeel, clientSecret: {{fromEnv: KEYCLOAK_GOOGLE_SECRET}}, syncMode: IMPORT{config}}}
"
    )
}

/// Keycloak answers 204 and keeps the kind: taken for done, the plan would promise the change for ever.
#[tokio::test]
async fn keycloak_kind_of_an_identity_provider_never_changes_although_the_answer_is_204() {
    let bench = Bench::<Keycloak>::converged().await;
    let secret = bench.stored()["identityProviders"]["google"]["config"]["clientSecret"].clone();
    bench.subject.change("/roles/auditor", |role| role["description"] = json!("spoiled")).await;
    bench.with_layer(&google("providerId: oidc", ""));
    let finished = bench.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert!(told(&finished).contains("identity-provider/google"), "{}", told(&finished));
    let stored = bench.stored();
    let provider = &stored["identityProviders"]["google"];
    assert_eq!((&provider["providerId"], &provider["config"]["clientSecret"]), (&json!("google"), &secret));
    assert_ne!(bench.subject.get("/roles/auditor").await["description"], "spoiled", "nothing else waits for it");
}

#[tokio::test]
async fn keycloak_empty_entry_of_an_identity_provider_is_dropped_and_no_difference() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(&google("providerId: google", ", hostedDomain: ''"));
    bench.expect_nothing_to_do().await;
    let google = "/identity-provider/instances/google";
    bench.subject.change(google, |provider| provider["config"]["hostedDomain"] = json!("theirs.example.com")).await;
    assert_eq!(bench.names_planned().await, ["identity-provider/google"], "an empty entry is managed and empty");
    bench.converge().await;
    assert_eq!(bench.subject.get(google).await["config"].get("hostedDomain"), None);
    bench.expect_nothing_to_do().await;
}

/// 26.7 refuses a listener that is not installed, 26.0 takes it.
#[tokio::test]
async fn keycloak_unknown_listener_of_events_is_refused_and_spoils_nothing_else() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.subject.change("/roles/auditor", |role| role["description"] = json!("spoiled")).await;
    let before = bench.subject.get("/events/config").await;
    bench.with_layer("keycloak: {events: {eventsListeners: [nowhere]}}\n");
    let finished = bench.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert!(told(&finished).contains("Unknown event listener"), "{}", told(&finished));
    assert_eq!(bench.subject.get("/events/config").await, before);
    assert_ne!(bench.subject.get("/roles/auditor").await["description"], "spoiled", "nothing else waits for it");
}

/// A new user in a group that is not there is an internal error, and nobody could tell why.
#[tokio::test]
async fn keycloak_new_user_in_a_group_that_is_not_there_is_an_internal_error() {
    let bench = Bench::<Keycloak>::new();
    let groups = Matching::any().method(Method::POST).path("/admin/realms/otomi/groups");
    let refused = Effect::Status { code: 403, page: Page::Empty, retry_after: None };
    bench.subject.inject(Fault::always(groups, refused));
    let finished = bench.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged);
    let asked: Vec<_> = bench.refused().into_iter().filter(|request| request.path.ends_with("/users")).collect();
    assert_eq!(asked, [], "users wait for their groups: {}", told(&finished));
    assert!(bench.stored()["users"].get("ada@example.com").is_none(), "{}", told(&finished));
    bench.subject.heal();
    let healed = bench.converge().await;
    assert!(planned(&healed).iter().any(|object| object.to_string() == "user/ada@example.com"));
    assert_eq!(bench.stored()["users"]["ada@example.com"]["groups"].as_array().map(Vec::is_empty), Some(false));
}

/// What the server says of a value is of no use to somebody who does not know which of a thousand lines it is about.
#[tokio::test]
async fn keycloak_value_that_the_server_refuses_is_told_with_its_file_and_line() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "keycloak:\n  clients:\n    - clientId: grafana\n      redirectUris: ['https://grafana.example.com/#top']\n",
    );
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    let text = finished.report.text(Style::Plain);
    assert!(text.contains("A redirect URI must not contain an URL fragment"), "{text}");
    assert!(text.contains("90-more.yaml:3"), "{text}");
}

/// The answer is 404, as if an object had gone: it was looked for again, and tried three times.
#[tokio::test]
async fn keycloak_mapper_of_a_kind_that_is_not_installed_is_taken_for_one_that_has_gone() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "keycloak:\n  clients:\n    - clientId: grafana\n      protocolMappers: [{name: a, protocol: openid-connect, protocolMapper: \
         nowhere}]\n",
    );
    bench.subject.forget();
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("this server has no such kind of mapper"), "{}", told(&finished));
    let mappers = bench.subject.requests().into_iter();
    let tries = mappers.filter(|request| request.method == Method::POST && request.path.ends_with("/models")).count();
    assert_eq!(tries, 1);
}
