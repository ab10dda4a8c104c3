//! Lists that end early without a word (server-behaviour 2.6), and role mappings (2.7).

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::Kind;
use reqwest::Method;
use serde_json::json;

use super::super::Keycloak;
use crate::{
    bench::{Bench, told},
    subject::Subject,
};

#[tokio::test]
async fn keycloak_children_of_a_group_stop_at_ten_without_a_word() {
    let bench = Bench::<Keycloak>::converged().await;
    let children: String =
        (0..25).map(|number| format!("{{name: child-{number:02}, realmRoles: [team-alpha]}}, ")).collect();
    bench.with_layer(&format!("keycloak: {{groups: [{{name: parent, subGroups: [{children}]}}]}}\n"));
    bench.converge().await;
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.count(Kind::Write), 0, "every child is seen");
    let parent = bench.subject.id("/groups", "name", "parent").await;
    let shown = bench.subject.get(&format!("/groups/{parent}/children")).await;
    assert_eq!(shown.as_array().unwrap().len(), 10, "the trap is there");
}

/// Ours come after a hundred others.
#[tokio::test]
async fn keycloak_identity_providers_stop_at_100_without_a_word() {
    let bench = Bench::<Keycloak>::converged().await;
    for number in 0..110 {
        let theirs = json!({"alias": format!("a-{number:03}"), "providerId": "oidc", "config": {}});
        bench.subject.send(Method::POST, "/identity-provider/instances", theirs).await;
    }
    let shown = bench.subject.get("/identity-provider/instances").await;
    let aliases: Vec<&str> =
        shown.as_array().unwrap().iter().map(|provider| provider["alias"].as_str().unwrap()).collect();
    assert!(aliases.len() == 100 && !aliases.contains(&"google"), "the trap is there: {aliases:?}");
    bench.expect_nothing_to_do().await;
    bench.with_layer("users: []\nkeycloak: {identityProviders: []}\n");
    let pruned = bench.apply_with(|options| (options.prune, options.max_deletes) = (true, 10)).await;
    assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
    let left = bench.stored()["identityProviders"].clone();
    assert_eq!(left.as_object().unwrap().len(), 110, "ours are gone, theirs are not");
}

#[tokio::test]
async fn keycloak_more_than_100_roles_of_a_client_are_not_all_seen_1090() {
    let bench = Bench::<Keycloak>::converged().await;
    let roles: String = (0..130).map(|number| format!("{{name: role-{number:03}}}, ")).collect();
    let names: String = (0..130).map(|number| format!("role-{number:03}, ")).collect();
    bench.with_layer(&format!(
        "keycloak: {{clients: [{{clientId: many, roles: [{roles}], serviceAccount: {{clientRoles: {{many: [{names}]}}}}}}]}}\n"
    ));
    bench.converge().await;
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.count(Kind::Write), 0, "no role is made or given twice");
}

#[tokio::test]
async fn keycloak_role_that_every_user_has_is_taken_from_a_service_account() {
    let bench = Bench::<Keycloak>::converged().await;
    let client = bench.subject.id("/clients", "clientId", "audit").await;
    let user = bench.subject.get(&format!("/clients/{client}/service-account-user")).await;
    let roles = bench.subject.get(&format!("/users/{}/role-mappings/realm", user["id"].as_str().unwrap())).await;
    let names: Vec<&str> = roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"default-roles-otomi") && names.contains(&"auditor"), "{names:?}");
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_group_lists_omit_roles_and_subgroups_unless_asked() {
    let bench = Bench::<Keycloak>::converged().await;
    let brief = bench.subject.find("/groups", "name", "auditors").await;
    assert!(brief.get("realmRoles").is_none_or(|roles| roles == &json!([])), "the trap is there: {brief}");
    let group = bench.subject.place("/groups", "name", "auditors").await;
    let role = bench.subject.get("/roles/auditor").await;
    bench.subject.send(Method::DELETE, &format!("{group}/role-mappings/realm"), json!([role])).await;
    assert_eq!(bench.names_planned().await, ["group-role/auditors/auditor"]);
}

#[tokio::test]
async fn keycloak_sets_come_back_in_another_order_and_are_no_difference() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "keycloak:
  realm: {supportedLocales: [nl, en]}
  events: {enabledEventTypes: [LOGOUT, LOGIN], eventsListeners: [jboss-logging]}
  client: {redirectUris: ['https://gitea.example.com/*', 'https://harbor.example.com/*'], defaultClientScopes: [profile, email, openid]}
",
    );
    bench.expect_nothing_to_do().await;
}

/// Of users, and of nothing else: groups and roles keep them (seen on 26.7.3 and 26.0.7).
#[tokio::test]
async fn keycloak_blank_values_of_a_users_attribute_are_dropped_and_no_difference() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "users: [{email: grace@example.com, firstName: '', attributes: {department: [a, '', ' '], city: ['']}}]
keycloak:
  roles: [{name: plain, attributes: {level: [a, '', ' ']}}]
  groups: [{name: plain, attributes: {level: [a, '', ' ']}}]
",
    );
    bench.converge().await;
    bench.expect_nothing_to_do().await;
    let user = bench.subject.user("grace@example.com").await;
    bench.subject.change(&format!("/users/{user}"), |user| user["attributes"]["city"] = json!(["theirs"])).await;
    assert_eq!(bench.names_planned().await, ["user/grace@example.com"], "a blank value is managed and empty");
}

#[tokio::test]
async fn keycloak_values_of_an_attribute_come_back_in_another_order_1508() {
    let bench = Bench::<Keycloak>::converged().await;
    let layer = |values: &str| {
        format!(
            "users: [{{email: grace@example.com, attributes: {{department: {values}}}}}]
keycloak:
  roles: [{{name: plain, attributes: {{level: {values}}}}}]
  groups: [{{name: plain, attributes: {{level: {values}}}}}]
  clients: [{{clientId: plain, roles: [{{name: plain, attributes: {{level: {values}}}}}]}}]
"
        )
    };
    bench.with_layer(&layer("[a, b, c]"));
    bench.converge().await;
    bench.with_layer(&layer("[c, a, b]"));
    bench.expect_nothing_to_do().await;
    bench.with_layer(&layer("[c, a]"));
    assert_eq!(bench.names_planned().await.len(), 4, "another value is one all the same");
}
