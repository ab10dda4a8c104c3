use evenkeel_engine::{command_line::TaskCommand, exit_code::ExitCode};
use serde_json::{Value, json};

use super::{ADMIN, CI, OWN, Stage, robots, unauthorised};

#[tokio::test]
async fn a_name_that_is_locked_in_the_middle_of_a_run_costs_a_repeat_and_nothing_else() {
    let stage = Stage::new().await;
    stage.answer_once("GET", "/configurations", ADMIN, 401, unauthorised()).await;
    stage.answer("GET", "/robots", OWN, 200, robots()).await;
    stage.answer("GET", "/projects", OWN, 200, json!([])).await;
    stage.answer("GET", "/quotas", OWN, 200, json!([])).await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.report);
    let mut calls = stage.calls().await;
    calls[4..].sort();
    assert_eq!(
        calls,
        [
            "admin GET /users/current",
            "admin GET /configurations",
            "admin GET /configurations",
            "own GET /robots",
            "ci GET /users/current/permissions",
            "own GET /projects",
            "own GET /quotas",
        ]
    );
}

#[tokio::test]
async fn a_refused_administrator_asks_for_nothing_more_than_why() {
    let stage = Stage::bare().await;
    stage.answer("GET", "/users/current", ADMIN, 401, unauthorised()).await;
    let components = json!([{"name": "database", "status": "healthy"}]);
    stage.answer("GET", "/health", ADMIN, 200, json!({"status": "healthy", "components": components})).await;
    let finished = stage.run(|options| TaskCommand::Plan { detailed_exitcode: true, options }).await;
    assert_eq!(finished.exit_code, ExitCode::NotAuthorised);
    let calls = stage.calls().await;
    let proofs = calls.iter().take_while(|call| *call == "admin GET /users/current").count();
    assert!(proofs > 1, "{calls:?}");
    // The list of projects is answered to everybody: here it only shows whether the database is there.
    assert_eq!(calls[proofs..], ["nobody GET /projects", "admin GET /health"]);
}

#[tokio::test]
async fn without_a_kept_secret_nobody_tries_to_be_the_own_robot() {
    let stage = Stage::new().await;
    stage.forget_kept();
    for (place, rows) in [("/robots", robots()), ("/projects", json!([])), ("/quotas", json!([]))] {
        stage.answer("GET", place, ADMIN, 200, rows).await;
    }
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    let finished = stage.run(|options| TaskCommand::Plan { detailed_exitcode: true, options }).await;
    let plan = finished.plan.unwrap();
    let planned: Vec<String> = plan.changes.iter().map(|change| change.object.to_string()).collect();
    assert_eq!(planned, ["robot-secret/evenkeel-demo"]);
    let calls = stage.calls().await;
    assert!(calls.iter().all(|call| call.starts_with("admin GET") || call.starts_with("ci GET")), "{calls:?}");
}

/// A membership of `ada` in the project `shared`.
fn membership(id: u32, role: u32) -> Value {
    json!([{"id": id, "project_id": 4, "entity_name": "ada", "entity_type": "u", "entity_id": 9, "role_id": role}])
}

#[tokio::test]
async fn a_role_that_was_set_on_a_membership_that_is_gone_is_set_on_the_one_that_is_there() {
    let stage = Stage::with("  projects: [{name: shared, members: [{user: ada, role: guest}]}]\n").await;
    stage.answer("GET", "/robots", OWN, 200, robots()).await;
    let project = json!([{"project_id": 4, "name": "shared", "owner_name": "admin", "metadata": {"public": "false"}}]);
    stage.answer("GET", "/projects", OWN, 200, project).await;
    let quota = json!([{"id": 4, "ref": {"id": 4, "name": "shared"}, "hard": {"storage": -1}}]);
    stage.answer("GET", "/quotas", OWN, 200, quota).await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    // Somebody makes the membership anew right after it was seen; Harbor takes the old number all the same
    // (server-behaviour 4).
    stage.answer_once("GET", "/projects/shared/members", OWN, 200, membership(5, 1)).await;
    stage.answer_once("GET", "/projects/shared/members", OWN, 200, membership(6, 1)).await;
    stage.answer("GET", "/projects/shared/members", OWN, 200, membership(6, 3)).await;
    for id in [5, 6] {
        stage.answer("PUT", &format!("/projects/shared/members/{id}"), OWN, 200, Value::Null).await;
    }
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.report);
    let calls = stage.calls().await;
    let of_members: Vec<&str> =
        calls.iter().filter(|call| call.contains("/members")).map(|call| call.as_str()).collect();
    assert_eq!(
        of_members,
        [
            "own GET /projects/shared/members",
            "own PUT /projects/shared/members/5",
            "own GET /projects/shared/members",
            "own PUT /projects/shared/members/6",
            "own GET /projects/shared/members",
        ]
    );
}
