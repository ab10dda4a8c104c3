use std::collections::BTreeMap;

use evenkeel_kubernetes_client::{KubernetesError, namespace::State};
use serde_json::{Value, json};
use wiremock::{MockServer, matchers::body_json};

use super::{answer, call, cluster, not_found, status};

const ALL: &str = "/api/v1/namespaces";
const ALPHA: &str = "/api/v1/namespaces/team-alpha";

fn metadata(name: &str, deleted: bool) -> Value {
    let mut metadata = json!({ "name": name });
    if deleted {
        metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    json!({ "metadata": metadata })
}

#[tokio::test]
async fn one_list_of_metadata_shows_which_namespaces_can_be_used() {
    let server = MockServer::start().await;
    let items = [metadata("a", false), metadata("b", true)];
    call("GET", ALL)
        .respond_with(answer(200, &json!({"kind": "PartialObjectMetadataList", "metadata": {}, "items": items})))
        .expect(1)
        .mount(&server)
        .await;
    let namespaces = cluster(&server).await.namespaces().await.unwrap();
    assert_eq!(namespaces, BTreeMap::from([("a".to_owned(), State::Active), ("b".to_owned(), State::Terminating)]));
}

#[tokio::test]
async fn a_missing_and_a_forbidden_namespace_are_two_things() {
    let server = MockServer::start().await;
    call("GET", ALPHA).respond_with(not_found("namespaces")).up_to_n_times(1).mount(&server).await;
    call("GET", ALPHA).respond_with(status(403, "Forbidden", "namespaces", &json!([]))).mount(&server).await;
    let cluster = cluster(&server).await;
    assert_eq!(cluster.namespace("team-alpha").await, Ok(None));
    let error = cluster.namespace("team-alpha").await.unwrap_err();
    assert!(matches!(error, KubernetesError::Forbidden(_)), "{error:?}");
}

#[tokio::test]
async fn a_namespace_is_made_with_its_labels() {
    let server = MockServer::start().await;
    call("POST", ALL)
        .and(body_json(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-alpha", "labels": {"a": "b"}}
        })))
        .respond_with(answer(201, &metadata("team-alpha", false)))
        .expect(1)
        .mount(&server)
        .await;
    let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    assert_eq!(cluster(&server).await.create_namespace("team-alpha", &labels).await, Ok(true));
}

/// `AlreadyExists` is also what the server says while a namespace is being deleted (server-behaviour 9).
#[tokio::test]
async fn a_namespace_that_exists_already_may_still_be_unusable() {
    let server = MockServer::start().await;
    call("POST", ALL)
        .respond_with(status(409, "AlreadyExists", "namespaces", &json!([])))
        .expect(2)
        .mount(&server)
        .await;
    call("GET", ALPHA).respond_with(answer(200, &metadata("team-alpha", false))).up_to_n_times(1).mount(&server).await;
    call("GET", ALPHA).respond_with(answer(200, &metadata("team-alpha", true))).mount(&server).await;
    let cluster = cluster(&server).await;
    let none = BTreeMap::new();
    assert_eq!(cluster.create_namespace("team-alpha", &none).await, Ok(false));
    let terminating = KubernetesError::NamespaceTerminating { namespace: "team-alpha".to_owned() };
    assert_eq!(cluster.create_namespace("team-alpha", &none).await, Err(terminating));
}
