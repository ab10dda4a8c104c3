//! Servers of other versions: what one does not know fails alone, and by its name.

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Options, Version};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN_PASSWORD, Keycloak};
use crate::{
    bench::{Bench, planned, told},
    subject::Subject,
};

/// A server of version 26.0.
fn older(layer: &str) -> Bench<Keycloak> {
    let server = Keycloak::start_with(Options::new("admin", ADMIN_PASSWORD).playing(Version::V26_0));
    let values = Keycloak::values(&server.urls());
    Bench::with_values(server, &[values, vec![("90-more.yaml", layer.to_owned())]].concat())
}

const UNKNOWN_FIELDS: &str = "\
keycloak:
  realm: {displayName: Ours, scimApiEnabled: true, maxSecondaryAuthFailures: 3, failureFactor: 7}
";

#[tokio::test]
async fn keycloak_field_that_an_older_version_does_not_know_fails_the_whole_realm() {
    for is_there in [true, false] {
        let bench = older(UNKNOWN_FIELDS);
        if is_there {
            let realm = json!({"realm": "otomi", "enabled": true});
            bench.subject.ask(Method::POST, "/admin/realms", Some(&realm)).await;
        }
        let finished = bench.apply().await;
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
        let told = told(&finished);
        for words in ["keycloak 26.0.7 does not know", "`scimApiEnabled`", "`maxSecondaryAuthFailures`"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        let realm = bench.subject.get("").await;
        assert_eq!((&realm["displayName"], &realm["failureFactor"]), (&json!("Ours"), &json!(7)), "{is_there}");
        assert_eq!(realm["smtpServer"]["password"], json!("**********"), "the secret goes with the rest");
        let rest = bench.plan().await;
        let names: Vec<String> = planned(&rest).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["realm/otomi"], "everything else is done, {is_there}");
    }
}

#[tokio::test]
async fn keycloak_field_of_a_part_that_an_older_version_does_not_know_fails_the_whole_object() {
    let bench = older(
        "keycloak:
  groups: [{name: auditors, description: Who audits, attributes: {level: ['2']}, subGroups: [{name: external}]}]
  userProfile: {attributes: [{name: department, displayName: Department, defaultValue: none}]}
",
    );
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    for words in ["does not know `description`", "does not know `defaultValue`"] {
        assert!(told(&finished).contains(words), "{words}: {}", told(&finished));
    }
    let groups = bench.subject.snapshot()["keycloak"]["otomi"]["groups"].take();
    assert_eq!(groups["/auditors"]["attributes"], json!({"level": ["2"]}));
    let profile = bench.subject.get("/users/profile").await;
    let names: Vec<&Value> = profile["attributes"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert!(names.contains(&&json!("department")), "{names:?}");
}

#[tokio::test]
async fn keycloak_required_action_that_an_older_version_lacks_holds_up_all_users_and_service_accounts() {
    let actions = "keycloak: {requiredActions: [{alias: UPDATE_EMAIL, enabled: true, defaultAction: true}]}\n";
    let bench = older(actions);
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("keycloak 26.0.7 has no required action `UPDATE_EMAIL`"), "{}", told(&finished));
    let rest = bench.plan().await;
    let names: Vec<String> = planned(&rest).iter().map(ToString::to_string).collect();
    assert_eq!(names, ["required-action/UPDATE_EMAIL"], "nothing has waited for it: {}", told(&finished));
}

#[tokio::test]
async fn keycloak_version_that_nobody_has_tested_is_worked_with_in_silence() {
    for (release, warned) in [("26.7.3", false), ("24.0.5", false), ("23.0.7", true), ("27.1.0", true)] {
        let server = Keycloak::start_with(Options::new("admin", ADMIN_PASSWORD).calling_itself(release));
        let values = Keycloak::values(&server.urls());
        let bench = Bench::with_values(server, &values);
        let finished = bench.converge().await;
        assert_eq!(finished.report.server.as_deref(), Some(&*format!("keycloak {release}")));
        let about = |note: &&evenkeel_core::plan::Note| note.message.contains("evenkeel is tested with 24.0 to 26.7");
        assert_eq!(finished.report.warnings.iter().filter(about).count(), usize::from(warned), "{release}");
    }
}

#[tokio::test]
async fn keycloak_client_with_a_flow_that_is_nowhere_is_not_made_at_all() {
    let bench = Bench::<Keycloak>::converged().await;
    let flows = "authenticationFlowBindingOverrides: {browser: nowhere, direct_grant: direct grant}";
    let clients = format!("users: []\nkeycloak: {{clients: [{{clientId: new, name: New, {flows}}}]}}\n");
    bench.declare(&[Keycloak::values(&bench.subject.urls()), vec![("90-more.yaml", clients)]].concat());
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("authentication flow `nowhere` is not there"), "{}", told(&finished));
    let client = bench.subject.find("/clients", "clientId", "new").await;
    let bound = client["authenticationFlowBindingOverrides"].as_object().unwrap();
    let bound: Vec<&str> = bound.keys().map(String::as_str).collect();
    assert_eq!((&client["name"], bound), (&json!("New"), vec!["direct_grant"]));
    let rest: Vec<String> = planned(&bench.plan().await).iter().map(ToString::to_string).collect();
    assert_eq!(rest, ["client/new"], "the binding alone is left");
}
