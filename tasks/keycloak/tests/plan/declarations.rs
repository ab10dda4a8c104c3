//! What is wrong with values, before any server is asked.

use evenkeel_core::values::Problem;
use evenkeel_engine::secrets::SecretResolver;

use super::read;

fn told(more: &str) -> Vec<(String, Option<u32>)> {
    let told = |problem: &Problem| (problem.message().to_owned(), problem.location().and_then(|place| place.line));
    read(more, &SecretResolver::of_placeholders()).unwrap_err().iter().map(told).collect()
}

/// Such a list means a set: the second was taken for a role that is missing for ever, or told by nobody.
#[test]
fn a_name_that_a_list_holds_twice_is_told_with_the_place_of_the_second() {
    let lists = [
        "users: [{username: ada, realmRoles: [a,\n a]}]",
        "users: [{username: ada, clientRoles: {c: [a,\n a]}}]",
        "users: [{username: ada, groups: [/a,\n a]}]",
        "users: [{username: ada, teams: [alpha,\n alpha]}]",
        "users: [{username: ada, requiredActions: [A,\n A]}]",
        "keycloak: {defaultGroups: [/a,\n a]}",
        "keycloak: {defaultRoles: {realmRoles: [a,\n a]}}",
        "keycloak: {defaultRoles: {clientRoles: {c: [a,\n a]}}}",
        "keycloak: {realm: {defaultGroups: [/a,\n a]}}",
        "keycloak: {realm: {defaultDefaultClientScopes: [a,\n a]}}",
        "keycloak: {client: {optionalClientScopes: [a,\n a]}}",
        "keycloak: {clients: [{clientId: c, defaultClientScopes: [a,\n a]}]}",
        "keycloak: {clients: [{clientId: c, serviceAccount: {realmRoles: [a,\n a]}}]}",
        "keycloak: {clients: [{clientId: c, scopeMappings: {clientRoles: {d: [a,\n a]}}}]}",
        "keycloak: {clientScopes: [{name: c, scopeMappings: {realmRoles: [a,\n a]}}]}",
        "keycloak: {roles: [{name: r, composites: {realmRoles: [a,\n a]}}]}",
        "keycloak: {roles: [{name: r, composites: {client: {c: [a,\n a]}}}]}",
        "keycloak: {groups: [{name: g, subGroups: [{name: h, realmRoles: [a,\n a]}]}]}",
    ];
    for list in lists {
        assert_eq!(told(list), [("this name is in the list already".to_owned(), Some(2))], "{list}");
    }
}

/// What stands for a secret is neither a name nor a path, and two that nobody knows are not the same.
#[test]
fn names_that_are_secrets_are_valid_before_they_are_known() {
    let values = "keycloak:
  clients: [{clientId: {fromEnv: A}}, {clientId: {fromEnv: B}}]
  realm: {defaultGroups: [{fromEnv: C}, {fromEnv: D}]}
";
    read(values, &SecretResolver::of_placeholders()).unwrap();
}
