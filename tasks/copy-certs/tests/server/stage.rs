//! A cluster, values, and what is kept beside them.

use std::{fs, sync::Arc};

use evenkeel_copy_certs::{CopyCerts, RunOptions};
use evenkeel_core::plan::Note;
use evenkeel_engine::{
    command_line::{Options, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    run::{Finished, Surroundings, run},
    secrets::{Reach, SecretResolver},
};
use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection, ObjectName,
    secret::{DesiredSecret, Expected, OthersValues, SecretObject},
};
use evenkeel_sandbox::{Kind, Kubernetes, KubernetesOptions};
use serde_json::Value;

const TOKEN: &str = "kubernetes-admin-token";

const PLATFORM: &str = "
platform: {name: demo, domain: demo.example.com}
teams: {alpha: {}, beta: {}}
";

/// What most people want: certificates to the gateway, registry credentials to the deployer.
pub(crate) const RULES: &str = "
copies:
  - from: {namespaces: team-*, type: kubernetes.io/tls}
    to: {namespace: istio-system, name: 'copy-{namespace}-{name}'}
  - from: {namespaces: team-*, type: kubernetes.io/dockerconfigjson}
    to: {namespace: argocd, name: 'copy-{namespace}-{name}'}
";

pub(crate) const TLS: &str = "kubernetes.io/tls";
pub(crate) const CONFIG: &str = "kubernetes.io/dockerconfigjson";

pub(crate) struct Stage {
    pub(crate) server: Kubernetes,
    folder: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Stage {
    /// A cluster with two teams and the namespaces that they copy to, and nothing in them.
    pub(crate) fn new(values: &str) -> Self {
        let server = Kubernetes::start(&KubernetesOptions::new(TOKEN)).unwrap();
        for namespace in ["team-alpha", "team-beta", "istio-system", "argocd"] {
            server.add_namespace(namespace);
        }
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            secrets: Arc::new(SecretResolver::with_environment(std::iter::empty::<(String, secrecy::SecretString)>())),
            cluster: Some(at(&server, TOKEN)),
            ..Surroundings::default()
        };
        fs::write(folder.path().join("10-platform.yaml"), PLATFORM).unwrap();
        let stage = Self { server, folder, surroundings };
        stage.declare(values);
        stage
    }

    /// The values beside those of the platform, from now on.
    pub(crate) fn declare(&self, values: &str) {
        fs::write(self.folder.path().join("20-more.yaml"), values).unwrap();
    }

    /// Lets values reach Secrets in these namespaces only, from now on.
    pub(crate) fn reach(&mut self, namespaces: &[&str]) {
        let namespaces = Some(namespaces.iter().map(ToString::to_string).collect());
        let nothing = std::iter::empty::<(String, secrecy::SecretString)>();
        let secrets = SecretResolver::with_environment(nothing).within(Reach { namespaces, ..Reach::default() });
        self.surroundings.secrets = Arc::new(secrets);
    }

    /// Runs as an account with these rights from now on: each a namespace (or all of them) and rules.
    pub(crate) fn limit(&mut self, rights: &[(Option<&str>, Value)]) {
        const ACCOUNT: (&str, &str) = ("platform-jobs", "copies");
        let token = self.server.service_account(ACCOUNT.0, ACCOUNT.1);
        for (namespace, rule) in rights {
            self.server.grant(ACCOUNT, *namespace, std::slice::from_ref(rule));
        }
        let url = self.server.url().to_owned();
        self.surroundings.cluster = Some(Connection::At { url, token: Some(token.into()), ca_bundle: None });
    }

    pub(crate) fn options(&self) -> Options<RunOptions> {
        Options {
            values: ValuesOptions { paths: vec![self.folder.path().to_owned()], set: Vec::new() },
            inventory: Some(self.folder.path().join("inventory.jsonl")),
            ..Options::default()
        }
    }

    pub(crate) async fn run(&self, command: TaskCommand<RunOptions>) -> Finished {
        Box::pin(run::<CopyCerts>(&command, &self.surroundings)).await
    }

    pub(crate) async fn apply(&self) -> Finished {
        self.apply_with(|_| {}).await
    }

    pub(crate) async fn apply_with(&self, change: impl FnOnce(&mut Options<RunOptions>)) -> Finished {
        let mut options = self.options();
        change(&mut options);
        self.run(TaskCommand::Apply { adopt: false, options }).await
    }

    pub(crate) async fn adopt(&self) -> Finished {
        self.run(TaskCommand::Apply { adopt: true, options: self.options() }).await
    }

    pub(crate) async fn prune(&self) -> Finished {
        self.apply_with(|options| options.prune = true).await
    }

    pub(crate) async fn plan(&self) -> Finished {
        self.run(TaskCommand::Plan { detailed_exitcode: true, options: self.options() }).await
    }

    pub(crate) async fn check(&self) -> Finished {
        self.run(TaskCommand::Check { options: self.options() }).await
    }

    /// Applies, and then once more: the second run only reads.
    pub(crate) async fn converge(&self) -> Finished {
        let first = self.apply().await;
        assert_eq!(first.exit_code, ExitCode::Converged, "{}", told(&first));
        self.expect_no_write().await;
        first
    }

    pub(crate) async fn expect_no_write(&self) {
        self.server.reset_log();
        let second = self.apply().await;
        assert_eq!(second.exit_code, ExitCode::Converged, "{}", told(&second));
        assert_eq!(self.server.writes(), 0, "{}", told(&second));
    }

    /// Somebody else's client.
    pub(crate) async fn kubectl(&self) -> Cluster {
        let options = ClusterOptions { field_manager: "kubectl".to_owned(), ..ClusterOptions::default() };
        Cluster::connect(&at(&self.server, TOKEN), options).await.unwrap()
    }

    /// Makes or changes a Secret by somebody else's hand.
    pub(crate) async fn put(&self, namespace: &str, name: &str, secret_type: &str, data: &[(&str, &str)]) {
        let secret = DesiredSecret {
            name: ObjectName::in_namespace(namespace, name),
            secret_type: secret_type.to_owned(),
            labels: [].into(),
            annotations: [].into(),
            data: data.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec().into())).collect(),
        };
        self.kubectl().await.apply_secret(&secret, Expected::Anything, OthersValues::Take).await.unwrap();
    }

    /// Registry credentials, which nobody looks into.
    pub(crate) async fn put_config(&self, namespace: &str, name: &str, content: &str) {
        let json = serde_json::json!({"auths": {"registry": {"password": content}}}).to_string();
        self.put(namespace, name, CONFIG, &[(".dockerconfigjson", &json)]).await;
    }

    pub(crate) async fn delete(&self, namespace: &str, name: &str) {
        let name = ObjectName::in_namespace(namespace, name);
        self.kubectl().await.delete::<SecretObject>(&name, None).await.unwrap();
    }

    pub(crate) async fn find(&self, namespace: &str, name: &str) -> Option<SecretObject> {
        self.kubectl().await.find(&ObjectName::in_namespace(namespace, name)).await.unwrap()
    }

    pub(crate) async fn get(&self, namespace: &str, name: &str) -> SecretObject {
        self.find(namespace, name).await.unwrap_or_else(|| panic!("`{namespace}/{name}` is not there"))
    }

    /// Requests that wrote, as `METHOD path`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter().filter(|request| request.kind == Kind::Write);
        requests.map(|request| format!("{} {}", request.method, path(&request.path))).collect()
    }

    /// Requests that read, as they were asked.
    pub(crate) fn reads(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter().filter(|request| request.kind == Kind::Read);
        requests.map(|request| request.path).collect()
    }
}

fn path(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

fn at(server: &Kubernetes, token: &str) -> Connection {
    Connection::At { url: server.url().to_owned(), token: Some(token.into()), ca_bundle: None }
}

/// What a run says, for messages of tests.
pub(crate) fn told(finished: &Finished) -> String {
    format!(
        "{}\n{:?}\n{:?}",
        serde_json::to_string_pretty(&finished.report).unwrap(),
        finished.failures,
        finished.problems.as_ref().map(|problems| problems.render(false))
    )
}

/// The messages of changes that failed.
pub(crate) fn failures(finished: &Finished) -> Vec<String> {
    let failed = finished.report.changes.iter().filter_map(|change| change.failure.as_ref());
    failed.map(|failure| failure.message.clone()).collect()
}

/// Notes or warnings, as people read them.
pub(crate) fn lines(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| format!("{}: {}", note.object, note.message)).collect()
}

/// The plan in words.
pub(crate) fn shown(finished: &Finished) -> String {
    finished.plan.as_ref().unwrap().text(evenkeel_core::plan::Style::Plain)
}
