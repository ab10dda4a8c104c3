use std::num::NonZeroU32;

use evenkeel_kubernetes_client::{
    KubernetesError, Listing, ObjectName,
    k8s_openapi::{
        api::{
            apps::v1::Deployment,
            batch::v1::Job,
            core::v1::{Namespace, Pod},
        },
        apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    },
    secret::SecretObject,
    service_account::ServiceAccount,
};
use serde_json::{Value, json};
use wiremock::{
    MockServer,
    matchers::{header, query_param, query_param_is_missing},
};

use super::{answer, call, cluster, not_found, status};

const ALL: &str = "/api/v1/secrets";

fn page(names: &[&str], next: Option<&str>) -> Value {
    let items: Vec<Value> = names.iter().map(|name| json!({"metadata": {"name": name, "namespace": "n"}})).collect();
    json!({"kind": "SecretList", "metadata": {"resourceVersion": "1", "continue": next.unwrap_or_default()}, "items": items})
}

fn listing() -> Listing {
    Listing::everywhere().labelled("a=b,c in (d)").in_pages_of(NonZeroU32::new(2).unwrap())
}

fn names(secrets: &[SecretObject]) -> Vec<String> {
    secrets.iter().map(|secret| secret.name().name).collect()
}

#[tokio::test]
async fn a_list_is_read_in_pages_to_its_end() {
    let server = MockServer::start().await;
    let first = || call("GET", ALL).and(query_param("labelSelector", "a=b,c in (d)")).and(query_param("limit", "2"));
    first()
        .and(query_param_is_missing("continue"))
        .and(query_param_is_missing("resourceVersion"))
        .respond_with(answer(200, &page(&["a", "b"], Some("to/ken="))))
        .expect(1)
        .mount(&server)
        .await;
    first()
        .and(query_param("continue", "to/ken="))
        .respond_with(answer(200, &page(&["c"], None)))
        .expect(1)
        .mount(&server)
        .await;
    let secrets: Vec<SecretObject> = cluster(&server).await.list(&listing()).await.unwrap();
    assert_eq!(names(&secrets), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_list_whose_beginning_is_forgotten_is_started_over() {
    let server = MockServer::start().await;
    call("GET", ALL)
        .and(query_param("continue", "old"))
        .respond_with(status(410, "Expired", "secrets", &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let start = || call("GET", ALL).and(query_param_is_missing("continue"));
    start().respond_with(answer(200, &page(&["a", "b"], Some("old")))).up_to_n_times(1).expect(1).mount(&server).await;
    start().respond_with(answer(200, &page(&["a", "new"], None))).expect(1).mount(&server).await;
    let secrets: Vec<SecretObject> = cluster(&server).await.list(&listing()).await.unwrap();
    assert_eq!(names(&secrets), ["a", "new"], "nothing of the first start is kept");
}

#[tokio::test]
async fn a_list_of_metadata_asks_for_metadata_only() {
    let server = MockServer::start().await;
    call("GET", "/api/v1/namespaces/n/secrets")
        .and(header("accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"))
        .and(query_param("fieldSelector", "type=kubernetes.io/tls"))
        .and(query_param("limit", "500"))
        .respond_with(answer(200, &page(&["a"], None)))
        .expect(1)
        .mount(&server)
        .await;
    let listing = Listing::in_namespace("n").with_fields("type=kubernetes.io/tls");
    let metadata = cluster(&server).await.list_metadata::<SecretObject>(&listing).await.unwrap();
    assert_eq!(metadata[0].name.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_forbidden_list_is_read_by_names() {
    let server = MockServer::start().await;
    call("GET", ALL).respond_with(status(403, "Forbidden", "secrets", &json!([]))).expect(1).mount(&server).await;
    let named = |name: &str| call("GET", &format!("/api/v1/namespaces/n/secrets/{name}"));
    named("there")
        .respond_with(answer(200, &json!({"metadata": {"name": "there", "namespace": "n"}})))
        .expect(1)
        .mount(&server)
        .await;
    named("missing").respond_with(not_found("secrets")).expect(1).mount(&server).await;
    named("forbidden").respond_with(status(403, "Forbidden", "secrets", &json!([]))).expect(1).mount(&server).await;
    let names = ["there", "missing", "forbidden"].map(|name| ObjectName::in_namespace("n", name));
    let readings = cluster(&server).await.read_all::<SecretObject>(&listing(), &names).await.unwrap();
    assert!(!readings.listed);
    assert_eq!(readings.objects.keys().map(ToString::to_string).collect::<Vec<_>>(), ["n/there"]);
    assert_eq!(readings.failures.len(), 1);
    assert!(matches!(&readings.failures[0], (name, KubernetesError::Forbidden(_)) if name.name == "forbidden"));
}

#[tokio::test]
async fn an_allowed_list_reads_nothing_by_name() {
    let server = MockServer::start().await;
    call("GET", ALL).respond_with(answer(200, &page(&["a"], None))).expect(1).mount(&server).await;
    let cluster = cluster(&server).await;
    let names = [ObjectName::in_namespace("n", "a"), ObjectName::in_namespace("n", "missing")];
    let readings = cluster.read_all::<SecretObject>(&listing(), &names).await.unwrap();
    assert!(readings.listed && readings.objects.contains_key(&names[0]) && readings.failures.is_empty());
    assert_eq!(cluster.log().summary().requests, 1);
}

#[tokio::test]
async fn a_list_that_repeats_a_page_under_new_tokens_is_given_up() {
    let server = MockServer::start().await;
    let with = |token: &'static str| call("GET", ALL).and(query_param("continue", token));
    let first = call("GET", ALL).and(query_param_is_missing("continue"));
    first.respond_with(answer(200, &page(&["a", "b"], Some("1")))).expect(1).mount(&server).await;
    with("1").respond_with(answer(200, &page(&["c"], Some("2")))).expect(1).mount(&server).await;
    with("2").respond_with(answer(200, &page(&["a", "b"], Some("3")))).expect(1).mount(&server).await;
    let error = cluster(&server).await.list::<SecretObject>(&listing()).await.unwrap_err();
    assert!(error.to_string().contains("a page repeats an earlier one"), "{error}");
}

/// Pages without objects differ in nothing but the place where they go on.
#[tokio::test]
async fn a_list_of_empty_pages_has_an_end() {
    let server = MockServer::start().await;
    call("GET", ALL).respond_with(answer(200, &page(&[], Some("again")))).mount(&server).await;
    let error = cluster(&server).await.list_metadata::<SecretObject>(&listing()).await.unwrap_err();
    assert!(error.to_string().contains("longer than 10000 pages"), "{error}");
}

/// A real API server has null for the items of a list of metadata with nothing in it.
#[tokio::test]
async fn a_list_whose_items_are_null_or_absent_is_empty() {
    for list in
        [json!({"kind": "SecretList", "items": null}), json!({"kind": "PartialObjectMetadataList", "metadata": {}})]
    {
        let server = MockServer::start().await;
        call("GET", ALL).respond_with(answer(200, &list)).expect(3).mount(&server).await;
        let cluster = cluster(&server).await;
        assert_eq!(cluster.list::<SecretObject>(&listing()).await.unwrap(), []);
        assert_eq!(cluster.list_metadata::<SecretObject>(&listing()).await.unwrap(), []);
        let seen =
            cluster.until::<SecretObject, _>(&ObjectName::of_cluster("a"), |object| Some(object.is_none())).await;
        assert!(seen.unwrap());
    }
}

/// A page of somebody else is no empty list, after which everything would be made anew, or nothing be waited for any more.
#[tokio::test]
async fn what_answers_in_json_and_is_no_api_server_has_no_empty_list() {
    for other in [json!({}), json!({"status": "ok"}), json!({"kind": "Status", "items": []})] {
        let server = MockServer::start().await;
        call("GET", ALL).respond_with(answer(200, &other)).expect(2).mount(&server).await;
        let cluster = cluster(&server).await;
        let name = ObjectName::of_cluster("a");
        let errors = [
            cluster.list::<SecretObject>(&listing()).await.unwrap_err(),
            cluster.until::<SecretObject, _>(&name, |_| Some(())).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains("it is no list of Kubernetes objects"), "{error}");
        }
    }
}

#[test]
fn every_list_and_map_of_every_kind_may_be_null() {
    let metadata = json!({"labels": null, "annotations": null, "managedFields": null, "ownerReferences": null, "finalizers": null});
    let secret: SecretObject = serde_json::from_value(json!({"metadata": metadata, "data": null})).unwrap();
    assert!(secret.data.is_empty() && secret.metadata.labels.is_none());
    let account = json!({"metadata": metadata, "imagePullSecrets": null, "secrets": null});
    serde_json::from_value::<ServiceAccount>(account).unwrap();
    let conditions = || json!({"conditions": null});
    serde_json::from_value::<Namespace>(
        json!({"metadata": metadata, "spec": {"finalizers": null}, "status": conditions()}),
    )
    .unwrap();
    serde_json::from_value::<Job>(json!({"metadata": metadata, "status": conditions()})).unwrap();
    let template = json!({"spec": {"containers": null, "volumes": null}});
    let spec = json!({"selector": {"matchLabels": null, "matchExpressions": null}, "template": template});
    serde_json::from_value::<Deployment>(json!({"spec": spec, "status": conditions()})).unwrap();
    let pod = json!({"conditions": null, "containerStatuses": null, "initContainerStatuses": null});
    serde_json::from_value::<Pod>(json!({"spec": template["spec"], "status": pod})).unwrap();
    let definition = json!({"group": "a", "names": {"kind": "A", "plural": "a"}, "scope": "Cluster", "versions": null});
    serde_json::from_value::<CustomResourceDefinition>(json!({"spec": definition, "status": conditions()})).unwrap();
}
