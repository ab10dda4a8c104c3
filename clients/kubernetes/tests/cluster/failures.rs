use std::collections::BTreeMap;

use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    k8s_openapi::api::core::v1::ConfigMap,
    secret::{DesiredSecret, Expected, OPAQUE, OthersValues, SecretBytes, SecretObject},
};
use evenkeel_transport::{ApiError, Kind, Secret};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate, matchers::header};

use super::{TOKEN, answer, call, cluster, not_found, status};

const DEMO: &str = "/api/v1/namespaces/team-alpha/secrets/demo";

fn name() -> ObjectName {
    ObjectName::in_namespace("team-alpha", "demo")
}

async fn failure(verb: &str, at: &str, response: ResponseTemplate) -> KubernetesError {
    let server = MockServer::start().await;
    call(verb, at).respond_with(response).mount(&server).await;
    let cluster = cluster(&server).await;
    match verb {
        "GET" => cluster.get::<SecretObject>(&name()).await.unwrap_err(),
        _ => {
            let object = json!({"metadata": {"name": "demo", "namespace": "team-alpha"}});
            let map: ConfigMap = serde_json::from_value(object).unwrap();
            cluster.create(&map).await.unwrap_err()
        }
    }
}

const MAPS: &str = "/api/v1/namespaces/team-alpha/configmaps";

#[tokio::test]
async fn the_same_404_means_the_object_or_its_namespace() {
    let error = failure("GET", DEMO, not_found("secrets")).await;
    assert_eq!(error.to_string(), "Secret `team-alpha/demo` does not exist");
    let error = failure("POST", MAPS, not_found("namespaces")).await;
    assert_eq!(error.to_string(), "namespace `team-alpha` does not exist");
    assert!(matches!(error, KubernetesError::NamespaceMissing { .. }));
}

#[tokio::test]
async fn the_same_403_means_no_right_or_a_namespace_that_is_being_deleted() {
    let terminating = json!([{"reason": "NamespaceTerminating", "message": "namespace team-alpha is being terminated", "field": "metadata.namespace"}]);
    let error = failure("POST", MAPS, status(403, "Forbidden", "configmaps", &terminating)).await;
    assert_eq!(error.to_string(), "namespace `team-alpha` is being deleted");
    let error = failure("GET", DEMO, status(403, "Forbidden", "secrets", &json!([]))).await;
    assert_eq!(error.to_string(), "Secret `team-alpha/demo` may not be used: the right to `get` `secrets` is missing");
    assert_eq!(
        error.hint().unwrap(),
        "allow `get` on `secrets` in namespace `team-alpha`, and check that the namespace exists: docs/kubernetes.md has the rules"
    );
}

#[tokio::test]
async fn the_same_409_means_three_things() {
    let error = failure("POST", MAPS, status(409, "AlreadyExists", "configmaps", &json!([]))).await;
    assert!(matches!(error, KubernetesError::AlreadyExists(_)), "{error:?}");
    let error = failure("POST", MAPS, status(409, "Conflict", "configmaps", &json!([]))).await;
    assert!(matches!(error, KubernetesError::Stale(_)), "{error:?}");
    let conflict = json!([{"reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".data.a"}]);
    let error = failure("POST", MAPS, status(409, "Conflict", "configmaps", &conflict)).await;
    assert!(matches!(error, KubernetesError::FieldManagerConflict { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refused_login_and_too_much_are_told_apart() {
    let error = failure("GET", DEMO, status(401, "Unauthorized", "", &json!([]))).await;
    assert!(matches!(error, KubernetesError::Unauthorized(_)), "{error:?}");
    let long = json!([{"reason": "FieldValueTooLong", "message": "Too long: may not be more than 1048576 bytes", "field": "data"}]);
    let error = failure("POST", MAPS, status(422, "Invalid", "ConfigMap", &long)).await;
    assert!(matches!(error, KubernetesError::TooLarge(_)), "{error:?}");
    let error = failure("POST", MAPS, status(413, "RequestEntityTooLarge", "", &json!([]))).await;
    assert!(matches!(error, KubernetesError::TooLarge(_)), "{error:?}");
}

/// `patch` is there: to name it would send somebody to the rule that is right.
#[tokio::test]
async fn an_apply_that_may_not_make_what_is_missing_names_the_right_to_create() {
    let forbidden = |verb: &str| {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Forbidden", "code": 403,
            "message": format!("secrets \"demo\" is forbidden: User \"system:serviceaccount:jobs:a\" cannot {verb} resource \"secrets\" in API group \"\" in the namespace \"team-alpha\""),
            "details": {"name": "demo", "kind": "secrets"}
        })
    };
    let data = BTreeMap::from([("a".to_owned(), SecretBytes::from(&Secret::from("b")))]);
    let (labels, annotations) = (BTreeMap::new(), BTreeMap::new());
    let desired = DesiredSecret { name: name(), secret_type: OPAQUE.to_owned(), labels, annotations, data };
    for verb in ["create", "patch"] {
        let server = MockServer::start().await;
        call("PATCH", DEMO).respond_with(answer(403, &forbidden(verb))).mount(&server).await;
        let applied = cluster(&server).await.apply_secret(&desired, Expected::Anything, OthersValues::Keep).await;
        let error = applied.unwrap_err();
        let named = format!("may not be used: the right to `{verb}` `secrets` is missing");
        assert!(error.to_string().ends_with(&named), "{error}");
        assert!(error.hint().unwrap().starts_with(&format!("allow `{verb}` on `secrets` in namespace `team-alpha`")));
    }
}

#[tokio::test]
async fn a_request_without_a_login_is_told_as_such_although_it_is_403() {
    let said = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Forbidden", "code": 403,
        "message": "secrets \"demo\" is forbidden: User \"system:anonymous\" cannot get resource \"secrets\" in API group \"\" in the namespace \"team-alpha\"",
        "details": {"name": "demo", "kind": "secrets"}
    });
    let error = failure("GET", DEMO, answer(403, &said)).await;
    assert!(matches!(error, KubernetesError::Unauthorized(_)), "{error:?}");
    assert_eq!(error.hint().unwrap(), "check the kubeconfig's user or the pod's service account");
}

#[tokio::test]
async fn a_page_of_a_proxy_says_nothing_but_its_status() {
    let page = ResponseTemplate::new(400).set_body_raw("<html>Bearer abc</html>", "text/html");
    assert_eq!(
        failure("GET", DEMO, page).await.to_string(),
        "Secret `team-alpha/demo` is refused by the Kubernetes API server (400 Bad Request)"
    );
}

#[tokio::test]
async fn an_answer_that_is_none_shows_nothing_of_itself() {
    let metadata = json!({"name": "demo", "namespace": "team-alpha"});
    let broken = answer(200, &json!({"metadata": metadata, "data": {"a": "canary that is no base64"}}));
    let error = failure("GET", DEMO, broken).await;
    assert!(matches!(error, KubernetesError::Undecodable(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    let error = failure("GET", DEMO, ResponseTemplate::new(200).set_body_string("canary")).await;
    assert!(matches!(error, KubernetesError::Undecodable(_)) && !error.to_string().contains("canary"), "{error:?}");
}

#[tokio::test]
async fn an_answer_about_another_object_of_the_cluster_is_an_error() {
    for other in [
        json!({"metadata": {"name": "other", "namespace": "team-alpha"}}),
        json!({"metadata": {"name": "demo", "namespace": "team-beta"}}),
        json!({"metadata": {"name": "demo"}}),
        json!({"kind": "ConfigMap", "metadata": {"name": "demo", "namespace": "team-alpha"}}),
        json!({"metadata": {}}),
    ] {
        let error = failure("GET", DEMO, answer(200, &other)).await;
        assert_eq!(error.api().map(ApiError::kind), Some(Kind::OtherObject), "{other}: {error:?}");
    }
}

/// A server, or a proxy before it, may quote the request in its error.
#[tokio::test]
async fn what_a_request_says_in_confidence_is_not_repeated_by_its_error() {
    let server = MockServer::start().await;
    let said: Value = json!({
        "kind": "Status", "code": 422, "reason": "Invalid",
        "message": format!("no canary-of-data Y2FuYXJ5LW9mLWRhdGE= {TOKEN} Bearer {TOKEN}")
    });
    call("PATCH", DEMO)
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .respond_with(answer(422, &said))
        .mount(&server)
        .await;
    let desired = DesiredSecret {
        name: name(),
        secret_type: OPAQUE.to_owned(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        data: BTreeMap::from([("a".to_owned(), SecretBytes::from(&Secret::from("canary-of-data")))]),
    };
    let error =
        cluster(&server).await.apply_secret(&desired, Expected::Anything, OthersValues::Keep).await.unwrap_err();
    assert_eq!(
        error.api().unwrap().message(),
        "no (secret) (secret) (secret) Bearer (secret)",
        "all four are taken out"
    );
}

#[tokio::test]
async fn a_server_that_is_overloaded_fails_every_call_and_a_500_may_fail_one() {
    for (code, is_of_one_call) in [(500, true), (403, true), (401, false), (429, false), (502, false), (503, false)] {
        let error = failure("GET", DEMO, ResponseTemplate::new(code)).await;
        assert_eq!(error.is_of_one_call(), is_of_one_call, "{code}: {error}");
    }
}
