use evenkeel_gitea_client::{GiteaError, types::CreateHookOptionConfig};
use evenkeel_transport::ResultExt;
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path},
};

use crate::{answer, log_in, server};

#[tokio::test]
async fn a_read_is_sent_again_while_the_server_is_away() {
    let server = server(50).await;
    let read = || Mock::given(method("GET")).and(path("/api/v1/teams/4"));
    read().respond_with(ResponseTemplate::new(502)).up_to_n_times(2).expect(2).mount(&server).await;
    read().respond_with(answer(200, &json!({"id": 4, "name": "devs"}))).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let team = connection.client().team_get().id(4).send().await.api().unwrap();
    assert_eq!(team.name.as_deref(), Some("devs"));
}

#[tokio::test]
async fn a_creation_that_may_have_been_done_is_not_sent_again() {
    let server = server(50).await;
    let create = Mock::given(method("POST")).and(path("/api/v1/repos/otomi/values/hooks"));
    create.respond_with(ResponseTemplate::new(502)).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let config = CreateHookOptionConfig {
        url: "http://ci".to_owned(),
        content_type: "json".to_owned(),
        http_method: None,
        secret: None,
    };
    let hook = connection.client().repo_hook_create().owner("otomi").repo("values");
    let sent = hook.body_map(|body| body.type_("gitea".to_owned()).config(config)).send().await;
    let error = sent.api().unwrap_err();
    assert!(error.outcome_unknown());
    assert!(matches!(GiteaError::from(error), GiteaError::Unavailable(_)));
}

#[tokio::test]
async fn a_change_that_the_server_did_not_take_is_sent_again() {
    let server = server(50).await;
    let change = || Mock::given(method("PATCH")).and(path("/api/v1/orgs/otomi"));
    change().respond_with(ResponseTemplate::new(503)).up_to_n_times(1).expect(1).mount(&server).await;
    change().respond_with(answer(200, &json!({"id": 2, "name": "otomi"}))).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let update = connection.client().org_update().org("otomi");
    update.body_map(|body| body.description("changed".to_owned())).send().await.api().unwrap();
}

#[tokio::test]
async fn a_failure_of_the_server_is_not_sent_again() {
    let server = server(50).await;
    let delete = Mock::given(method("DELETE")).and(path("/api/v1/orgs/otomi"));
    let held = json!({"message": "user still has ownership of repositories [uid: 2]", "url": "x"});
    delete.respond_with(answer(500, &held)).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let error = connection.client().org_delete().org("otomi").send().await.api().unwrap_err();
    assert!(matches!(GiteaError::from(error), GiteaError::Precondition(_)));
}
