//! Objects of a cluster: the real program against the sandbox's API server.

use std::net::TcpListener;

use assert_cmd::Command;
use evenkeel_sandbox::{Effect, Fault, Gate, Kubernetes, KubernetesOptions, Matching, Page};
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{run, wait_for};

const JOBS: &str = "/apis/batch/v1/namespaces/maintenance/jobs";
const JOB: &str = "kubernetes:job/maintenance/keycloak";

/// A cluster in which nothing happens by itself, and a kubeconfig for it.
struct Stage {
    cluster: Kubernetes,
    folder: TempDir,
}

impl Stage {
    fn new() -> Self {
        let cluster = Kubernetes::start(&KubernetesOptions::new("kubernetes-admin-token")).unwrap();
        cluster.add_namespace("maintenance");
        cluster.pause_controllers();
        let stage = Self { cluster, folder: tempfile::tempdir().unwrap() };
        stage.log_in(&stage.cluster.kubeconfig());
        stage
    }

    fn log_in(&self, kubeconfig: &str) {
        std::fs::write(self.folder.path().join("kubeconfig"), kubeconfig).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = wait_for(arguments);
        command.env("EVENKEEL_KUBECONFIG", self.folder.path().join("kubeconfig"));
        command
    }

    fn insert_job(&self, status: &Value) {
        self.cluster.insert("jobs.batch", "maintenance", "keycloak", json!({"metadata": {}, "status": status}));
    }

    fn requests(&self) -> Vec<String> {
        self.cluster.requests().into_iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

fn condition(kind: &str, reason: &str) -> Value {
    json!([{"type": kind, "status": "True", "reason": reason}])
}

/// Holds the watch of `path`: a list that tells how things are is before it, and another with the version to watch from.
fn hold_the_watch(cluster: &Kubernetes, path: &str) -> Gate {
    hold(cluster, path, 3)
}

fn hold(cluster: &Kubernetes, path: &str, number: usize) -> Gate {
    let gate = Gate::new();
    cluster.inject(Fault::once(Matching::reads().path(path).nth(number), Effect::Hold(gate.clone())));
    gate
}

#[tokio::test]
async fn a_job_is_watched_and_not_polled_until_it_is_complete() {
    let stage = Stage::new();
    stage.insert_job(&json!({"active": 1}));
    let gate = hold_the_watch(&stage.cluster, JOBS);
    let program = tokio::spawn(run(stage.command(&[JOB])));
    gate.reached(1).await;
    let early = condition("SuccessCriteriaMet", "CompletionsReached");
    stage.cluster.set_status("jobs.batch", "maintenance", "keycloak", json!({"active": 1, "conditions": early}));
    stage.cluster.set_status("jobs.batch", "maintenance", "keycloak", json!({"conditions": condition("Complete", "")}));
    gate.open();
    let (code, stdout, stderr) = program.await.unwrap();
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("met "), "{stdout}");
    let requests = stage.requests();
    let watched: Vec<bool> = requests.iter().map(|request| request.contains("watch=true")).collect();
    assert_eq!(watched, [false, false, true], "{requests:?}");
    assert!(requests.iter().all(|request| request.contains("metadata.name%3Dkeycloak")), "{requests:?}");
}

/// `kubectl wait --for=condition=complete` goes on to its time-out.
#[tokio::test]
async fn unlike_kubectl_wait_a_failed_job_ends_the_waiting_at_once() {
    let stage = Stage::new();
    stage.insert_job(&json!({"active": 1}));
    let gate = hold_the_watch(&stage.cluster, JOBS);
    let program = tokio::spawn(run(stage.command(&["--timeout", "1h", JOB])));
    gate.reached(1).await;
    let failed = json!({"conditions": condition("Failed", "BackoffLimitExceeded")});
    stage.cluster.set_status("jobs.batch", "maintenance", "keycloak", failed);
    gate.open();
    let (code, _, stderr) = program.await.unwrap();
    assert_eq!(code, 78, "{stderr}");
    assert!(stderr.contains("has failed: BackoffLimitExceeded"), "{stderr}");
}

#[tokio::test]
async fn a_failed_job_that_is_made_anew_is_waited_for_when_asked_to() {
    let stage = Stage::new();
    stage.insert_job(&json!({"conditions": condition("Failed", "BackoffLimitExceeded")}));
    let gate = hold_the_watch(&stage.cluster, JOBS);
    let program = tokio::spawn(run(stage.command(&["--retry-failed-jobs", JOB])));
    gate.reached(1).await;
    stage.cluster.remove("jobs.batch", "maintenance", "keycloak");
    stage.insert_job(&json!({"conditions": condition("Complete", "")}));
    gate.open();
    let (code, _, stderr) = program.await.unwrap();
    assert_eq!(code, 0, "{stderr}");
}

/// A Job that is made again stays for a moment, with what it has come to: its Pods go first, or are let go of. Its successor
/// counts (contract `jobs-policies`).
#[tokio::test]
async fn a_job_that_is_being_deleted_has_no_say_any_more() {
    for ended in [condition("Complete", "CompletionsReached"), condition("Failed", "BackoffLimitExceeded")] {
        let stage = Stage::new();
        let metadata = json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["foregroundDeletion"]});
        let leaving = json!({"metadata": metadata, "status": {"conditions": ended}});
        stage.cluster.insert("jobs.batch", "maintenance", "keycloak", leaving);
        let gate = hold_the_watch(&stage.cluster, JOBS);
        let program = tokio::spawn(run(stage.command(&[JOB])));
        gate.reached(1).await;
        stage.cluster.remove("jobs.batch", "maintenance", "keycloak");
        stage.insert_job(&json!({"conditions": condition("Complete", "CompletionsReached")}));
        gate.open();
        let (code, _, stderr) = program.await.unwrap();
        assert_eq!(code, 0, "{stderr}");
        let (code, _, stderr) = run(stage.command(&["--timeout", "500ms", JOB])).await;
        assert_eq!(code, 0, "{stderr}");
    }
}

/// A deleted Job's Pods stay, under the label that its successor's have (contract `jobs-policies`).
#[tokio::test]
async fn pods_that_a_deleted_job_left_behind_do_not_count() {
    let stage = Stage::new();
    let pod = |status: Value| json!({"metadata": {"labels": {"job-name": "keycloak"}}, "status": status});
    stage.cluster.insert("pods", "maintenance", "keycloak-old", pod(json!({"phase": "Failed"})));
    let ready = json!({"phase": "Running", "conditions": condition("Ready", "")});
    stage.cluster.insert("pods", "maintenance", "keycloak-new", pod(ready));
    let (code, _, stderr) = run(stage.command(&["kubernetes:pod/maintenance?job-name=keycloak"])).await;
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test]
async fn what_is_not_there_yet_is_waited_for_with_its_namespace() {
    let stage = Stage::new();
    let path = "/api/v1/namespaces/harbor/secrets";
    let gate = hold_the_watch(&stage.cluster, path);
    let program = tokio::spawn(run(stage.command(&["kubernetes:secret/harbor/harbor-core:PASSWORD"])));
    gate.reached(1).await;
    stage.cluster.add_namespace("harbor");
    for data in [json!({}), json!({"PASSWORD": ""}), json!({"PASSWORD": "cGFzcw=="})] {
        stage.cluster.insert(
            "secrets",
            "harbor",
            "harbor-core",
            json!({"metadata": {}, "type": "Opaque", "data": data}),
        );
    }
    gate.open();
    let (code, stdout, stderr) = program.await.unwrap();
    assert_eq!(code, 0, "{stderr}");
    assert!(!format!("{stdout}{stderr}").contains("cGFzcw"), "{stdout}{stderr}");
}

/// One of each that is ready, and one of each that only looks so.
#[tokio::test]
async fn every_kind_is_ready_by_its_own_meaning() {
    let stage = Stage::new();
    let put = |resource: &str, name: &str, object: Value| stage.cluster.insert(resource, "maintenance", name, object);
    let deployment = |observed: i64| {
        json!({
            "metadata": {"generation": 2},
            "spec": {"replicas": 1, "selector": {}, "template": {}},
            "status": {"observedGeneration": observed, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
                       "conditions": condition("Available", "MinimumReplicasAvailable")},
        })
    };
    let definition = |conditions: Value| {
        json!({
            "metadata": {},
            "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "a", "kind": "A"}, "versions": []},
            "status": {"conditions": conditions},
        })
    };
    put("deployments.apps", "rolled-out", deployment(2));
    put("deployments.apps", "old-template", deployment(1));
    put("pods", "ready", json!({"metadata": {}, "status": {"conditions": condition("Ready", "")}}));
    put("pods", "starting", json!({"metadata": {}, "status": {"phase": "Pending"}}));
    for (name, conditions) in [("a.example.com", condition("Established", "")), ("b.example.com", json!([]))] {
        stage.cluster.insert("customresourcedefinitions.apiextensions.k8s.io", "", name, definition(conditions));
    }
    stage.cluster.insert("namespaces", "", "ending", json!({"metadata": {}, "status": {"phase": "Terminating"}}));
    let ready = [
        "kubernetes:deployment/maintenance/rolled-out",
        "kubernetes:pod/maintenance/ready",
        "kubernetes:crd/a.example.com",
        "kubernetes:namespace/maintenance",
    ];
    let (code, stdout, stderr) = run(stage.command(&ready)).await;
    assert_eq!(code, 0, "{stdout}{stderr}");
    let not_ready = [
        ("kubernetes:deployment/maintenance/old-template", "not rolled out yet"),
        ("kubernetes:pod/maintenance/starting", "its phase is Pending"),
        ("kubernetes:crd/b.example.com", "is not established"),
        ("kubernetes:namespace/ending", "is being deleted"),
    ];
    let mut arguments = vec!["--timeout", "500ms"];
    arguments.extend(not_ready.iter().map(|(target, _)| *target));
    let (code, _, stderr) = run(stage.command(&arguments)).await;
    assert_eq!(code, 69, "{stderr}");
    for (target, missing) in not_ready {
        assert!(stderr.contains(target) && stderr.contains(missing), "{target}: {stderr}");
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_not_waited_for() {
    let stage = Stage::new();
    stage.insert_job(&json!({"conditions": condition("Complete", "")}));
    let account = ("maintenance", "waiter");
    let token = stage.cluster.service_account(account.0, account.1);
    stage.log_in(&stage.cluster.kubeconfig_with(&token));
    let (code, _, stderr) = run(stage.command(&[JOB])).await;
    assert_eq!(code, 78, "{stderr}");
    assert!(stderr.contains("jobs"), "{stderr}");
    // the two verbs that the documentation names, for the one object
    let rule = json!({"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list", "watch"], "resourceNames": ["keycloak"]});
    stage.cluster.grant(account, Some("maintenance"), &[rule]);
    let (code, _, stderr) = run(stage.command(&[JOB])).await;
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test]
async fn a_watch_that_breaks_and_history_that_is_lost_are_gone_on_from() {
    let stage = Stage::new();
    stage.insert_job(&json!({"active": 1}));
    let gate = hold_the_watch(&stage.cluster, JOBS);
    let program = tokio::spawn(run(stage.command(&[JOB])));
    gate.reached(1).await;
    let again = hold(&stage.cluster, JOBS, 2);
    for name in ["another", "and-another"] {
        stage.cluster.insert("jobs.batch", "maintenance", name, json!({"metadata": {}}));
    }
    stage.cluster.lose_history();
    gate.open();
    // a list for a version that still exists, and a watch from there
    again.reached(1).await;
    stage.cluster.set_status("jobs.batch", "maintenance", "keycloak", json!({"conditions": condition("Complete", "")}));
    again.open();
    let (code, _, stderr) = program.await.unwrap();
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test]
async fn an_api_server_that_fails_for_a_while_is_waited_for() {
    let stage = Stage::new();
    stage.insert_job(&json!({"conditions": condition("Complete", "")}));
    let failing = Effect::Status { code: 503, page: Page::Empty, retry_after: None };
    stage.cluster.inject(Fault::times(2, Matching::reads().path(JOBS), failing));
    let (code, _, stderr) = run(stage.command(&[JOB])).await;
    assert_eq!(code, 0, "{stderr}");
}

/// Somebody who reads the log at night has to see what is wrong from the first try on.
#[tokio::test]
async fn an_api_server_that_is_not_there_is_told_in_our_words() {
    let stage = Stage::new();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    stage.log_in(&stage.cluster.kubeconfig().replace(stage.cluster.url(), &format!("http://{nowhere}")));
    let (code, _, stderr) = run(stage.command(&["--timeout", "500ms", JOB])).await;
    assert_eq!(code, 69, "{stderr}");
    let error = stderr.lines().find(|line| line.starts_with("error:")).unwrap();
    assert!(
        error.contains("the Kubernetes API server is not available") && error.contains("cannot connect"),
        "{stderr}"
    );
    assert!(!stderr.contains("ERROR"), "{stderr}");
}

/// An API server that does not answer tells nothing of the object: with `--invert` that once would have opened the barrier.
#[tokio::test]
async fn an_api_server_that_does_not_answer_is_no_object_that_is_gone() {
    let stage = Stage::new();
    stage.insert_job(&json!({"active": 1}));
    stage.cluster.inject(Fault::always(Matching::reads().path(JOBS), Effect::Reset));
    let (code, _, stderr) = run(stage.command(&["--invert", "--timeout", "500ms", JOB])).await;
    assert_eq!(code, 69, "{stderr}");
    stage.cluster.clear_faults();
    let gone = "kubernetes:job/maintenance/gone";
    assert_eq!(run(stage.command(&["--invert", gone])).await.0, 0);
}

#[tokio::test]
async fn with_invert_a_job_that_has_failed_is_met() {
    let stage = Stage::new();
    stage.insert_job(&json!({"conditions": condition("Failed", "BackoffLimitExceeded")}));
    let (code, stdout, stderr) = run(stage.command(&["--invert", JOB])).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("met "), "{stdout}");
}

/// A failed Job is no matter of statuses, and neither is a right.
#[tokio::test]
async fn the_hint_is_about_what_is_wrong() {
    let stage = Stage::new();
    stage.insert_job(&json!({"conditions": condition("FailureTarget", "PodFailurePolicy")}));
    let (code, _, stderr) = run(stage.command(&[JOB])).await;
    assert_eq!(code, 78, "{stderr}");
    assert!(stderr.contains("fails: PodFailurePolicy") && stderr.contains("kubectl describe job"), "{stderr}");
    assert!(!stderr.contains("--status"), "{stderr}");
    let token = stage.cluster.service_account("maintenance", "waiter");
    stage.log_in(&stage.cluster.kubeconfig_with(&token));
    let (code, stdout, stderr) = run(stage.command(&["--output", "json", JOB])).await;
    assert_eq!(code, 78, "{stderr}");
    let hint = "allow `list` and `watch` on `jobs` in namespace `maintenance`";
    assert!(stderr.contains(hint) && !stderr.contains("--status"), "{stderr}");
    let summary: Value = serde_json::from_str(&stdout).unwrap();
    assert!(summary["conditions"][0]["hint"].as_str().unwrap().starts_with(hint), "{stdout}");
}

#[tokio::test]
async fn a_pod_that_failed_at_its_beginning_is_given_up_with_its_reason() {
    let stage = Stage::new();
    let ended = json!({"name": "migrate", "state": {"terminated": {"exitCode": 3, "message": "canary"}}, "image": "a",
                       "imageID": "", "ready": false, "restartCount": 0});
    let status = json!({"phase": "Failed", "initContainerStatuses": [ended]});
    stage.cluster.insert("pods", "maintenance", "web", json!({"metadata": {}, "status": status}));
    let (code, _, stderr) = run(stage.command(&["kubernetes:pod/maintenance/web"])).await;
    assert_eq!(code, 78, "{stderr}");
    assert!(stderr.contains("has failed: init container `migrate` ended with code 3"), "{stderr}");
    assert!(stderr.contains("kubectl describe pod") && !stderr.contains("canary"), "{stderr}");
}

/// What only looks ready is in the tests of each kind; here it is read from an API server.
#[tokio::test]
async fn what_runs_or_holds_data_is_ready_by_its_own_meaning() {
    let stage = Stage::new();
    let put = |resource: &str, name: &str, object: Value| stage.cluster.insert(resource, "maintenance", name, object);
    let set = json!({
        "metadata": {}, "spec": {"replicas": 1, "selector": {}, "template": {}, "serviceName": "db"},
        "status": {"observedGeneration": 9, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
    });
    put("statefulsets.apps", "db", set);
    let agents = json!({"observedGeneration": 9, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2,
                        "currentNumberScheduled": 2, "numberMisscheduled": 0, "numberReady": 2});
    put(
        "daemonsets.apps",
        "agent",
        json!({"metadata": {}, "spec": {"selector": {}, "template": {}}, "status": agents}),
    );
    put("persistentvolumeclaims", "data", json!({"metadata": {}, "status": {"phase": "Bound"}}));
    let slice = |service: &str, ready: bool| {
        json!({"metadata": {"labels": {"kubernetes.io/service-name": service}}, "addressType": "IPv4",
               "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]})
    };
    put("endpointslices.discovery.k8s.io", "db-1", slice("db", true));
    put("endpointslices.discovery.k8s.io", "web-1", slice("web", false));
    let [set, agents, claim, service] =
        ["statefulset/maintenance/db", "daemonset/maintenance/agent", "pvc/maintenance/data", "service/maintenance/db"]
            .map(|object| format!("kubernetes:{object}"));
    let (code, stdout, stderr) = run(stage.command(&[&set, &agents, &claim, &service])).await;
    assert_eq!(code, 0, "{stdout}{stderr}");
    let web = "kubernetes:service/maintenance/web";
    let (code, _, stderr) = run(stage.command(&["--timeout", "500ms", web])).await;
    assert_eq!(code, 69, "{stderr}");
    assert!(stderr.contains("has no endpoint that is ready, of 1"), "{stderr}");
}

#[tokio::test]
async fn what_labels_select_is_ready_when_there_is_one_and_all_are_or_one_is_enough() {
    let stage = Stage::new();
    let pods = "kubernetes:pod/maintenance?app=web";
    let put = |name: &str, status: Value| {
        stage.cluster.insert(
            "pods",
            "maintenance",
            name,
            json!({"metadata": {"labels": {"app": "web"}}, "status": status}),
        );
    };
    let ready = || json!({"phase": "Running", "conditions": condition("Ready", "")});
    let (code, _, stderr) = run(stage.command(&["--timeout", "500ms", pods])).await;
    assert_eq!(code, 69, "{stderr}");
    assert!(stderr.contains("selects no object"), "{stderr}");
    put("web-1", ready());
    put("evicted", json!({"phase": "Failed", "reason": "Evicted"}));
    assert_eq!(run(stage.command(&[pods])).await.0, 0);
    put("web-2", json!({"phase": "Pending"}));
    assert_eq!(run(stage.command(&["--any-object", pods])).await.0, 0);
    let gate = hold_the_watch(&stage.cluster, "/api/v1/namespaces/maintenance/pods");
    let program = tokio::spawn(run(stage.command(&[pods])));
    gate.reached(1).await;
    stage.cluster.set_status("pods", "maintenance", "web-2", ready());
    gate.open();
    let (code, _, stderr) = program.await.unwrap();
    assert_eq!(code, 0, "{stderr}");
}

/// A wrong address is often that of a gateway or a dashboard: with `--invert` that once looked as if the object was gone.
#[tokio::test]
async fn what_answers_and_is_no_api_server_opens_nothing_and_is_told_so() {
    let stage = Stage::new();
    for (answer, told) in [
        (ResponseTemplate::new(404), "what answers knows no `jobs`"),
        (ResponseTemplate::new(200).set_body_json(json!({"status": "ok"})), "it is no list of Kubernetes objects"),
        (ResponseTemplate::new(200).set_body_string("<html>"), "it is no whole JSON"),
    ] {
        let other = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&other).await;
        stage.log_in(&stage.cluster.kubeconfig().replace(stage.cluster.url(), &other.uri()));
        let (code, _, stderr) = run(stage.command(&["--invert", "--timeout", "500ms", JOB])).await;
        assert_eq!(code, 69, "{stderr}");
        assert!(stderr.contains(told), "{told}: {stderr}");
    }
}
