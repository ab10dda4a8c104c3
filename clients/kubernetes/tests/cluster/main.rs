//! The client against a server that says what a Kubernetes API server says. Everything on loopback.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod configuration;
mod events;
mod failures;
mod leases;
mod lists;
mod namespaces;
mod retry;
mod secrecy;
mod secrets;
mod service_accounts;
mod watches;

use std::time::Duration;

use evenkeel_kubernetes_client::{Cluster, ClusterOptions, Connection};
use evenkeel_transport::{Retry, Secret};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

const TOKEN: &str = "canary-token-of-the-account";

/// A cluster at this server, which does not wait long between repeats.
async fn cluster(server: &MockServer) -> Cluster {
    let retry = Retry { times: 2, min_delay: Duration::from_millis(1), ..Retry::default() };
    cluster_with(server, ClusterOptions { retry, ..ClusterOptions::default() }).await
}

async fn cluster_with(server: &MockServer, options: ClusterOptions) -> Cluster {
    let connection = Connection::At { url: server.uri(), token: Some(Secret::from(TOKEN)), ca_bundle: None };
    let options = ClusterOptions { field_manager: "evenkeel-test".to_owned(), ..options };
    Cluster::connect(&connection, options).await.unwrap()
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// What the server says about a failure.
fn status(code: u16, reason: &str, kind: &str, causes: &Value) -> ResponseTemplate {
    let message = format!("words about {kind}");
    answer(
        code,
        &json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": reason, "details": {"name": "demo", "kind": kind, "causes": causes}, "code": code
        }),
    )
}

fn not_found(kind: &str) -> ResponseTemplate {
    status(404, "NotFound", kind, &json!([]))
}

/// A mock of one call, which has to come exactly so often.
fn call(verb: &str, at: &str) -> wiremock::MockBuilder {
    Mock::given(method(verb)).and(path(at))
}
