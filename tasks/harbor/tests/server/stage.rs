//! A server, values, and what is kept beside them.

use std::{fs, sync::Arc};

use evenkeel_engine::{
    command_line::{Options, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
};
use evenkeel_harbor::{Harbor, RunOptions};
use evenkeel_kubernetes_client::Connection;
use evenkeel_sandbox::{HarborOptions, Kubernetes, KubernetesOptions};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "Harbor12345";

const TOKEN: &str = "kubernetes-admin-token";

const PLATFORM: &str = "
platform: {name: demo, domain: demo.example.com, names: {robotPrefix: otomi-}}
harbor:
  admin: {password: {fromEnv: PASSWORD}}
  configuration: {project_creation_restriction: adminonly, self_registration: false}
  oidc: {clientSecret: {fromEnv: CLIENT_SECRET}}
";

pub(crate) struct Stage {
    pub(crate) sandbox: evenkeel_sandbox::Harbor,
    cluster: Option<Kubernetes>,
    folder: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Stage {
    /// A fresh server, and values with login through OpenID Connect.
    pub(crate) fn new(values: &str) -> Self {
        Self::with(&HarborOptions::new(PASSWORD), values)
    }

    pub(crate) fn with(options: &HarborOptions, values: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secrets = [
            ("PASSWORD", PASSWORD),
            ("CLIENT_SECRET", "oidc-secret"),
            ("OTHER_SECRET", "other-secret"),
            ("ROBOT_SECRET", "Robot-Secret-1"),
            ("HOOK", "Bearer hook"),
            ("HOOK_URL", "https://hooks.example.com/services/T0Confidential/B0"),
            ("REGISTRY", "Registry-Pass-1"),
        ];
        let secrets = secrets.map(|(name, value)| (name, value.into()));
        let surroundings = Surroundings {
            secrets: Arc::new(SecretResolver::with_environment(secrets)),
            // Not the cluster that a developer may have.
            cluster: Some(Connection::Inferred { kubeconfig: Some(folder.path().join("kubeconfig")), context: None }),
            ..Surroundings::default()
        };
        let stage =
            Self { cluster: None, sandbox: evenkeel_sandbox::Harbor::start(options).unwrap(), folder, surroundings };
        fs::write(stage.folder.path().join("10-platform.yaml"), PLATFORM).unwrap();
        stage.declare(values);
        stage
    }

    /// A fresh server and a fresh cluster.
    pub(crate) fn with_cluster(values: &str) -> Self {
        Self::with_cluster_and(&HarborOptions::new(PASSWORD), values)
    }

    pub(crate) fn with_cluster_and(options: &HarborOptions, values: &str) -> Self {
        let mut stage = Self::with(options, values);
        let cluster = Kubernetes::start(&KubernetesOptions::new(TOKEN)).unwrap();
        cluster.add_namespace("platform-jobs");
        let url = cluster.url().to_owned();
        stage.surroundings.cluster = Some(Connection::At { url, token: Some(TOKEN.into()), ca_bundle: None });
        stage.cluster = Some(cluster);
        stage
    }

    /// From now on runs may do in these namespaces what docs/kubernetes.md names, keep their inventory, and nothing else.
    pub(crate) fn confine(&mut self, namespaces: &[impl AsRef<str>]) {
        const HOME: &str = "platform-jobs";
        let account = (HOME, "evenkeel");
        let token = self.cluster().service_account(account.0, account.1);
        let rule = |group: &str, resource: &str, verbs: &[&str]| json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
        let secrets = rule("", "secrets", &["get", "create", "patch"]);
        let leases = rule("coordination.k8s.io", "leases", &["get", "create", "update"]);
        self.cluster().grant(account, Some(HOME), &[secrets.clone(), leases]);
        for namespace in namespaces {
            let mut accounts = rule("", "serviceaccounts", &["get", "patch"]);
            accounts["resourceNames"] = json!(["default"]);
            self.cluster().grant(account, Some(namespace.as_ref()), &[secrets.clone(), accounts]);
        }
        let url = self.cluster().url().to_owned();
        self.surroundings.cluster = Some(Connection::At { url, token: Some(token.into()), ca_bundle: None });
    }

    /// Lets the runs of [`confine`](Self::confine) list the service accounts of the whole cluster too.
    pub(crate) fn let_accounts_be_listed(&self) {
        let list = json!({"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["list"]});
        self.cluster().grant(("platform-jobs", "evenkeel"), None, &[list]);
    }

    /// What is beside the values, where the inventory is a file.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn has_cluster(&self) -> bool {
        self.cluster.is_some()
    }

    pub(crate) fn cluster(&self) -> &Kubernetes {
        self.cluster.as_ref().unwrap()
    }

    /// The values beside those of the platform, from now on.
    pub(crate) fn declare(&self, values: &str) {
        fs::write(self.folder.path().join("20-more.yaml"), values).unwrap();
    }

    /// Values of a file of secrets, from now on.
    pub(crate) fn declare_secrets(&self, values: &str) {
        fs::write(self.folder.path().join("secrets.yaml"), values).unwrap();
    }

    /// The secret of a robot that is kept beside the inventory.
    pub(crate) fn kept(&self, robot: &str) -> String {
        let kept = self.kept_secrets();
        let target = kept["targets"].as_object().unwrap().values().next().unwrap();
        target[format!("robot/{robot}")].as_str().unwrap_or_else(|| panic!("nothing is kept of `{robot}`")).to_owned()
    }

    /// Changes what is kept of a robot.
    pub(crate) fn spoil_kept(&self, robot: &str, secret: &str) {
        let mut kept = self.kept_secrets();
        let target = kept["targets"].as_object_mut().unwrap().values_mut().next().unwrap();
        target[format!("robot/{robot}")] = secret.into();
        fs::write(self.folder.path().join("inventory.secrets.json"), kept.to_string()).unwrap();
    }

    fn kept_secrets(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder.path().join("inventory.secrets.json")).unwrap()).unwrap()
    }

    pub(crate) fn options(&self) -> Options<RunOptions> {
        let set = vec![format!("harbor.url={}", self.sandbox.url())];
        Options {
            values: ValuesOptions { paths: vec![self.folder.path().to_owned()], set },
            // In the cluster, where there is one.
            inventory: self.cluster.is_none().then(|| self.folder.path().join("inventory.jsonl")),
            ..Options::default()
        }
    }

    pub(crate) async fn apply(&self) -> Finished {
        self.apply_with(false, self.options()).await
    }

    pub(crate) async fn apply_with(&self, adopt: bool, options: Options<RunOptions>) -> Finished {
        run::<Harbor>(&TaskCommand::Apply { adopt, options }, &self.surroundings).await
    }

    pub(crate) async fn plan(&self) -> Finished {
        let command = TaskCommand::Plan { detailed_exitcode: true, options: self.options() };
        run::<Harbor>(&command, &self.surroundings).await
    }

    pub(crate) async fn check(&self) -> Finished {
        run::<Harbor>(&TaskCommand::Check { options: self.options() }, &self.surroundings).await
    }

    /// Loses the inventory, and nothing else.
    pub(crate) fn lose_inventory(&self) {
        fs::remove_file(self.folder.path().join("inventory.jsonl")).unwrap();
    }

    /// From now on nobody listens where the cluster was.
    pub(crate) fn lose_cluster(&mut self) {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).unwrap();
        let url = format!("http://{port}");
        self.surroundings.cluster = Some(Connection::At { url, token: Some(TOKEN.into()), ca_bundle: None });
    }

    /// Applies, and then once more: the second run only reads.
    pub(crate) async fn converge(&self) -> Finished {
        let first = self.apply().await;
        assert_eq!(first.exit_code, ExitCode::Converged, "{}", told(&first));
        self.sandbox.reset_log();
        if let Some(cluster) = &self.cluster {
            cluster.reset_log();
        }
        let second = self.apply().await;
        assert_eq!(second.exit_code, ExitCode::Converged, "{}", told(&second));
        assert!(second.report.changes.is_empty(), "{}", told(&second));
        assert_eq!(self.sandbox.writes(), 0);
        first
    }

    /// One part of what the server holds.
    pub(crate) fn there(&self, pointer: &str) -> Value {
        let snapshot = self.sandbox.snapshot();
        snapshot.pointer(pointer).cloned().unwrap_or_else(|| panic!("no `{pointer}` in {snapshot:#}"))
    }

    /// A request as the administrator, as somebody else would make it. Returns status and body.
    pub(crate) async fn meddle(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/api/v2.0{path}", self.sandbox.url());
        let request =
            client().request(method, url).basic_auth("admin", Some(PASSWORD)).header("X-Is-Resource-Name", "true");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Makes something as somebody else would. Returns its path.
    pub(crate) async fn make(&self, path: &str, body: &Value) -> String {
        let url = format!("{}/api/v2.0{path}", self.sandbox.url());
        let request = client().post(url).basic_auth("admin", Some(PASSWORD)).header("X-Is-Resource-Name", "true");
        let answer = request.json(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201, "{path}");
        let location = answer.headers()["location"].to_str().unwrap();
        location.strip_prefix("/api/v2.0").unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.meddle(reqwest::Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The robot of this full name, as the server shows it.
    pub(crate) async fn robot(&self, name: &str) -> Value {
        let robots = self.get("/robots?page_size=100").await;
        let found = robots.as_array().unwrap().iter().find(|robot| robot["name"] == name).cloned();
        found.unwrap_or_else(|| panic!("no robot `{name}` in {robots:#}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "somebody else's client")]
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// What a run says, for messages of tests.
pub(crate) fn told(finished: &Finished) -> String {
    format!(
        "{}\n{:?}\n{:?}",
        serde_json::to_string_pretty(&finished.report).unwrap(),
        finished.failures,
        finished.problems
    )
}

/// The messages of changes that failed.
pub(crate) fn failures(finished: &Finished) -> Vec<String> {
    let failed = finished.report.changes.iter().filter_map(|change| change.failure.as_ref());
    failed.map(|failure| failure.message.clone()).collect()
}
