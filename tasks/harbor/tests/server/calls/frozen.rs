use evenkeel_engine::{command_line::TaskCommand, exit_code::ExitCode};
use serde_json::json;

use super::{ADMIN, CI, OWN, Stage, robots};

/// The server says of a key that nobody can change it: the plan promised a change, which the server then refused or ignored.
#[tokio::test]
async fn a_key_that_nobody_can_edit_is_told_by_plan_check_and_apply_and_the_others_are_written() {
    let stage = Stage::with("  configuration: {self_registration: false, token_expiration: 60}\n").await;
    let configuration = json!({
        "robot_name_prefix": {"value": "robot$", "editable": true},
        "self_registration": {"value": true, "editable": false},
        "token_expiration": {"value": 30, "editable": true},
    });
    stage.answer_first("GET", "/configurations", ADMIN, 200, configuration).await;
    stage.answer("GET", "/robots", OWN, 200, robots()).await;
    stage.answer("GET", "/projects", OWN, 200, json!([])).await;
    stage.answer("GET", "/quotas", OWN, 200, json!([])).await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    let plan = stage.run(|options| TaskCommand::Plan { detailed_exitcode: true, options }).await;
    let fields: Vec<String> = plan
        .plan
        .unwrap()
        .changes
        .iter()
        .flat_map(|change| &change.fields)
        .map(|field| field.path.to_string())
        .collect();
    assert_eq!((plan.exit_code, fields), (ExitCode::Configuration, vec!["token_expiration".to_owned()]));
    let check = stage.run(|options| TaskCommand::Check { options }).await;
    let said = check.failures.iter().map(|failure| failure.message.as_str()).collect::<Vec<_>>().join("; ");
    assert_eq!(check.exit_code, ExitCode::Configuration, "{said}");
    assert!(said.contains("harbor lets nobody change `self_registration` of its configuration"), "{said}");
}
