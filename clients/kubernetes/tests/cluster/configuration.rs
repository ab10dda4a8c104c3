use std::path::PathBuf;

use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection, KubernetesError, ObjectName, secret::SecretObject,
};
use serde_json::json;
use wiremock::{MockServer, matchers::header};

use super::{answer, call};

/// A kubeconfig with two contexts, the current one of which leads nowhere.
fn kubeconfig(url: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let text = format!(
        "apiVersion: v1
kind: Config
current-context: elsewhere
clusters:
- {{name: here, cluster: {{server: '{url}'}}}}
- {{name: elsewhere, cluster: {{server: 'http://127.0.0.1:1'}}}}
users:
- {{name: me, user: {{token: canary-of-the-kubeconfig}}}}
contexts:
- {{name: here, context: {{cluster: here, user: me, namespace: mine}}}}
- {{name: elsewhere, context: {{cluster: elsewhere, user: me}}}}
"
    );
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

async fn connect(kubeconfig: PathBuf, context: Option<&str>) -> Result<Cluster, KubernetesError> {
    let connection = Connection::Inferred { kubeconfig: Some(kubeconfig), context: context.map(str::to_owned) };
    Cluster::connect(&connection, ClusterOptions::default()).await
}

#[tokio::test]
async fn a_context_is_chosen_by_its_name() {
    let server = MockServer::start().await;
    call("GET", "/api/v1/namespaces/mine/secrets/demo")
        .and(header("authorization", "Bearer canary-of-the-kubeconfig"))
        .respond_with(answer(200, &json!({"metadata": {"name": "demo", "namespace": "mine"}})))
        .expect(1)
        .mount(&server)
        .await;
    let (_folder, path) = kubeconfig(&server.uri());
    let cluster = connect(path, Some("here")).await.unwrap();
    assert_eq!(cluster.default_namespace(), "mine");
    assert_eq!(cluster.address(), server.uri());
    cluster.get::<SecretObject>(&ObjectName::in_namespace("mine", "demo")).await.unwrap();
}

#[tokio::test]
async fn a_context_that_is_not_there_is_named() {
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    let error = connect(path, Some("prod")).await.unwrap_err();
    assert_eq!(error.to_string(), "the Kubernetes cluster cannot be addressed: the kubeconfig has no context `prod`");
}

#[tokio::test]
async fn a_kubeconfig_that_is_named_has_to_be_there() {
    let error = connect(PathBuf::from("/nowhere/config"), None).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Kubernetes cluster cannot be addressed: kubeconfig `/nowhere/config` cannot be read: entity not found"
    );
}

/// The parser's own message would show the line, and what stands in it.
#[tokio::test]
async fn a_broken_kubeconfig_shows_nothing_of_itself() {
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    std::fs::write(&path, "users:\n- name: me\n  user: {token: canary-token, client-key-data: [\n").unwrap();
    let error = connect(path, None).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("is not the YAML of a kubeconfig") && !text.contains("canary"), "{text}");
}

#[tokio::test]
async fn a_login_command_that_fails_shows_nothing_of_its_output() {
    let (_folder, path) = kubeconfig("http://127.0.0.1:1");
    let text = std::fs::read_to_string(&path).unwrap();
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['-c', 'echo canary; exit 1'], interactiveMode: Never}";
    std::fs::write(&path, text.replace("token: canary-of-the-kubeconfig", exec)).unwrap();
    let error = connect(path, None).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("login gives no usable credentials") && !text.contains("canary"), "{text}");
}
