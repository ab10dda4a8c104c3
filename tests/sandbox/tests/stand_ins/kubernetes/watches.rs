//! Watches that go on while things happen.

use evenkeel_sandbox::{KubernetesOptions, ManualClock};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

use super::client::Client;
use super::{SECRETS, TOKEN, secret, start, start_with};

fn pair(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

#[test]
fn changes_are_told_as_they_happen_and_no_change_is_not() {
    let server = start();
    let client = Client::new(&server);
    let mut watch = client.watch(SECRETS);
    client.post(SECRETS, &secret("one"));
    let path = format!("{SECRETS}/one");
    client.merge(&path, &json!({"data": {"a": "b25l"}}));
    client.merge(&path, &json!({"data": {"a": "dHdv"}}));
    client.delete(&path);
    let news: Vec<_> = (0..3).map(|_| watch.news()).collect();
    assert_eq!(news, [pair("ADDED", "one"), pair("MODIFIED", "one"), pair("DELETED", "one")]);
}

#[test]
fn what_no_longer_fits_a_selector_is_gone_for_its_watcher() {
    let server = start();
    let client = Client::new(&server);
    client.post(SECRETS, &secret("one"));
    let mut watch = client.watch(&format!("{SECRETS}?labelSelector=ours"));
    let path = format!("{SECRETS}/one");
    client.merge(&path, &json!({"metadata": {"labels": {"ours": "yes"}}}));
    client.merge(&path, &json!({"metadata": {"labels": null}}));
    assert_eq!([watch.news(), watch.news()], [pair("ADDED", "one"), pair("DELETED", "one")]);
}

#[test]
fn a_watch_ends_when_its_time_is_over_and_says_how_far_it_came() {
    let clock = Arc::new(ManualClock::new());
    let server = start_with(&KubernetesOptions::new(TOKEN).with_clock(Arc::clone(&clock) as _));
    let client = Client::new(&server);
    client.post(SECRETS, &secret("one"));
    let mut watch = client.watch(&format!("{SECRETS}?timeoutSeconds=90&allowWatchBookmarks=true"));
    assert_eq!(watch.news(), pair("ADDED", "one"));
    clock.advance(Duration::from_secs(60));
    let bookmark = watch.next().unwrap();
    let revision = client.get(SECRETS).json()["metadata"]["resourceVersion"].clone();
    assert_eq!(
        (&bookmark["type"], &bookmark["object"]["metadata"]["resourceVersion"]),
        (&json!("BOOKMARK"), &revision)
    );
    clock.advance(Duration::from_secs(30));
    assert_eq!(watch.next().unwrap()["type"], "BOOKMARK");
    assert!(watch.next().is_none());
}

#[test]
fn a_watch_goes_on_behind_the_revision_of_a_list() {
    let server = start();
    let client = Client::new(&server);
    client.post(SECRETS, &secret("before"));
    let list = client.get(SECRETS).json();
    let revision = list["metadata"]["resourceVersion"].as_str().unwrap();
    client.post(SECRETS, &secret("between"));
    let mut watch = client.watch(&format!("{SECRETS}?resourceVersion={revision}"));
    client.post(SECRETS, &secret("after"));
    assert_eq!([watch.news(), watch.news()], [pair("ADDED", "between"), pair("ADDED", "after")]);
    server.end_watches();
    assert!(watch.next().is_none());
    server.lose_history();
    let mut old = client.watch(&format!("{SECRETS}?resourceVersion={revision}"));
    assert_eq!(old.next().unwrap()["object"]["code"], 410);
    assert!(old.next().is_none());
}

#[test]
fn a_status_that_a_test_sets_is_told_to_those_who_watch() {
    let server = start();
    let client = Client::new(&server);
    let jobs = "/apis/batch/v1/namespaces/team-alpha/jobs";
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "x:1"}]}});
    let made = client.post(jobs, &json!({"metadata": {"name": "migrate"}, "spec": {"template": template}})).json();
    assert_eq!(made["status"], json!({}));
    let mut watch = client.watch(&format!("{jobs}?fieldSelector=metadata.name%3Dmigrate"));
    watch.next().unwrap();
    let status = json!({"conditions": [{"type": "Complete", "status": "True"}]});
    assert!(server.set_status("jobs.batch", "team-alpha", "migrate", status.clone()));
    assert_eq!(watch.next().unwrap()["object"]["status"], status);
    assert!(!server.set_status("jobs.batch", "team-alpha", "nowhere", json!({})));
}
