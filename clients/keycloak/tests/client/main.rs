//! The client against a server that says what Keycloak says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failures;
mod login;
mod paging;
mod representations;

use std::time::Duration;

use evenkeel_keycloak_client::{Administrator, Client, Credentials, KeycloakError, connect};
use evenkeel_transport::{ProxyUse, Retry, Secret, Session, SessionOptions};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string, method, path},
};

/// The form of the administrator's login.
const LOGIN: &str = "client_id=admin-cli&grant_type=password&password=right&username=admin";

/// A session that goes straight to the server, and does not wait long between repeats.
fn session() -> Session {
    let retry = Retry { times: 2, min_delay: Duration::from_millis(1), ..Retry::default() };
    Session::new(SessionOptions { proxy: ProxyUse::Direct, retry, ..SessionOptions::default() }).unwrap()
}

fn admin() -> Administrator {
    Administrator::of_master(Credentials::User { username: "admin".to_owned(), password: Secret::from("right") })
}

async fn log_in(server: &MockServer) -> Result<Client, KeycloakError> {
    connect(&session(), &server.uri(), admin()).await
}

/// A server where the administrator gets `token`, and that many times.
async fn server_with_login(token: &str, lifetime: u32, times: u64) -> MockServer {
    let server = MockServer::start().await;
    mount_login(&server, token, lifetime, times).await;
    server
}

async fn mount_login(server: &MockServer, token: &str, lifetime: u32, times: u64) {
    Mock::given(method("POST"))
        .and(path("/realms/master/protocol/openid-connect/token"))
        .and(body_string(LOGIN))
        .respond_with(answer(200, &json!({"access_token": token, "expires_in": lifetime, "refresh_expires_in": 1800})))
        .up_to_n_times(times)
        .expect(times)
        .mount(server)
        .await;
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}
