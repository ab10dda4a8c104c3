use evenkeel_keycloak_client::{KeycloakError, types::UserRepresentation};
use evenkeel_transport::{ResultExt, location_id};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{body_json, method, path},
};

use crate::{answer, log_in, server_with_login};

/// What creating a user means when Keycloak answers like this.
async fn failure(response: ResponseTemplate) -> KeycloakError {
    let server = server_with_login("t1", 60, 1).await;
    Mock::given(method("POST"))
        .and(path("/admin/realms/r1/users"))
        .and(body_json(json!({"username": "ada"})))
        .respond_with(response)
        .expect(1)
        .mount(&server)
        .await;
    let client = log_in(&server).await.unwrap();
    let user = UserRepresentation { username: Some("ada".to_owned()), ..UserRepresentation::default() };
    client.user_create().realm("r1").body(user).send().await.api().unwrap_err().into()
}

#[tokio::test]
async fn a_conflict_says_what_is_there() {
    let error = failure(answer(409, &json!({"errorMessage": "User exists with same username"}))).await;
    assert!(matches!(error, KeycloakError::Conflict(_)));
    assert_eq!(
        error.to_string(),
        "the object exists already in keycloak (409 Conflict: User exists with same username)"
    );
}

#[tokio::test]
async fn a_refused_value_names_its_field() {
    let body =
        json!({"field": "username", "errorMessage": "error-user-attribute-read-only", "params": ["username", 3, null]});
    let error = failure(answer(400, &body)).await;
    assert!(matches!(error, KeycloakError::Invalid(_)));
    assert!(error.to_string().ends_with("(400 Bad Request: `username`: error-user-attribute-read-only)"), "{error}");
}

#[tokio::test]
async fn an_inner_error_is_not_sent_twice_by_itself() {
    let body = json!({"error": "unknown_error", "error_description": "For more on this error consult the server log."});
    assert!(matches!(failure(answer(500, &body)).await, KeycloakError::Server(_)));
}

#[tokio::test]
async fn a_proxys_page_keeps_its_status() {
    let page = ResponseTemplate::new(403).set_body_raw("<html>forbidden by the proxy</html>", "text/html");
    assert!(matches!(failure(page).await, KeycloakError::NotAuthorised(_)));
}

#[tokio::test]
async fn words_of_the_server_are_cut_and_cleaned() {
    let long = format!("line one\r\n\u{1b}[31m{}", "x".repeat(5_000));
    let text = failure(answer(400, &json!({"errorMessage": long}))).await.to_string();
    assert!(!text.contains(char::is_control) && text.len() < 500, "{text}");
}

#[tokio::test]
async fn an_answer_of_another_type_is_undecodable_and_shows_no_value() {
    let server = server_with_login("t1", 60, 1).await;
    Mock::given(method("GET"))
        .respond_with(answer(200, &json!([{"clientId": "c", "secret": "hunter2", "enabled": "hunter2"}])))
        .mount(&server)
        .await;
    let client = log_in(&server).await.unwrap();
    let error = KeycloakError::from(client.client_list().realm("r1").send().await.api().unwrap_err());
    assert!(matches!(error, KeycloakError::Undecodable(_)));
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("[0]") && !shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn an_unknown_object_is_none() {
    let server = server_with_login("t1", 60, 1).await;
    Mock::given(path("/admin/realms/r1/roles/a%2Fb"))
        .respond_with(answer(404, &json!({"error": "Could not find role"})))
        .expect(1)
        .mount(&server)
        .await;
    let client = log_in(&server).await.unwrap();
    assert!(client.role_get().realm("r1").role_name("a/b").send().await.optional().unwrap().is_none());
}

#[tokio::test]
async fn a_created_objects_key_is_in_its_location() {
    let server = server_with_login("t1", 60, 1).await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(201).insert_header("Location", "http://k/admin/realms/r1/users/5f-1"))
        .mount(&server)
        .await;
    let client = log_in(&server).await.unwrap();
    let user = UserRepresentation { username: Some("ada".to_owned()), ..UserRepresentation::default() };
    let created = client.user_create().realm("r1").body(user).send().await.unwrap();
    assert_eq!(location_id(&created).as_deref(), Some("5f-1"));
}
