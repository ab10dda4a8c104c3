//! Values and an observed realm in, changes out: the pure half of the task, without a server.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "plan/declarations.rs"]
mod declarations;
#[path = "plan/ours.rs"]
mod ours;

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::{Memory, Ownership},
    object::ObjectId,
    plan::{Action, Plan, Style},
    values::{Problems, Schema, Source, Values},
};
use evenkeel_engine::{secrets::SecretResolver, task::Task};
use evenkeel_keycloak::{
    Keycloak,
    desired::Desired,
    observe::{Observed, ObservedUser},
    plan::Operation,
    relation::RoleName,
};
use evenkeel_keycloak_client::types::{ClientRepresentation, RoleRepresentation};

const VALUES: &str = "
platform: {name: test, domain: example.com}
teams:
  alpha: {displayName: Team Alpha}
  beta: {}
keycloak:
  admin: {username: admin, password: {fromEnv: PASSWORD}}
  client: {secret: {fromEnv: SECRET}, redirectUris: [https://a.example.com/*]}
";

fn desired_with(more: &str) -> Desired {
    let secrets =
        SecretResolver::with_environment([("PASSWORD", "admin-password".into()), ("SECRET", "client-secret".into())]);
    read(more, &secrets).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn read(more: &str, secrets: &SecretResolver) -> Result<Desired, Problems> {
    let schema = Keycloak::definitions()
        .into_iter()
        .fold(Schema::new(), |schema, (name, json)| schema.with_definition(name, json));
    let sources = vec![Source::file("values.yaml", VALUES.to_owned()), Source::file("more.yaml", more.to_owned())];
    let (values, document) =
        Values::load(sources, &[], &schema).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    Keycloak::desired(&values, &document, secrets)
}

/// A realm in which everything is as declared, as Keycloak would show it.
fn converged(desired: &Desired) -> Observed {
    let mut observed = Observed {
        realm: Some(desired.realm_settings.value.clone()),
        admin_realm: desired.admin_realm.as_ref().map(|realm| realm.value.clone()),
        user_profile: Some(desired.user_profile.whole.value.clone()),
        ..Observed::default()
    };
    for declared in &desired.client_scopes {
        let mut scope = declared.scope.value.clone();
        scope.protocol_mappers = Some(declared.mappers.iter().map(|mapper| mapper.value.clone()).collect());
        let name = scope.name.clone().unwrap();
        observed.client_scopes.insert(name, scope);
    }
    observed.default_client_scopes = desired.default_client_scopes.names.iter().cloned().collect();
    observed.optional_client_scopes = desired.optional_client_scopes.names.iter().cloned().collect();
    for role in &desired.roles {
        let name = role.role.value.name.clone().unwrap();
        let of_realm = role.realm_roles.iter().flat_map(|related| &related.names).map(RoleName::of_realm);
        let of_clients = role
            .client_roles
            .iter()
            .flat_map(|(client, related)| related.names.iter().map(move |role| RoleName::of_client(client, role)));
        observed.composites.insert(name.clone(), of_realm.chain(of_clients).collect());
        let id = Some(format!("id of {name}"));
        observed.roles.insert(name, RoleRepresentation { id, ..role.role.value.clone() });
    }
    for declared in &desired.groups {
        let mut group = declared.group.value.clone();
        let name = declared.path.clone();
        let client_roles =
            declared.client_roles.iter().map(|(client, related)| (client.clone(), related.names.clone()));
        group.id = Some(format!("id of {name}"));
        group.realm_roles = declared.realm_roles.as_ref().map(|related| related.names.clone());
        group.client_roles = Some(client_roles.collect::<BTreeMap<_, _>>());
        observed.groups.insert(name, group);
    }
    for declared in &desired.clients {
        let mut client = declared.client.value.clone();
        client.protocol_mappers = Some(declared.mappers.iter().map(|mapper| mapper.value.clone()).collect());
        client.default_client_scopes = declared.default_scopes.as_ref().map(|related| related.names.clone());
        client.optional_client_scopes = declared.optional_scopes.as_ref().map(|related| related.names.clone());
        observed.clients.insert(client.client_id.clone().unwrap(), client);
    }
    for declared in &desired.users {
        let user = ObservedUser {
            id: format!("id of {}", declared.name).into(),
            account: declared.account.clone(),
            groups: declared.member_of().cloned().collect(),
            ties: None,
        };
        observed.users.insert(declared.name.clone(), user);
    }
    observed
}

/// The plan for a realm that evenkeel made.
fn plan(desired: &Desired, observed: &Observed) -> Plan<Operation> {
    Keycloak::plan(desired, observed, &all_ours(desired)).unwrap()
}

/// The plan for a realm that was there before.
fn first_plan(desired: &Desired, observed: &Observed) -> Plan<Operation> {
    Keycloak::plan(desired, observed, &Memory::default()).unwrap()
}

fn all_ours(desired: &Desired) -> Memory {
    desired.objects().into_iter().collect::<Ownership>().into()
}

fn text(plan: &Plan<Operation>) -> String {
    plan.document("keycloak", "test").text(Style::Plain)
}

fn objects(plan: &Plan<Operation>) -> Vec<String> {
    plan.changes().iter().map(|change| format!("{} {}", change.action, change.object)).collect()
}

#[test]
fn an_empty_server_gets_everything_in_the_order_of_the_writes() {
    let desired = desired_with("{}");
    insta::assert_snapshot!(objects(&plan(&desired, &Observed::default())).join("\n"));
}

#[test]
fn a_converged_realm_needs_nothing() {
    let desired = desired_with("users: [{email: Ada@Example.com, teams: [alpha], teamAdmin: true}]");
    let plan = plan(&desired, &converged(&desired));
    assert!(plan.is_empty(), "{}", text(&plan));
}

#[test]
fn a_secret_that_differs_is_shown_as_a_secret() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    observed.clients.get_mut("otomi").unwrap().secret = Some("made by hand".into());
    let plan = plan(&desired, &observed);
    assert_eq!(objects(&plan), ["update client/otomi"]);
    let text = text(&plan);
    assert!(text.contains("secret: (secret) changed"), "{text}");
    assert!(!text.contains("made by hand") && !text.contains("client-secret"), "{text}");
}

#[test]
fn keycloak_user_without_teams_key_keeps_its_groups() {
    let desired = desired_with("users: [{email: ada@example.com}]");
    let mut observed = converged(&desired);
    observed.users.get_mut("ada@example.com").unwrap().groups = vec!["team-alpha".into()];
    assert!(plan(&desired, &observed).is_empty());
}

#[test]
fn keycloak_user_with_an_empty_list_of_teams_leaves_every_team() {
    let desired = desired_with("users: [{email: ada@example.com, teams: []}]");
    let mut observed = converged(&desired);
    observed.users.get_mut("ada@example.com").unwrap().groups = vec!["team-alpha".into(), "somebody-elses".into()];
    assert_eq!(objects(&plan(&desired, &observed)), ["update membership/team-alpha/ada@example.com"]);
}

#[test]
fn an_account_that_was_disabled_by_hand_stays_disabled_unless_declared() {
    let undeclared = desired_with("users: [{email: ada@example.com}]");
    let declared = desired_with("users: [{email: ada@example.com, enabled: true}]");
    let mut observed = converged(&undeclared);
    observed.users.get_mut("ada@example.com").unwrap().account.enabled = Some(false);
    assert!(plan(&undeclared, &observed).is_empty());
    assert_eq!(objects(&plan(&declared, &observed)), ["update user/ada@example.com"]);
}

#[test]
fn a_new_account_is_enabled_and_in_its_groups_from_the_start() {
    let desired = desired_with("users: [{email: ada@example.com, teams: [alpha], platformAdmin: true}]");
    let mut observed = converged(&desired);
    observed.users.clear();
    let plan = plan(&desired, &observed);
    let [change] = plan.changes() else { panic!("{}", text(&plan)) };
    let Operation::CreateUser(user) = &change.operation else { panic!("{}", text(&plan)) };
    let user = user.created();
    assert_eq!(user.enabled, Some(true));
    assert_eq!(user.groups.as_deref(), Some(["/platform-admin".to_owned(), "/team-alpha".to_owned()].as_slice()));
}

#[test]
fn roles_that_others_gave_to_a_group_of_ours_stay() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let group = observed.groups.get_mut("team-alpha").unwrap();
    group.realm_roles.get_or_insert_default().push("offline_access".into());
    group.client_roles.get_or_insert_default().entry("account".into()).or_default().push("view-profile".into());
    assert!(plan(&desired, &observed).is_empty());
}

#[test]
fn a_hidden_secret_is_unknown_and_not_a_change() {
    let desired = desired_with("keycloak: {realm: {smtpServer: {host: mail, password: {fromEnv: SECRET}}}}");
    let mut observed = converged(&desired);
    let server = observed.realm.as_mut().unwrap().smtp_server.as_mut().unwrap();
    server.insert("password".into(), "**********".into());
    let plan = plan(&desired, &observed);
    assert!(plan.is_empty(), "{}", text(&plan));
    assert!(text(&plan).contains("`smtpServer.password` is hidden"), "{}", text(&plan));
    assert!(text(&plan).contains("`apply --adopt --only realm/otomi` writes"), "{}", text(&plan));
}

#[test]
fn a_hidden_secret_that_was_adopted_is_written_and_nothing_else() {
    let desired = desired_with("keycloak: {realm: {smtpServer: {host: mail, password: {fromEnv: SECRET}}}}");
    let mut observed = converged(&desired);
    let server = observed.realm.as_mut().unwrap().smtp_server.as_mut().unwrap();
    server.insert("password".into(), "**********".into());
    let mut memory = all_ours(&desired);
    memory.secrets = memory.secrets.adopting(true);
    let plan = Keycloak::plan(&desired, &observed, &memory).unwrap();
    assert_eq!(objects(&plan), ["update realm/otomi"]);
    assert!(plan.changes()[0].writes_secret("smtpServer.password"));
    assert!(text(&plan).contains("smtpServer.password: (secret) changed"), "{}", text(&plan));
}

#[test]
fn a_team_that_is_not_declared_any_more_is_removed_only_where_it_is_ours() {
    let before = desired_with("{}");
    let observed = converged(&before);
    let after = desired_with("teams: {beta: null}");
    assert!(plan(&after, &observed).is_empty());
    let ours: Ownership = ["role/team-beta", "group/team-beta", "role/somebody-elses"]
        .iter()
        .map(|id| id.parse::<ObjectId>().unwrap())
        .collect();
    let plan = Keycloak::plan(&after, &observed, &ours.into()).unwrap();
    assert_eq!(objects(&plan), ["delete group/team-beta", "delete role/team-beta"]);
    assert!(plan.changes().iter().all(|change| change.action == Action::Delete));
}

#[test]
fn a_role_is_compared_with_its_description_only() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let role = observed.roles.get_mut("team-alpha").unwrap();
    *role = RoleRepresentation {
        id: Some("1".into()),
        composite: Some(true),
        container_id: Some("x".into()),
        ..role.clone()
    };
    assert!(plan(&desired, &observed).is_empty());
    observed.roles.get_mut("team-alpha").unwrap().description = None;
    assert_eq!(objects(&plan(&desired, &observed)), ["update role/team-alpha"]);
}

const GENERAL: &str = "
keycloak:
  realm: {defaultOptionalClientScopes: [phone]}
  clientScopes:
    - name: audit
      description: For auditors
      protocolMappers: [{name: audience, protocolMapper: oidc-audience-mapper, config: {included.client.audience: audit}}]
  roles:
    - name: auditor
      description: Reads everything
      attributes: {level: [\"2\"]}
      composites: {realm: [team-alpha], client: {realm-management: [view-users, view-realm]}}
  groups:
    - name: audit
      attributes: {owner: [ada]}
      realmRoles: [auditor]
      subGroups: [{name: internal, clientRoles: {realm-management: [view-events]}}, {name: external}]
  clients:
    - clientId: audit-app
      redirectUris: [https://audit.example.com/*]
      secret: {fromEnv: SECRET}
      defaultClientScopes: [audit, email]
      optionalClientScopes: []
";

#[test]
fn declared_objects_are_made_in_the_order_in_which_they_need_each_other() {
    let desired = desired_with(GENERAL);
    let implied = desired_with("{}");
    let mut observed = converged(&implied);
    observed.optional_client_scopes = BTreeSet::from(["phone".into(), "address".into()]);
    insta::assert_snapshot!(objects(&plan(&desired, &observed)).join("\n"));
    assert!(plan(&desired, &converged(&desired)).is_empty(), "{}", text(&plan(&desired, &converged(&desired))));
}

#[test]
fn a_declared_list_of_roles_is_managed_as_a_whole() {
    let desired = desired_with(GENERAL);
    let mut observed = converged(&desired);
    observed.composites.get_mut("auditor").unwrap().push(RoleName::of_realm("offline_access"));
    observed.composites.get_mut("auditor").unwrap().push(RoleName::of_client("account", "view-profile"));
    observed.groups.get_mut("audit").unwrap().realm_roles.get_or_insert_default().push("uma_authorization".into());
    observed.groups.get_mut("audit/external").unwrap().realm_roles = Some(vec!["not declared, so not managed".into()]);
    assert_eq!(
        objects(&plan(&desired, &observed)),
        ["update composite/auditor/offline_access", "update group-role/audit/uma_authorization"]
    );
}

#[test]
fn the_scope_that_keycloak_gives_to_service_accounts_is_left_alone() {
    let desired = desired_with(GENERAL);
    let mut observed = converged(&desired);
    observed
        .clients
        .get_mut("audit-app")
        .unwrap()
        .default_client_scopes
        .get_or_insert_default()
        .push("service_account".into());
    assert!(plan(&desired, &observed).is_empty());
}

#[test]
fn adopting_takes_declared_objects_and_never_foreign_ones() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    observed.roles.insert("foreign".into(), RoleRepresentation::default());
    observed.groups.insert("foreign".into(), evenkeel_keycloak_client::types::GroupRepresentation::default());
    let adopted = Keycloak::existing(&desired, &observed);
    assert!(adopted.contains(&"role/team-alpha".parse().unwrap()));
    assert!(adopted.iter().all(|object| object.name() != "foreign"), "{adopted:?}");
}

#[test]
fn an_account_of_ours_that_is_not_declared_any_more_is_data() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let (user, client): (ObjectId, ObjectId) =
        ("user/ada@example.com".parse().unwrap(), "client/old-app".parse().unwrap());
    observed.former_users.insert("ada@example.com".into(), ObservedUser { id: "1".into(), ..Default::default() });
    let there = ClientRepresentation { id: Some("2".into()), ..Default::default() };
    observed.clients.insert("old-app".into(), there);
    assert!(plan(&desired, &observed).is_empty());
    let ours: Ownership = [user, client].into_iter().collect();
    let plan = Keycloak::plan(&desired, &observed, &ours.into()).unwrap();
    let data: Vec<_> = plan.changes().iter().map(|change| (change.object.to_string(), change.removes_data)).collect();
    assert_eq!(data, [("client/old-app".to_owned(), false), ("user/ada@example.com".to_owned(), true)]);
}

#[test]
fn a_declared_role_and_group_come_before_what_a_team_implies_field_by_field() {
    let desired = desired_with(
        "keycloak:
  roles: [{name: team-alpha, description: by hand}, {name: team-beta, attributes: {owner: [ada]}}]
  groups: [{name: team-alpha, attributes: {floor: ['3']}, realmRoles: [team-alpha, uma_authorization]}]
",
    );
    let role = |name: &str| {
        let found = desired.roles.iter().filter(|role| role.role.value.name.as_deref() == Some(name));
        let found: Vec<_> = found.collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0].role.clone()
    };
    assert_eq!(role("team-alpha").value.description.as_deref(), Some("by hand"));
    assert_eq!(role("team-alpha").team.as_deref(), Some("alpha"));
    assert_eq!(role("team-beta").value.description.as_deref(), Some("Managed by evenkeel"));
    let group = desired.groups.iter().find(|group| group.path == "team-alpha").unwrap();
    let given = group.realm_roles.as_ref().unwrap();
    assert!(given.exact && given.names == ["team-alpha", "uma_authorization"], "{given:?}");
    assert_eq!(group.client_roles["realm-management"].names, ["view-users"]);
    assert_eq!(desired.groups.iter().filter(|group| group.path == "team-alpha").count(), 1);
}

#[test]
fn what_other_people_look_after_is_not_implied() {
    let desired = desired_with(
        "users: [{email: ada@example.com}]
keycloak:
  implied: {administrators: false, client: false, openidScope: false, userProfile: false, nicknames: false}
teams: {alpha: null, beta: null}
",
    );
    assert!(desired.roles.is_empty() && desired.groups.is_empty() && desired.clients.is_empty());
    assert!(desired.client_scopes.is_empty() && desired.default_client_scopes.names.is_empty());
    assert!(desired.user_profile.whole.value.attributes.is_none());
    assert!(desired.users[0].declared().attributes.is_none());
    // Nothing but the realm itself and the account is left to make.
    let plan = plan(&desired, &Observed::default());
    let objects: Vec<String> = plan.changes().iter().map(|change| change.object.to_string()).collect();
    assert_eq!(objects, ["realm/otomi", "user/ada@example.com"]);
}

#[test]
fn a_realm_that_was_there_keeps_the_settings_that_nobody_declared() {
    let desired = desired_with("keycloak: {realm: {accessTokenLifespan: 300}}");
    let mut observed = converged(&desired);
    let realm = observed.realm.as_mut().unwrap();
    (realm.brute_force_protected, realm.access_token_lifespan) = (Some(false), Some(60));
    let plan = first_plan(&desired, &observed);
    let [change] = plan.changes() else { panic!("{}", text(&plan)) };
    let fields: Vec<&str> = change.fields.iter().map(|field| &*field.path).collect();
    assert_eq!(fields, ["accessTokenLifespan"]);
    let Operation::UpdateRealm(body) = &change.operation else { panic!("{}", text(&plan)) };
    assert_eq!((body.brute_force_protected, body.access_token_lifespan), (None, Some(300)));
    assert!(text(&plan).contains("what nobody declared: `realm/otomi` (`bruteForceProtected`)"), "{}", text(&plan));
}

#[test]
fn a_part_that_is_true_is_managed_wherever_it_is_and_one_that_is_false_nowhere() {
    let mut observed = converged(&desired_with("{}"));
    observed.realm.as_mut().unwrap().brute_force_protected = Some(false);
    let everywhere = desired_with("keycloak: {implied: {realm: true}}");
    assert_eq!(objects(&first_plan(&everywhere, &observed)), ["update realm/otomi"]);
    let nowhere = desired_with("keycloak: {implied: {realm: false}}");
    assert!(plan(&nowhere, &observed).is_empty());
}

#[test]
fn a_group_that_other_people_made_is_given_no_rights() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let group = observed.groups.get_mut("team-alpha").unwrap();
    (group.realm_roles, group.client_roles) = (None, None);
    let plan_of_ours = plan(&desired, &observed);
    assert_eq!(
        objects(&plan_of_ours),
        ["create group-role/team-alpha/team-alpha", "create group-role/team-alpha/realm-management/view-users"]
    );
    let plan = first_plan(&desired, &observed);
    assert!(plan.is_empty(), "{}", text(&plan));
    assert!(text(&plan).contains("`group/team-alpha` (`role team-alpha`, `role view-users`)"), "{}", text(&plan));
}

#[test]
fn a_mapper_of_others_under_a_built_in_name_stays_what_it_is() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let mappers = observed.client_scopes.get_mut("openid").unwrap().protocol_mappers.as_mut().unwrap();
    mappers[0].protocol = Some("saml".into());
    let twin = mappers[1].clone();
    mappers.push(twin);
    assert!(first_plan(&desired, &observed).is_empty(), "{}", text(&first_plan(&desired, &observed)));
}

#[test]
fn a_profile_that_drops_nicknames_leaves_users_without_them_and_that_is_told() {
    let desired = desired_with("users: [{email: ada@example.com}]");
    let mut observed = converged(&desired);
    observed.user_profile = Some(Default::default());
    observed.users.clear();
    let plan = first_plan(&desired, &observed);
    let [change] = plan.changes() else { panic!("{}", text(&plan)) };
    let Operation::CreateUser(user) = &change.operation else { panic!("{}", text(&plan)) };
    assert_eq!(user.created().attributes, None);
    assert!(text(&plan).contains("drops the attribute `nickname`"), "{}", text(&plan));
}

#[test]
fn an_account_that_was_there_keeps_its_nickname() {
    let desired = desired_with("users: [{email: ada@example.com, firstName: Ada}]");
    let mut observed = converged(&desired);
    let account = &mut observed.users.get_mut("ada@example.com").unwrap().account;
    (account.nickname, account.first_name) = (None, None);
    let plan = first_plan(&desired, &observed);
    let [change] = plan.changes() else { panic!("{}", text(&plan)) };
    let Operation::UpdateUser(user) = &change.operation else { panic!("{}", text(&plan)) };
    assert_eq!((user.declared().attributes, user.declared().first_name.as_deref()), (None, Some("Ada")));
}

#[test]
fn a_nickname_that_another_account_has_is_a_warning() {
    let desired = desired_with("users: [{email: ada@example.com}]");
    let mut observed = converged(&desired);
    observed.nickname_holders.insert("ada@example.com".into(), "lovelace".into());
    // An account that was there keeps its own.
    assert!(first_plan(&desired, &observed).warnings().is_empty());
    let plan = plan(&desired, &observed);
    let [warning] = plan.warnings() else { panic!("{}", text(&plan)) };
    assert!(warning.message.contains("the nickname of account `lovelace`"), "{}", warning.message);
}

#[test]
fn a_realm_name_that_nobody_chose_is_assumed() {
    let [assumed] = &Keycloak::assumed(&desired_with("{}"))[..] else { panic!("one thing is assumed") };
    assert_eq!(assumed.object.to_string(), "realm/otomi");
    assert!(Keycloak::assumed(&desired_with("platform: {names: {realm: otomi}}")).is_empty());
}
