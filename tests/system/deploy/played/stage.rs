//! The cluster with what an installation renders, the servers, and a node that runs its pods.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection,
    k8s_openapi::api::{
        batch::v1::{CronJob, Job},
        core::v1::{ConfigMap, Pod, ServiceAccount},
        rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
    },
};
use evenkeel_sandbox::{Harbor, HarborOptions, Keycloak, Kubernetes, KubernetesOptions, Options};
use serde::Serialize;
use serde_json::{Value, json};

const HOME: &str = "platform-jobs";

/// The layers that installations name and do not hold.
const LAYERS: &str = "
platform: {name: demo, domain: demo.example.com}
kubernetes: {inventory: {namespace: platform-jobs}}
teams: {alpha: {}}
keycloak:
  admin: {username: admin, password: {fromEnv: KEYCLOAK_ADMIN_PASSWORD}}
harbor:
  admin: {password: {fromEnv: HARBOR_ADMIN_PASSWORD}}
  oidc: {clientSecret: {fromEnv: KEYCLOAK_CLIENT_SECRET}}
copies:
  - from: {namespaces: 'team-*', type: kubernetes.io/dockerconfigjson}
    to: {namespace: gateway, name: 'copy-{namespace}-{name}'}
";

/// Secrets that are there before: name, key, content.
const SECRETS: [(&str, &str, &str); 3] = [
    ("keycloak-admin", "password", "Keycloak-Pass-1"),
    ("harbor-admin", "password", "Harbor-Pass-12345"),
    ("keycloak-client", "secret", "Client-Secret-1"),
];

pub(super) struct Stage {
    keycloak: Keycloak,
    harbor: Harbor,
    pub(super) kubernetes: Kubernetes,
    administrator: Cluster,
    node: tempfile::TempDir,
}

/// How a pod ended: the codes of its containers, as far as they ran, and all that they said.
pub(super) struct Ended {
    pub(super) job: String,
    pub(super) barrier: Option<i32>,
    pub(super) run: Option<i32>,
    pub(super) said: String,
}

impl Stage {
    /// Fresh servers, and a cluster with everything of the installation but what runs.
    pub(super) async fn new(objects: &[Value]) -> Self {
        let kubernetes = Kubernetes::start(&KubernetesOptions::new("admin-token")).unwrap();
        let connection =
            Connection::At { url: kubernetes.url().to_owned(), token: Some("admin-token".into()), ca_bundle: None };
        let stage = Self {
            keycloak: Keycloak::start(&Options::new("admin", SECRETS[0].2)).unwrap(),
            harbor: Harbor::start(&HarborOptions::new(SECRETS[1].2)).unwrap(),
            administrator: Cluster::connect(&connection, ClusterOptions::default()).await.unwrap(),
            kubernetes,
            node: tempfile::tempdir().unwrap(),
        };
        for namespace in [HOME, "team-alpha", "team-beta", "gateway"] {
            stage.kubernetes.add_namespace(namespace);
        }
        let layers =
            json!({"metadata": {"name": "platform-values", "namespace": HOME}, "data": {"values.yaml": LAYERS}});
        stage.create::<ConfigMap>(&layers).await;
        for object in objects {
            match object["kind"].as_str().unwrap() {
                "ServiceAccount" => stage.create::<ServiceAccount>(object).await,
                "ConfigMap" => stage.create::<ConfigMap>(object).await,
                "Role" => stage.create::<Role>(object).await,
                "RoleBinding" => stage.create::<RoleBinding>(object).await,
                "ClusterRole" => stage.create::<ClusterRole>(object).await,
                "ClusterRoleBinding" => stage.create::<ClusterRoleBinding>(object).await,
                "CronJob" => stage.create::<CronJob>(object).await,
                _ => {}
            }
        }
        stage
    }

    async fn create<T>(&self, object: &Value)
    where
        T: evenkeel_kubernetes_client::Resource + Serialize,
    {
        let object: T = serde_json::from_value(object.clone()).unwrap();
        self.administrator.create(&object).await.unwrap();
    }

    pub(super) async fn create_job(&self, job: &Value) {
        self.create::<Job>(job).await;
    }

    /// As the Job's controller would note it.
    pub(super) fn end_job(&self, job: &Value, well: bool) {
        let condition = if well { "Complete" } else { "Failed" };
        let status = json!({"conditions": [{"type": condition, "status": "True", "reason": "BackoffLimitExceeded"}]});
        assert!(self.kubernetes.set_status("jobs.batch", HOME, job["metadata"]["name"].as_str().unwrap(), status));
    }

    /// Makes a Job, runs its pod, and notes how it ended.
    pub(super) async fn play(&self, job: &Value) -> Ended {
        self.create_job(job).await;
        let name = job["metadata"]["name"].as_str().unwrap();
        let uid = self.kubernetes.object("jobs.batch", HOME, name).unwrap()["metadata"]["uid"].clone();
        let owner = json!({"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": uid, "controller": true});
        let metadata = json!({"name": pod_of(job), "namespace": HOME, "ownerReferences": [owner]});
        self.create::<Pod>(&json!({"metadata": metadata, "spec": job["spec"]["template"]["spec"]})).await;
        tokio::task::block_in_place(|| self.run_pod(job))
    }

    /// Runs the containers of a Job's pod, one after the other until one fails.
    pub(super) fn run_pod(&self, job: &Value) -> Ended {
        let pod = &job["spec"]["template"]["spec"];
        let name = job["metadata"]["name"].as_str().unwrap().to_owned();
        let mut ended = Ended { job: name, barrier: None, run: None, said: String::new() };
        ended.barrier = self.run_container(job, &pod["initContainers"][0], &mut ended.said);
        if ended.barrier == Some(0) {
            ended.run = self.run_container(job, &pod["containers"][0], &mut ended.said);
        }
        self.end_job(job, ended.run == Some(0));
        ended
    }

    fn run_container(&self, job: &Value, container: &Value, said: &mut String) -> Option<i32> {
        let root = self.node.path().join(pod_of(job)).join(container["name"].as_str().unwrap());
        fs::create_dir_all(&root).unwrap();
        let mut variables = self.variables(job, container, &root);
        let volumes = &job["spec"]["template"]["spec"]["volumes"];
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            let volume = volumes.as_array().unwrap().iter().find(|volume| volume["name"] == mount["name"]).unwrap();
            if let Some(token) = volume.pointer("/projected/sources/0/serviceAccountToken/path") {
                assert_eq!(
                    (token, &mount["mountPath"]),
                    (&json!("token"), &json!("/var/run/secrets/kubernetes.io/serviceaccount"))
                );
                let kubeconfig = self.kubeconfig(job, &root);
                variables.insert("EVENKEEL_KUBECONFIG".to_owned(), kubeconfig.display().to_string());
            } else {
                self.mount(volume, &inside(&root, mount["mountPath"].as_str().unwrap()));
            }
        }
        let arguments =
            container["args"].as_array().unwrap().iter().map(|argument| self.resolved(argument.as_str().unwrap()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        let output = command.args(arguments).env_clear().envs(variables).current_dir(&root).output().unwrap();
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        output.status.code()
    }

    /// The variables of a container. Values learn where the servers are, as names would be resolved.
    fn variables(&self, job: &Value, container: &Value, root: &Path) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::new();
        for variable in container["env"].as_array().unwrap() {
            let text = |pointer: &str| variable.pointer(pointer).and_then(Value::as_str);
            let value =
                match (text("/value"), text("/valueFrom/fieldRef/fieldPath"), text("/valueFrom/secretKeyRef/name")) {
                    (Some(value), ..) => {
                        value.replace("/etc/evenkeel", &inside(root, "/etc/evenkeel").display().to_string())
                    }
                    (_, Some("metadata.name"), _) => pod_of(job),
                    (_, Some("metadata.namespace"), _) => HOME.to_owned(),
                    (.., Some(secret)) => {
                        let key = text("/valueFrom/secretKeyRef/key").unwrap();
                        let found = SECRETS.iter().find(|(name, at, _)| *name == secret && *at == key);
                        found.unwrap_or_else(|| panic!("there is no key `{key}` of Secret `{secret}`")).2.to_owned()
                    }
                    _ => panic!("what is {variable}?"),
                };
            variables.insert(variable["name"].as_str().unwrap().to_owned(), value);
        }
        let set = variables.entry("EVENKEEL_SET".to_owned()).or_default();
        set.push_str(&format!("\nkeycloak.url={}", self.keycloak.url()));
        // A value of a section that nobody declares would declare it.
        if job.to_string().contains("platform-values") {
            set.push_str(&format!("\nharbor.url={}", self.harbor.url()));
        }
        variables
    }

    /// The credentials of the pod's account, as the program finds them by itself in a pod.
    fn kubeconfig(&self, job: &Value, root: &Path) -> PathBuf {
        let account = job.pointer("/spec/template/spec/serviceAccountName").unwrap().as_str().unwrap();
        assert!(self.kubernetes.object("serviceaccounts", HOME, account).is_some(), "there is no account `{account}`");
        let token = self.kubernetes.service_account(HOME, account);
        let path = root.join("kubeconfig");
        fs::write(&path, self.kubernetes.kubeconfig_with(&token)).unwrap();
        path
    }

    fn mount(&self, volume: &Value, place: &Path) {
        fs::create_dir_all(place).unwrap();
        let name = volume.pointer("/configMap/name").unwrap_or_else(|| panic!("what is {volume}?")).as_str().unwrap();
        let map = self.kubernetes.object("configmaps", HOME, name).unwrap_or_else(|| panic!("no ConfigMap `{name}`"));
        for (key, text) in map["data"].as_object().unwrap() {
            fs::write(place.join(key), text.as_str().unwrap()).unwrap();
        }
    }

    /// Addresses as the network of the cluster would resolve them.
    fn resolved(&self, argument: &str) -> String {
        argument
            .replace("https://keycloak.demo.example.com", self.keycloak.url())
            .replace("https://harbor.demo.example.com", self.harbor.url())
            .replace("kubernetes.default.svc:443", self.kubernetes.url().trim_start_matches("http://"))
    }

    pub(super) fn reset(&self) {
        self.keycloak.reset_log();
        self.harbor.reset_log();
        self.kubernetes.reset_log();
    }

    /// What was written since then, but for the Jobs and pods that were made for the tasks.
    pub(super) fn writes_of_tasks(&self) -> usize {
        let of_ours = |path: &str| path.contains("/jobs") || path.contains("/pods");
        let requests = self.kubernetes.requests();
        let in_cluster = requests.iter().filter(|request| request.method != "GET" && !of_ours(&request.path)).count();
        in_cluster + self.keycloak.writes() + self.harbor.writes()
    }
}

fn pod_of(job: &Value) -> String {
    format!("{}-x2z4q", job["metadata"]["name"].as_str().unwrap())
}

/// A path of a container, on this machine.
fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
