use std::{
    fs::OpenOptions, io::Write, path::PathBuf, process::Command, sync::mpsc, task::Poll, thread, time::Duration,
};

use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection, KubernetesError, ObjectName, secret::SecretObject,
};
use evenkeel_transport::Mask;
use futures::poll;
use serde_json::json;
use wiremock::{
    Mock, MockServer, Request,
    matchers::{any, header},
};

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

/// Each way to log in, and a server that quotes what it was sent without the word before it.
#[tokio::test]
async fn what_a_kubeconfig_logs_in_with_is_masked_whoever_gives_it() {
    let server = MockServer::start().await;
    let quoting = |request: &Request| {
        let credential = request.headers["authorization"].to_str().unwrap().split_once(' ').unwrap().1;
        let causes =
            json!([{"reason": "FieldManagerConflict", "field": credential, "message": format!("by \"{credential}\"")}]);
        answer(
            409,
            &json!({"kind": "Status", "message": format!("no, {credential}"), "reason": "Conflict", "details": {"causes": causes}}),
        )
    };
    Mock::given(any()).respond_with(quoting).mount(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "canary-of-the-file\n").unwrap();
    let exec = |more: &str| {
        let answer = format!(
            r#"{{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {{"token": "canary-of-the-command"{more}}}}}"#
        );
        format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: echo, args: ['{answer}'], interactiveMode: Never}}"
        )
    };
    for (login, canary) in [
        ("username: me, password: canary-password".to_owned(), "bWU6Y2FuYXJ5LXBhc3N3b3Jk"),
        (format!("tokenFile: '{}'", file.display()), "canary-of-the-file"),
        (exec(""), "canary-of-the-command"),
        (exec(r#", "expirationTimestamp": "2999-01-01T00:00:00Z""#), "canary-of-the-command"),
        (
            "auth-provider: {name: oidc, config: {id-token: canary-of-the-provider}}".to_owned(),
            "canary-of-the-provider",
        ),
    ] {
        let (_folder, path) = kubeconfig(&server.uri());
        let text = std::fs::read_to_string(&path).unwrap().replace("token: canary-of-the-kubeconfig", &login);
        std::fs::write(&path, text).unwrap();
        let cluster = connect(path, Some("here")).await.unwrap();
        let error = cluster.get::<SecretObject>(&ObjectName::in_namespace("mine", "demo")).await.unwrap_err();
        let told = format!("{error} {error:?}");
        let seen = server.received_requests().await.unwrap().pop().unwrap();
        assert!(seen.headers["authorization"].to_str().unwrap().ends_with(canary), "{login}: {seen:?}");
        assert!(told.contains("no, (secret)") && told.contains("`(secret)` by `(secret)`"), "{login}: {told}");
        assert!(!told.contains(canary), "{login}: {told}");
    }
}

#[tokio::test]
async fn the_key_of_a_kubeconfig_is_masked_before_anything_is_made_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "canary-Key.1").unwrap();
    for login in [
        format!("client-certificate-data: AAAA, client-key: '{}'", key.display()),
        "client-certificate-data: AAAA, client-key-data: Y2FuYXJ5LUtleS4x".to_owned(),
    ] {
        let (_folder, path) = kubeconfig("https://127.0.0.1:1");
        let text = std::fs::read_to_string(&path).unwrap().replace("token: canary-of-the-kubeconfig", &login);
        std::fs::write(&path, text).unwrap();
        let mask = Mask::default();
        let connection = Connection::Inferred { kubeconfig: Some(path), context: None };
        let options = ClusterOptions { mask: mask.clone(), ..ClusterOptions::default() };
        let error = Cluster::connect(&connection, options).await.unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        assert_eq!(mask.entering("canary-Key.1"), "(secret)", "{login}");
    }
}

/// A pipe to which nobody writes yet.
#[tokio::test]
async fn a_file_of_a_kubeconfig_that_is_a_pipe_holds_up_no_thread_that_hears_of_signals() {
    for (place, file) in [
        ("token: canary-of-the-kubeconfig", "tokenFile"),
        ("token: canary-of-the-kubeconfig", "client-certificate-data: AAAA, client-key"),
        ("server: 'http://127.0.0.1:1'", "server: 'http://127.0.0.1:1', certificate-authority"),
    ] {
        let (folder, path) = kubeconfig("http://127.0.0.1:2");
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace(place, &format!("{file}: '{}'", pipe.display()))).unwrap();
        let (go, gone) = mpsc::channel();
        let writer = thread::spawn(move || {
            // Without an end this test would have none either.
            let _ = gone.recv_timeout(Duration::from_secs(10));
            OpenOptions::new().write(true).open(pipe).unwrap().write_all(b"canary").unwrap();
        });
        let mut connecting = Box::pin(connect(path, None));
        assert!(matches!(poll!(&mut connecting), Poll::Pending), "{file}");
        go.send(()).unwrap();
        drop(connecting.await);
        writer.join().unwrap();
    }
}
