//! What people see when the server, the way to it, or the account on it is not as it should be: one clear
//! message, the documented exit code, and nothing changed.

mod listeners;
mod stage;

use evenkeel_sandbox::{Effect, Fault, Matching, Page};

use stage::{ADA_PASSWORD, ONLOOKER_PASSWORD, Stage};

#[test]
fn a_server_that_does_not_listen() {
    // Refused at once, and tried again until the retries are used up.
    let port = listeners::closed();
    let stage = Stage::fresh().at(&port.url());
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn a_server_that_listens_and_never_answers() {
    let listener = listeners::silent();
    let stage = Stage::fresh().at(&listener.url());
    insta::assert_snapshot!(stage.in_vain(stage.apply(&["--timeout", "2s"])));
}

#[test]
fn a_wrong_password() {
    let stage = Stage::fresh();
    let mut command = stage.apply(&[]);
    command.env("KEYCLOAK_ADMIN_PASSWORD", "canary-wrong");
    insta::assert_snapshot!(stage.in_vain(command));
}

#[test]
fn a_wrong_client_secret() {
    let stage = Stage::converged().with_admin("realm: otomi\n    clientId: otomi\n    clientSecret: {fromEnv: WRONG}");
    let mut command = stage.apply(&[]);
    command.env("WRONG", "canary-wrong");
    insta::assert_snapshot!(stage.in_vain(command));
}

#[test]
fn a_realm_of_the_account_that_is_not_there() {
    let stage = Stage::fresh()
        .with_admin("realm: mistyped\n    username: admin\n    password: {fromEnv: KEYCLOAK_ADMIN_PASSWORD}");
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn an_address_with_a_path_too_many() {
    let stage = Stage::fresh();
    let wrong = format!("{}/auth", stage.url());
    let stage = stage.at(&wrong);
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn an_address_at_which_something_else_answers() {
    let listener = listeners::welcome_page();
    let stage = Stage::fresh().at(&listener.url());
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let listener = listeners::tls();
    let stage = Stage::fresh().at(&listener.url());
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn a_bundle_of_certificates_that_holds_none() {
    let stage = Stage::fresh();
    stage.write("ca.crt", "Nothing of the kind.");
    let command = stage.apply(&["--set", "platform.caBundle={fromFile: ca.crt}"]);
    insta::assert_snapshot!(stage.in_vain(command));
}

#[test]
fn an_account_without_any_right() {
    let stage = Stage::converged().with_onlooker(&[]);
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn a_realm_of_which_the_server_shows_a_part_only_is_not_taken_for_different() {
    let stage = Stage::converged().with_onlooker(&["view-users", "view-clients"]);
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn an_account_that_may_look_and_not_write() {
    let stage = Stage::converged().with_onlooker(&["view-realm", "view-users", "view-clients"]);
    let command = stage.apply(&["--set", "teams.beta={}"]);
    insta::assert_snapshot!(stage.without_effect(command));
}

#[test]
fn a_right_that_is_taken_away_on_the_way() {
    let stage = Stage::converged();
    let forbidden = Effect::Status { code: 403, page: Page::Json, retry_after: None };
    stage.inject(Fault::always(Matching::writes(), forbidden));
    let command = stage.apply(&["--set", "keycloak.realm.displayName=Other"]);
    insta::assert_snapshot!(stage.without_effect(command));
}

#[test]
fn a_server_that_fails_to_read() {
    let stage = Stage::converged();
    let failure = Effect::Status { code: 500, page: Page::Html, retry_after: None };
    stage.inject(Fault::always(Matching::reads().path("/admin/realms/otomi/client-scopes"), failure));
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn a_server_that_fails_to_log_in() {
    let stage = Stage::fresh();
    let failure = Effect::Status { code: 500, page: Page::Html, retry_after: None };
    stage.inject(Fault::always(Matching::tokens(), failure));
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn an_answer_that_ends_in_its_middle() {
    let stage = Stage::converged();
    stage.inject(Fault::always(Matching::reads().path("/admin/realms/otomi/clients"), Effect::TruncatedJson));
    insta::assert_snapshot!(stage.apply_in_vain());
}

#[test]
fn a_value_that_the_server_does_not_take() {
    let stage = Stage::converged();
    let command = stage.apply(&["--set", "keycloak.client.protocol=pigeon"]);
    insta::assert_snapshot!(stage.without_effect(command));
}

#[test]
fn a_missing_initial_password_keeps_only_its_own_user_back() {
    let stage = Stage::converged();
    stage.write(
        "users.yaml",
        "users:\n  - email: ada@example.com\n    initialPassword: {fromEnv: ADA_PASSWORD}\n  \
         - email: grace@example.com\n    initialPassword: {fromEnv: GRACE_PASSWORD}\n",
    );
    let mut command = stage.apply(&["--values", "users.yaml"]);
    command.env("ADA_PASSWORD", ADA_PASSWORD);
    insta::assert_snapshot!(stage.seen(command));
    assert_eq!(stage.people(), ["ada@example.com"]);
}

#[test]
fn check_tells_of_a_login_that_cannot_work() {
    let stage = Stage::fresh();
    let mut command = stage.run("check", &[]);
    command.env("KEYCLOAK_ADMIN_PASSWORD", "canary-wrong");
    let seen = stage.in_vain(command);
    assert!(seen.starts_with("exit code: 77\n"), "{seen}");
}

#[test]
fn an_onlooker_is_enough_for_a_plan() {
    let stage = Stage::converged().with_onlooker(&["view-realm", "view-users", "view-clients"]);
    let seen = stage.in_vain(stage.run("plan", &["--detailed-exitcode", "--set", "teams.beta={}"]));
    assert!(seen.starts_with("exit code: 2\n"), "{seen}");
    assert!(!seen.contains(ONLOOKER_PASSWORD));
}

#[test]
fn default_groups_that_the_account_may_not_see_are_not_taken_for_none() {
    // A group that gives its members nothing: the onlooker joins it.
    let stage = Stage::converged();
    let guests = ["--set", "keycloak.groups=[{name: guests}]", "--set", "keycloak.defaultGroups=[/guests]"];
    let seen = stage.seen(stage.apply(&guests));
    assert!(seen.starts_with("exit code: 0\n") && seen.contains("default-group/guests"), "{seen}");
    let stage = stage.with_onlooker(&["view-realm", "view-clients", "query-groups"]);
    // Nothing but the list is about groups. That it is to be empty looks done to whoever is shown none.
    let nothing = ["teams.alpha=null", "keycloak.implied.administrators=false", "keycloak.defaultGroups=[]"];
    let nothing: Vec<&str> = nothing.iter().flat_map(|setting| ["--set", setting]).collect();
    let seen = stage.in_vain(stage.run("plan", &nothing));
    assert!(
        seen.starts_with("exit code: 77\n") && seen.contains("the groups of realm `otomi` cannot be judged"),
        "{seen}"
    );
}

#[test]
fn an_administrator_of_the_realm_alone_is_enough_to_apply() {
    let stage = Stage::converged().with_onlooker(&["realm-admin"]);
    let seen = stage.seen(stage.apply(&["--set", "teams.beta={}", "--set", "keycloak.realm.displayName=Other"]));
    assert!(seen.starts_with("exit code: 0\n"), "{seen}");
}
