use evenkeel_engine::exit_code::ExitCode;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, failures, told};

async fn members(stage: &Stage, project: &str) -> Vec<(String, i64)> {
    let members = stage.get(&format!("/projects/{project}/members?page_size=100")).await;
    let row =
        |member: &Value| (member["entity_name"].as_str().unwrap().to_owned(), member["role_id"].as_i64().unwrap());
    let mut rows: Vec<(String, i64)> = members.as_array().unwrap().iter().map(row).collect();
    rows.sort();
    rows
}

fn rows(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect()
}

#[tokio::test]
async fn a_team_is_developer_and_the_administrators_of_all_teams_are_project_admins() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let expected = rows(&[("admin", 1), ("all-teams-admin", 1), ("team-alpha", 2)]);
    assert_eq!(members(&stage, "team-alpha").await, expected);
}

#[tokio::test]
async fn a_role_that_drifted_is_corrected_although_adding_the_member_again_would_not() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let there = stage.get("/projects/team-alpha/members?entityname=team-alpha").await;
    let id = there[0]["id"].clone();
    stage.meddle(Method::PUT, &format!("/projects/team-alpha/members/{id}"), Some(json!({"role_id": 1}))).await;
    stage.converge().await;
    assert!(members(&stage, "team-alpha").await.contains(&("team-alpha".to_owned(), 2)));
}

#[tokio::test]
async fn a_member_whose_role_does_not_exist_is_seen_again() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let there = stage.get("/projects/team-alpha/members?entityname=team-alpha").await;
    let id = there[0]["id"].clone();
    stage.meddle(Method::PUT, &format!("/projects/team-alpha/members/{id}"), Some(json!({"role_id": 99}))).await;
    assert_eq!(members(&stage, "team-alpha").await.len(), 2);
    stage.converge().await;
    assert!(members(&stage, "team-alpha").await.contains(&("team-alpha".to_owned(), 2)));
}

#[tokio::test]
async fn names_of_groups_are_case_sensitive() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let other = json!({"role_id": 3, "member_group": {"group_name": "TEAM-ALPHA", "group_type": 3}});
    stage.meddle(Method::POST, "/projects/team-alpha/members", Some(other)).await;
    stage.converge().await;
    assert!(members(&stage, "team-alpha").await.contains(&("TEAM-ALPHA".to_owned(), 3)));
}

#[tokio::test]
async fn a_declared_list_of_members_is_the_whole_list_but_for_whoever_made_the_project() {
    let stage = Stage::new("harbor: {projects: [{name: shared, members: [{group: devs, role: maintainer}]}]}\n");
    stage.converge().await;
    let other = json!({"role_id": 3, "member_group": {"group_name": "others", "group_type": 3}});
    stage.meddle(Method::POST, "/projects/shared/members", Some(other)).await;
    stage.converge().await;
    assert_eq!(members(&stage, "shared").await, rows(&[("admin", 1), ("devs", 4)]));
    stage.declare("harbor: {projects: [{name: shared, members: []}]}\n");
    stage.converge().await;
    assert_eq!(members(&stage, "shared").await, rows(&[("admin", 1)]));
}

#[tokio::test]
async fn groups_wait_without_a_failure_where_nobody_declares_the_login_mode() {
    let stage = Stage::new("harbor: {oidc: null}\nteams: {alpha: {}}\n");
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let notes: Vec<&str> = finished.report.notes.iter().map(|note| note.message.as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("waits for login through OpenID Connect")), "{notes:?}");
    assert_eq!(members(&stage, "team-alpha").await, rows(&[("admin", 1)]));
}

#[tokio::test]
async fn a_user_who_has_never_logged_in_cannot_be_a_member_yet_and_spoils_nothing_else() {
    let stage = Stage::new(
        "harbor: {projects: [{name: shared, members: [{user: ada, role: guest}, {group: devs, role: developer}]}]}\n",
    );
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    let failures = failures(&finished);
    assert_eq!(failures, ["user `ada` cannot be a member of project `shared` yet: harbor does not know that name"]);
    assert_eq!(members(&stage, "shared").await, rows(&[("admin", 1), ("devs", 2)]));
}

#[tokio::test]
async fn a_group_that_somebody_deleted_is_a_member_again() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let groups = stage.get("/usergroups?page_size=100").await;
    let group = groups.as_array().unwrap().iter().find(|group| group["group_name"] == "team-alpha").unwrap();
    assert_eq!(stage.meddle(Method::DELETE, &format!("/usergroups/{}", group["id"]), None).await.0, 200);
    assert_eq!(members(&stage, "team-alpha").await.len(), 2);
    stage.converge().await;
    assert!(members(&stage, "team-alpha").await.contains(&("team-alpha".to_owned(), 2)));
}
