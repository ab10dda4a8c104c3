//! The client against a server that says what Harbor says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failures;
mod identities;
mod login;
mod paging;
mod representations;
mod robots;

use std::time::Duration;

use evenkeel_harbor_client::{Administrator, Client, HarborError, connect};
use evenkeel_transport::{LoginRetry, ProxyUse, Retry, Secret, Session, SessionOptions};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

/// `admin:right` in the words of the header.
const ADMIN: &str = "Basic YWRtaW46cmlnaHQ=";

/// A session that goes straight to the server, and does not wait long between repeats.
fn session() -> Session {
    let retry = Retry { times: 2, min_delay: Duration::from_millis(1), ..Retry::default() };
    Session::new(SessionOptions { proxy: ProxyUse::Direct, retry, ..SessionOptions::default() }).unwrap()
}

fn admin() -> Administrator {
    Administrator { username: "admin".to_owned(), password: Secret::from("right") }
}

/// Shorter than the real one, and longer than a few answers of a busy machine take.
const RETRY: LoginRetry = LoginRetry { limit: Duration::from_millis(500), pause: Duration::from_millis(2) };

async fn log_in(server: &MockServer) -> Result<Client, HarborError> {
    connect(&session(), &server.uri(), admin(), RETRY).await
}

fn account(administrates: bool) -> Value {
    json!({"username": "admin", "user_id": 1, "sysadmin_flag": administrates, "admin_role_in_auth": false})
}

fn unauthorised() -> ResponseTemplate {
    answer(401, &json!({"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]}))
}

/// A server that knows the administrator.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v2.0/users/current"))
        .and(header("authorization", ADMIN))
        .respond_with(answer(200, &account(true)))
        .expect(1)
        .mount(&server)
        .await;
    server
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}
