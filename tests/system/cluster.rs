//! A run that keeps what it remembers in a Kubernetes cluster, with no more rights than `docs/kubernetes.md` names.

use std::{fs, sync::Arc, time::Duration};

use evenkeel_engine::{
    command_line::{ClusterOptions, Options, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
};
use evenkeel_keycloak::Keycloak;
use evenkeel_kubernetes_client::{
    Cluster, Connection, ObjectName,
    k8s_openapi::api::{batch::v1::Job, coordination::v1::Lease, core::v1::Pod},
    lease::Terms,
};
use evenkeel_sandbox::{Effect, Fault, Gate, Kubernetes, KubernetesOptions, Matching};
use secrecy::SecretString;
use serde_json::{Value, json};

const VALUES: &str = "
platform: {name: demo}
keycloak: {admin: {username: admin, password: {fromSecret: {namespace: keycloak, name: admin, key: password}}}}
kubernetes: {inventory: {namespace: platform-jobs}}
teams: {alpha: {}}
";
const MORE: &str = "
teams: {beta: {}}
keycloak: {roles: [{name: auditor}]}
";
const JOBS: &str = "platform-jobs";
const HOME: &str = "evenkeel-demo-keycloak";
/// A lease that does not keep tests waiting.
const TERMS: Terms = Terms {
    duration: Duration::from_secs(1),
    renew_every: Duration::from_millis(50),
    look_every: Duration::from_millis(10),
    patience: Duration::from_secs(10),
};

/// A Keycloak, a cluster, and values.
struct Stage {
    keycloak: evenkeel_sandbox::Keycloak,
    kubernetes: Kubernetes,
    folder: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Stage {
    async fn new() -> Self {
        let keycloak = evenkeel_sandbox::Keycloak::start(&evenkeel_sandbox::Options::new("admin", "password")).unwrap();
        let kubernetes = Kubernetes::start(&KubernetesOptions::new("admin-token")).unwrap();
        kubernetes.add_namespace("keycloak");
        let token = kubernetes.service_account(JOBS, "evenkeel");
        let core = |verbs: &[&str]| json!({"apiGroups": [""], "resources": ["secrets"], "verbs": verbs});
        let leases = json!({"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]});
        let pods = json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]});
        let events = json!({"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]});
        let account = (JOBS, "evenkeel");
        kubernetes.grant(account, Some(JOBS), &[core(&["get", "create", "patch"]), leases, pods, events]);
        kubernetes.grant(account, Some("keycloak"), &[core(&["get"])]);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("values")).unwrap();
        fs::write(folder.path().join("values/10-platform.yaml"), VALUES).unwrap();
        fs::write(folder.path().join("kubeconfig"), kubernetes.kubeconfig_with(&token)).unwrap();
        let nothing: [(&str, SecretString); 0] = [];
        let secrets = Arc::new(SecretResolver::with_environment(nothing));
        let surroundings = Surroundings { secrets, lease: TERMS, ..Surroundings::default() };
        let stage = Self { keycloak, kubernetes, folder, surroundings };
        let password =
            json!({"metadata": {"name": "admin", "namespace": "keycloak"}, "data": {"password": "cGFzc3dvcmQ="}});
        stage
            .administrator()
            .await
            .create(&from::<evenkeel_kubernetes_client::secret::SecretObject>(password))
            .await
            .unwrap();
        stage.kubernetes.reset_log();
        stage
    }

    /// Somebody who may do everything in the cluster.
    async fn administrator(&self) -> Cluster {
        let token = Some("admin-token".into());
        let connection = Connection::At { url: self.kubernetes.url().to_owned(), token, ca_bundle: None };
        Cluster::connect(&connection, evenkeel_kubernetes_client::ClusterOptions::default()).await.unwrap()
    }

    /// A secret that was read once is known to the process; each run of these tests is one of its own.
    async fn apply(&self, prune: bool) -> Finished {
        let nothing: [(&str, SecretString); 0] = [];
        let secrets = Arc::new(SecretResolver::with_environment(nothing));
        let surroundings = Surroundings { secrets, ..self.surroundings.clone() };
        let options = Options {
            values: ValuesOptions {
                paths: vec![self.folder.path().join("values")],
                set: vec![format!("keycloak.url={}", self.keycloak.url())],
            },
            cluster: ClusterOptions { kubeconfig: Some(self.folder.path().join("kubeconfig")), context: None },
            prune,
            ..Options::default()
        };
        Box::pin(run::<Keycloak>(&TaskCommand::Apply { adopt: false, options }, &surroundings)).await
    }

    fn declare_more(&self) {
        fs::write(self.folder.path().join("values/20-more.yaml"), MORE).unwrap();
    }

    fn declare_less(&self) {
        fs::remove_file(self.folder.path().join("values/20-more.yaml")).unwrap();
    }

    fn has_role(&self, name: &str) -> bool {
        let roles = &self.keycloak.snapshot()["otomi"]["roles"];
        roles.get(name).is_some()
    }

    async fn holder(&self) -> String {
        let lease: Lease = self.administrator().await.get(&ObjectName::in_namespace(JOBS, HOME)).await.unwrap();
        lease.spec.unwrap().holder_identity.unwrap_or_default()
    }
}

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn has_converged(finished: &Finished) {
    let report = &finished.report;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?} {:?}", report.failure, report.changes);
}

#[tokio::test]
async fn a_run_remembers_in_the_cluster_with_the_documented_rights_only() {
    let stage = Stage::new().await;
    stage.declare_more();
    has_converged(&stage.apply(false).await);
    assert_eq!(stage.holder().await, "", "the lease is given back");
    let refused: Vec<_> =
        stage.kubernetes.requests().into_iter().filter(|request| request.status == Some(403)).collect();
    assert!(refused.is_empty(), "{refused:?}");

    stage.kubernetes.reset_log();
    let again = stage.apply(false).await;
    has_converged(&again);
    assert_eq!((stage.kubernetes.writes(), again.report.requests.writes), (0, 0), "a second run writes nothing");
    assert_eq!(stage.kubernetes.reads(), 2, "the administrator's password, and the inventory");

    stage.declare_less();
    has_converged(&stage.apply(true).await);
    assert!(!stage.has_role("auditor") && !stage.has_role("team-beta"), "the inventory knew them for ours");
}

/// Whatever write of the cluster is cut, before or after it was done: the next run arrives, and prune still knows what is ours.
#[tokio::test]
async fn a_run_that_the_cluster_cuts_at_any_write_is_finished_by_the_next() {
    for effect in [Effect::CutBefore, Effect::CutAfter] {
        for number in 1.. {
            let stage = Stage::new().await;
            stage.declare_more();
            // Five in a row outlast all repeats of one request.
            stage.kubernetes.inject(Fault::times(5, Matching::writes().nth(number), effect.clone()));
            let first = stage.apply(false).await;
            let struck = stage.kubernetes.requests().iter().any(|request| request.faulted);
            stage.kubernetes.clear_faults();
            if first.exit_code != ExitCode::Converged {
                has_converged(&stage.apply(false).await);
            }
            stage.declare_less();
            has_converged(&stage.apply(true).await);
            assert!(!stage.has_role("auditor") && !stage.has_role("team-beta"), "{effect:?} at write {number}");
            if !struck {
                break;
            }
        }
    }
}

#[tokio::test]
async fn two_runs_at_once_take_turns() {
    let stage = Stage::new().await;
    stage.declare_more();
    let (one, other) = tokio::join!(stage.apply(false), stage.apply(false));
    has_converged(&one);
    has_converged(&other);
    let applied = |finished: &Finished| finished.report.count(evenkeel_core::report::Status::Applied);
    assert!(
        (applied(&one) == 0) != (applied(&other) == 0),
        "one did all, the other looked again and found it done: {} and {}",
        applied(&one),
        applied(&other)
    );
}

#[tokio::test]
async fn a_run_that_loses_its_lease_starts_no_new_write() {
    let stage = Stage::new().await;
    let gate = Gate::new();
    let created = Matching::writes().path("/admin/realms");
    stage.keycloak.inject(Fault::once(created, Effect::Hold(gate.clone())));
    let running = stage.apply(false);
    let stealing = async {
        gate.reached(1).await;
        let administrator = stage.administrator().await;
        let name = ObjectName::in_namespace(JOBS, HOME);
        loop {
            let mut lease: Lease = administrator.get(&name).await.unwrap();
            lease.spec.as_mut().unwrap().holder_identity = Some("thief".to_owned());
            if administrator.replace(&lease).await.is_ok() {
                break;
            }
        }
        // The keeper tries to renew it, is refused, and reads who has it.
        stage.kubernetes.reset_log();
        let reads = |request: &evenkeel_sandbox::Logged| request.method == "GET" && request.status == Some(200);
        while !stage.kubernetes.requests().iter().any(reads) {
            tokio::task::yield_now().await;
        }
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        gate.open();
    };
    let (finished, ()) = tokio::join!(running, stealing);
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{:?}", finished.report.failure);
    let failure = finished.report.failure.unwrap();
    assert_eq!(failure.message, "the lease was lost: another run may have begun");
    assert_eq!(stage.holder().await, "thief");
    assert!(!stage.has_role("team-alpha"), "nothing was begun after it");
}

#[tokio::test]
async fn the_job_that_owns_the_pod_hears_how_a_run_with_changes_ended() {
    let mut stage = Stage::new().await;
    let administrator = stage.administrator().await;
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}});
    let job: Job =
        from(json!({"metadata": {"name": "keycloak", "namespace": JOBS}, "spec": {"template": template.clone()}}));
    let job = administrator.create(&job).await.unwrap();
    let owner = json!({"apiVersion": "batch/v1", "kind": "Job", "name": "keycloak", "uid": job.metadata.uid, "controller": true});
    let metadata = json!({"name": "keycloak-abc", "namespace": JOBS, "ownerReferences": [owner]});
    administrator.create(&from::<Pod>(json!({"metadata": metadata, "spec": template["spec"]}))).await.unwrap();
    stage.surroundings.pod = Some(ObjectName::in_namespace(JOBS, "keycloak-abc"));

    has_converged(&stage.apply(false).await);
    has_converged(&stage.apply(false).await);
    let listing = evenkeel_kubernetes_client::Listing::in_namespace(JOBS);
    let events: Vec<evenkeel_kubernetes_client::k8s_openapi::api::events::v1::Event> =
        administrator.list(&listing).await.unwrap();
    let ours: Vec<_> =
        events.iter().filter(|event| event.reporting_controller.as_deref() == Some("evenkeel/keycloak")).collect();
    assert_eq!(ours.len(), 1, "the second run had nothing to tell");
    assert_eq!(ours[0].regarding.as_ref().unwrap().name.as_deref(), Some("keycloak"));
    assert_eq!(ours[0].reason.as_deref(), Some("Converged"));
}
