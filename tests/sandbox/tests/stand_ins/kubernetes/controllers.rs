//! What happens by itself, when it may.

use evenkeel_sandbox::{Image, KubernetesOptions, ManualClock};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::client::Client;
use super::{SECRETS, TOKEN, names, secret, start, start_with};

const ACCOUNT: &str = "/api/v1/namespaces/team-beta/serviceaccounts/default";

#[test]
fn paused_controllers_do_one_thing_at_a_time() {
    let server = start_with(&KubernetesOptions::new(TOKEN).with_controllers_paused());
    let client = Client::new(&server);
    while server.step_controllers() {}
    client.post("/api/v1/namespaces", &json!({"metadata": {"name": "team-beta"}}));
    assert_eq!(client.get(ACCOUNT).status, 404);
    assert!(server.step_controllers());
    assert_eq!(client.get(ACCOUNT).status, 200);
    assert_eq!(client.get("/api/v1/namespaces/team-beta/configmaps/kube-root-ca.crt").status, 404);
    server.resume_controllers();
    assert_eq!(client.get("/api/v1/namespaces/team-beta/configmaps/kube-root-ca.crt").status, 200);
    assert!(!server.step_controllers());
}

#[test]
fn a_namespace_ends_once_nothing_holds_it() {
    let server = start();
    let client = Client::new(&server);
    let mut held = secret("held");
    held["metadata"]["finalizers"] = json!(["demo.example.com/hold"]);
    client.post(SECRETS, &held);
    client.delete("/api/v1/namespaces/team-alpha");
    assert_eq!(client.post(SECRETS, &secret("late")).status, 403);
    assert_eq!(client.get("/api/v1/namespaces/team-alpha").json()["status"]["phase"], "Terminating");
    client.merge(&format!("{SECRETS}/held"), &json!({"metadata": {"finalizers": null}}));
    assert_eq!(client.get("/api/v1/namespaces/team-alpha").status, 404);
    assert_eq!(client.post(SECRETS, &secret("late")).status, 404);
}

#[test]
fn what_is_owned_goes_with_its_owner_or_stays_as_an_orphan() {
    let server = start();
    let client = Client::new(&server);
    let own = |owner: &Value, name: &str| {
        let mut object = secret(name);
        let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]});
        object["metadata"]["ownerReferences"] = json!([owner]);
        object
    };
    let maps = "/api/v1/namespaces/team-alpha/configmaps";
    for (policy, left) in [("Background", 404), ("Foreground", 404), ("Orphan", 200)] {
        let owner = client.post(maps, &json!({"metadata": {"name": "owner"}})).json();
        client.post(SECRETS, &own(&owner, "owned"));
        client.delete(&format!("{maps}/owner?propagationPolicy={policy}"));
        assert_eq!(client.get(&format!("{maps}/owner")).status, 404, "{policy}");
        assert_eq!(client.get(&format!("{SECRETS}/owned")).status, left, "{policy}");
        client.delete(&format!("{SECRETS}/owned"));
    }
}

#[test]
fn a_definition_makes_a_resource_once_it_is_established() {
    let server = start();
    let client = Client::new(&server);
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let widgets = "/apis/demo.example.com/v1/namespaces/team-alpha/widgets";
    assert_eq!(client.get(widgets).status, 404);
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let version =
        json!({"name": "v1", "served": true, "storage": true, "schema": schema, "subresources": {"status": {}}});
    let definition = json!({
        "metadata": {"name": "widgets.demo.example.com"},
        "spec": {
            "group": "demo.example.com", "scope": "Namespaced", "versions": [version],
            "names": {"plural": "widgets", "kind": "Widget"},
        },
    });
    assert_eq!(client.post(definitions, &definition).status, 201);
    let found = client.get(&format!("{definitions}/widgets.demo.example.com")).json();
    assert_eq!(found["status"]["conditions"][1]["type"], "Established");
    let widget = json!({
        "apiVersion": "demo.example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 1}, "status": {"x": 1},
    });
    assert_eq!(client.post(widgets, &widget).status, 201);
    let listed = client.get(widgets).json();
    assert_eq!((&listed["items"][0]["kind"], names(&listed)), (&json!("Widget"), vec!["a"]));
    assert_eq!(listed["items"][0].get("status"), None);
    let path = format!("{widgets}/a/status");
    assert_eq!(client.merge(&path, &json!({"status": {"x": 2}, "spec": {"size": 9}})).status, 200);
    let after = client.get(&format!("{widgets}/a")).json();
    assert_eq!((&after["status"]["x"], &after["spec"]["size"]), (&json!(2), &json!(1)));
    client.delete(&format!("{definitions}/widgets.demo.example.com"));
    assert_eq!(client.get(widgets).status, 404);
}

#[test]
fn a_failed_pod_is_replaced_when_its_back_off_is_over() {
    let clock = Arc::new(ManualClock::new());
    let options =
        KubernetesOptions::new(TOKEN).with_clock(Arc::clone(&clock) as _).with_node([("fails:1", Image::exits(3))]);
    let server = start_with(&options);
    let client = Client::new(&server);
    let jobs = "/apis/batch/v1/namespaces/team-alpha/jobs";
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "fails:1"}]}});
    let spec = json!({"backoffLimit": 1, "template": template});
    client.post(jobs, &json!({"metadata": {"name": "migrate"}, "spec": spec}));
    let status = || client.get(&format!("{jobs}/migrate")).json()["status"].clone();
    assert_eq!((status()["failed"].as_i64(), &status()["conditions"]), (Some(1), &Value::Null));
    let mut watch = client.watch(&format!("{jobs}?fieldSelector=metadata.name%3Dmigrate"));
    watch.next().unwrap();
    // nobody asks: what is due happens all the same
    clock.advance(Duration::from_secs(10));
    let failed = std::iter::from_fn(|| watch.next()).find(|change| {
        let conditions = change["object"]["status"]["conditions"].as_array();
        conditions.is_some_and(|conditions| conditions.iter().any(|condition| condition["type"] == "Failed"))
    });
    assert_eq!(failed.unwrap()["object"]["status"]["failed"], 2);
}

#[test]
fn a_status_is_not_written_with_the_object_and_the_object_not_with_its_status() {
    let server = start();
    let client = Client::new(&server);
    let path = "/apis/apps/v1/namespaces/team-alpha/deployments";
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "x", "image": "x:1"}]}});
    let spec = json!({"selector": {"matchLabels": {"a": "b"}}, "template": template});
    client.post(path, &json!({"metadata": {"name": "web"}, "spec": spec}));
    let web = format!("{path}/web");
    let after = client.merge(&web, &json!({"status": {"replicas": 5}, "spec": {"replicas": 3}})).json();
    assert_eq!((&after["status"], after["metadata"]["generation"].as_i64()), (&json!({}), Some(2)));
    let after =
        client.merge(&format!("{web}/status"), &json!({"status": {"replicas": 5}, "spec": {"replicas": 9}})).json();
    assert_eq!((&after["status"]["replicas"], &after["spec"]["replicas"]), (&json!(5), &json!(3)));
    let put = client.put(&web, &client.get(&web).json());
    assert_eq!(put.json()["metadata"]["resourceVersion"], after["metadata"]["resourceVersion"]);
}
