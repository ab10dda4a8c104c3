use evenkeel_harbor_client::HarborError;
use evenkeel_transport::{ApiError, ResultExt};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path},
};

use crate::{answer, log_in, server};

async fn failure(response: ResponseTemplate) -> ApiError {
    let server = server().await;
    Mock::given(method("GET")).and(path("/api/v2.0/projects/team-a")).respond_with(response).mount(&server).await;
    let client = log_in(&server).await.unwrap();
    let project = client.project_get().project_name_or_id("team-a").x_is_resource_name(true).send().await;
    project.api().unwrap_err()
}

#[tokio::test]
async fn the_words_of_a_refusal_are_kept() {
    let body = json!({"errors": [{"code": "NOT_FOUND", "message": "project team-a not found"}]});
    let error = failure(answer(404, &body)).await;
    assert_eq!(error.to_string(), "404 Not Found: project team-a not found");
    assert!(matches!(HarborError::from(error), HarborError::NotFound(_)));
}

#[tokio::test]
async fn what_holds_back_is_told_apart_from_what_is_wrong() {
    let message = "the project contains repositories, can not be deleted";
    let error = failure(answer(412, &json!({"errors": [{"code": "PRECONDITION", "message": message}]}))).await;
    assert!(matches!(HarborError::from(error), HarborError::Precondition(_)));
}

#[tokio::test]
async fn an_empty_body_keeps_its_status() {
    assert_eq!(failure(ResponseTemplate::new(401)).await.to_string(), "401 Unauthorized");
    let error = failure(ResponseTemplate::new(404).set_body_string("<!doctype html><p>404")).await;
    assert_eq!(error.to_string(), "404 Not Found");
}
