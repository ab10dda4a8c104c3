use evenkeel_gitea_client::{Credentials, GiteaError, Verdict, connect, verify_login};
use evenkeel_transport::{ResultExt, Secret};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, method, path},
};

use crate::{ADMIN, account, answer, failure, log_in, mount_account, mount_settings, server, session};

#[tokio::test]
async fn a_login_is_proved_once_and_each_call_carries_the_password() {
    let server = server(50).await;
    let read = Mock::given(method("GET")).and(path("/api/v1/orgs/otomi")).and(header("authorization", ADMIN));
    read.respond_with(answer(200, &json!({"id": 2, "name": "otomi"}))).expect(2).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    assert_eq!((connection.username(), connection.page()), ("gitadmin", 50));
    for _ in 0..2 {
        connection.client().org_get().org("otomi").send().await.api().unwrap();
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_token_is_sent_as_one_and_proved_by_what_it_may_list() {
    let server = MockServer::start().await;
    mount_account(&server, "token 0123456789", answer(200, &account(true))).await;
    let organizations = Mock::given(path("/api/v1/admin/orgs")).and(header("authorization", "token 0123456789"));
    organizations.respond_with(answer(200, &json!([]))).expect(1).mount(&server).await;
    mount_settings(&server, 50).await;
    let credentials = Credentials::Token(Secret::from("0123456789"));
    connect(&session(), &server.uri(), credentials).await.unwrap();
}

#[tokio::test]
async fn a_server_below_a_path_is_found() {
    let server = MockServer::start().await;
    let user = Mock::given(path("/git/api/v1/user"));
    user.respond_with(failure(401, "user does not exist [uid: 0, name: nobody]")).expect(1).mount(&server).await;
    let error = connect(&session(), &format!("{}/git/", server.uri()), crate::admin()).await.unwrap_err();
    assert!(matches!(error, GiteaError::NotAuthorised(_)), "{error}");
}

#[tokio::test]
async fn a_user_who_does_not_administrate_is_refused_before_anything_else_is_asked() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer(200, &account(false))).expect(1).mount(&server).await;
    let error = log_in(&server).await.unwrap_err();
    assert_eq!(error.to_string(), "not authorised at gitea (user `gitadmin` does not administrate the server)");
}

#[tokio::test]
async fn a_token_of_an_administrator_without_the_scope_for_it_is_refused() {
    let server = MockServer::start().await;
    mount_account(&server, "token 0123456789", answer(200, &account(true))).await;
    let missing = "token does not have at least one of required scope(s): [read:admin]";
    Mock::given(path("/api/v1/admin/orgs")).respond_with(failure(403, missing)).expect(1).mount(&server).await;
    let error = connect(&session(), &server.uri(), Credentials::Token(Secret::from("0123456789"))).await.unwrap_err();
    assert!(matches!(error, GiteaError::NotAuthorised(_)), "{error}");
    assert_eq!(error.hint(), Some("give the token the scope that the message names"));
}

#[tokio::test]
async fn a_server_that_does_not_say_how_it_pages_is_not_worked_with() {
    let server = server(0).await;
    let error = log_in(&server).await.unwrap_err();
    assert!(matches!(error, GiteaError::Undecodable(_)), "{error}");
}

#[tokio::test]
async fn a_server_that_would_give_everything_at_once_is_asked_for_less() {
    let server = server(1_000_000).await;
    assert_eq!(log_in(&server).await.unwrap().page(), 1_000);
}

#[tokio::test]
async fn a_page_of_html_is_no_login() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string("<!doctype html>")).mount(&server).await;
    let error = log_in(&server).await.unwrap_err();
    assert!(matches!(error, GiteaError::Undecodable(_)), "{error}");
}

async fn verdict(response: ResponseTemplate) -> Result<Verdict, GiteaError> {
    let server = MockServer::start().await;
    // ada:ada-Pw-1
    mount_account(&server, "Basic YWRhOmFkYS1Qdy0x", response).await;
    verify_login(&session(), &server.uri(), "ada", Secret::from("ada-Pw-1")).await
}

#[tokio::test]
async fn a_password_is_verified_by_use() {
    let works = verdict(answer(200, &json!({"id": 3, "login": "ada", "is_admin": false}))).await.unwrap();
    assert!(matches!(works, Verdict::Works(user) if user.login.as_deref() == Some("ada")));
    let refused = verdict(failure(401, "user's password is invalid [uid: 3, name: ada]")).await.unwrap();
    assert!(matches!(refused, Verdict::Refused));
    let due = "You must change your password. Change it at: http://gitea.example.com//user/change_password";
    assert!(matches!(verdict(answer(403, &json!({"message": due}))).await.unwrap(), Verdict::PasswordChangeDue));
    let prohibited = verdict(failure(401, "user is not allowed login [uid: 3, name: ada]")).await.unwrap();
    assert!(matches!(prohibited, Verdict::LoginProhibited));
}

#[tokio::test]
async fn a_password_is_not_called_wrong_where_the_server_fails() {
    let error = verdict(failure(500, "database is locked")).await.unwrap_err();
    assert!(matches!(error, GiteaError::Server(_)), "{error}");
    let error = verdict(failure(403, "Only administrators allowed to sudo.")).await.unwrap_err();
    assert!(matches!(error, GiteaError::NotAuthorised(_)), "{error}");
}
