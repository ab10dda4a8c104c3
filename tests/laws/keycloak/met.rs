//! What was there under the names that a platform implies, and what makes it managed all the same.

use evenkeel_engine::exit_code::ExitCode;
use reqwest::Method;
use serde_json::json;

use super::{Keycloak, MINIMAL};
use crate::{
    bench::{Bench, planned, told},
    external::External,
    first_contact::left_alone,
    subject::Subject,
};

/// A realm in which others have a scope and a client of the implied names, without any mapper.
async fn with_bare_scope_and_client(more: &str) -> Bench<Keycloak> {
    let subject = Keycloak::start();
    subject.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi", "enabled": true}))).await;
    subject.send(Method::POST, "/client-scopes", json!({"name": "openid", "protocol": "openid-connect"})).await;
    subject.send(Method::POST, "/clients", json!({"clientId": "otomi"})).await;
    let values = MINIMAL.replace("(server)", &subject.urls()[0]);
    Bench::with_values(subject, &[("10-platform.yaml", values), ("20-more.yaml", more.to_owned())])
}

/// The owners in which mappers are planned.
async fn owners_of_planned_mappers(bench: &Bench<Keycloak>) -> Vec<String> {
    let planned = planned(&bench.plan().await);
    let mappers = planned.iter().filter(|object| object.kind().as_str() == "protocol-mapper");
    let mut owners: Vec<String> = mappers.map(|mapper| mapper.parents().collect::<Vec<_>>().join("/")).collect();
    owners.dedup();
    owners
}

/// Tokens of other people's applications would carry other claims.
#[tokio::test]
async fn keycloak_a_scope_and_a_client_of_others_get_no_mappers_that_nobody_wrote() {
    let bench = with_bare_scope_and_client("{}").await;
    assert_eq!(owners_of_planned_mappers(&bench).await, [""; 0]);
    let finished = bench.converge().await;
    let lines = left_alone(&finished.report);
    let [line] = lines[..] else { panic!("{lines:?}") };
    assert!(line.contains("`client-scope/openid` (`attributes`, `protocol mapper client roles`"), "{line}");
    assert!(line.contains("`apply --adopt --only KIND/NAME`, which lets `--prune` remove it too"), "{line}");
}

#[tokio::test]
async fn keycloak_a_scope_or_a_client_of_others_gets_mappers_once_somebody_asks_for_them() {
    let bench = with_bare_scope_and_client("keycloak: {implied: {openidScope: true}}\n").await;
    assert_eq!(owners_of_planned_mappers(&bench).await, ["client-scope/openid"]);

    let mapper = "{name: email, protocolMapper: oidc-usermodel-property-mapper}";
    let bench = with_bare_scope_and_client(&format!("keycloak: {{client: {{protocolMappers: [{mapper}]}}}}\n")).await;
    assert_eq!(owners_of_planned_mappers(&bench).await, ["client/otomi"]);

    let mut bench = with_bare_scope_and_client("{}").await;
    bench.options.only = vec!["client/otomi".parse().unwrap()];
    assert_eq!(bench.adopt().await.exit_code, ExitCode::Converged);
    bench.options.only.clear();
    assert_eq!(owners_of_planned_mappers(&bench).await, ["client/otomi"]);
}

/// Its people would log in another way, and get other roles.
#[tokio::test]
async fn keycloak_an_identity_provider_of_others_keeps_what_nobody_wrote_until_it_is_adopted() {
    let subject = External::start();
    subject.fill_by_others().await;
    let values = External::minimal_values(&subject.urls());
    let mut bench = Bench::with_values(subject, &values);
    let finished = bench.converge().await;
    let provider = bench.subject.snapshot()["keycloak"]["otomi"]["identityProviders"]["otomi-idp"].clone();
    assert_eq!((&provider["displayName"], &provider["enabled"]), (&json!("Theirs"), &json!(false)), "{provider:#}");
    assert!(left_alone(&finished.report)[0].contains("`identity-provider/otomi-idp` (`config.clientAuthMethod`"));

    for selector in ["identity-provider/otomi-idp", "identity-provider-mapper/otomi-idp/sub"] {
        bench.options.only = vec![selector.parse().unwrap()];
        let adopted = bench.adopt().await;
        assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
        assert!(adopted.report.notes.iter().any(|note| note.message.contains("was adopted")), "{selector}");
    }
    bench.options.only.clear();
    bench.converge().await;
    let provider = bench.subject.snapshot()["keycloak"]["otomi"]["identityProviders"]["otomi-idp"].clone();
    assert_eq!(provider["enabled"], true, "{provider:#}");
}

/// Keycloak makes a realm that says nothing about it a disabled one, into which nobody gets.
#[tokio::test]
async fn keycloak_a_realm_of_which_nothing_is_implied_is_made_enabled_and_may_be_disabled_later() {
    let subject = Keycloak::start();
    let values = MINIMAL.replace("(server)", &subject.urls()[0]);
    let more = "keycloak: {implied: {realm: false}}\n".to_owned();
    let bench = Bench::with_values(subject, &[("10-platform.yaml", values), ("20-more.yaml", more)]);
    bench.converge().await;
    assert_eq!(bench.subject.get("").await["enabled"], true);
    bench.subject.send(Method::PUT, "", json!({"enabled": false})).await;
    bench.expect_nothing_to_do().await;
}

/// To Gitea they are one person. Few accounts are listed, of many the server is asked: both ways tell the same.
#[tokio::test]
async fn keycloak_who_else_has_a_nickname_is_told_in_any_letters_by_list_and_by_search() {
    for others in [0, 250] {
        let subject = Keycloak::start();
        let minimal = MINIMAL.replace("(server)", &subject.urls()[0]);
        let values = |more: &str| vec![("10-platform.yaml", minimal.clone() + more)];
        let (before, after) = (values(""), values("users: [{email: ada@example.com, firstName: Ada, lastName: L}]\n"));
        let bench = Bench::with_values(subject, &before);
        bench.converge().await;
        let rival = json!({"username": "rival", "attributes": {"nickname": ["Ada-Example-COM"]}});
        bench.subject.send(Method::POST, "/users", rival).await;
        for number in 0..others {
            bench.subject.send(Method::POST, "/users", json!({"username": format!("somebody-{number}")})).await;
        }
        bench.declare(&after);
        let warnings = bench.check().await.report.warnings;
        let [warning] = &warnings[..] else { panic!("{others}: {warnings:?}") };
        assert!(warning.message.starts_with("has the nickname of account `rival`"), "{others}: {}", warning.message);
        bench.converge().await;
        assert_eq!(bench.check().await.report.warnings, [], "{others}: it was told when it was given");
    }
}

/// Its nickname is not given to an account that was there, so that nobody is mistaken for anybody.
#[tokio::test]
async fn keycloak_a_nickname_that_is_not_given_is_no_warning() {
    for others in [0, 250] {
        let subject = Keycloak::start();
        let minimal = MINIMAL.replace("(server)", &subject.urls()[0]);
        let values = |more: &str| vec![("10-platform.yaml", minimal.clone() + more)];
        let (before, after) = (values(""), values("users: [{email: ada@example.com}]\n"));
        let bench = Bench::with_values(subject, &before);
        bench.converge().await;
        let ada = json!({"username": "ada@example.com", "email": "ada@example.com", "firstName": "Ada", "lastName": "L",
                         "enabled": true, "attributes": {"nickname": ["ada"]}});
        let rival = json!({"username": "rival", "attributes": {"nickname": ["ada-example-com"]}});
        for user in [ada, rival] {
            bench.subject.send(Method::POST, "/users", user).await;
        }
        for number in 0..others {
            bench.subject.send(Method::POST, "/users", json!({"username": format!("somebody-{number}")})).await;
        }
        bench.declare(&after);
        assert_eq!(bench.check().await.report.warnings, [], "{others}");
    }
}
