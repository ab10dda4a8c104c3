//! A name never changes which object is meant.

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Kind, Options, Paths};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN_PASSWORD, Keycloak};
use crate::{
    bench::{Bench, told},
    subject::Subject,
};

impl Bench<Keycloak> {
    /// The subject's values with one more layer.
    fn declare_names(&self, layer: &str) {
        let values = [Keycloak::values(&self.subject.urls()), vec![("90-names.yaml", layer.to_owned())]].concat();
        self.declare(&values);
    }

    /// Makes the inventory list an object as one that this program has made.
    fn own(&self, object: &str, id: &str) {
        let inventory = self.inventory();
        let mut line: Value = serde_json::from_str(inventory.lines().nth(1).unwrap()).unwrap();
        (line["object"], line["state"], line["id"]) = (json!(object), json!("owned"), json!(id));
        self.put_back(&format!("{inventory}{line}\n"));
    }

    async fn names_of_roles(&self) -> Vec<String> {
        let roles = self.subject.get("/roles?first=0&max=1000").await;
        roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// These roles, and of all else that is declared nothing.
fn only(roles: &str) -> String {
    let nothing = "groups: [], clientScopes: [], clients: [], identityProviders: [], defaultRoles: null";
    format!("keycloak: {{roles: [{roles}], {nothing}}}\n")
}

/// A server that resolves paths as Keycloak 26.0 does.
fn resolving() -> Bench<Keycloak> {
    let subject = Keycloak::start_with(Options::new("admin", ADMIN_PASSWORD).reading_paths(Paths::Resolved));
    let values = Keycloak::values(&subject.urls());
    Bench::with_values(subject, &values)
}

#[tokio::test]
async fn keycloak_names_that_addresses_resolve_are_refused_in_values() {
    let bench = Bench::<Keycloak>::new();
    for layer in [
        r#"roles: [{name: ".."}]"#,
        r#"roles: [{name: "."}]"#,
        r#"roles: [{name: "a\tb"}]"#,
        r#"roles: [{name: ""}]"#,
        r#"groups: [{name: a, subGroups: [{name: ".."}]}]"#,
        r#"clients: [{clientId: ".."}]"#,
        r#"clients: [{clientId: a, roles: [{name: ".."}]}]"#,
        r#"clientScopes: [{name: ".."}]"#,
        r#"identityProviders: [{alias: ".."}]"#,
        r#"requiredActions: [{alias: ".."}]"#,
        r#"roles: [{name: a, composites: {realm: [".."]}}]"#,
        r#"roles: [{name: a, composites: {client: {account: [".."]}}}]"#,
        r#"groups: [{name: a, subGroups: [{name: b, clientRoles: {account: [""]}}]}]"#,
        r#"clients: [{clientId: a, serviceAccount: {realmRoles: ["."]}}]"#,
        r#"defaultRoles: {clientRoles: {account: [".."]}}"#,
    ] {
        bench.declare_names(&format!("keycloak:\n  {layer}\n"));
        let finished = bench.apply().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{layer}: {}", told(&finished));
        assert!(told(&finished).contains("90-names.yaml:2"), "{layer}: {}", told(&finished));
    }
    assert_eq!(bench.subject.requests().len(), 0);
}

#[tokio::test]
async fn keycloak_pruned_role_called_two_dots_takes_no_realm_along() {
    for bench in [Bench::<Keycloak>::new(), resolving()] {
        bench.converge().await;
        for name in ["..", "."] {
            bench.subject.send(Method::POST, "/roles", json!({"name": name})).await;
            let id = bench.subject.id("/roles?first=0&max=1000", "name", name).await;
            bench.own(&format!("role/{name}"), &id);
        }
        bench.own("client-role/otomi/..", "1");
        bench.own("identity-provider/..", "2");
        let realm = bench.subject.get("").await["id"].clone();
        bench.apply_with(|options| (options.prune, options.prune_data) = (true, true)).await;
        assert_eq!(bench.subject.get("").await["id"], realm, "the realm is another one");
        assert!(bench.names_of_roles().await.contains(&"team-alpha".to_owned()));
    }
}

#[tokio::test]
async fn keycloak_pruned_role_with_a_semicolon_takes_no_other_role_along() {
    let bench = resolving();
    bench.declare_names(&only("{name: a;b, description: ours}"));
    bench.converge().await;
    bench.subject.send(Method::POST, "/roles", json!({"name": "a"})).await;
    bench.declare_names(&only("{name: a;b, description: changed}"));
    bench.converge().await;
    let role = bench.subject.find("/roles?first=0&max=1000", "name", "a").await;
    assert_eq!(role["description"], Value::Null, "it was taken for `a;b`");
    bench.declare_names(&only(""));
    let finished = bench.apply_with(|options| options.prune = true).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let names = bench.names_of_roles().await;
    assert!(names.contains(&"a".to_owned()) && !names.contains(&"a;b".to_owned()), "{names:?}");
}

#[tokio::test]
async fn keycloak_group_whose_name_is_a_path_is_not_the_subgroup_of_that_path() {
    let bench = Bench::<Keycloak>::new();
    bench.subject.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi"}))).await;
    bench.subject.send(Method::POST, "/groups", json!({"name": "auditors/external"})).await;
    let theirs = bench.subject.find("/groups?briefRepresentation=false", "name", "auditors/external").await;
    bench.converge().await;
    let after = bench.subject.find("/groups?briefRepresentation=false", "name", "auditors/external").await;
    assert_eq!(theirs, after, "somebody else's group has changed");
    let auditors = bench.subject.id("/groups", "name", "auditors").await;
    let ours = bench.subject.find(&format!("/groups/{auditors}/children"), "name", "external").await;
    assert_eq!(ours["realmRoles"], json!(["auditor"]));
    bench.expect_nothing_to_do().await;
    bench.declare(&Keycloak::fewer_values(&bench.subject.urls()));
    bench.apply_with(|options| (options.prune, options.max_deletes) = (true, 1_000)).await;
    bench.subject.find("/groups", "name", "auditors/external").await;
}

#[tokio::test]
async fn keycloak_client_roles_whose_joined_names_are_equal_are_two() {
    let bench = Bench::<Keycloak>::new();
    bench.declare_names(
        "\
keycloak:
  clients:
    - {clientId: app, roles: [{name: x/y}]}
    - {clientId: app/x, roles: [{name: y}]}
  groups:
    - {name: a, clientRoles: {b: [c]}, subGroups: [{name: b, realmRoles: [c]}]}
  roles: [{name: c}]
  clientScopes: []
  identityProviders: []
  defaultRoles: null
",
    );
    bench.subject.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi"}))).await;
    bench.subject.send(Method::POST, "/clients", json!({"clientId": "b"})).await;
    let client = bench.subject.id("/clients", "clientId", "b").await;
    bench.subject.send(Method::POST, &format!("/clients/{client}/roles"), json!({"name": "c"})).await;
    bench.converge().await;
    for (client, role) in [("app", "x/y"), ("app/x", "y")] {
        let id = bench.subject.id("/clients", "clientId", client).await;
        let roles = bench.subject.get(&format!("/clients/{id}/roles")).await;
        assert_eq!(roles[0]["name"], role);
        assert_eq!(roles.as_array().unwrap().len(), 1);
    }
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.count(Kind::Write), 0);
}

#[tokio::test]
async fn keycloak_names_that_values_cannot_say_are_left_out_of_an_export_and_told() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.subject.send(Method::POST, "/roles", json!({"name": ".."})).await;
    bench.subject.send(Method::POST, "/roles", json!({"name": "a\u{1}b"})).await;
    bench.subject.send(Method::POST, "/clients", json!({"clientId": "."})).await;
    let provider = json!({"alias": "..", "providerId": "oidc", "config": {}});
    bench.subject.send(Method::POST, "/identity-provider/instances", provider).await;
    let finished = bench.export().await;
    let exported = finished.exported.unwrap();
    let told = exported.left_out.join("\n");
    for line in [
        r#"role "..", which values cannot name: it is `.` or `..`"#,
        r#"role "a\u{1}b", which values cannot name: it holds control characters"#,
        r#"client ".", which values cannot name: it is `.` or `..`"#,
        r#"identity provider "..", which values cannot name: it is `.` or `..`"#,
    ] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
    assert_eq!(exported.still_differs, [""; 0]);
}
