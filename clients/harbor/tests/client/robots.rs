use evenkeel_harbor_client::{HarborError, SecretCheck, as_robot, verify_secret};
use evenkeel_transport::{ResultExt, Secret};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param},
};

use crate::{answer, session, unauthorised};

/// `otomi-team-a-pull:Secret-1` in the words of the header.
const PULL: &str = "Basic b3RvbWktdGVhbS1hLXB1bGw6U2VjcmV0LTE=";

async fn verify(response: ResponseTemplate) -> Result<SecretCheck, HarborError> {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v2.0/users/current/permissions"))
        .and(query_param("scope", "/project/4"))
        .and(header("authorization", PULL))
        .respond_with(response)
        .expect(1..)
        .mount(&server)
        .await;
    verify_secret(&session(), &server.uri(), "otomi-team-a-pull", Secret::from("Secret-1"), "/project/4").await
}

#[tokio::test]
async fn a_secret_that_works_shows_what_it_may_do() {
    let rights = json!([{"action": "pull", "resource": "/project/4/repository"}]);
    let verdict = verify(answer(200, &rights)).await.unwrap();
    let SecretCheck::Works(rights) = verdict else { unreachable!("{verdict:?}") };
    assert_eq!(rights[0].resource.as_deref(), Some("/project/4/repository"));
}

#[tokio::test]
async fn a_refused_secret_is_an_answer_and_no_error() {
    assert_eq!(verify(unauthorised()).await.unwrap(), SecretCheck::Refused);
}

#[tokio::test]
async fn a_server_that_fails_says_nothing_about_a_secret() {
    let failure =
        verify(answer(500, &json!({"errors": [{"code": "UNKNOWN", "message": "internal server error"}]}))).await;
    assert!(matches!(failure, Err(HarborError::Server(_))));
    assert!(matches!(verify(ResponseTemplate::new(502)).await, Err(HarborError::Unavailable(_))));
}

#[tokio::test]
async fn a_robot_works_with_its_own_credentials() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2.0/robots"))
        .and(header("authorization", PULL))
        .respond_with(answer(200, &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let client = as_robot(&session(), &server.uri(), "otomi-team-a-pull", Secret::from("Secret-1"));
    client.robot_list().send().await.api().unwrap();
}

#[tokio::test]
async fn a_made_secret_is_never_shown() {
    let server = MockServer::start().await;
    let made =
        json!({"id": 3, "name": "robot$ci", "secret": "Canary-Secret-1", "expires_at": -1, "creation_time": "x"});
    Mock::given(method("POST")).respond_with(answer(201, &made)).mount(&server).await;
    let client = as_robot(&session(), &server.uri(), "admin", Secret::from("right"));
    let created = client.robot_create().body_map(|body| body.name("ci".to_owned())).send().await.api().unwrap();
    assert!(!format!("{created:?}").contains("Canary"));
    assert_eq!(created.secret, Some(Secret::from("Canary-Secret-1")));
}
