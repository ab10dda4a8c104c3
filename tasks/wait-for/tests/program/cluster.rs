//! Objects of a cluster: the real program against the sandbox's API server.

use std::net::TcpListener;

use assert_cmd::Command;
use evenkeel_sandbox::{Effect, Fault, Gate, Kubernetes, KubernetesOptions, Matching, Page};
use serde_json::{Value, json};
use tempfile::TempDir;

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
