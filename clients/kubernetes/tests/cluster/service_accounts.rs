use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    service_account::{DEFAULT, PullSecrets, ServiceAccount},
};
use serde_json::{Value, json};
use wiremock::{
    MockServer,
    matchers::{body_json, header},
};

use super::{answer, call, cluster, not_found, status};

const ACCOUNT: &str = "/api/v1/namespaces/team-alpha/serviceaccounts/default";

fn account(version: &str, names: &[&str]) -> Value {
    let entries: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    json!({"metadata": {"name": "default", "namespace": "team-alpha", "resourceVersion": version}, "imagePullSecrets": entries})
}

fn name() -> ObjectName {
    ObjectName::in_namespace("team-alpha", DEFAULT)
}

fn written(version: &str, names: &[&str]) -> Value {
    let entries: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    json!({"metadata": {"resourceVersion": version}, "imagePullSecrets": entries})
}

const OURS: PullSecrets<'static> = PullSecrets { present: &["ours"], absent: &[] };

/// Every kind of patch replaces the list: so the whole of it is written, and the version guards it (server-behaviour 9).
#[tokio::test]
async fn an_entry_is_added_beside_those_of_others() {
    let server = MockServer::start().await;
    call("GET", ACCOUNT).respond_with(answer(200, &account("7", &["theirs"]))).expect(1).mount(&server).await;
    call("PATCH", ACCOUNT)
        .and(header("content-type", "application/merge-patch+json"))
        .and(body_json(written("7", &["theirs", "ours"])))
        .respond_with(answer(200, &account("8", &["theirs", "ours"])))
        .expect(1)
        .mount(&server)
        .await;
    assert!(cluster(&server).await.set_pull_secrets(&name(), &OURS).await.unwrap());
}

#[tokio::test]
async fn another_writer_in_between_is_noticed_and_its_entry_kept() {
    let server = MockServer::start().await;
    call("GET", ACCOUNT).respond_with(answer(200, &account("7", &[]))).up_to_n_times(1).expect(1).mount(&server).await;
    call("PATCH", ACCOUNT)
        .and(body_json(written("7", &["ours"])))
        .respond_with(status(409, "Conflict", "serviceaccounts", &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    call("GET", ACCOUNT).respond_with(answer(200, &account("8", &["theirs"]))).expect(1).mount(&server).await;
    call("PATCH", ACCOUNT)
        .and(body_json(written("8", &["theirs", "ours"])))
        .respond_with(answer(200, &account("9", &["theirs", "ours"])))
        .expect(1)
        .mount(&server)
        .await;
    assert!(cluster(&server).await.set_pull_secrets(&name(), &OURS).await.unwrap());
}

#[tokio::test]
async fn an_entry_that_is_there_is_not_written_again() {
    let server = MockServer::start().await;
    call("GET", ACCOUNT).respond_with(answer(200, &account("7", &["ours", "theirs"]))).expect(1).mount(&server).await;
    let cluster = cluster(&server).await;
    assert!(!cluster.set_pull_secrets(&name(), &OURS).await.unwrap());
    assert_eq!(cluster.log().summary().writes, 0);
}

#[tokio::test]
async fn an_account_that_appears_after_its_namespace_is_waited_for() {
    let server = MockServer::start().await;
    call("GET", ACCOUNT).respond_with(not_found("serviceaccounts")).up_to_n_times(2).expect(2).mount(&server).await;
    call("GET", ACCOUNT).respond_with(answer(200, &account("1", &[]))).expect(1).mount(&server).await;
    call("PATCH", ACCOUNT).respond_with(answer(200, &account("2", &["ours"]))).expect(1).mount(&server).await;
    assert!(cluster(&server).await.set_pull_secrets(&name(), &OURS).await.unwrap());
}

#[tokio::test]
async fn a_missing_right_is_not_waited_for() {
    let server = MockServer::start().await;
    call("GET", ACCOUNT)
        .respond_with(status(403, "Forbidden", "serviceaccounts", &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let result = cluster(&server).await.set_pull_secrets(&name(), &OURS).await;
    assert!(matches!(result, Err(KubernetesError::Forbidden(_))), "{result:?}");
}

/// Six namespaces without one once cost 330 requests.
#[tokio::test]
async fn an_account_that_never_appears_costs_seven_requests() {
    let server = MockServer::start().await;
    call("GET", ACCOUNT).respond_with(not_found("serviceaccounts")).expect(7).mount(&server).await;
    let result = cluster(&server).await.set_pull_secrets(&name(), &OURS).await;
    assert!(matches!(result, Err(KubernetesError::NotFound(_))), "{result:?}");
}

fn seen(version: &str, names: &[&str]) -> ServiceAccount {
    serde_json::from_value(account(version, names)).unwrap()
}

#[tokio::test]
async fn an_account_that_was_just_read_is_not_read_again() {
    let server = MockServer::start().await;
    call("PATCH", ACCOUNT)
        .and(body_json(written("7", &["theirs", "ours"])))
        .respond_with(answer(200, &account("8", &["theirs", "ours"])))
        .expect(1)
        .mount(&server)
        .await;
    assert!(cluster(&server).await.set_pull_secrets_of(&seen("7", &["theirs"]), &OURS).await.unwrap());
}

#[tokio::test]
async fn an_account_that_has_changed_since_it_was_read_is_read_again_and_keeps_the_entries_of_others() {
    let server = MockServer::start().await;
    call("PATCH", ACCOUNT)
        .and(body_json(written("7", &["ours"])))
        .respond_with(status(409, "Conflict", "serviceaccounts", &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    call("GET", ACCOUNT).respond_with(answer(200, &account("8", &["theirs"]))).expect(1).mount(&server).await;
    call("PATCH", ACCOUNT)
        .and(body_json(written("8", &["theirs", "ours"])))
        .respond_with(answer(200, &account("9", &["theirs", "ours"])))
        .expect(1)
        .mount(&server)
        .await;
    assert!(cluster(&server).await.set_pull_secrets_of(&seen("7", &[]), &OURS).await.unwrap());
}
