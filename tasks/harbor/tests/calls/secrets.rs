use evenkeel_engine::exit_code::ExitCode;
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{body_json, method, path},
};

use crate::{ADMIN, CI, OWN, Stage, robots, unauthorised};

async fn lists(stage: &Stage) {
    stage.answer("GET", "/robots", OWN, 200, robots()).await;
    stage.answer("GET", "/projects", OWN, 200, json!([])).await;
    stage.answer("GET", "/quotas", OWN, 200, json!([])).await;
}

#[tokio::test]
async fn a_secret_is_repaired_only_after_the_server_has_recognised_the_administrator() {
    let stage = Stage::new().await;
    lists(&stage).await;
    Mock::given(method("GET"))
        .and(path("/api/v2.0/users/current/permissions"))
        .respond_with(ResponseTemplate::new(401).set_body_json(unauthorised()))
        .up_to_n_times(2)
        .with_priority(1)
        .mount(&stage.server)
        .await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    Mock::given(method("PATCH"))
        .and(path("/api/v2.0/robots/7"))
        .and(body_json(json!({"secret": "Robot-Secret-1"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .expect(1)
        .mount(&stage.server)
        .await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.report);
    let calls = stage.calls().await;
    let first = calls.iter().position(|call| call == "ci GET /users/current/permissions").unwrap();
    assert_eq!(
        calls[first..first + 5],
        [
            "ci GET /users/current/permissions",
            "ci GET /users/current/permissions",
            "admin GET /users/current",
            "own PATCH /robots/7",
            "ci GET /users/current/permissions",
        ]
    );
}

#[tokio::test]
async fn a_refused_secret_is_left_alone_while_the_server_does_not_know_the_administrator_either() {
    let stage = Stage::new().await;
    lists(&stage).await;
    stage.answer("GET", "/users/current/permissions", CI, 401, unauthorised()).await;
    // After the login at the start, everybody is refused: the database has gone away.
    stage.answer_once("GET", "/users/current", ADMIN, 200, json!({"username": "admin", "sysadmin_flag": true})).await;
    Mock::given(method("GET"))
        .and(path("/api/v2.0/users/current"))
        .respond_with(ResponseTemplate::new(401).set_body_json(unauthorised()))
        .with_priority(2)
        .mount(&stage.server)
        .await;
    let finished = stage.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged);
    assert!(!stage.calls().await.iter().any(|call| call.contains("PATCH")), "{:?}", stage.calls().await);
}
