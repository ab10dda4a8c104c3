use std::time::Duration;

use evenkeel_harbor_client::{HarborError, LOCKED_LOGIN_RETRY, connect};
use evenkeel_transport::{Kind, LoginRetry, ResultExt};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, method, path},
};

use crate::{ADMIN, RETRY, account, admin, answer, log_in, server, session, unauthorised};

async fn mount_health(server: &MockServer, database: &str) {
    let components = json!([{"name": "core", "status": "healthy"}, {"name": "database", "status": database}]);
    Mock::given(path("/api/v2.0/health"))
        .respond_with(answer(200, &json!({"status": database, "components": components})))
        .expect(1)
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_login_is_one_request_and_each_call_carries_the_password() {
    let server = server().await;
    Mock::given(method("GET"))
        .and(path("/api/v2.0/configurations"))
        .and(header("authorization", ADMIN))
        .respond_with(answer(200, &json!({"auth_mode": {"value": "db_auth", "editable": true}})))
        .expect(2)
        .mount(&server)
        .await;
    let client = log_in(&server).await.unwrap();
    for _ in 0..2 {
        client.configuration_get().send().await.api().unwrap();
    }
}

#[tokio::test]
async fn a_session_cookie_is_never_sent_back() {
    let server = MockServer::start().await;
    let current = answer(200, &account(true)).insert_header("set-cookie", "sid=abc; Path=/; HttpOnly");
    Mock::given(path("/api/v2.0/users/current")).respond_with(current).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(201)).mount(&server).await;
    let client = log_in(&server).await.unwrap();
    client.project_create().body_map(|body| body.project_name("team-a".to_owned())).send().await.api().unwrap();
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|request| !request.headers.contains_key("cookie")));
}

#[tokio::test]
async fn a_server_below_a_path_is_found() {
    let server = MockServer::start().await;
    Mock::given(path("/registry/api/v2.0/users/current"))
        .respond_with(answer(200, &account(true)))
        .expect(1)
        .mount(&server)
        .await;
    connect(&session(), &format!("{}/registry/", server.uri()), admin(), RETRY).await.unwrap();
}

#[tokio::test]
async fn a_name_that_is_locked_for_a_moment_is_waited_for() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2.0/users/current"))
        .respond_with(unauthorised())
        .up_to_n_times(3)
        .expect(3)
        .mount(&server)
        .await;
    Mock::given(path("/api/v2.0/users/current"))
        .and(header("authorization", ADMIN))
        .respond_with(answer(200, &account(true)))
        .expect(1)
        .mount(&server)
        .await;
    log_in(&server).await.unwrap();
}

#[tokio::test]
async fn a_password_that_stays_refused_is_wrong_when_the_server_is_well() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2.0/users/current")).respond_with(unauthorised()).expect(2..).mount(&server).await;
    mount_health(&server, "healthy").await;
    let error = log_in(&server).await.unwrap_err();
    assert!(matches!(error, HarborError::NotAuthorised(_)), "{error}");
}

#[tokio::test]
async fn a_password_is_not_called_wrong_while_the_database_is_away() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2.0/users/current")).respond_with(unauthorised()).expect(2..).mount(&server).await;
    mount_health(&server, "unhealthy").await;
    let error = log_in(&server).await.unwrap_err();
    assert!(matches!(error, HarborError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn the_database_is_known_to_be_away_before_the_servers_health_says_so() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2.0/users/current")).respond_with(unauthorised()).expect(2..).mount(&server).await;
    Mock::given(path("/api/v2.0/projects"))
        .respond_with(answer(500, &json!({"errors": [{"code": "UNKNOWN", "message": "internal server error"}]})))
        .expect(1)
        .mount(&server)
        .await;
    let error = log_in(&server).await.unwrap_err();
    assert!(matches!(error, HarborError::Unavailable(_)), "{error}");
    let received = server.received_requests().await.unwrap();
    let asked = received.iter().find(|request| request.url.path() == "/api/v2.0/projects").unwrap();
    assert!(!asked.headers.contains_key("authorization"), "another wrong login would lock the name for longer");
}

#[tokio::test]
async fn a_user_who_does_not_administrate_is_refused() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer(200, &account(false))).expect(1).mount(&server).await;
    let error = log_in(&server).await.unwrap_err();
    assert_eq!(error.to_string(), "not authorised at harbor (user `admin` does not administrate the system)");
}

#[tokio::test]
async fn a_robot_is_no_administrator() {
    let server = MockServer::start().await;
    let message = "get current user not available for security context: robot";
    Mock::given(any())
        .respond_with(answer(412, &json!({"errors": [{"code": "PRECONDITION", "message": message}]})))
        .expect(1)
        .mount(&server)
        .await;
    let error = log_in(&server).await.unwrap_err();
    assert!(matches!(error, HarborError::NotAuthorised(_)), "{error}");
}

#[tokio::test]
async fn a_page_of_html_is_no_login() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("<!doctype html>")).mount(&server).await;
    let error = log_in(&server).await.unwrap_err();
    assert!(matches!(error, HarborError::Undecodable(_)), "{error}");
}

#[tokio::test]
async fn a_lock_in_the_middle_of_a_run_is_outlasted() {
    let server = server().await;
    let client = log_in(&server).await.unwrap();
    Mock::given(method("PUT")).respond_with(unauthorised()).up_to_n_times(1).expect(1).mount(&server).await;
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    client.configuration_update().body_map(|body| body.read_only(false)).send().await.api().unwrap();
}

#[tokio::test]
async fn only_a_refused_login_is_outlasted() {
    let server = server().await;
    let for_ever = LoginRetry { limit: Duration::from_secs(3600), pause: Duration::from_secs(3600) };
    let client = connect(&session(), &server.uri(), admin(), for_ever).await.unwrap();
    Mock::given(method("GET"))
        .and(path("/api/v2.0/configurations"))
        .respond_with(answer(403, &json!({"errors": [{"code": "FORBIDDEN", "message": "ada"}]})))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(client.configuration_get().send().await.api().unwrap_err().kind(), Kind::Forbidden);
}

#[test]
fn a_refused_login_is_tried_for_longer_than_a_user_name_is_locked() {
    assert!(LOCKED_LOGIN_RETRY.limit > Duration::from_millis(1_500));
}
