use std::{net::TcpListener, time::Duration};

use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection, KubernetesError, ObjectName, k8s_openapi::api::core::v1::ConfigMap,
    secret::SecretObject,
};
use evenkeel_transport::{Deadline, Kind, Retry};
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use super::{answer, call, cluster, cluster_with};

const DEMO: &str = "/api/v1/namespaces/team-alpha/secrets/demo";
const MAPS: &str = "/api/v1/namespaces/team-alpha/configmaps";

fn name() -> ObjectName {
    ObjectName::in_namespace("team-alpha", "demo")
}

fn map() -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": "demo", "namespace": "team-alpha"}})).unwrap()
}

/// The object of that name.
fn there() -> serde_json::Value {
    json!({"metadata": {"name": "demo", "namespace": "team-alpha"}})
}

/// An overloaded server answers with plain text (server-behaviour, overload).
fn busy() -> ResponseTemplate {
    ResponseTemplate::new(429)
        .insert_header("retry-after", "0")
        .set_body_string("Too many requests, please try again later.\n")
}

#[tokio::test]
async fn a_busy_server_is_asked_again_also_to_create() {
    let server = MockServer::start().await;
    call("POST", MAPS).respond_with(busy()).up_to_n_times(2).expect(2).mount(&server).await;
    call("POST", MAPS).respond_with(answer(201, &json!({"metadata": {}}))).expect(1).mount(&server).await;
    let cluster = cluster(&server).await;
    cluster.create(&map()).await.unwrap();
    let counts = cluster.log().summary();
    assert_eq!((counts.requests, counts.writes, counts.retries), (3, 3, 2));
}

#[tokio::test]
async fn a_server_that_stays_busy_is_unavailable_in_its_own_words() {
    let server = MockServer::start().await;
    call("GET", DEMO).respond_with(busy()).expect(3).mount(&server).await;
    let error = cluster(&server).await.get::<SecretObject>(&name()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Kubernetes API server is not available for Secret `team-alpha/demo` \
         (429 Too Many Requests: Too many requests, please try again later.)"
    );
}

#[tokio::test]
async fn a_create_whose_outcome_is_unknown_is_not_repeated() {
    let server = MockServer::start().await;
    call("POST", MAPS).respond_with(ResponseTemplate::new(500)).expect(1).mount(&server).await;
    let error = cluster(&server).await.create(&map()).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error:?}");
}

#[tokio::test]
async fn what_may_be_done_twice_is_repeated_after_a_500() {
    let server = MockServer::start().await;
    call("GET", DEMO).respond_with(ResponseTemplate::new(500)).up_to_n_times(1).expect(1).mount(&server).await;
    call("GET", DEMO).respond_with(answer(200, &there())).expect(1).mount(&server).await;
    cluster(&server).await.get::<SecretObject>(&name()).await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_unavailable_after_all_attempts() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let retry = Retry { times: 1, min_delay: Duration::from_millis(1), ..Retry::default() };
    let connection = Connection::At { url: format!("http://127.0.0.1:{port}"), token: None, ca_bundle: None };
    let cluster = Cluster::connect(&connection, ClusterOptions { retry, ..ClusterOptions::default() }).await.unwrap();
    let error = cluster.create(&map()).await.unwrap_err();
    let KubernetesError::Unavailable(refusal) = &error else { panic!("{error:?}") };
    assert_eq!(refusal.error.kind(), Kind::Connection);
    assert!(!error.outcome_unknown() && !error.to_string().contains("127.0.0.1"), "{error}");
    assert_eq!(cluster.log().summary().requests, 2, "no connection was made: a create is repeated, too");
}

#[tokio::test]
async fn a_request_ends_with_its_own_time_and_no_request_starts_after_the_runs() {
    let server = MockServer::start().await;
    let slow = answer(200, &json!({"metadata": {}})).set_delay(Duration::from_secs(60));
    call("GET", DEMO).respond_with(slow).mount(&server).await;
    let retry = Retry { times: 0, ..Retry::default() };
    let options = ClusterOptions { retry, request_timeout: Duration::from_millis(50), ..ClusterOptions::default() };
    let cluster = cluster_with(&server, options).await;
    let error = cluster.get::<SecretObject>(&name()).await.unwrap_err();
    assert_eq!(error.api().unwrap().kind(), Kind::Timeout);
    let late = cluster.with_deadline(Deadline::after(Duration::ZERO));
    let error = late.get::<SecretObject>(&name()).await.unwrap_err();
    assert_eq!(error.api().unwrap().kind(), Kind::Deadline);
    assert_eq!(cluster.log().summary().requests, 1);
}

#[tokio::test]
async fn requests_are_logged_by_verb_and_resource() {
    let server = MockServer::start().await;
    call("GET", DEMO).respond_with(answer(200, &there())).mount(&server).await;
    let cluster = cluster(&server).await;
    cluster.get::<SecretObject>(&name()).await.unwrap();
    let records = cluster.log().snapshot();
    assert_eq!((records[0].operation, records[0].template), ("get", Some("secrets")));
}
