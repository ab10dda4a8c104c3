//! What earlier programs of this kind got wrong with Keycloak, each under its own name.

use std::{sync::Arc, time::Duration};

use evenkeel_core::{object::ObjectId, plan::Action};
use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Gate, Kind, ManualClock, Matching, Options};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN_PASSWORD, Keycloak};
use crate::{
    bench::{Bench, changes, planned, told},
    subject::Subject,
};

type Files = Vec<(&'static str, String)>;

/// The subject's values with one more layer.
fn values_with(urls: &[String], layer: &str) -> Files {
    [Keycloak::values(urls), vec![("90-more.yaml", layer.to_owned())]].concat()
}

impl Bench<Keycloak> {
    fn declare_with(&self, layer: &str) {
        self.declare(&values_with(&self.subject.urls(), layer));
    }

    async fn names_of_users(&self) -> Vec<String> {
        let users = self.subject.get("/users?max=-1").await;
        users.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
    }
}

fn membership(name: &str) -> ObjectId {
    format!("membership/{name}").parse().unwrap()
}

/// Only Grace, with what `more` says.
fn grace(more: &str) -> String {
    format!("users:\n  - email: grace@example.com\n{more}")
}

#[tokio::test]
async fn keycloak_user_without_teams_key_keeps_its_groups() {
    let bench = Bench::<Keycloak>::converged().await;
    let user = bench.subject.user("grace@example.com").await;
    let group = bench.subject.id("/groups", "name", "team-alpha").await;
    bench.subject.send(Method::PUT, &format!("/users/{user}/groups/{group}"), Value::Null).await;
    bench.declare_with(&grace(""));
    bench.expect_nothing_to_do().await;
    bench.declare_with(&grace("    teams: []\n"));
    let finished = bench.converge().await;
    assert_eq!(planned(&finished), [membership("team-alpha/grace@example.com")], "an empty list is managed and empty");
    let groups = bench.subject.get(&format!("/users/{user}/groups")).await;
    assert_eq!(groups, json!([]));
}

#[tokio::test]
async fn keycloak_flag_that_is_false_takes_the_user_out_and_an_absent_one_does_not() {
    let bench = Bench::<Keycloak>::converged().await;
    let user = bench.subject.user("grace@example.com").await;
    for name in ["platform-admin", "team-admin"] {
        let group = bench.subject.id("/groups", "name", name).await;
        bench.subject.send(Method::PUT, &format!("/users/{user}/groups/{group}"), Value::Null).await;
    }
    bench.declare_with(&grace("    platformAdmin: false\n"));
    assert_eq!(planned(&bench.converge().await), [membership("platform-admin/grace@example.com")]);
}

#[tokio::test]
async fn keycloak_absent_list_is_not_managed_and_an_empty_one_is_empty() {
    let bench = Bench::<Keycloak>::converged().await;
    let client = bench.subject.id("/clients", "clientId", "otomi").await;
    bench
        .subject
        .send(Method::PUT, &format!("/clients/{client}"), json!({"redirectUris": ["https://theirs.example.com/*"]}))
        .await;
    bench.subject.send(Method::PUT, "", json!({"supportedLocales": ["en", "de"]})).await;
    bench.declare_with("keycloak: {client: {redirectUris: null}, realm: {supportedLocales: null}}\n");
    bench.expect_nothing_to_do().await;
    bench.declare_with("keycloak: {client: {redirectUris: []}, realm: {supportedLocales: []}}\n");
    let finished = bench.converge().await;
    assert_eq!(planned(&finished).len(), 2, "{}", told(&finished));
    let client = bench.subject.find("/clients", "clientId", "otomi").await;
    let realm = bench.subject.get("").await;
    for list in [&client["redirectUris"], &realm["supportedLocales"]] {
        assert!(list.as_array().is_none_or(Vec::is_empty), "{list}");
    }
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_order_of_sets_is_no_difference() {
    let bench = Bench::<Keycloak>::converged().await;
    let layer = "\
keycloak:
  client: {redirectUris: ['https://gitea.example.com/*', 'https://harbor.example.com/*']}
  realm: {supportedLocales: [nl, en]}
";
    bench.declare_with(layer);
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_email_with_capitals_is_one_user() {
    let bench = Bench::<Keycloak>::new();
    bench.subject.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi"}))).await;
    let there = json!({"username": "countess", "email": "Ada@EXAMPLE.com", "enabled": true});
    bench.subject.send(Method::POST, "/users", there).await;
    bench.converge().await;
    let mut names = bench.names_of_users().await;
    names.retain(|name| !name.starts_with("service-account"));
    assert_eq!(
        names,
        ["countess", "grace@example.com", "linus"],
        "each email is one account, under the name that it had"
    );
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.count(Kind::Write), 0);
}

#[tokio::test]
async fn keycloak_substring_of_an_email_is_not_that_user() {
    // few users are read page by page, many are searched one by one: both must know who is who
    for others in [0, 250] {
        let bench = Bench::<Keycloak>::new();
        bench.subject.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi"}))).await;
        let mut names =
            vec!["canada@example.com".to_owned(), "ada@example.com.au".to_owned(), "aada@example.com".to_owned()];
        names.extend((0..others).map(|number| format!("somebody-{number}@example.com")));
        for name in &names {
            let user = json!({"username": name, "email": name, "firstName": "Somebody"});
            bench.subject.send(Method::POST, "/users", user).await;
        }
        bench.converge().await;
        let users = bench.subject.get("/users?max=-1").await;
        let first_name = |name: &str| {
            let user = users.as_array().unwrap().iter().find(|user| user["email"] == name);
            user.unwrap_or_else(|| panic!("there is no {name}"))["firstName"].as_str().unwrap().to_owned()
        };
        assert_eq!(first_name("ada@example.com"), "Ada");
        for name in &names {
            assert_eq!(first_name(name), "Somebody", "{name}");
        }
        bench.expect_nothing_to_do().await;
    }
}

#[tokio::test]
async fn keycloak_more_than_100_roles_groups_and_users_are_all_seen() {
    let teams: String = (0..120).map(|number| format!("  t{number:03}: {{}}\n")).collect();
    let users: String = (0..120)
        .map(|number| {
            format!("  - {{email: user-{number:03}@example.com, firstName: U, lastName: R, teams: [t119]}}\n")
        })
        .collect();
    let subject = Keycloak::start();
    let values = values_with(&subject.urls(), &format!("teams:\n{teams}users:\n{users}"));
    let bench = Bench::with_values(subject, &values);
    bench.converge().await;
    let group = bench.subject.id("/groups?max=1000", "name", "team-t119").await;
    let members = bench.subject.get(&format!("/groups/{group}/members?max=1000")).await;
    assert_eq!(members.as_array().unwrap().len(), 120);
    bench.subject.forget();
    let second = bench.converge().await;
    assert_eq!(planned(&second), []);
    assert_eq!(bench.count(Kind::Write), 0);
}

#[tokio::test]
async fn keycloak_token_that_dies_in_the_middle_of_a_run_is_renewed() {
    let faults = [
        Matching::reads().nth(4),
        Matching::writes(),
        Matching::writes().nth(20),
        Matching::any().method(Method::POST).nth(15),
    ];
    for matching in faults {
        let bench = Bench::<Keycloak>::new();
        bench.subject.inject(Fault::once(matching.clone(), Effect::DeadToken));
        let finished = bench.converge().await;
        assert_eq!(finished.report.rounds, 1, "{matching:?}: no change failed: {}", told(&finished));
        assert!(finished.report.requests.tokens >= 2, "{matching:?}");
        assert!(bench.subject.requests().iter().any(|request| request.status == Some(401)), "{matching:?}");
    }
}

#[tokio::test]
async fn keycloak_token_that_expires_earlier_than_it_said_is_renewed() {
    let clock = Arc::new(ManualClock::new());
    let subject = Keycloak::start_with(Options::new("admin", ADMIN_PASSWORD).with_clock(Arc::clone(&clock) as _));
    let values = Keycloak::values(&subject.urls());
    let bench = Bench::with_values(subject, &values).one_at_a_time();
    let gate = Gate::new();
    bench.subject.inject(Fault::once(Matching::writes().nth(10), Effect::Hold(gate.clone())));
    let pass_time = async {
        gate.reached(1).await;
        clock.advance(Duration::from_secs(61));
        gate.open();
    };
    let (finished, ()) = tokio::join!(bench.converge(), pass_time);
    assert_eq!(finished.report.rounds, 1, "{}", told(&finished));
    assert!(bench.subject.requests().iter().any(|request| request.status == Some(401)), "the token did not expire");
    bench.expect_nothing_to_do().await;
}

/// Eight settings of a realm were changed once that nobody had written.
#[tokio::test]
async fn the_sample_of_the_readme_changes_nothing_that_it_does_not_say() {
    let readme = include_str!("../../../README.md");
    let sample = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let subject = Keycloak::start();
    subject.fill().await;
    let address = format!("keycloak: {{url: {}}}\n", subject.server.url());
    let bench = Bench::with_values(subject, &[("10-sample.yaml", sample.to_owned()), ("20-address.yaml", address)]);
    let updates = changes(&bench.plan().await).into_iter().filter(|change| change.action == Action::Update);
    let updates: Vec<(String, Vec<String>)> = updates
        .map(|change| {
            let fields = change.fields.iter().map(|field| field.path.to_string());
            (change.object.to_string(), fields.collect())
        })
        .collect();
    // Both are written in the sample: Ada's account had no address.
    let declared = [("client/otomi", "redirectUris"), ("user/ada@example.com", "email")];
    assert_eq!(updates, declared.map(|(object, field)| (object.to_owned(), vec![field.to_owned()])));
    bench.converge().await;
    bench.expect_nothing_to_do().await;
}

/// The realm is in the inventory, which is what says that its built-in settings are evenkeel's.
#[tokio::test]
async fn a_realm_that_evenkeel_made_keeps_the_built_in_settings_as_long_as_the_inventory_says_so() {
    let subject = Keycloak::start();
    let values = Keycloak::minimal_values(&subject.urls());
    let bench = Bench::with_values(subject, &values);
    bench.converge().await;
    let is_protected = || async { bench.subject.get("").await["bruteForceProtected"].clone() };
    assert_eq!(is_protected().await, true);
    bench.subject.change("", |realm| realm["bruteForceProtected"] = json!(false)).await;
    let planned: Vec<String> = planned(&bench.plan().await).iter().map(ToString::to_string).collect();
    assert_eq!(planned, ["realm/otomi"]);
    bench.lose_inventory();
    let finished = bench.converge().await;
    assert_eq!(is_protected().await, false);
    let told_of =
        finished.report.notes.iter().any(|note| note.message.contains("`realm/otomi` (`bruteForceProtected`)"));
    assert!(told_of, "{:?}", finished.report.notes);
    let adopted = bench.adopt().await;
    assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
    assert_eq!(is_protected().await, true);
}
