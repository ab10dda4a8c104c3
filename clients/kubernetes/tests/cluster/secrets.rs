use std::collections::BTreeMap;

use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    secret::{DesiredSecret, Expected, OPAQUE, OthersValues, Recreation, SecretBytes, SecretObject},
};
use evenkeel_transport::Secret;
use serde_json::{Value, json};
use wiremock::{
    MockServer,
    matchers::{body_json, header, query_param, query_param_is_missing},
};

use super::{answer, call, cluster, not_found, status};

const DEMO: &str = "/api/v1/namespaces/team-alpha/secrets/demo";

fn desired() -> DesiredSecret {
    DesiredSecret {
        name: ObjectName::in_namespace("team-alpha", "demo"),
        secret_type: OPAQUE.to_owned(),
        labels: BTreeMap::from([("app.kubernetes.io/managed-by".to_owned(), "evenkeel".to_owned())]),
        annotations: BTreeMap::new(),
        data: BTreeMap::from([("a".to_owned(), SecretBytes::from(&Secret::from("canary")))]),
    }
}

fn applied(metadata: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": {"a": "Y2FuYXJ5"}
    })
}

fn shown(version: &str, kind: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": kind, "data": {"a": "Y2FuYXJ5"},
        "metadata": {"name": "demo", "namespace": "team-alpha", "uid": "u1", "resourceVersion": version}
    })
}

fn seen() -> ObjectMeta {
    ObjectMeta {
        name: Some("demo".to_owned()),
        namespace: Some("team-alpha".to_owned()),
        uid: Some("u1".to_owned()),
        resource_version: Some("7".to_owned()),
        ..ObjectMeta::default()
    }
}

#[tokio::test]
async fn a_secret_is_applied_as_data_by_our_field_manager_and_without_force() {
    let server = MockServer::start().await;
    let labels = json!({"app.kubernetes.io/managed-by": "evenkeel"});
    call("PATCH", DEMO)
        .and(query_param("fieldManager", "evenkeel-test"))
        .and(query_param_is_missing("force"))
        .and(header("content-type", "application/apply-patch+yaml"))
        .and(body_json(applied(&json!({"name": "demo", "namespace": "team-alpha", "labels": labels}))))
        .respond_with(answer(201, &shown("1", "Opaque")))
        .expect(1)
        .mount(&server)
        .await;
    let cluster = cluster(&server).await;
    let secret = cluster.apply_secret(&desired(), Expected::Anything, OthersValues::Keep).await.unwrap();
    assert_eq!(secret.data, desired().data);
    let counts = cluster.log().summary();
    assert_eq!((counts.reads, counts.writes, counts.retries), (0, 1, 0));
}

#[tokio::test]
async fn a_secret_that_was_seen_is_changed_only_as_it_was_seen() {
    let server = MockServer::start().await;
    let metadata = json!({
        "name": "demo", "namespace": "team-alpha", "labels": {"app.kubernetes.io/managed-by": "evenkeel"},
        "uid": "u1", "resourceVersion": "7"
    });
    call("PATCH", DEMO)
        .and(query_param("force", "true"))
        .and(body_json(applied(&metadata)))
        .respond_with(status(409, "Conflict", "secrets", &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let result = cluster(&server).await.apply_secret(&desired(), Expected::Seen(&seen()), OthersValues::Take).await;
    assert!(matches!(result, Err(KubernetesError::Stale(_))), "{result:?}");
}

#[tokio::test]
async fn a_secret_that_was_made_anew_meanwhile_is_not_called_immutable() {
    let server = MockServer::start().await;
    let causes = json!([{
        "reason": "FieldValueInvalid", "field": "metadata.uid", "message": "Invalid value: \"u1\": field is immutable"
    }]);
    call("PATCH", DEMO).respond_with(status(422, "Invalid", "Secret", &causes)).expect(1).mount(&server).await;
    let result = cluster(&server).await.apply_secret(&desired(), Expected::Seen(&seen()), OthersValues::Take).await;
    assert!(matches!(result, Err(KubernetesError::Stale(_))), "{result:?}");
}

#[tokio::test]
async fn a_secret_that_should_be_absent_is_not_taken_over() {
    let server = MockServer::start().await;
    call("GET", DEMO)
        .and(header("accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"))
        .respond_with(answer(200, &json!({"metadata": {"name": "demo", "namespace": "team-alpha"}})))
        .expect(1)
        .mount(&server)
        .await;
    let result = cluster(&server).await.apply_secret(&desired(), Expected::Absent, OthersValues::Keep).await;
    assert_eq!(result.unwrap_err().to_string(), "Secret `team-alpha/demo` exists already");
}

#[tokio::test]
async fn fields_of_others_are_told_with_their_managers() {
    let server = MockServer::start().await;
    let causes = json!([
        {"reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".data.a"},
        {"reason": "FieldManagerConflict", "message": "conflict with \"kubectl-edit\" using v1", "field": ".type"}
    ]);
    call("PATCH", DEMO).respond_with(status(409, "Conflict", "secrets", &causes)).expect(1).mount(&server).await;
    let error =
        cluster(&server).await.apply_secret(&desired(), Expected::Anything, OthersValues::Keep).await.unwrap_err();
    assert!(matches!(error, KubernetesError::FieldManagerConflict { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "Secret `team-alpha/demo` has fields that somebody else manages: `.data.a` by `one`, `.type` by `kubectl-edit`"
    );
}

#[tokio::test]
async fn a_changed_type_is_told_as_immutable_and_made_by_delete_and_create() {
    let server = MockServer::start().await;
    let causes = json!([{
        "reason": "FieldValueInvalid", "field": "type",
        "message": "Invalid value: \"Opaque\": field is immutable"
    }]);
    let cluster = cluster(&server).await;
    {
        let _refusal = call("PATCH", DEMO)
            .respond_with(status(422, "Invalid", "Secret", &causes))
            .expect(1)
            .mount_as_scoped(&server)
            .await;
        let error = cluster.apply_secret(&desired(), Expected::Anything, OthersValues::Keep).await.unwrap_err();
        assert_eq!(error.to_string(), "Secret `team-alpha/demo` cannot be changed: `type` is immutable");
    }
    let observed: SecretObject = serde_json::from_value(shown("7", "kubernetes.io/dockerconfigjson")).unwrap();
    assert_eq!(desired().recreation(&observed), Some(Recreation::Type));
    call("DELETE", DEMO)
        .and(body_json(json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "u1", "resourceVersion": "7"}
        })))
        .respond_with(answer(200, &json!({"kind": "Status", "status": "Success"})))
        .expect(1)
        .mount(&server)
        .await;
    let mut there = shown("7", "kubernetes.io/dockerconfigjson");
    there["metadata"]["labels"] = json!({"theirs": "yes", "app.kubernetes.io/managed-by": "somebody"});
    there["metadata"]["annotations"] = json!({"their/note": "yes"});
    call("GET", DEMO).respond_with(answer(200, &there)).expect(1).mount(&server).await;
    call("POST", "/api/v1/namespaces/team-alpha/secrets")
        .respond_with(answer(201, &shown("8", "Opaque")))
        .expect(1)
        .mount(&server)
        .await;
    cluster.recreate_secret(&desired(), &observed.metadata).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let made: Value = requests.last().unwrap().body_json().unwrap();
    assert_eq!(made["metadata"]["labels"]["theirs"], "yes", "labels of others come along");
    assert_eq!(made["metadata"]["annotations"]["their/note"], "yes", "and their annotations");
    for (name, value) in desired().labels {
        assert_eq!(made["metadata"]["labels"][&name], json!(value), "and ours are as they shall be");
    }
}

#[tokio::test]
async fn an_immutable_secret_is_told_as_such() {
    let server = MockServer::start().await;
    let causes = json!([{
        "reason": "FieldValueForbidden", "field": "data",
        "message": "Forbidden: field is immutable when `immutable` is set"
    }]);
    call("PATCH", DEMO).respond_with(status(422, "Invalid", "Secret", &causes)).expect(1).mount(&server).await;
    let error =
        cluster(&server).await.apply_secret(&desired(), Expected::Anything, OthersValues::Keep).await.unwrap_err();
    assert!(matches!(error, KubernetesError::Immutable { .. }), "{error:?}");

    let mut observed: SecretObject = serde_json::from_value(shown("7", "Opaque")).unwrap();
    observed.immutable = true;
    assert_eq!(desired().recreation(&observed), None, "its data is right already");
    observed.data.clear();
    assert_eq!(desired().recreation(&observed), Some(Recreation::Immutable));
}

#[tokio::test]
async fn a_deleted_secret_is_deleted_only_as_it_was_seen_and_missing_is_fine() {
    let server = MockServer::start().await;
    call("DELETE", DEMO).respond_with(not_found("secrets")).expect(1).mount(&server).await;
    cluster(&server).await.delete::<SecretObject>(&desired().name, None).await.unwrap();
}

#[tokio::test]
async fn a_secret_shows_nothing_of_what_it_holds() {
    let mut secret: SecretObject = serde_json::from_value(shown("7", "Opaque")).unwrap();
    let copy = json!({"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"a\":\"Y2FuYXJ5\"}}"});
    secret.metadata.annotations = serde_json::from_value(copy).unwrap();
    let text = format!("{secret:?} {:?}", desired());
    assert!(!text.contains("canary") && !text.contains("Y2FuYXJ5"), "{text}");
}

#[tokio::test]
async fn an_annotation_is_merged_with_the_version_that_was_seen() {
    let server = MockServer::start().await;
    call("PATCH", DEMO)
        .and(header("content-type", "application/merge-patch+json"))
        .and(body_json(json!({"metadata": {"resourceVersion": "7", "annotations": {"set": "x", "gone": null}}})))
        .respond_with(answer(200, &shown("8", "Opaque")))
        .expect(1)
        .mount(&server)
        .await;
    let annotations = BTreeMap::from([("set".to_owned(), Some("x".to_owned())), ("gone".to_owned(), None)]);
    let secret = cluster(&server).await.annotate_secret(&seen(), &annotations).await.unwrap();
    assert_eq!(secret.metadata.resource_version.as_deref(), Some("8"));
}

#[tokio::test]
async fn keys_are_changed_one_by_one_and_others_left() {
    let server = MockServer::start().await;
    call("PATCH", DEMO)
        .and(header("content-type", "application/merge-patch+json"))
        .and(body_json(json!({"metadata": {"resourceVersion": "7"}, "data": {"a": "Y2FuYXJ5", "gone": null}})))
        .respond_with(answer(200, &shown("8", "Opaque")))
        .expect(1)
        .mount(&server)
        .await;
    let changes =
        BTreeMap::from([("a".to_owned(), Some(SecretBytes::from(&Secret::from("canary")))), ("gone".to_owned(), None)]);
    let metadata = cluster(&server).await.change_secret(&seen(), &changes).await.unwrap();
    assert_eq!(metadata.resource_version.as_deref(), Some("8"));
}

#[tokio::test]
async fn a_secret_that_must_be_new_is_posted() {
    let server = MockServer::start().await;
    call("POST", "/api/v1/namespaces/team-alpha/secrets")
        .and(query_param("fieldManager", "evenkeel-test"))
        .respond_with(status(409, "AlreadyExists", "secrets", &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let error = cluster(&server).await.create_secret(&desired()).await.unwrap_err();
    assert!(matches!(error, KubernetesError::AlreadyExists(_)), "{error:?}");
}
