//! The sandbox Kubernetes from outside, beyond what was recorded: faults on the wire, pages, watches, ownership, roles,
//! controllers, and the test's own hand on the cluster.

mod access;
mod client;
mod controllers;
mod faults;
mod ownership;
mod pages;
mod watches;

use evenkeel_sandbox::{Kubernetes, KubernetesOptions};
use serde_json::{Value, json};

const TOKEN: &str = "the token of the tests";
const SECRETS: &str = "/api/v1/namespaces/team-alpha/secrets";

/// A fresh cluster with one namespace.
fn start() -> Kubernetes {
    start_with(&KubernetesOptions::new(TOKEN))
}

fn start_with(options: &KubernetesOptions) -> Kubernetes {
    let server = Kubernetes::start(options).unwrap();
    server.add_namespace("team-alpha");
    server
}

fn secret(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"a": "b25l"}})
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

#[test]
fn an_object_that_is_put_there_again_stays_the_same_one_and_one_that_was_removed_does_not() {
    let server = start();
    let uid = || server.object("secrets", "team-alpha", "one").unwrap()["metadata"]["uid"].clone();
    server.insert("secrets", "team-alpha", "one", secret("one"));
    let first = uid();
    server.insert("secrets", "team-alpha", "one", secret("one"));
    assert_eq!(uid(), first);
    server.remove("secrets", "team-alpha", "one");
    server.insert("secrets", "team-alpha", "one", secret("one"));
    assert_ne!(uid(), first);
}
