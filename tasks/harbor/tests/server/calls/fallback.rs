use evenkeel_engine::{command_line::TaskCommand, exit_code::ExitCode};
use serde_json::json;

use super::{ADMIN, CI, OWN, Stage, robots, unauthorised};

async fn lists(stage: &Stage, caller: &str) {
    stage.answer("GET", "/robots", caller, 200, robots()).await;
    stage.answer("GET", "/projects", caller, 200, json!([])).await;
    stage.answer("GET", "/quotas", caller, 200, json!([])).await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
}

fn sorted(mut calls: Vec<String>) -> Vec<String> {
    calls.sort();
    calls
}

#[tokio::test]
async fn the_own_robot_does_everything_but_the_configuration() {
    let stage = Stage::new().await;
    lists(&stage, OWN).await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.report);
    assert_eq!(
        sorted(stage.calls().await),
        [
            "admin GET /configurations",
            "admin GET /users/current",
            "ci GET /users/current/permissions",
            "own GET /projects",
            "own GET /quotas",
            "own GET /robots",
        ]
    );
}

#[tokio::test]
async fn a_refused_own_robot_is_noticed_by_the_first_list_and_the_administrator_goes_on() {
    let stage = Stage::new().await;
    stage.answer("GET", "/robots", OWN, 401, unauthorised()).await;
    lists(&stage, ADMIN).await;
    let finished = stage.run(|options| TaskCommand::Plan { detailed_exitcode: true, options }).await;
    let plan = finished.plan.unwrap();
    assert_eq!(plan.changes.len(), 1, "{:?}", plan.changes);
    assert_eq!(plan.changes[0].object.to_string(), "robot-secret/evenkeel-demo");
    let calls = stage.calls().await;
    assert_eq!(calls[2..4], ["own GET /robots", "admin GET /robots"]);
    assert!(!calls[4..].iter().any(|call| call.starts_with("own")), "{calls:?}");
}

#[tokio::test]
async fn what_the_own_robot_is_refused_the_administrator_does_without_a_word() {
    let stage = Stage::new().await;
    stage.answer_once("GET", "/quotas", OWN, 403, json!({"errors": [{"code": "FORBIDDEN", "message": "robot"}]})).await;
    lists(&stage, OWN).await;
    lists(&stage, ADMIN).await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.report);
    assert!(stage.calls().await.contains(&"admin GET /quotas".to_owned()));
    assert!(finished.report.notes.is_empty(), "{:?}", finished.report.notes);
}
