//! Users as people have them: with names of their own, without email, with roles, groups and accounts elsewhere.

use evenkeel_core::plan::Action;
use evenkeel_engine::exit_code::ExitCode;
use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;
use crate::{
    bench::{Bench, changes, planned, told},
    subject::Subject,
};

impl Bench<Keycloak> {
    /// Declares these users instead of the subject's own.
    fn declare_users(&self, users: &str) {
        self.declare_people("", users);
    }

    /// Declares these users instead of the subject's own, and further fields of the realm.
    fn declare_people(&self, realm: &str, users: &str) {
        let layer = format!("keycloak: {{realm: {{{realm}}}}}\nusers:\n{users}\n");
        self.declare(&[Keycloak::values(&self.subject.urls()), vec![("90-more.yaml", layer)]].concat());
    }

    /// What the server holds of the users, by user name.
    fn users(&self) -> Value {
        self.subject.snapshot()["keycloak"]["otomi"]["users"].take()
    }

    async fn user_id(&self, name: &str) -> String {
        self.subject.id("/users?max=-1", "username", name).await
    }
}

fn names(finished: &evenkeel_engine::run::Finished) -> Vec<String> {
    planned(finished).iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn keycloak_user_whose_name_is_not_the_email_is_found_by_it_whoever_has_that_email_as_a_name() {
    let bench = Bench::<Keycloak>::converged().await;
    // somebody else, who is called like the email of another
    bench.subject.send(Method::POST, "/users", json!({"username": "linus@example.com", "enabled": true})).await;
    bench.expect_nothing_to_do().await;
    let id = bench.user_id("linus").await;
    bench.subject.change(&format!("/users/{id}"), |user| user["email"] = json!("old@example.com")).await;
    let finished = bench.converge().await;
    assert_eq!(names(&finished), ["user/linus"], "{}", told(&finished));
    let users = bench.users();
    assert_eq!((&users["linus"]["email"], &users["linus"]["id"]), (&json!("linus@example.com"), &json!(id)));
    assert_eq!(users["linus@example.com"]["email"], Value::Null, "the other one is nobody's business");
}

#[tokio::test]
async fn keycloak_user_without_an_email_cannot_be_declared() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.declare_users("  - {username: Ken, firstName: Ken}");
    bench.converge().await;
    let ken = bench.users()["ken"].clone();
    assert_eq!((&ken["firstName"], &ken["email"]), (&json!("Ken"), &Value::Null));
    assert_eq!(ken["emailVerified"], false, "there is no address that could be somebody's");
    assert_eq!(ken["attributes"].get("nickname"), None, "and none that gives a nickname");
    bench.expect_nothing_to_do().await;
    // what nobody declares is not managed
    let id = bench.user_id("ken").await;
    bench.subject.change(&format!("/users/{id}"), |user| user["email"] = json!("ken@example.com")).await;
    bench.expect_nothing_to_do().await;
}

/// The account is the same: neither made anew, nor taken for one that nobody declares any more.
#[tokio::test]
async fn keycloak_account_that_gets_a_name_of_its_own_is_pruned_under_the_old_one() {
    let mut bench = Bench::<Keycloak>::converged().await;
    let id = bench.user_id("grace@example.com").await;
    let grace = "  - {username: grace, email: grace@example.com, firstName: G., lastName: Hopper}";
    bench.declare_users(grace);
    (bench.options.prune, bench.options.prune_data, bench.options.max_deletes) = (true, true, 100);
    let refused = bench.apply().await;
    assert_eq!(refused.exit_code, ExitCode::Configuration, "{}", told(&refused));
    assert!(told(&refused).contains("editUsernameAllowed"), "{}", told(&refused));
    let users = bench.users();
    assert_eq!(
        (&users["grace@example.com"]["id"], &users["grace@example.com"]["firstName"]),
        (&json!(id), &json!("G."))
    );
    assert_eq!(users.get("linus"), None, "who is not declared any more goes");

    bench.declare_people("editUsernameAllowed: true", grace);
    let finished = bench.converge().await;
    let renamed = changes(&finished).into_iter().find(|change| change.object.to_string() == "user/grace").unwrap();
    assert_eq!((renamed.action, &*renamed.fields[0].path), (Action::Update, "username"));
    assert_eq!(bench.users()["grace"]["id"], json!(id));
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_users_of_one_email_are_taken_for_one() {
    let bench = Bench::<Keycloak>::converged().await;
    let team = "  - {username: day, email: team@example.com, firstName: Day, attributes: {nickname: [day]}}
  - {username: night, email: team@example.com, firstName: Night, attributes: {nickname: [night]}}";
    bench.declare_people("duplicateEmailsAllowed: true, loginWithEmailAllowed: false", team);
    bench.converge().await;
    let users = bench.users();
    for (name, first) in [("day", "Day"), ("night", "Night")] {
        assert_eq!((&users[name]["firstName"], &users[name]["email"]), (&json!(first), &json!("team@example.com")));
    }
    bench.expect_nothing_to_do().await;
    let id = bench.user_id("day").await;
    bench.subject.send(Method::DELETE, &format!("/users/{id}"), json!({})).await;
    let finished = bench.converge().await;
    assert_eq!(names(&finished), ["user/day"], "the other one is not renamed: {}", told(&finished));
}

#[tokio::test]
async fn keycloak_role_that_somebody_gave_to_a_user_stays_although_the_list_is_declared() {
    let bench = Bench::<Keycloak>::converged().await;
    let id = bench.user_id("linus").await;
    let given = bench.subject.find("/roles", "name", "team-alpha").await;
    let roles = format!("/users/{id}/role-mappings/realm");
    bench.subject.send(Method::POST, &roles, json!([given])).await;
    // a role of a client about which the values say nothing
    let client = bench.subject.id("/clients", "clientId", "realm-management").await;
    let right = bench.subject.find(&format!("/clients/{client}/roles"), "name", "view-events").await;
    bench.subject.send(Method::POST, &format!("/users/{id}/role-mappings/clients/{client}"), json!([right])).await;

    let few = bench.apply_with(|options| options.max_removals = 0).await;
    assert_eq!(few.exit_code, ExitCode::Configuration, "{}", told(&few));
    assert!(told(&few).contains("--max-removals 0"), "{}", told(&few));
    let finished = bench.converge().await;
    assert_eq!(names(&finished), ["user-role/linus/team-alpha"], "{}", told(&finished));
    let left = bench.users()["linus"]["roles"].to_string();
    assert!(left.contains("view-events") && left.contains("default-roles-otomi"), "{left}");
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_group_beside_the_listed_ones_keeps_its_member() {
    let bench = Bench::<Keycloak>::converged().await;
    let id = bench.user_id("linus").await;
    bench.subject.send(Method::POST, "/groups", json!({"name": "choir"})).await;
    for group in ["choir", "team-beta", "team-admin"] {
        let group = bench.subject.id("/groups", "name", group).await;
        bench.subject.send(Method::PUT, &format!("/users/{id}/groups/{group}"), Value::Null).await;
    }
    let finished = bench.converge().await;
    assert_eq!(
        names(&finished),
        ["membership/choir/linus"],
        "what teams imply has keys of its own: {}",
        told(&finished)
    );
    let groups = bench.users()["linus"]["groups"].clone();
    assert_eq!(groups, json!(["/auditors/external", "/team-admin", "/team-beta"]));
}

#[tokio::test]
async fn keycloak_group_of_a_team_is_listed_by_its_path_too() {
    let bench = Bench::<Keycloak>::new();
    bench.declare_users("  - {username: ken, groups: [/team-alpha, /team-admin]}");
    let finished = bench.plan().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
    for hint in ["declare it by `teams` of the user", "declare it by `teamAdmin` of the user"] {
        assert!(told(&finished).contains(hint), "{}", told(&finished));
    }
}

#[tokio::test]
async fn keycloak_new_user_in_a_group_that_is_nowhere_is_not_made() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.declare_users("  - {username: ken, groups: [/nowhere], realmRoles: [auditor]}");
    let finished = bench.apply().await;
    assert!(told(&finished).contains("group `nowhere` is not there"), "{}", told(&finished));
    let ken = bench.users()["ken"].clone();
    assert!(ken["roles"].to_string().contains("auditor"), "{ken}");
}

/// Taken back, the question would leave the temporary password in place for ever.
#[tokio::test]
async fn keycloak_temporary_password_becomes_a_lasting_one_where_required_actions_are_declared() {
    let bench = Bench::<Keycloak>::converged().await;
    let actions = |actions: &str| {
        let password = "initialPassword: {fromEnv: ADA_INITIAL_PASSWORD}";
        bench.declare_users(&format!("  - {{username: ken, requiredActions: {actions}, {password}}}"));
    };
    let asked = || bench.users()["ken"]["requiredActions"].clone();
    actions("[CONFIGURE_TOTP]");
    bench.converge().await;
    assert_eq!(asked(), json!(["CONFIGURE_TOTP", "UPDATE_PASSWORD"]));
    bench.expect_nothing_to_do().await;
    actions("[CONFIGURE_TOTP, UPDATE_PROFILE]");
    bench.converge().await;
    assert_eq!(asked(), json!(["CONFIGURE_TOTP", "UPDATE_PASSWORD", "UPDATE_PROFILE"]));
    bench.expect_nothing_to_do().await;
}

/// The server drops it without a word.
#[tokio::test]
async fn keycloak_required_action_that_no_server_knows_is_asked_of_a_user_for_ever() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.declare_users("  - {username: ken, firstName: Ken, requiredActions: [CONFIGURE_TOTP, NO_SUCH_ACTION]}");
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("user/ken") && told(&finished).contains("requiredActions"), "{}", told(&finished));
    assert_eq!(bench.users()["ken"]["firstName"], "Ken");
}

#[tokio::test]
async fn keycloak_account_at_a_provider_that_is_nowhere_is_taken_without_a_word() {
    let bench = Bench::<Keycloak>::converged().await;
    let identities = "[{identityProvider: nowhere, userId: '1'}, {identityProvider: google, userId: '2'}]";
    bench.declare_users(&format!("  - {{username: ken, federatedIdentities: {identities}}}"));
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("identity provider `nowhere` is not there"), "{}", told(&finished));
    let identities = bench.users()["ken"]["federatedIdentities"].clone();
    assert_eq!(identities, json!([{"identityProvider": "google", "userId": "2"}]));
}

#[tokio::test]
async fn keycloak_account_at_a_provider_that_a_person_has_linked_is_unlinked() {
    let bench = Bench::<Keycloak>::converged().await;
    let id = bench.user_id("linus").await;
    let theirs = json!({"userId": "theirs", "userName": "linus"});
    bench.subject.send(Method::POST, &format!("/users/{id}/federated-identity/partner"), theirs).await;
    bench.expect_nothing_to_do().await;
    let google = format!("/users/{id}/federated-identity/google");
    bench.subject.send(Method::DELETE, &google, json!({})).await;
    bench.subject.send(Method::POST, &google, json!({"userId": "other", "userName": "linus"})).await;
    let finished = bench.converge().await;
    assert_eq!(names(&finished), ["federated-identity/linus/google"], "{}", told(&finished));
    let identities = bench.subject.get(&format!("/users/{id}/federated-identity")).await;
    let known = |alias: &str| {
        let found = identities.as_array().unwrap().iter().find(|identity| identity["identityProvider"] == alias);
        found.unwrap_or_else(|| panic!("{alias} is gone"))["userId"].clone()
    };
    assert_eq!((known("partner"), known("google")), (json!("theirs"), json!("4711")));
}

#[tokio::test]
async fn keycloak_name_roles_groups_and_accounts_elsewhere_of_a_user_are_missing_in_an_export() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.declare_users("  - {username: ken}");
    bench.converge().await;
    let exported = bench.export().await.exported.unwrap();
    let users = exported.layers.iter().find(|layer| layer.name == "30-users.yaml").unwrap();
    let text = users.content.yaml().unwrap();
    for line in [
        "username: linus",
        "groups: [/auditors/external]",
        "realmRoles: [auditor]",
        "audit: [reader]",
        "identityProvider: google",
        "userId: \"4711\"",
        "username: ken",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    assert_eq!(text.matches("username:").count(), 2, "an email is a name too:\n{text}");
    // who has done what is asked would be asked again by every run
    assert!(!text.contains("requiredActions"), "{text}");
    assert!(exported.left_out.iter().any(|told| told.contains("what users have to do at their next login (")));
    assert!(exported.still_differs.is_empty(), "{:?}", exported.still_differs);
}

/// A run that does nothing then looks like one that has nothing to do.
#[tokio::test]
async fn keycloak_selector_that_is_mistyped_selects_nothing_without_a_word() {
    let mut bench = Bench::<Keycloak>::converged().await;
    for selector in [
        "role/auditor",
        "user/linus",
        "group/*",
        "user-profile/otomi",
        "required-action/CONFIGURE_TOTP",
        "membership/team-alpha/ada@example.com",
        "user-role/linus/auditor",
        "federated-identity/linus/google",
        "protocol-mapper/client/audit/*",
    ] {
        bench.options.only = vec![selector.parse().unwrap()];
        let finished = bench.plan().await;
        assert_eq!(finished.exit_code, ExitCode::Converged, "{selector}: {}", told(&finished));
    }
    for selector in
        ["role/audtior", "rloe/auditor", "user/nobody", "mebmership/team-alpha/ada@example.com", "user-role/nobody/x"]
    {
        bench.options.only = vec![selector.parse().unwrap()];
        for finished in [bench.plan().await, bench.apply().await] {
            assert_eq!(finished.exit_code, ExitCode::Usage, "{selector}: {}", told(&finished));
            assert!(told(&finished).contains(&format!("`--only {selector}` selects nothing")), "{}", told(&finished));
        }
    }
    bench.declare_users("  - {username: ken}");
    bench.options.only = vec!["user/ada@example.com".parse().unwrap()];
    let finished = bench.plan().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "what is ours is known: {}", told(&finished));
}

/// A server reads what a short list leaves out user by user.
#[tokio::test]
async fn keycloak_details_of_all_users_are_read_although_nobody_declares_any() {
    for (nicknames, brief) in [("true", "false"), ("false", "true")] {
        let bench = Bench::<Keycloak>::new();
        let layer = format!(
            "users: [{{email: ada@example.com}}, {{username: ken}}]\nkeycloak: {{implied: {{nicknames: {nicknames}}}}}\n"
        );
        bench.declare(&[Keycloak::values(&bench.subject.urls()), vec![("90-more.yaml", layer)]].concat());
        bench.converge().await;
        bench.subject.forget();
        bench.expect_nothing_to_do().await;
        let requests = bench.subject.requests();
        let lists = requests.iter().filter(|request| {
            request.path.starts_with("/admin/realms/otomi/users?") && request.path.contains("first=")
        });
        let lists: Vec<&str> = lists.map(|request| request.path.as_str()).collect();
        let wanted = format!("briefRepresentation={brief}");
        assert!(!lists.is_empty() && lists.iter().all(|list| list.contains(&wanted)), "{wanted}: {lists:?}");
    }
}
