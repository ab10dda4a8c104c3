//! Server-side apply beside other writers.

use serde_json::{Value, json};

use super::client::Client;
use super::{SECRETS, secret, start};

fn wanted(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data})
}

#[test]
fn an_apply_leaves_the_keys_of_others_and_takes_its_own_away() {
    let server = start();
    let client = Client::new(&server);
    client.post(SECRETS, &secret("one"));
    let path = format!("{SECRETS}/one");
    assert_eq!(client.apply(&path, "evenkeel", &wanted("one", json!({"b": "dHdv", "c": "dHdv"}))).status, 200);
    let answer = client.apply(&path, "evenkeel", &wanted("one", json!({"c": "dHdv"})));
    assert_eq!(answer.json()["data"], json!({"a": "b25l", "c": "dHdv"}));
}

#[test]
fn a_write_by_hand_makes_the_next_apply_conflict() {
    let server = start();
    let client = Client::new(&server);
    let path = format!("{SECRETS}/one");
    let ours = wanted("one", json!({"a": "b25l"}));
    assert_eq!(client.apply(&path, "evenkeel", &ours).status, 201);
    client.merge(&path, &json!({"data": {"a": "dHdv"}}));
    let refused = client.apply(&path, "evenkeel", &ours);
    assert_eq!(refused.status, 409);
    let causes = refused.json()["details"]["causes"].clone();
    assert_eq!(
        causes,
        json!([{
            "reason": "FieldManagerConflict", "message": "conflict with \"tests\" using v1", "field": ".data.a",
        }])
    );
    assert_eq!(client.apply(&path, "evenkeel&force=true", &ours).status, 200);
    assert_eq!(client.apply(&path, "evenkeel", &ours).status, 200);
}

#[test]
fn an_unchanged_apply_writes_nothing_whatever_the_clock_says() {
    let server = start();
    let client = Client::new(&server);
    let path = format!("{SECRETS}/one");
    let ours = json!({
        "apiVersion": "v1", "kind": "Secret", "stringData": {"a": "one"},
        "metadata": {"name": "one", "labels": {"app": "x"}, "annotations": {"demo.example.com/x": "1"}},
    });
    let first = client.apply(&path, "evenkeel", &ours).json();
    let second = client.apply(&path, "evenkeel", &ours).json();
    assert_eq!(first["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"]);
    assert_eq!(first["data"], json!({"a": "b25l"}));
}

#[test]
fn labels_of_two_managers_live_side_by_side() {
    let server = start();
    let client = Client::new(&server);
    let path = format!("{SECRETS}/one");
    let labelled =
        |labels: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one", "labels": labels}});
    client.apply(&path, "one", &labelled(json!({"a": "1"})));
    client.apply(&path, "two", &labelled(json!({"b": "1"})));
    let left = client.apply(&path, "one", &labelled(json!({}))).json();
    assert_eq!(left["metadata"]["labels"], json!({"b": "1"}));
}

#[test]
fn a_dry_run_shows_the_change_and_keeps_nothing() {
    let server = start();
    let client = Client::new(&server);
    client.post(SECRETS, &secret("one"));
    let before = server.snapshot();
    let path = format!("{SECRETS}/one");
    let shown = client.apply(&path, "evenkeel&force=true&dryRun=All", &wanted("one", json!({"a": "dHdv"}))).json();
    assert_eq!(shown["data"], json!({"a": "dHdv"}));
    assert_eq!(server.snapshot(), before);
}

#[test]
fn containers_merge_by_their_names() {
    let server = start();
    let client = Client::new(&server);
    let path = "/apis/apps/v1/namespaces/team-alpha/deployments/web";
    let deployment = |container: Value| {
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}});
        let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template});
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    };
    assert_eq!(client.apply(path, "one", &deployment(json!({"name": "a", "image": "a:1"}))).status, 201);
    let both = client.apply(path, "two", &deployment(json!({"name": "b", "image": "b:1"}))).json();
    assert_eq!(both["spec"]["template"]["spec"]["containers"].as_array().map(Vec::len), Some(2));
    let refused = client.apply(path, "two", &deployment(json!({"name": "a", "image": "a:2"})));
    let causes = refused.json()["details"]["causes"].clone();
    assert_eq!(causes[0]["field"], ".spec.template.spec.containers[name=\"a\"].image");
}
