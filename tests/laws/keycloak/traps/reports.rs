//! What users reported of other tools, each with the number of the report.

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::Kind;
use reqwest::Method;
use serde_json::json;

use super::super::Keycloak;
use crate::{
    bench::{Bench, planned, told},
    subject::Subject,
};

/// keycloak-config-cli: a user in the import without `groups` left every group.
#[tokio::test]
async fn keycloak_user_without_a_groups_key_loses_all_groups_1132() {
    let bench = Bench::<Keycloak>::converged().await;
    let user = bench.subject.user("grace@example.com").await;
    let theirs = bench.subject.make_group("theirs").await;
    let alpha = bench.subject.id("/groups", "name", "team-alpha").await;
    for group in [&theirs, &alpha] {
        bench.subject.send(Method::PUT, &format!("/users/{user}/groups/{group}"), json!(null)).await;
    }
    bench.with_layer("users: [{email: grace@example.com, firstName: Changed}]\n");
    bench.converge().await;
    let groups = bench.stored()["users"]["grace@example.com"]["groups"].clone();
    assert_eq!(groups, json!(["/team-alpha", "/theirs"]));
    // Even where the list is declared, it is about teams: a group that no team stands for stays.
    bench.with_layer("users: [{email: grace@example.com, teams: []}]\n");
    bench.converge().await;
    assert_eq!(bench.stored()["users"]["grace@example.com"]["groups"], json!(["/theirs"]));
}

/// keycloak-config-cli: groups that the import did not name were removed.
#[tokio::test]
async fn keycloak_groups_that_nobody_declares_are_removed_816() {
    let mut bench = Bench::<Keycloak>::converged().await;
    let theirs = bench.subject.make_group("theirs").await;
    bench.subject.send(Method::POST, &format!("/groups/{theirs}/children"), json!({"name": "below"})).await;
    (bench.options.prune, bench.options.prune_data, bench.options.max_deletes) = (true, true, 100);
    bench.with_layer("users: []\nkeycloak: {groups: [{name: another, subGroups: [{name: below}]}]}\n");
    bench.converge().await;
    let groups = bench.stored()["groups"].clone();
    for path in ["/theirs", "/theirs/below", "/another/below"] {
        assert!(groups[path].is_object(), "{path}");
    }
    assert!(groups.get("/auditors").is_none(), "what evenkeel made goes, since somebody asked for it");
}

/// keycloak-config-cli: members of an organisation were removed by an import that only named the organisation. evenkeel has no
/// word for organisations: declaring one is an error, and no request ever goes there.
#[tokio::test]
async fn keycloak_members_of_an_organization_are_removed_1542() {
    let bench = Bench::<Keycloak>::new();
    bench.with_layer("keycloak: {realm: {organizations: [{alias: acme, members: []}]}}\n");
    assert_eq!(bench.plan().await.exit_code, ExitCode::InvalidValues);
    assert_eq!(bench.subject.requests().len(), 0);
    bench.with_layer("keycloak: {realm: {organizationsEnabled: true}}\n");
    bench.converge().await;
    assert!(bench.subject.requests().iter().all(|request| !request.path.contains("/organizations")));
    bench.expect_nothing_to_do().await;
}

/// terraform-provider-keycloak: drift right after an apply, of values that Keycloak adds, orders or leaves out by itself.
#[tokio::test]
async fn keycloak_plan_right_after_an_apply_is_never_empty_1096_1641() {
    let bench = Bench::<Keycloak>::new();
    let first = bench.converge().await;
    assert_eq!(first.report.rounds, 1, "{}", told(&first));
    bench.expect_nothing_to_do().await;
    bench.subject.forget();
    assert_eq!(planned(&bench.converge().await), []);
    assert_eq!(bench.count(Kind::Write), 0);
}
