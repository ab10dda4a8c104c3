use evenkeel_engine::{command_line::TaskCommand, exit_code::ExitCode};
use serde_json::json;

use super::{CI, OWN, Stage, robots};

#[tokio::test]
async fn a_list_of_projects_that_was_answered_to_nobody_is_never_taken_for_the_whole() {
    let stage = Stage::new().await;
    stage.answer("GET", "/robots", OWN, 200, robots()).await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    // What a login gets that is refused in that moment: the public projects, and no error (server-behaviour 1.1).
    stage.answer("GET", "/projects", OWN, 200, json!([{"project_id": 1, "name": "library"}])).await;
    let quota = |id: u32, name: &str| json!({"id": id, "ref": {"id": id, "name": name}, "hard": {"storage": -1}});
    stage.answer("GET", "/quotas", OWN, 200, json!([quota(1, "library"), quota(2, "team-alpha")])).await;
    let finished = stage.run(|options| TaskCommand::Plan { detailed_exitcode: true, options }).await;
    assert_eq!(finished.exit_code, ExitCode::Unavailable);
    assert!(finished.plan.is_none());
    let looks = stage.calls().await.iter().filter(|call| *call == "own GET /projects").count();
    assert_eq!(looks, 2, "a project that was made between the two lists is no reason to give up");
}
