//! What the server keeps in another form than it was sent, or not at all (contract `realm-lifecycle`).

use evenkeel_engine::exit_code::ExitCode;
use serde_json::json;

use super::super::Keycloak;
use crate::{
    bench::{Bench, told},
    subject::Subject,
};

#[tokio::test]
async fn keycloak_what_the_server_writes_in_its_own_form_differs_for_ever() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "keycloak:\n  realm: {sslRequired: EXTERNAL, passwordPolicy: length(8) and notUsername() and length(9)}\n",
    );
    bench.converge().await;
    let realm = bench.subject.get("").await;
    assert_eq!(realm["passwordPolicy"], "length(9) and notUsername");
    assert_eq!(realm["sslRequired"], "external");
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_switch_that_is_left_out_of_answers_while_it_is_off_differs_for_ever() {
    let bench = Bench::<Keycloak>::converged().await;
    let layer = |on: bool| {
        format!(
            "keycloak:\n  clients: [{{clientId: plain, serviceAccountsEnabled: true, authorizationServicesEnabled: {on}}}]\n"
        )
    };
    bench.with_layer(&layer(false));
    bench.converge().await;
    assert_eq!(bench.subject.find("/clients", "clientId", "plain").await.get("authorizationServicesEnabled"), None);
    bench.expect_nothing_to_do().await;

    bench.with_layer(&layer(true));
    bench.converge().await;
    let client = bench.subject.find("/clients", "clientId", "plain").await;
    assert_eq!(client["authorizationServicesEnabled"], true, "what is not off is a difference");
    bench.with_layer(&layer(false));
    bench.converge().await;
    assert_eq!(bench.subject.find("/clients", "clientId", "plain").await.get("authorizationServicesEnabled"), None);
}

/// Files of other tools list the scope of SAML for every client.
#[tokio::test]
async fn keycloak_scope_of_another_protocol_is_asked_for_in_every_run() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak:\n  clients: [{clientId: plain, defaultClientScopes: [email, role_list]}]\n");
    bench.converge().await;
    let client = bench.subject.find("/clients", "clientId", "plain").await;
    assert_eq!(client["defaultClientScopes"], json!(["email"]));
    bench.expect_nothing_to_do().await;
    let plan = bench.plan().await;
    let notes: Vec<&str> = plan.report.notes.iter().map(|note| note.message.as_str()).collect();
    let said = "client scope `role_list` is of another protocol, and keycloak does not give it to this client";
    assert!(notes.contains(&said), "{notes:?}");
}

#[tokio::test]
async fn keycloak_field_that_the_server_does_not_keep_is_not_named() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak:\n  realm: {verifiableCredentialsEnabled: true, displayName: Another}\n");
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    let named = "`verifiableCredentialsEnabled` is false where true is declared";
    assert!(told(&finished).contains(named), "{}", told(&finished));
    assert_eq!(bench.subject.get("").await["displayName"], json!("Another"), "everything else converges");
}

#[tokio::test]
async fn keycloak_client_that_nobody_may_change_is_said_to_lack_a_right() {
    let bench = Bench::<Keycloak>::converged().await;
    let layer = |more: &str| format!("keycloak:\n  clients: [{{clientId: realm-management, enabled: true{more}}}]\n");
    bench.with_layer(&layer(""));
    bench.converge().await;
    bench.expect_nothing_to_do().await;

    bench.with_layer(&layer(", description: ours, roles: [{name: mine}]"));
    let plan = bench.plan().await;
    let notes: Vec<&str> = plan.report.notes.iter().map(|note| note.message.as_str()).collect();
    let said = "cannot be changed: keycloak lets nobody change client `realm-management`";
    assert!(notes.contains(&said), "{notes:?}");
    bench.subject.forget();
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(!told(&finished).contains("the account needs"), "{}", told(&finished));
    assert_eq!(bench.refused(), [], "what is refused in any case is not asked for");
    bench.with_layer("");
    bench.converge().await;
}

#[tokio::test]
async fn keycloak_text_that_is_longer_than_its_column_is_an_internal_error_that_names_nothing() {
    let bench = Bench::<Keycloak>::new();
    let (most, more) = ("x".repeat(255), "ü".repeat(256));
    let layer = |text: &str| {
        format!(
            "keycloak:\n  roles: [{{name: a, description: {text}}}]\n  groups: [{{name: b, subGroups: [{{name: {text}}}]}}]\n  \
             clients: [{{clientId: c, baseUrl: {text}, roles: [{{name: d, description: {text}}}]}}]\n  \
             clientScopes: []\n  identityProviders: []\n  defaultRoles: null\nusers: []\n"
        )
    };
    bench.with_layer(&layer(&more));
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
    assert_eq!(finished.problems.as_ref().map(|problems| problems.len()), Some(4), "{}", told(&finished));
    for line in 2..=4 {
        assert!(told(&finished).contains(&format!("90-more.yaml:{line}")), "{line}: {}", told(&finished));
    }
    assert!(told(&finished).contains("has 256 characters, and keycloak takes 255"), "{}", told(&finished));
    assert_eq!(bench.subject.requests().len(), 0);
    bench.with_layer(&layer(&most));
    bench.converge().await;
}
