//! What a PUT of each type replaces, merges, keeps or drops (server-behaviour 2.4 and 2.5).

use reqwest::Method;
use serde_json::{Value, json};

use super::super::Keycloak;
use crate::{
    bench::{Bench, told},
    subject::Subject,
};

#[tokio::test]
async fn keycloak_realm_attributes_of_others_are_overwritten_1031() {
    let bench = Bench::<Keycloak>::converged().await;
    bench
        .subject
        .change("", |realm| {
            realm["attributes"]["theirs"] = json!("set at run time");
            realm["browserSecurityHeaders"]["strictTransportSecurity"] = json!("max-age=1");
        })
        .await;
    bench.with_layer(
        "keycloak: {realm: {attributes: {ours: a}, browserSecurityHeaders: {xFrameOptions: SAMEORIGIN}}}\n",
    );
    bench.converge().await;
    let realm = bench.subject.get("").await;
    assert_eq!(realm["attributes"]["theirs"], "set at run time", "the map is replaced as a whole");
    assert_eq!(realm["attributes"]["ours"], "a");
    assert_eq!(realm["browserSecurityHeaders"]["strictTransportSecurity"], "max-age=1");
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_smtp_settings_of_others_are_lost_with_an_update() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.subject.change("", |realm| realm["smtpServer"]["replyTo"] = json!("theirs@example.com")).await;
    let password = bench.stored()["realm"]["smtpServer"]["password"].clone();
    bench.with_layer("keycloak: {realm: {smtpServer: {host: other.example.com}}}\n");
    bench.converge().await;
    let mail = bench.stored()["realm"]["smtpServer"].clone();
    assert_eq!((&mail["host"], &mail["replyTo"]), (&json!("other.example.com"), &json!("theirs@example.com")));
    assert_eq!(mail["password"], password, "the mask was sent back, and the password stayed");
    assert!(password.as_str().is_some_and(|password| password.starts_with("Kanarie")));
}

#[tokio::test]
async fn keycloak_empty_display_name_is_kept_as_empty() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak: {realm: {displayName: ''}}\n");
    bench.converge().await;
    assert!(bench.subject.get("").await["displayName"].as_str().is_none_or(str::is_empty));
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_web_origins_are_derived_anew_by_an_unrelated_update() {
    let bench = Bench::<Keycloak>::converged().await;
    let layer = |more: &str| {
        format!("keycloak: {{clients: [{{clientId: plain, redirectUris: ['https://plain.example.com/*']{more}}}]}}\n")
    };
    bench.with_layer(&layer(""));
    bench.converge().await;
    bench
        .subject
        .change(&bench.subject.place("/clients", "clientId", "plain").await, |client| client["webOrigins"] = json!([]))
        .await;
    bench.with_layer(&layer(", name: Plain"));
    bench.converge().await;
    let client = bench.subject.find("/clients", "clientId", "plain").await;
    assert_eq!((&client["name"], &client["webOrigins"]), (&json!("Plain"), &json!([])));
}

#[tokio::test]
async fn keycloak_client_update_deletes_attributes_and_mappers_of_others() {
    let bench = Bench::<Keycloak>::converged().await;
    let client = bench.subject.place("/clients", "clientId", "otomi").await;
    bench.subject.change(&client, |client| client["attributes"]["theirs"] = json!("yes")).await;
    let mapper = json!({"name": "theirs", "protocol": "openid-connect", "protocolMapper": "oidc-full-name-mapper", "config": {}});
    bench.subject.send(Method::POST, &format!("{client}/protocol-mappers/models"), mapper).await;
    bench.with_layer("keycloak: {client: {name: Another, attributes: {ours: a}}}\n");
    bench.converge().await;
    let client = bench.subject.get(&client).await;
    assert_eq!((&client["attributes"]["theirs"], &client["attributes"]["ours"]), (&json!("yes"), &json!("a")));
    let mappers = client["protocolMappers"].as_array().unwrap();
    assert!(mappers.iter().any(|mapper| mapper["name"] == "theirs"), "a list of mappers is a full sync");
}

#[tokio::test]
async fn keycloak_empty_attribute_of_a_client_is_dropped_and_no_difference() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak: {client: {attributes: {post.logout.redirect.uris: ''}}}\n");
    bench.converge().await;
    let client = bench.subject.find("/clients", "clientId", "otomi").await;
    assert_eq!(client["attributes"].get("post.logout.redirect.uris"), None);
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_client_scope_update_without_a_name_is_an_internal_error() {
    let bench = Bench::<Keycloak>::converged().await;
    let scope = bench.subject.place("/client-scopes", "name", "openid").await;
    bench.subject.change(&scope, |scope| scope["attributes"]["theirs"] = json!("yes")).await;
    bench.subject.change(&scope, |scope| scope["attributes"]["include.in.token.scope"] = json!("false")).await;
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.refused(), []);
    assert_eq!(bench.subject.get(&scope).await["attributes"]["theirs"], "yes");
}

#[tokio::test]
async fn keycloak_mapper_update_replaces_config_and_needs_id_and_type() {
    let bench = Bench::<Keycloak>::converged().await;
    let scope = bench.subject.place("/client-scopes", "name", "openid").await;
    let list = format!("{scope}/protocol-mappers/models");
    let mapper = bench.subject.place(&list, "name", "groups").await;
    bench
        .subject
        .change(&mapper, |mapper| {
            mapper["config"]["theirs"] = json!("yes");
            mapper["config"]["claim.name"] = json!("spoiled");
        })
        .await;
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.refused(), []);
    let config = bench.subject.get(&mapper).await["config"].clone();
    assert_eq!((&config["theirs"], &config["claim.name"]), (&json!("yes"), &json!("groups")));
}

#[tokio::test]
async fn keycloak_claims_that_a_mappers_end_point_derives_are_no_difference() {
    let bench = Bench::<Keycloak>::converged().await;
    let scope = bench.subject.place("/client-scopes", "name", "audit").await;
    let place = bench.subject.place(&format!("{scope}/protocol-mappers/models"), "name", "level").await;
    bench.subject.change(&place, |mapper| mapper["config"]["access.token.claim"] = json!("true")).await;
    let mapper = bench.subject.find(&format!("{scope}/protocol-mappers/models"), "name", "level").await;
    let stored = bench.subject.get(&scope).await["protocolMappers"][0]["config"].clone();
    assert_ne!(mapper["config"], stored, "the two views differ where claims follow from others");
    bench.expect_nothing_to_do().await;
}

const PLAIN_ROLE: &str = "keycloak: {roles: [{name: plain, attributes: {level: ['(level)']}}]}\n";

#[tokio::test]
async fn keycloak_role_update_without_a_description_deletes_it() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(&PLAIN_ROLE.replace("(level)", "1"));
    bench.converge().await;
    let theirs = json!({"name": "plain", "description": "theirs", "attributes": {"level": ["2"], "theirs": ["yes"]}});
    bench.subject.send(Method::PUT, "/roles/plain", theirs).await;
    bench.converge().await;
    let role = bench.subject.get("/roles/plain").await;
    assert_eq!(role["description"], "theirs");
    assert_eq!(role["attributes"], json!({"level": ["1"], "theirs": ["yes"]}));
}

/// Keycloak 26.7 refuses an update without a name, 26.0 takes it and loses the role.
#[tokio::test]
async fn keycloak_26_0_loses_a_role_that_is_updated_without_its_name() {
    let bench = Bench::<Keycloak>::converged().await;
    for role in ["/roles/auditor", "/roles/team-alpha"] {
        bench.subject.change(role, |role| role["description"] = json!("spoiled")).await;
    }
    let reader = format!("{}/roles/reader", bench.subject.place("/clients", "clientId", "audit").await);
    bench.subject.change(&reader, |role| role["description"] = json!("spoiled")).await;
    bench.subject.forget();
    let finished = bench.converge().await;
    assert_eq!(bench.refused(), [], "{}", told(&finished));
    for role in ["/roles/auditor", "/roles/team-alpha", &reader] {
        assert_ne!(bench.subject.get(role).await["description"], "spoiled");
    }
}

#[tokio::test]
async fn keycloak_group_update_drops_attributes_of_others_and_needs_its_name() {
    let bench = Bench::<Keycloak>::converged().await;
    let group = bench.subject.place("/groups", "name", "auditors").await;
    bench.subject.change(&group, |group| group["attributes"] = json!({"level": ["9"], "theirs": ["yes"]})).await;
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.refused(), []);
    assert_eq!(bench.subject.get(&group).await["attributes"], json!({"level": ["1"], "theirs": ["yes"]}));
}

#[tokio::test]
async fn keycloak_user_update_with_attributes_deletes_email_and_names() {
    let bench = Bench::<Keycloak>::converged().await;
    // Of Grace only the nickname is declared here: the rest is hers.
    bench.with_layer("users: [{email: grace@example.com, attributes: {department: [Navy]}}]\n");
    bench.converge().await;
    let user = bench.subject.get(&format!("/users/{}", bench.subject.user("grace@example.com").await)).await;
    assert_eq!((&user["firstName"], &user["lastName"]), (&json!("Grace"), &json!("Hopper")));
    assert_eq!((&user["email"], &user["enabled"]), (&json!("grace@example.com"), &json!(true)));
    assert_eq!(user["attributes"]["department"], json!(["Navy"]));
}

#[tokio::test]
async fn keycloak_identity_provider_update_without_a_display_name_deletes_it() {
    let bench = Bench::<Keycloak>::converged().await;
    let partner = "/identity-provider/instances/partner";
    bench
        .subject
        .change(partner, |provider| {
            provider["displayName"] = json!("theirs");
            provider["config"]["theirs"] = json!("yes");
            provider["trustEmail"] = json!(false);
        })
        .await;
    assert_eq!(bench.names_planned().await, ["identity-provider/partner"]);
    bench.converge().await;
    let provider = bench.subject.get(partner).await;
    assert_eq!((&provider["displayName"], &provider["trustEmail"]), (&json!("theirs"), &json!(true)));
    assert_eq!(provider["config"]["theirs"], "yes", "the configuration is replaced as a whole");
}

#[tokio::test]
async fn keycloak_identity_provider_mapper_update_replaces_config_and_needs_its_id() {
    let bench = Bench::<Keycloak>::converged().await;
    let list = "/identity-provider/instances/google/mappers";
    let mapper = bench.subject.place(list, "name", "staff").await;
    bench
        .subject
        .change(&mapper, |mapper| {
            mapper["config"]["theirs"] = json!("yes");
            mapper["config"]["role"] = json!("spoiled");
        })
        .await;
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.refused(), []);
    let config = bench.subject.get(&mapper).await["config"].clone();
    assert_eq!((&config["theirs"], &config["role"]), (&json!("yes"), &json!("auditor")));
}

#[tokio::test]
async fn keycloak_roles_scopes_and_groups_in_an_update_are_ignored_without_a_word() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer(
        "keycloak:
  groups: [{name: auditors, attributes: {level: ['2']}, realmRoles: []}]
  clients: [{clientId: audit, name: Changed, serviceAccountsEnabled: true, defaultClientScopes: [], optionalClientScopes: [email]}]
  roles: [{name: auditor, description: Changed, composites: {realm: []}}]
",
    );
    bench.converge().await;
    let group = bench.subject.find("/groups?briefRepresentation=false", "name", "auditors").await;
    let none = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
    assert!(none(&group["realmRoles"]), "{group}");
    let client = bench.subject.find("/clients", "clientId", "audit").await;
    assert_eq!(
        client["defaultClientScopes"].as_array().unwrap().iter().filter(|scope| *scope != "service_account").count(),
        0
    );
    assert!(none(&bench.subject.get("/roles/auditor/composites/realm").await));
    bench.expect_nothing_to_do().await;
}
