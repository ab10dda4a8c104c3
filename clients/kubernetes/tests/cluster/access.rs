use evenkeel_kubernetes_client::Access;
use serde_json::json;
use wiremock::{MockServer, matchers::body_json};

use super::{answer, call, cluster};

#[tokio::test]
async fn a_right_is_asked_for_and_counts_as_a_read() {
    let server = MockServer::start().await;
    for (verb, allowed) in [("create", false), ("get", true)] {
        call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
            .and(body_json(json!({
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {},
                "spec": {"resourceAttributes": {"group": "", "namespace": "n", "resource": "secrets", "verb": verb}}
            })))
            .respond_with(answer(201, &json!({"metadata": {}, "spec": {}, "status": {"allowed": allowed}})))
            .expect(1)
            .mount(&server)
            .await;
    }
    let cluster = cluster(&server).await;
    let access = |verb| Access { verb, group: "", resource: "secrets", namespace: Some("n"), name: None };
    assert_eq!(cluster.may(&access("create")).await, Ok(false));
    assert_eq!(cluster.may(&access("get")).await, Ok(true));
    let counts = cluster.log().summary();
    assert_eq!((counts.reads, counts.writes), (2, 0));
}

/// With a field selector the review says no where the request works, and without a name it asks about all (contract `roles`).
#[tokio::test]
async fn a_right_to_one_object_is_asked_for_by_its_name() {
    let server = MockServer::start().await;
    call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .and(body_json(json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {},
            "spec": {"resourceAttributes": {"group": "", "name": "one", "namespace": "n", "resource": "secrets", "verb": "list"}}
        })))
        .respond_with(answer(201, &json!({"metadata": {}, "spec": {}, "status": {"allowed": true}})))
        .expect(1)
        .mount(&server)
        .await;
    let access = Access { verb: "list", group: "", resource: "secrets", namespace: Some("n"), name: Some("one") };
    assert_eq!(cluster(&server).await.may(&access).await, Ok(true));
}
