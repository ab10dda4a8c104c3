use evenkeel_kubernetes_client::{
    ObjectName,
    event::{Event, Severity},
};
use serde_json::{Value, json};
use wiremock::MockServer;

use super::{answer, call, cluster, not_found};

const POD: &str = "/api/v1/namespaces/jobs/pods/harbor-abc";

fn pod(owner: &Value) -> Value {
    json!({"metadata": {"name": "harbor-abc", "namespace": "jobs", "uid": "p", "ownerReferences": owner}})
}

#[tokio::test]
async fn an_event_is_about_the_job_that_owns_the_pod() {
    let server = MockServer::start().await;
    let owner = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "harbor", "uid": "j", "controller": true}]);
    call("GET", POD).respond_with(answer(200, &pod(&owner))).expect(1).mount(&server).await;
    call("POST", "/apis/events.k8s.io/v1/namespaces/jobs/events")
        .respond_with(answer(201, &json!({"metadata": {}})))
        .expect(1)
        .mount(&server)
        .await;
    let cluster = cluster(&server).await;
    let owning = cluster.owning_job(&ObjectName::in_namespace("jobs", "harbor-abc")).await.unwrap().unwrap();
    let note = "ä".repeat(600);
    let event = Event {
        regarding: &owning.job,
        related: Some(&owning.pod),
        severity: Severity::Warning,
        reason: "SomeFailed",
        action: "Apply",
        note: &note,
        controller: "evenkeel/harbor",
        instance: "harbor-abc",
    };
    cluster.record_event(&event).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let sent: Value = requests.last().unwrap().body_json().unwrap();
    assert_eq!(
        sent["regarding"],
        json!({"apiVersion": "batch/v1", "kind": "Job", "name": "harbor", "namespace": "jobs", "uid": "j"})
    );
    assert_eq!((&sent["type"], &sent["reason"]), (&json!("Warning"), &json!("SomeFailed")));
    assert_eq!(sent["note"].as_str().unwrap().len(), 1024, "cut to what the API takes");
    let (_, fraction) = sent["eventTime"].as_str().unwrap().split_once('.').unwrap();
    assert_eq!(fraction.len(), 7, "exactly six digits and a Z");
}

#[tokio::test]
async fn a_pod_without_a_job_and_a_pod_that_is_gone_have_none() {
    let server = MockServer::start().await;
    let set = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "r"}]);
    call("GET", POD).respond_with(answer(200, &pod(&set))).up_to_n_times(1).mount(&server).await;
    call("GET", POD).respond_with(not_found("pods")).mount(&server).await;
    let cluster = cluster(&server).await;
    for _ in 0..2 {
        assert!(cluster.owning_job(&ObjectName::in_namespace("jobs", "harbor-abc")).await.unwrap().is_none());
    }
}
