//! The client against a server that says what Gitea and Forgejo say.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failures;
mod login;
mod paging;
mod representations;
mod retry;
mod stand_in;

use std::time::Duration;

use evenkeel_gitea_client::{Connection, Credentials, GiteaError, connect};
use evenkeel_transport::{ProxyUse, Retry, Secret, Session, SessionOptions};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

/// `gitadmin:right` in the words of the header.
const ADMIN: &str = "Basic Z2l0YWRtaW46cmlnaHQ=";

/// A session that goes straight to the server, and does not wait long between repeats.
fn session() -> Session {
    let retry = Retry { times: 2, min_delay: Duration::from_millis(1), ..Retry::default() };
    Session::new(SessionOptions { proxy: ProxyUse::Direct, retry, ..SessionOptions::default() }).unwrap()
}

fn admin() -> Credentials {
    Credentials::Password { username: "gitadmin".to_owned(), password: Secret::from("right") }
}

async fn log_in(server: &MockServer) -> Result<Connection, GiteaError> {
    connect(&session(), &server.uri(), admin()).await
}

fn account(administrates: bool) -> Value {
    json!({"id": 1, "login": "gitadmin", "is_admin": administrates})
}

/// Answers the question of who is logged in.
async fn mount_account(server: &MockServer, credential: &str, response: ResponseTemplate) {
    let user = Mock::given(method("GET")).and(path("/api/v1/user")).and(header("authorization", credential));
    user.respond_with(response).expect(1).mount(server).await;
}

/// Answers how the server pages, exactly once.
async fn mount_settings(server: &MockServer, most_rows: i64) {
    let settings = Mock::given(path("/api/v1/settings/api"));
    let body = json!({"max_response_items": most_rows, "default_paging_num": 30});
    settings.respond_with(answer(200, &body)).expect(1).mount(server).await;
}

/// A server that knows the administrator, and gives so many rows a page.
async fn server(most_rows: i64) -> MockServer {
    let server = MockServer::start().await;
    mount_account(&server, ADMIN, answer(200, &account(true))).await;
    mount_settings(&server, most_rows).await;
    server
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// A failure as the API tells it.
fn failure(status: u16, message: &str) -> ResponseTemplate {
    answer(status, &json!({"message": message, "url": "http://gitea.example.com/api/swagger"}))
}
