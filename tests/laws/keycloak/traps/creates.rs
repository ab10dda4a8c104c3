//! Making what is there already, at the same moment or before, and what a POST drops (server-behaviour 2.2, 2.3, 2.5, 2.9).

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Kind, Matching};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::Keycloak;
use crate::{
    bench::{Bench, told},
    subject::Subject,
};

#[tokio::test]
async fn keycloak_token_of_before_the_realm_was_made_is_good_for_it() {
    let bench = Bench::<Keycloak>::new();
    let finished = bench.converge().await;
    assert_eq!(finished.report.requests.tokens, 1, "no login is needed because a realm was made");
    assert!(bench.refused().iter().all(|request| request.status == Some(404)), "{:?}", bench.refused());
}

#[tokio::test]
async fn keycloak_loser_of_a_race_for_a_realm_is_told_400() {
    let bench = Bench::<Keycloak>::new();
    let made = Matching::any().method(Method::POST).path("/admin/realms");
    bench.subject.inject(Fault::once(made, Effect::StatusAfter { code: 400 }));
    bench.converge().await;
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_realm_that_is_refused_is_told_and_not_taken_for_a_race() {
    let bench = Bench::<Keycloak>::new();
    bench.with_layer("keycloak: {realm: {passwordPolicy: nonsense(8)}}\n");
    let finished = bench.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert!(told(&finished).contains("realm/otomi"), "{}", told(&finished));
}

#[tokio::test]
async fn keycloak_second_identity_provider_mapper_is_400_and_not_409() {
    let bench = Bench::<Keycloak>::new();
    let made = Matching::any().method(Method::POST).path("/admin/realms/otomi/identity-provider/instances/*/mappers");
    bench.subject.inject(Fault::once(made, Effect::StatusAfter { code: 400 }));
    bench.converge().await;
    let mappers = bench.subject.get("/identity-provider/instances/google/mappers").await;
    assert_eq!(mappers.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn keycloak_default_scope_that_is_one_already_is_409() {
    let bench = Bench::<Keycloak>::new();
    let added = Matching::any().method(Method::PUT).path("/admin/realms/otomi/default-default-client-scopes/*");
    bench.subject.inject(Fault::once(added, Effect::StatusAfter { code: 504 }));
    let finished = bench.converge().await;
    assert!(bench.refused().iter().any(|request| request.status == Some(409)), "asked again, it is there");
    assert_eq!(finished.report.rounds, 1, "{}", told(&finished));
}

#[tokio::test]
async fn keycloak_default_scope_that_is_optional_is_409_for_ever() {
    let bench = Bench::<Keycloak>::converged().await;
    let phone = bench.subject.id("/client-scopes", "name", "phone").await;
    let optional = bench.subject.get("/default-optional-client-scopes").await;
    assert!(optional.as_array().unwrap().iter().any(|scope| scope["name"] == "phone"));
    // The optional list is nobody's business here.
    bench.with_layer("keycloak: {realm: {defaultDefaultClientScopes: [openid, phone]}}\n");
    let planned = bench.names_planned().await;
    for relation in ["optional-client-scope/phone", "default-client-scope/phone"] {
        assert!(planned.iter().any(|object| object == relation), "the plan says what will be done: {planned:?}");
    }
    bench.converge().await;
    bench.expect_nothing_to_do().await;
    for (list, expected) in [("default", true), ("optional", false)] {
        let scopes = bench.subject.get(&format!("/default-{list}-client-scopes")).await;
        assert_eq!(scopes.as_array().unwrap().iter().any(|scope| scope["id"] == phone.as_str()), expected, "{list}");
    }
    bench.with_layer("keycloak: {realm: {defaultOptionalClientScopes: [phone]}}\n");
    bench.converge().await;
    bench.expect_nothing_to_do().await;
}

/// The lists would never be equal to what is declared.
#[tokio::test]
async fn keycloak_scope_in_both_lists_is_a_difference_for_ever() {
    for section in [
        "realm: {defaultOptionalClientScopes: [openid]}",
        "client: {optionalClientScopes: [email]}",
        "clients: [{clientId: a, defaultClientScopes: [phone], optionalClientScopes: [phone]}]",
    ] {
        let bench = Bench::<Keycloak>::new();
        bench.with_layer(&format!("keycloak: {{{section}}}\n"));
        let finished = bench.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{section}");
        assert!(told(&finished).contains("cannot be default and optional at once"), "{}", told(&finished));
        assert_eq!(bench.subject.requests().len(), 0);
    }
}

#[tokio::test]
async fn keycloak_scope_of_a_client_that_is_in_the_other_list_stays_there_without_a_word() {
    let bench = Bench::<Keycloak>::converged().await;
    let layer =
        |list: &str| format!("keycloak: {{clients: [{{clientId: audit, serviceAccountsEnabled: true, {list}}}]}}\n");
    // `email` is optional so far, and `audit` a default; the other list is not declared any more.
    for (list, other, expected) in [
        ("defaultClientScopes: [openid, email]", "optionalClientScopes", "email"),
        ("optionalClientScopes: [email, openid]", "defaultClientScopes", "openid"),
    ] {
        bench.with_layer(&layer(list));
        bench.converge().await;
        bench.expect_nothing_to_do().await;
        let client = bench.subject.find("/clients", "clientId", "audit").await;
        assert!(!client[other].as_array().unwrap().contains(&json!(expected)), "{client}");
    }
}

#[tokio::test]
async fn keycloak_object_that_somebody_deleted_first_is_404_and_no_failure() {
    let mut bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "users: []\nkeycloak: {roles: [], groups: [], clientScopes: [], clients: [], identityProviders: [], defaultRoles: null}\n",
    );
    (bench.options.prune, bench.options.max_deletes) = (true, 100);
    let deletes = Matching::any().method(Method::DELETE);
    bench.subject.inject(Fault::always(deletes, Effect::StatusAfter { code: 502 }));
    bench.subject.forget();
    let applying = bench.apply().await;
    bench.subject.heal();
    let gone = |name: &str| applying.report.changes.iter().any(|change| change.change.object.to_string() == name);
    assert!(gone("role/auditor"), "{}", told(&applying));
    bench.converge().await;
    assert!(bench.subject.requests().iter().any(|request| request.method == Method::DELETE && request.handled));
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_subgroups_are_made_below_the_wrong_group() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "keycloak: {groups: [{name: a, subGroups: [{name: b, subGroups: [{name: c, realmRoles: [team-alpha]}]}, {name: c}]}]}\n",
    );
    let finished = bench.converge().await;
    assert_eq!(finished.report.rounds, 1, "{}", told(&finished));
    let groups = bench.stored()["groups"].clone();
    for path in ["/a", "/a/b", "/a/b/c", "/a/c"] {
        assert!(groups[path].is_object(), "{path}: {groups}");
    }
    assert_eq!(groups["/a/b/c"]["roles"], json!(["team-alpha"]));
}

#[tokio::test]
async fn keycloak_id_in_a_new_group_means_another_group() {
    for section in [
        "groups: [{name: a, id: b}]",
        "groups: [{name: a, subGroups: [{name: c, id: b}]}]",
        "roles: [{name: a, id: b}]",
    ] {
        let bench = Bench::<Keycloak>::new();
        bench.with_layer(&format!("keycloak: {{{section}}}\n"));
        let finished = bench.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{section}");
        assert!(told(&finished).contains("`id` cannot be declared here"), "{}", told(&finished));
        assert_eq!(bench.subject.requests().len(), 0);
    }
}

#[tokio::test]
async fn keycloak_unknown_scope_of_a_new_client_is_dropped_without_a_word() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak: {clients: [{clientId: plain, defaultClientScopes: [email, nowhere]}]}\n");
    let finished = bench.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged);
    assert!(told(&finished).contains("client scope `nowhere` is not there"), "{}", told(&finished));
    let client = bench.subject.find("/clients", "clientId", "plain").await;
    assert_eq!(client["defaultClientScopes"], json!(["email"]), "what is there is assigned all the same");
}

#[tokio::test]
async fn keycloak_new_realm_is_disabled_unless_somebody_says_otherwise() {
    let bench = Bench::<Keycloak>::converged().await;
    assert_eq!(bench.subject.get("").await["enabled"], true);
}

#[tokio::test]
async fn keycloak_attributes_of_new_users_are_dropped_while_the_profile_forbids_them() {
    let bench = Bench::<Keycloak>::new();
    let finished = bench.converge().await;
    assert_eq!(finished.report.rounds, 1, "{}", told(&finished));
    let users = bench.stored()["users"].clone();
    assert_eq!(users["ada@example.com"]["attributes"]["nickname"], json!(["ada-example-com"]));
    assert_eq!(users["ada@example.com"]["attributes"]["department"], json!(["Analysis"]));
}

#[tokio::test]
async fn keycloak_password_that_breaks_the_policy_makes_no_account() {
    let mut bench = Bench::<Keycloak>::new();
    bench.change_secret("ADA_INITIAL_PASSWORD", "short");
    let finished = bench.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged);
    assert!(told(&finished).contains("user/ada@example.com"), "{}", told(&finished));
    assert!(!told(&finished).contains("short"), "the password is not told");
    let users = bench.stored()["users"].clone();
    assert!(users.get("ada@example.com").is_none());
    assert!(users["grace@example.com"].is_object(), "others are made all the same");
    bench.change_secret("ADA_INITIAL_PASSWORD", "long enough");
    bench.converge().await;
}

#[tokio::test]
async fn keycloak_new_client_shows_thirty_defaults_that_nobody_sent() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak: {clients: [{clientId: plain}], roles: [{name: plain}], groups: [{name: plain}], clientScopes: [{name: plain}]}\n");
    bench.converge().await;
    let client = bench.subject.find("/clients", "clientId", "plain").await;
    assert!(client.as_object().unwrap().len() > 20, "{client}");
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_scope_mappings_are_kept_one_by_one() {
    let bench = Bench::<Keycloak>::converged().await;
    let stored = || bench.stored();
    assert_eq!(stored()["clientScopes"]["audit"]["scopeMappings"], json!(["audit/reader", "auditor"]));
    let audit = bench.subject.place("/clients", "clientId", "audit").await;
    let (theirs, account) =
        (bench.subject.get("/roles/team-beta").await, bench.subject.id("/clients", "clientId", "account").await);
    let view = bench.subject.get(&format!("/clients/{account}/roles/view-profile")).await;
    bench.subject.send(Method::POST, &format!("{audit}/scope-mappings/realm"), json!([theirs])).await;
    bench.subject.send(Method::POST, &format!("{audit}/scope-mappings/clients/{account}"), json!([view])).await;
    assert_eq!(
        bench.names_planned().await,
        ["scope-mapping/client/audit/team-beta"],
        "other clients' roles are not declared"
    );
    bench.converge().await;
    let mapped = stored()["clients"]["audit"]["scopeMappings"].clone();
    assert_eq!(mapped, json!(["account/view-profile", "auditor", "realm-management/view-users"]));
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.count(Kind::Write), 0);
}

#[tokio::test]
async fn keycloak_unknown_role_of_a_scope_mapping_is_named_and_spoils_nothing_else() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak: {client: {name: Changed, scopeMappings: {realmRoles: [nowhere, auditor]}}}\n");
    let finished = bench.apply().await;
    assert!(told(&finished).contains("role `nowhere` is not there"), "{}", told(&finished));
    let client = bench.stored()["clients"]["otomi"].clone();
    assert_eq!((&client["name"], &client["scopeMappings"]), (&Value::from("Changed"), &json!(["auditor"])));
}
