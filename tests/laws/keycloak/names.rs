//! A name never changes which object is meant.

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Kind, Options, Paths};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN_PASSWORD, Keycloak};
use crate::{
    bench::{Bench, planned, told},
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
        self.add_line(json!({"object": object, "state": "owned", "id": id}));
    }

    /// As [`own`](Self::own), in an inventory that knew no ids.
    fn own_by_name(&self, object: &str) {
        self.add_line(json!({"object": object, "state": "owned"}));
    }

    fn add_line(&self, mut line: Value) {
        let inventory = self.inventory();
        let first: Value = serde_json::from_str(inventory.lines().nth(1).unwrap()).unwrap();
        line["target"] = first["target"].clone();
        self.put_back(&format!("{inventory}{line}\n"));
    }

    /// Makes the inventory one of a version that joined the names of an object.
    fn join_names(&self) {
        let inventory = std::fs::read_to_string(self.path("inventory.jsonl")).unwrap();
        let (header, lines) = inventory.split_once('\n').unwrap();
        let mut header: Value = serde_json::from_str(header).unwrap();
        header["format"] = json!(2);
        std::fs::write(self.path("inventory.jsonl"), format!("{header}\n{lines}")).unwrap();
    }

    async fn names_of_roles(&self) -> Vec<String> {
        let roles = self.subject.get("/roles?first=0&max=1000").await;
        roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// These roles, and of all else that is declared nothing.
fn only(roles: &str) -> String {
    let nothing = "groups: [], clientScopes: [], clients: [], identityProviders: [], defaultRoles: null";
    format!("users: []\nkeycloak: {{roles: [{roles}], {nothing}}}\n")
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
        r#"roles: [{name: a, composites: {client: {"..": [a]}}}]"#,
        r#"clients: [{clientId: a, scopeMappings: {clientRoles: {".": [a]}}}]"#,
        r#"clients: [{clientId: a, defaultClientScopes: [".."]}]"#,
        r#"client: {optionalClientScopes: ["a\tb"]}"#,
        r#"realm: {defaultOptionalClientScopes: [".."]}"#,
        r#"realm: {defaultGroups: [/auditors/../external]}"#,
        r#"defaultGroups: [/auditors//external]"#,
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
        let before: Vec<String> = bench.names_of_roles().await;
        let finished = bench.apply_with(|options| (options.prune, options.prune_data) = (true, true)).await;
        assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
        assert_eq!(bench.subject.get("").await["id"], realm, "the realm is another one");
        let left: Vec<String> = before.into_iter().filter(|name| ![".", ".."].contains(&name.as_str())).collect();
        assert_eq!(bench.names_of_roles().await, left, "roles go by their ids, and no others");
        let stay: Vec<String> = finished
            .report
            .notes
            .iter()
            .filter(|note| note.message.contains("no address can carry"))
            .map(|note| note.object.to_string())
            .collect();
        // The role is in no list of its client's roles, so that it is forgotten; the provider can only be asked for.
        assert_eq!(stay, ["identity-provider/.."]);
        bench.expect_nothing_to_do().await;
    }
}

#[tokio::test]
async fn keycloak_entries_of_an_older_inventory_that_may_mean_several_objects_are_told_in_one_line() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.join_names();
    for object in ["client-role/app/a/b", "client-role/app/x/y", "protocol-mapper/client/app/x/y", "client-role/b/c"] {
        bench.own_by_name(object);
    }
    bench.declare_names("keycloak: {clients: [{clientId: app, roles: [{name: a/b}]}]}\n");
    let finished = bench.plan().await;
    assert_eq!(finished.exit_code, ExitCode::Differences, "client `app` is to be made: {}", told(&finished));
    let notes: Vec<String> = finished.report.notes.iter().map(|note| note.message.clone()).collect();
    let told: Vec<&String> = notes.iter().filter(|note| note.contains("older inventory")).collect();
    let [told] = told[..] else { panic!("not one line: {notes:?}") };
    assert!(told.starts_with("2 entries of an older inventory"), "{told}");
    assert!(told.contains("`client-role/app/x/y`, `protocol-mapper/client/app/x/y`"), "{told}");
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
    let finished = bench.apply_with(|options| (options.prune, options.max_deletes) = (true, 1_000)).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let groups = bench.subject.get("/groups").await;
    let groups: Vec<&Value> = groups.as_array().unwrap().iter().map(|group| &group["name"]).collect();
    assert!(groups.contains(&&json!("auditors/external")), "somebody else's group is gone: {groups:?}");
    let paths: Vec<&String> = finished.report.notes.iter().map(|note| &note.message).collect();
    assert!(!groups.contains(&&json!("auditors")), "ours stays: {groups:?}, {paths:?}");
}

#[tokio::test]
async fn keycloak_default_group_whose_name_is_a_path_is_not_the_subgroup_of_that_path() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.subject.send(Method::POST, "/groups", json!({"name": "auditors/external"})).await;
    let theirs = bench.subject.id("/groups", "name", "auditors/external").await;
    bench.subject.send(Method::PUT, &format!("/default-groups/{theirs}"), Value::Null).await;
    bench.declare_names("keycloak: {defaultGroups: [/auditors/external]}\n");
    let changes: Vec<String> = planned(&bench.plan().await).iter().map(ToString::to_string).collect();
    assert_eq!(changes, ["default-group/auditors/external", r"default-group/auditors\/external"]);
    bench.converge().await;
    let listed = bench.subject.get("/default-groups").await;
    let auditors = bench.subject.id("/groups", "name", "auditors").await;
    let ours = bench.subject.id(&format!("/groups/{auditors}/children"), "name", "external").await;
    assert_eq!((&listed[0]["id"], &listed[1]), (&json!(ours), &Value::Null), "{listed}");
    bench.expect_nothing_to_do().await;
    bench.declare_names("keycloak: {defaultGroups: []}\n");
    bench.subject.send(Method::PUT, &format!("/default-groups/{theirs}"), Value::Null).await;
    bench.converge().await;
    assert_eq!(bench.subject.get("/default-groups").await, json!([]), "both go, each by its id");
}

#[tokio::test]
async fn keycloak_default_groups_of_one_path_are_told_apart() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.subject.send(Method::POST, "/groups", json!({"name": "auditors/external"})).await;
    let theirs = bench.subject.id("/groups", "name", "auditors/external").await;
    let auditors = bench.subject.id("/groups", "name", "auditors").await;
    let ours = bench.subject.id(&format!("/groups/{auditors}/children"), "name", "external").await;
    let mut below = Vec::new();
    for parent in [&theirs, &ours] {
        bench.subject.send(Method::POST, &format!("/groups/{parent}/children"), json!({"name": "x"})).await;
        let id = bench.subject.id(&format!("/groups/{parent}/children"), "name", "x").await;
        bench.subject.send(Method::PUT, &format!("/default-groups/{id}"), Value::Null).await;
        below.push(id);
    }
    // Nobody else than us declared the one of them that stays, and it need not be declared itself.
    bench.declare_names("keycloak: {defaultGroups: [auditors/external/x]}\n");
    let changes: Vec<String> = planned(&bench.plan().await).iter().map(ToString::to_string).collect();
    assert_eq!(changes, [format!("default-group/auditors/external/x/{}", below[0])]);
    bench.converge().await;
    let listed = bench.subject.get("/default-groups").await;
    assert_eq!((&listed[0]["id"], &listed[1]), (&json!(below[1]), &Value::Null), "{listed}");
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
users: []
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
async fn keycloak_service_account_of_another_name_gets_no_roles() {
    let bench = Bench::<Keycloak>::converged().await;
    let audit = bench.subject.id("/clients", "clientId", "audit").await;
    let account = bench.subject.get(&format!("/clients/{audit}/service-account-user")).await;
    let user = format!("/users/{}", account["id"].as_str().unwrap());
    bench.subject.send(Method::PUT, "", json!({"editUsernameAllowed": true})).await;
    bench.subject.send(Method::PUT, &user, json!({"username": "mallory"})).await;
    bench.subject.forget();
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Unexpected, "{}", told(&finished));
    let failure = &finished.failures[0].message;
    assert!(failure.contains("cannot read service account of client `audit`"), "{failure}");
    assert!(failure.contains("about another user") && !failure.contains("mallory"), "{failure}");
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
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.failures);
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

#[tokio::test]
async fn keycloak_lists_with_a_name_that_values_cannot_say_are_left_out_of_an_export_and_told() {
    let bench = Bench::<Keycloak>::converged().await;
    let subject = &bench.subject;
    subject.send(Method::POST, "/roles", json!({"name": ".."})).await;
    let role = json!([subject.find("/roles?first=0&max=1000", "name", "..").await]);
    let auditor = subject.id("/roles?first=0&max=1000", "name", "auditor").await;
    let every = subject.get("").await["defaultRole"]["id"].as_str().unwrap().to_owned();
    let auditors = subject.id("/groups", "name", "auditors").await;
    let audit = subject.id("/clients", "clientId", "audit").await;
    let account = subject.get(&format!("/clients/{audit}/service-account-user")).await;
    for list in [
        format!("/roles-by-id/{auditor}/composites"),
        format!("/roles-by-id/{every}/composites"),
        format!("/groups/{auditors}/role-mappings/realm"),
        format!("/users/{}/role-mappings/realm", account["id"].as_str().unwrap()),
        format!("/clients/{audit}/scope-mappings/realm"),
    ] {
        subject.send(Method::POST, &list, role.clone()).await;
    }
    subject.send(Method::POST, &format!("/clients/{audit}/roles"), json!({"name": "."})).await;
    subject.send(Method::POST, "/groups", json!({"name": ".."})).await;
    subject.send(Method::POST, &format!("/groups/{auditors}/children"), json!({"name": "a\u{1}b"})).await;
    let group = subject.id("/groups", "name", "..").await;
    subject.send(Method::PUT, &format!("/default-groups/{group}"), Value::Null).await;
    subject.send(Method::POST, "/client-scopes", json!({"name": "..", "protocol": "openid-connect"})).await;
    let scope = subject.id("/client-scopes", "name", "..").await;
    subject.send(Method::PUT, &format!("/default-default-client-scopes/{scope}"), Value::Null).await;
    subject.send(Method::PUT, &format!("/clients/{audit}/optional-client-scopes/{scope}"), Value::Null).await;
    let finished = bench.export().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.failures);
    let exported = finished.exported.unwrap();
    let told = exported.left_out.join("\n");
    let list = |what: &str| format!(r#"{what}, as values cannot name one of them: "..""#);
    for line in [
        list("the realm roles inside `role/auditor`"),
        list("the realm roles that every user has"),
        list("the realm roles of group `auditors`"),
        list("the realm roles of the service account of client `audit`"),
        list("the realm roles that `client/audit` lets into tokens"),
        list("`defaultDefaultClientScopes` of the realm"),
        list("`optionalClientScopes` of client `audit`"),
        r#"`defaultGroups` of the realm, as values cannot name one of them: "/..""#.to_owned(),
        r#"role of client `audit` ".", which values cannot name: it is `.` or `..`"#.to_owned(),
        r#"group ".." with everything below it, which values cannot name: it is `.` or `..`"#.to_owned(),
        r#"group "auditors/a\u{1}b" with everything below it, which values cannot name: it holds control characters"#
            .to_owned(),
    ] {
        assert!(told.contains(&line), "{line} is not in:\n{told}");
    }
    assert_eq!(exported.still_differs, [""; 0]);
}
