use evenkeel_engine::exit_code::ExitCode;

use crate::stage::{Stage, told};

#[tokio::test]
async fn a_wrong_password_is_no_server_that_holds_little() {
    let stage = Stage::new("harbor: {admin: {password: {fromEnv: OTHER_SECRET}}}\nteams: {alpha: {}}\n");
    let finished = stage.plan().await;
    assert_eq!(finished.exit_code, ExitCode::NotAuthorised, "{}", told(&finished));
    assert!(finished.plan.is_none());
    assert_eq!(stage.sandbox.writes(), 0);
}
