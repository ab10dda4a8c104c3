use evenkeel_engine::exit_code::ExitCode;
use serde_json::{Value, json};
use wiremock::{
    Mock, Request, ResponseTemplate,
    matchers::{body_json, method, path},
};

use super::{ADMIN, CI, OWN, Stage, grantable, robots, unauthorised};

/// A robot whose secret nobody declares.
const OPS: &str = "    - {name: ops, permissions: [{access: [{resource: project, action: list}]}]}\n";

async fn lists(stage: &Stage) {
    stage.answer("GET", "/robots", OWN, 200, robots()).await;
    stage.answer("GET", "/projects", OWN, 200, json!([])).await;
    stage.answer("GET", "/quotas", OWN, 200, json!([])).await;
    stage.answer("GET", "/permissions", ADMIN, 200, grantable()).await;
}

#[tokio::test]
async fn a_secret_is_repaired_only_after_the_server_has_recognised_the_administrator() {
    let stage = Stage::new().await;
    lists(&stage).await;
    Mock::given(method("GET"))
        .and(path("/api/v2.0/users/current/permissions"))
        .respond_with(ResponseTemplate::new(401).set_body_json(unauthorised()))
        .up_to_n_times(3)
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
        calls[first..first + 6],
        [
            "ci GET /users/current/permissions",
            "ci GET /users/current/permissions",
            "admin GET /users/current",
            "ci GET /users/current/permissions",
            "admin PATCH /robots/7",
            "ci GET /users/current/permissions",
        ]
    );
}

#[tokio::test]
async fn a_secret_that_was_refused_while_the_database_was_away_for_a_moment_is_not_set_again() {
    let stage = Stage::new().await;
    lists(&stage).await;
    // At the look and at the write; by the time at which the administrator is recognised it is back.
    stage.answer_once("GET", "/users/current/permissions", CI, 401, unauthorised()).await;
    stage.answer_once("GET", "/users/current/permissions", CI, 401, unauthorised()).await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.report);
    assert!(!stage.calls().await.iter().any(|call| call.contains("PATCH")), "{:?}", stage.calls().await);
}

#[tokio::test]
async fn a_made_secret_is_kept_before_the_server_hears_of_its_robot() {
    let stage = Stage::with(OPS).await;
    lists(&stage).await;
    stage.answer("GET", "/users/current/permissions", CI, 200, json!([])).await;
    let kept = stage.kept();
    let is_kept = move || {
        let kept: Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
        kept["targets"].as_object().unwrap().values().next().unwrap()["robot/ops"].clone()
    };
    let at_create = is_kept.clone();
    Mock::given(method("POST"))
        .and(path("/api/v2.0/robots"))
        .respond_with(move |_: &Request| {
            assert!(at_create().is_string(), "the robot is made before its secret is kept");
            ResponseTemplate::new(201).set_body_json(json!({"id": 8, "name": "robot$ops", "secret": "Theirs-1"}))
        })
        .expect(1..)
        .mount(&stage.server)
        .await;
    Mock::given(method("PATCH"))
        .and(path("/api/v2.0/robots/8"))
        .respond_with(move |request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body["secret"], is_kept());
            ResponseTemplate::new(200).set_body_json(json!({}))
        })
        .expect(1)
        .mount(&stage.server)
        .await;
    let refused = ResponseTemplate::new(401).set_body_json(unauthorised());
    let permissions = || Mock::given(method("GET")).and(path("/api/v2.0/users/current/permissions"));
    permissions().respond_with(refused).up_to_n_times(2).with_priority(6).mount(&stage.server).await;
    permissions()
        .respond_with(ResponseTemplate::new(200).set_body_json(json!([])))
        .with_priority(7)
        .mount(&stage.server)
        .await;
    stage.apply().await;
    let calls = stage.calls().await;
    let first = calls.iter().position(|call| call == "admin POST /robots").unwrap();
    assert_eq!(
        calls[first..first + 6],
        [
            "admin POST /robots",
            "other GET /users/current/permissions",
            "admin GET /users/current",
            "other GET /users/current/permissions",
            "admin PATCH /robots/8",
            "other GET /users/current/permissions",
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
