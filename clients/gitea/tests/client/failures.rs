use evenkeel_gitea_client::GiteaError;
use evenkeel_transport::{ApiError, Kind, ResultExt};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path},
};

use crate::{answer, failure, log_in, server};

/// What reading a repository comes to; no repository is no failure.
async fn reading(response: ResponseTemplate) -> Result<bool, ApiError> {
    let server = server(50).await;
    let read = Mock::given(method("GET")).and(path("/api/v1/repos/otomi/values"));
    read.respond_with(response).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let found = connection.client().repo_get().owner("otomi").repo("values").send().await.optional();
    found.map(|repository| repository.is_some())
}

#[tokio::test]
async fn absent_is_a_404_in_the_words_of_the_api() {
    let absent = json!({"errors": null, "message": "not found", "url": "http://gitea.example.com/api/swagger"});
    assert!(!reading(answer(404, &absent)).await.unwrap());
}

#[tokio::test]
async fn a_404_of_something_else_says_nothing_about_an_object() {
    for other in [
        ResponseTemplate::new(404).set_body_string("404 page not found\n"),
        ResponseTemplate::new(404).set_body_string("default backend - 404"),
        ResponseTemplate::new(404).set_body_raw("<html><h1>404</h1></html>", "text/html"),
        answer(404, &json!({"message": "no route matched"})),
        answer(404, &json!({"errors": [{"code": "NOT_FOUND", "message": "no such project"}]})),
    ] {
        let error = reading(other).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (Kind::Unexpected, 404), "{error}");
        assert!(matches!(GiteaError::from(error), GiteaError::NotServed(_)));
    }
}

#[tokio::test]
async fn who_may_not_look_does_not_see_that_nothing_is_there() {
    for (status, words) in [
        (401, "user does not exist [uid: 0, name: ]"),
        (403, "token does not have at least one of required scope(s): [read:repository]"),
    ] {
        let error = GiteaError::from(reading(failure(status, words)).await.unwrap_err());
        assert!(matches!(error, GiteaError::NotAuthorised(_)), "{error}");
    }
}

#[tokio::test]
async fn the_former_name_of_a_repository_does_not_lead_to_the_renamed_one() {
    // Gitea 1.26 says 301
    for status in [301, 307] {
        let redirect = ResponseTemplate::new(status)
            .insert_header("location", "/api/v1/repos/otomi/desired")
            .set_body_raw("<a href=\"/api/v1/repos/otomi/desired\">moved</a>.", "text/html");
        let error = GiteaError::from(reading(redirect).await.unwrap_err());
        assert!(matches!(error, GiteaError::Redirected(_)), "{error}");
    }
}

#[tokio::test]
async fn an_answer_about_another_repository_is_refused() {
    let error = reading(answer(200, &json!({"id": 7, "name": "desired"}))).await.unwrap_err();
    assert!(matches!(GiteaError::from(error), GiteaError::Undecodable(_)));
}

#[tokio::test]
async fn an_answer_of_another_shape_is_named_by_its_place() {
    let error =
        reading(answer(200, &json!({"id": 7, "name": "values", "owner": {"login": ["otomi"]}}))).await.unwrap_err();
    assert!(error.to_string().contains("owner.login"), "{error}");
    assert!(matches!(GiteaError::from(error), GiteaError::Undecodable(_)));
}

#[tokio::test]
async fn a_password_that_a_refusal_repeats_is_not_shown() {
    let server = server(50).await;
    let create = Mock::given(method("POST")).and(path("/api/v1/admin/users"));
    create.respond_with(failure(400, "password canary-Pw-1 is in a list of leaks")).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let body = |body: evenkeel_gitea_client::types::builder::CreateUserOption| {
        body.username("ada").email("ada@example.com").password(evenkeel_transport::Secret::from("canary-Pw-1"))
    };
    let error = connection.client().user_create().body_map(body).send().await.api().unwrap_err();
    assert_eq!(error.to_string(), "400 Bad Request: password (secret) is in a list of leaks");
}
