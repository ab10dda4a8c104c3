//! What single kinds of objects promise beyond the laws.

use evenkeel_engine::exit_code::ExitCode;
use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;
use crate::{
    bench::{Bench, changes, planned, told},
    subject::Subject,
};

impl Bench<Keycloak> {
    /// Declares the subject's values with one more layer.
    fn declare_also(&self, layer: &str) {
        let more = vec![("90-more.yaml", layer.to_owned())];
        self.declare(&[Keycloak::values(&self.subject.urls()), more].concat());
    }

    /// What is planned, as text.
    async fn plan_of(&self) -> Vec<String> {
        planned(&self.plan().await).iter().map(ToString::to_string).collect()
    }
}

#[tokio::test]
async fn keycloak_default_groups_are_kept_one_by_one_and_new_users_join_them() {
    let bench = Bench::<Keycloak>::new();
    bench.declare_also("keycloak: {defaultGroups: [/auditors/external]}\n");
    bench.converge().await;
    let ada = bench.subject.user("ada@example.com").await;
    let groups = bench.subject.get(&format!("/users/{ada}/groups")).await;
    let groups: Vec<&Value> = groups.as_array().unwrap().iter().map(|group| &group["path"]).collect();
    assert!(groups.contains(&&json!("/auditors/external")), "made before the users: {groups:?}");
    bench.expect_nothing_to_do().await;

    let theirs = bench.subject.id("/groups", "name", "team-beta").await;
    bench.subject.send(Method::PUT, &format!("/default-groups/{theirs}"), Value::Null).await;
    assert_eq!(bench.plan_of().await, ["default-group/team-beta"], "a declared list is the whole list");
    bench.converge().await;
    bench.declare_also("keycloak: {realm: {defaultGroups: []}}\n");
    assert_eq!(bench.plan_of().await, ["default-group/auditors/external"], "the realm's own field says the same");
    bench.converge().await;
    assert_eq!(bench.subject.get("").await["defaultGroups"], Value::Null);
}

#[tokio::test]
async fn keycloak_user_deleted_by_hand_is_made_again_309() {
    let bench = Bench::<Keycloak>::converged().await;
    let ada = bench.subject.user("ada@example.com").await;
    bench.subject.ask(Method::DELETE, &format!("/admin/realms/otomi/users/{ada}"), None).await;
    bench.converge().await;
    assert_ne!(bench.subject.user("ada@example.com").await, ada);
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_removed_users_are_kept_disabled_or_deleted_as_the_values_say() {
    for (word, enabled) in [("keep", Some(true)), ("disable", Some(false)), ("delete", None)] {
        let mut bench = Bench::<Keycloak>::converged().await;
        let ada = bench.subject.user("ada@example.com").await;
        bench.declare_also(&format!("users: []\nkeycloak: {{removedUsers: {word}}}\n"));
        (bench.options.prune, bench.options.max_deletes) = (true, 10);
        bench.converge().await;
        assert_eq!(bench.subject.get(&format!("/users/{ada}")).await["enabled"], true, "{word}: not without the word");
        bench.options.prune_data = true;
        bench.converge().await;
        let users = bench.subject.get("/users?max=-1").await;
        let found = users.as_array().unwrap().iter().find(|user| user["id"] == ada.as_str());
        assert_eq!(found.map(|user| user["enabled"] == true), enabled, "{word}");
        assert!(found.is_none_or(|user| user["email"] == "ada@example.com"), "{word}");
        bench.subject.forget();
        bench.converge().await;
        assert_eq!(bench.count(evenkeel_sandbox::Kind::Write), 0, "{word}: once is enough");
    }
}

#[tokio::test]
async fn keycloak_flow_that_is_not_there_is_named_and_spoils_nothing_else() {
    let bench = Bench::<Keycloak>::converged().await;
    let role = json!({"name": "auditor", "description": "spoiled"});
    bench.subject.send(Method::PUT, "/roles/auditor", role).await;
    bench.declare_also(
        "keycloak:\n  realm: {browserFlow: corporate login}\n  client: {authenticationFlowBindingOverrides: {browser: mine}}\n",
    );
    let plan = bench.plan().await;
    let notes: Vec<&str> = plan.report.notes.iter().map(|note| note.message.as_str()).collect();
    for flow in ["corporate login", "mine"] {
        assert!(notes.contains(&format!("authentication flow `{flow}` is not there").as_str()), "{notes:?}");
    }
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("authentication flow `corporate login` is not there"), "{}", told(&finished));
    assert_eq!(bench.subject.get("/roles/auditor").await["description"], "Audits");
    assert_eq!(bench.subject.get("").await["browserFlow"], "browser");
}

#[tokio::test]
async fn keycloak_client_is_bound_to_flows_by_alias() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.declare_also("keycloak: {client: {authenticationFlowBindingOverrides: {browser: registration}}}\n");
    let plan = bench.converge().await;
    let fields: Vec<_> = changes(&plan).into_iter().flat_map(|change| change.fields.clone()).collect();
    assert_eq!(fields.len(), 1);
    assert_eq!(&*fields[0].path, "authenticationFlowBindingOverrides.browser");
    assert_eq!(fields[0].after, Some(json!("registration")), "people see aliases, never ids");
    let id = bench.subject.id("/authentication/flows", "alias", "registration").await;
    let client = bench.subject.find("/clients", "clientId", "otomi").await;
    assert_eq!(client["authenticationFlowBindingOverrides"]["browser"], id.as_str());
    bench.declare_also("keycloak: {client: {authenticationFlowBindingOverrides: {browser: ''}}}\n");
    bench.converge().await;
    let client = bench.subject.find("/clients", "clientId", "otomi").await;
    assert_eq!(client["authenticationFlowBindingOverrides"], json!({}));
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_mapper_of_another_protocol_is_made_anew() {
    let bench = Bench::<Keycloak>::converged().await;
    let scope = bench.subject.id("/client-scopes", "name", "audit").await;
    let list = format!("/client-scopes/{scope}/protocol-mappers/models");
    let mapper = bench.subject.id(&list, "name", "level").await;
    bench.subject.ask(Method::DELETE, &format!("/admin/realms/otomi{list}/{mapper}"), None).await;
    let theirs = json!({"name": "level", "protocol": "saml", "protocolMapper": "saml-role-list-mapper", "config": {}});
    bench.subject.send(Method::POST, &list, theirs).await;
    bench.converge().await;
    assert_eq!(bench.subject.find(&list, "name", "level").await["protocol"], "openid-connect");
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_events_that_nobody_declares_stay_and_an_empty_list_means_all() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.subject.send(Method::PUT, "", json!({"adminEventsDetailsEnabled": true})).await;
    bench.declare_also("keycloak: {events: {enabledEventTypes: [], eventsExpiration: 0}}\n");
    bench.converge().await;
    let realm = bench.subject.get("").await;
    assert_eq!(realm["enabledEventTypes"], json!([]), "all types, also those of later versions");
    assert_eq!((&realm["adminEventsDetailsEnabled"], &realm["eventsEnabled"]), (&json!(true), &json!(true)));
    bench.expect_nothing_to_do().await;
    bench.declare_also("keycloak: {events: {enabledEventTypes: null, eventsEnabled: false}}\n");
    bench.converge().await;
    assert_eq!(bench.subject.get("").await["enabledEventTypes"], json!([]), "what is shown for all is not stored");
}

#[tokio::test]
async fn keycloak_problems_of_all_sections_are_told_at_once() {
    let bench = Bench::<Keycloak>::new();
    bench.declare_also(
        "keycloak:
  realm: {duplicateEmailsAllowed: true, localizationTexts: {en: {a: b}}, eventsEnabled: true}
  groups: [{name: a/b}, {name: twice}, {name: twice}]
  clients: [{clientId: otomi}, {clientId: x, serviceAccountsEnabled: false, serviceAccount: {realmRoles: [a]}}]
  identityProviders: [{alias: a, mappers: [{name: m}, {name: m}]}, {alias: a}]
  requiredActions: [{enabled: true}]
",
    );
    let finished = bench.plan().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues);
    let text = finished.problems.unwrap().render(false);
    for words in [
        "`duplicateEmailsAllowed` and `loginWithEmailAllowed` exclude each other",
        "`localizationTexts` cannot be declared here",
        "`eventsEnabled` is declared twice",
        "a group's name cannot hold a `/`",
        "group `twice` is declared twice",
        "client `otomi` is declared twice",
        "the client has no service account",
        "identity provider mapper `m` is declared twice",
        "identity provider `a` is declared twice",
        "`alias` is missing",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(bench.subject.requests().len(), 0);
}

#[tokio::test]
async fn keycloak_unknown_field_of_any_section_is_refused_before_any_request() {
    for section in [
        "realm: {registrationAlowed: true}",
        "client: {redirectUri: ['https://a.example.com/*']}",
        "roles: [{name: a, attribute: {}}]",
        "groups: [{name: a, subGroups: [{name: b, roles: [x]}]}]",
        "clientScopes: [{name: a, protocolMappers: [{name: m, mapper: x}]}]",
        "clientScopes: [{name: a, scopeMappings: {roles: [x]}}]",
        "clients: [{clientId: a, scopeMappings: {realm: [x]}}]",
        "events: {eventEnabled: true}",
        "requiredActions: [{alias: a, prio: 1}]",
        "userProfile: {attributes: [{name: a, permissions: {see: [admin]}}]}",
        "userProfile: {groups: [{name: a, header: x}]}",
        "identityProviders: [{alias: a, clientId: x}]",
        "identityProviders: [{alias: a, mappers: [{name: m, kind: x}]}]",
        "clients: [{clientId: a, roles: [{name: r, composites: {realms: [x]}}]}]",
        "clients: [{clientId: a, serviceAccount: {roles: [x]}}]",
        "defaultRoles: {realm: [x]}",
        "removedUsers: purge",
    ] {
        let bench = Bench::<Keycloak>::new();
        bench.declare_also(&format!("keycloak:\n  {section}\n"));
        let finished = bench.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{section}: {}", told(&finished));
        assert_eq!(bench.subject.requests().len(), 0);
    }
}

#[tokio::test]
async fn keycloak_client_roles_are_pruned_only_as_ours() {
    let mut bench = Bench::<Keycloak>::converged().await;
    let client = bench.subject.id("/clients", "clientId", "audit").await;
    bench.subject.send(Method::POST, &format!("/clients/{client}/roles"), json!({"name": "theirs"})).await;
    // nothing that stays declared speaks of the role
    let clients = "clients: [{clientId: audit, serviceAccountsEnabled: true}]";
    bench.declare_also(&format!("users: []\nkeycloak: {{{clients}, clientScopes: [{{name: audit}}]}}\n"));
    (bench.options.prune, bench.options.max_deletes) = (true, 10);
    bench.converge().await;
    let roles = bench.subject.get(&format!("/clients/{client}/roles")).await;
    let names: Vec<&Value> = roles.as_array().unwrap().iter().map(|role| &role["name"]).collect();
    assert_eq!(names, ["theirs"]);
}

#[tokio::test]
async fn keycloak_required_action_that_was_taken_away_is_added_again() {
    let bench = Bench::<Keycloak>::converged().await;
    let action = "/admin/realms/otomi/authentication/required-actions/CONFIGURE_TOTP";
    let before = bench.subject.ask(Method::GET, action, None).await;
    bench.subject.ask(Method::DELETE, action, None).await;
    let finished = bench.converge().await;
    assert_eq!(
        planned(&finished).iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["required-action/CONFIGURE_TOTP"]
    );
    assert_eq!(bench.subject.ask(Method::GET, action, None).await, before);
}
