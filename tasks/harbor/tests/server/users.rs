//! Local accounts and groups of users.

use evenkeel_engine::{command_line::Options, exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::{Effect, Fault, HarborOptions, Matching, Page};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, told};

/// Without login through OpenID Connect there are local accounts.
const USERS: &str = "
harbor:
  oidc: null
  users:
    - {username: ada, email: ada@example.com, comment: first, admin: true, initialPassword: {fromEnv: REGISTRY}}
    - {username: bob, email: bob@example.com, realName: Bob B., initialPassword: {fromEnv: ROBOT_SECRET}}
";

const NO_USERS: &str = "harbor: {oidc: null, users: []}\n";

async fn user(stage: &Stage, name: &str) -> Value {
    let list = stage.get("/users").await;
    let found = list.as_array().unwrap().iter().find(|user| user["username"] == name);
    found.unwrap_or_else(|| panic!("no user `{name}` in {list}")).clone()
}

async fn send(stage: &Stage, method: Method, path: &str, body: Value) {
    let (status, answer) = stage.meddle(method, path, Some(body)).await;
    assert!((200..300).contains(&status), "{path}: {status} {answer}");
}

async fn prune(stage: &Stage, data: bool) -> Finished {
    stage.apply_with(false, Options { prune: true, prune_data: data, ..stage.options() }).await
}

#[tokio::test]
async fn a_user_is_made_with_the_password_and_the_flag_and_the_next_run_only_reads() {
    let stage = Stage::new(USERS);
    stage.converge().await;
    let ada = user(&stage, "ada").await;
    assert_eq!(
        (&ada["sysadmin_flag"], &ada["realname"], &ada["comment"]),
        (&json!(true), &json!("ada"), &json!("first"))
    );
    assert_eq!(user(&stage, "bob").await["realname"], "Bob B.");
}

#[tokio::test]
async fn a_change_of_a_user_keeps_what_nobody_declared_and_never_sets_the_password() {
    let stage = Stage::new(USERS);
    stage.converge().await;
    let ada = user(&stage, "ada").await["user_id"].clone();
    let theirs = json!({"email": "other@example.com", "realname": "Countess", "comment": "first"});
    send(&stage, Method::PUT, &format!("/users/{ada}"), theirs).await;
    send(&stage, Method::PUT, &format!("/users/{ada}/sysadmin"), json!({"sysadmin_flag": false})).await;
    // Another password in the values says nothing of an account that is there.
    stage.declare(&USERS.replace("fromEnv: REGISTRY", "fromEnv: NOT_EVEN_SET"));
    stage.converge().await;
    let ada = user(&stage, "ada").await;
    assert_eq!((&ada["email"], &ada["sysadmin_flag"]), (&json!("ada@example.com"), &json!(true)));
    assert_eq!(ada["realname"], "Countess");
}

#[tokio::test]
async fn a_user_without_a_password_is_not_made_and_that_is_told() {
    let stage = Stage::new("harbor: {oidc: null, users: [{username: ada, email: ada@example.com}]}\n");
    for finished in [stage.plan().await, stage.check().await, stage.apply().await] {
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
        assert!(told(&finished).contains("user `ada` is not there, and is not made without a password"));
    }
}

#[tokio::test]
async fn a_password_that_cannot_be_read_keeps_only_its_own_user_back() {
    let stage = Stage::new(&USERS.replace("fromEnv: REGISTRY", "fromEnv: NOT_EVEN_SET"));
    let finished = stage.apply().await;
    assert!(told(&finished).contains("the password of user `ada` cannot be read"), "{}", told(&finished));
    user(&stage, "bob").await;
}

#[tokio::test]
async fn users_beside_another_login_are_refused_with_the_values_and_by_the_plan() {
    let stage = Stage::new(&USERS.replace("oidc: null\n", "registryHost: harbor.example.com\n"));
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
    assert!(told(&finished).contains("there are no local accounts in login mode `oidc_auth`"), "{}", told(&finished));
    stage.sandbox.set_configuration("auth_mode", json!("ldap_auth"));
    stage.declare(USERS);
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("in login mode `ldap_auth`"), "{}", told(&finished));
}

#[tokio::test]
async fn a_user_goes_with_the_second_word_only_and_not_out_of_a_project_of_others() {
    let stage = Stage::new(USERS);
    stage.converge().await;
    send(&stage, Method::POST, "/projects", json!({"project_name": "theirs"})).await;
    let member = json!({"role_id": 2, "member_user": {"username": "bob"}});
    send(&stage, Method::POST, "/projects/theirs/members", member).await;
    stage.declare(NO_USERS);
    let finished = prune(&stage, false).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    user(&stage, "ada").await;
    let finished = prune(&stage, true).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let left = stage.get("/users").await;
    assert_eq!((left.as_array().unwrap().len(), &left[0]["username"]), (1, &json!("bob")));
    let members = stage.get("/projects/theirs/members").await.to_string();
    assert!(members.contains("bob"), "{members}");
}

/// The account is made by one request and gets the right by another.
#[tokio::test]
async fn a_user_who_could_not_be_made_an_administrator_at_once_is_one_in_the_end_and_ours() {
    let stage = Stage::new(USERS);
    let refusal = Effect::Status { code: 403, page: Page::Json, retry_after: None };
    stage.sandbox.inject(Fault::once(Matching::writes().path("*/sysadmin"), refusal));
    stage.converge().await;
    assert_eq!(user(&stage, "ada").await["sysadmin_flag"], true);
    stage.declare(NO_USERS);
    prune(&stage, true).await;
    assert_eq!(stage.get("/users").await, json!([]));
}

#[tokio::test]
async fn the_right_to_administrate_counts_as_taken_away() {
    let stage = Stage::new(USERS);
    stage.converge().await;
    stage.declare(&USERS.replace("admin: true", "admin: false"));
    let refused = stage.apply_with(false, Options { max_removals: 0, ..stage.options() }).await;
    assert_eq!(refused.exit_code, ExitCode::Configuration, "{}", told(&refused));
    assert_eq!(user(&stage, "ada").await["sysadmin_flag"], true);
    stage.converge().await;
    assert_eq!(user(&stage, "ada").await["sysadmin_flag"], false);
}

#[tokio::test]
async fn the_account_that_harbor_was_installed_with_cannot_be_declared() {
    let stage = Stage::new(&USERS.replace("username: bob", "username: admin"));
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
}

const GROUPS: &str = "
harbor:
  userGroups: [{name: devs}, {name: ops}]
  projects: [{name: shared, members: [{group: devs, role: developer}]}]
";

/// Whoever names a group first makes it: as a membership it would come along, and not be ours.
#[tokio::test]
async fn a_declared_group_is_made_before_it_is_a_member_and_a_pruned_one_goes_with_our_memberships() {
    let stage = Stage::new(GROUPS);
    stage.converge().await;
    assert!(stage.there("/userGroups").get("3/ops").is_some());
    stage.declare("harbor: {userGroups: [], projects: [{name: shared, members: []}]}\n");
    let finished = prune(&stage, false).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let groups = stage.there("/userGroups");
    assert!(groups.get("3/ops").is_none() && groups.get("3/devs").is_none(), "{groups}");
}

#[tokio::test]
async fn a_group_of_ours_that_others_made_a_member_stays() {
    let stage = Stage::new(GROUPS);
    stage.converge().await;
    send(&stage, Method::POST, "/projects", json!({"project_name": "theirs"})).await;
    let member = json!({"role_id": 2, "member_group": {"group_name": "ops", "group_type": 3}});
    send(&stage, Method::POST, "/projects/theirs/members", member).await;
    stage.declare("harbor: {userGroups: []}\n");
    let finished = prune(&stage, true).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert!(stage.there("/userGroups").get("3/ops").is_some());
}

#[tokio::test]
async fn a_group_of_ldap_is_known_by_its_distinguished_name_in_any_case() {
    let dn = "cn=devs,ou=groups,dc=example,dc=com";
    let options = HarborOptions::new(PASSWORD).with_ldap_group(dn);
    let values = "
harbor:
  oidc: null
  configuration: {auth_mode: ldap_auth, ldap_url: 'ldap://ldap.example.com'}
  userGroups: [{name: developers, ldapDn: 'CN=Devs,OU=groups,DC=example,DC=com'}]
";
    let stage = Stage::with(&options, values);
    stage.converge().await;
    assert!(stage.there("/userGroups").get("1/developers").is_some());
    stage.declare(&values.replace("name: developers", "name: engineers"));
    stage.converge().await;
    assert!(stage.there("/userGroups").get("1/engineers").is_some());
}

#[tokio::test]
async fn a_group_that_the_login_mode_does_not_know_is_refused() {
    for (mode, group) in [("oidc", "{name: devs, ldapDn: 'cn=devs'}"), ("ldap", "{name: devs}")] {
        let login = if mode == "oidc" { "" } else { "oidc: null, configuration: {auth_mode: ldap_auth}, " };
        let stage = Stage::new(&format!("harbor: {{{login}userGroups: [{group}]}}\n"));
        let finished = stage.apply().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{mode}: {}", told(&finished));
        assert!(told(&finished).contains("is not known in login mode"), "{}", told(&finished));
    }
}
