//! Runs with a cluster: secrets from it, the inventory in it, and the lease.

use std::time::Duration;

use evenkeel_kubernetes_client::lease::Terms;
use serde_json::json;

use super::*;
use crate::test_cluster::{NAMESPACE, TestCluster};

const TERMS: Terms = Terms {
    duration: Duration::from_secs(1),
    renew_every: Duration::from_millis(50),
    look_every: Duration::from_millis(10),
    patience: Duration::from_millis(100),
};
/// Both the Lease and the inventory's Secret are called so.
const NAME: &str = "evenkeel-demo-fake";
const LEASES: &str = "leases.coordination.k8s.io";
const HOME: &str = "kubernetes: {inventory: {namespace: jobs}}\n";

/// A run whose values are these, with no file for the inventory.
async fn apply(cluster: &TestCluster, values: &str) -> Finished {
    let setup = setup().with(|options| options.inventory = None);
    fs::write(&setup.options.values.paths[0], format!("{VALUES}{values}")).unwrap();
    let command = TaskCommand::Apply { adopt: false, options: setup.options.clone() };
    let surroundings = Surroundings { cluster: Some(cluster.connection()), lease: TERMS, ..Surroundings::default() };
    run::<Fake>(&command, &surroundings).await
}

fn user(name: &str, secret: &str, key: &str) -> String {
    format!(
        "  - email: {name}@example.com\n    firstName: A\n    lastName: B\n    \
         initialPassword: {{fromSecret: {{namespace: people, name: {secret}, key: {key}}}}}\n"
    )
}

#[tokio::test]
async fn a_run_with_a_home_in_the_cluster_writes_there_and_gives_its_lease_back() {
    let shared = application(|application| application.desired = wanted(&["a", "b"]));
    let cluster = TestCluster::start();
    let finished = apply(&cluster, HOME).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{finished:?}");
    assert_eq!(shared.lock().unwrap().objects.len(), 2);
    assert_eq!(cluster.secret_names(), [NAME]);
    assert_eq!(cluster.object(LEASES, NAMESPACE, NAME).unwrap()["spec"]["holderIdentity"], json!(""));
}

#[tokio::test]
async fn a_second_run_with_a_home_in_the_cluster_writes_nothing_at_all() {
    application(|application| application.desired = wanted(&["a"]));
    let cluster = TestCluster::start();
    apply(&cluster, HOME).await;
    cluster.reset_log();
    let finished = apply(&cluster, HOME).await;
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::Converged, 0));
    assert_eq!(cluster.asked(), ["GET /api/v1/namespaces/jobs/secrets/evenkeel-demo-fake"]);
}

#[tokio::test]
async fn a_run_whose_turn_does_not_come_changes_nothing_and_says_who_has_it() {
    let shared = application(|application| application.desired = wanted(&["a"]));
    let cluster = TestCluster::start();
    apply(&cluster, HOME).await;
    cluster.edit(LEASES, NAME, |lease| lease["spec"]["holderIdentity"] = json!("other-run"));
    shared.lock().unwrap().desired = wanted(&["a", "b"]);
    let finished = apply(&cluster, HOME).await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed);
    assert_eq!(
        finished.report.failure.unwrap().message,
        "another run is under way: `other-run` holds Lease `jobs/evenkeel-demo-fake`"
    );
    assert_eq!(shared.lock().unwrap().objects.len(), 1);
}

#[tokio::test]
async fn a_run_that_follows_another_looks_again_before_it_writes() {
    let shared = application(|application| application.desired = wanted(&["a"]));
    let cluster = TestCluster::start();
    apply(&cluster, HOME).await;
    let reads = shared.lock().unwrap().reads;
    shared.lock().unwrap().desired = wanted(&["a", "b"]);
    assert_eq!(apply(&cluster, HOME).await.exit_code, ExitCode::Converged);
    assert_eq!(shared.lock().unwrap().reads - reads, 3, "before its turn, in its turn, and after the change");
}

#[tokio::test]
async fn a_file_that_is_named_comes_before_the_cluster() {
    application(|application| application.desired = wanted(&["a"]));
    let cluster = TestCluster::start();
    let setup = setup();
    fs::write(&setup.options.values.paths[0], format!("{VALUES}{HOME}")).unwrap();
    let command = TaskCommand::Apply { adopt: false, options: setup.options.clone() };
    let surroundings = Surroundings { cluster: Some(cluster.connection()), ..Surroundings::default() };
    assert_eq!(run::<Fake>(&command, &surroundings).await.exit_code, ExitCode::Converged);
    assert!(cluster.requests().is_empty());
    assert_eq!(setup.owned(), ["a"]);
}

#[tokio::test]
async fn secrets_from_the_cluster_are_read_once_each_and_before_the_application() {
    let shared = application(|application| application.connecting = Some(Class::Unavailable));
    let cluster = TestCluster::start();
    cluster.put_secret("people", "passwords", &json!({"ada": "YQ==", "bob": "Yg=="}));
    cluster.put_secret("people", "other", &json!({"eve": "Yw=="}));
    let users =
        ["users:\n", &user("ada", "passwords", "ada"), &user("bob", "passwords", "bob"), &user("eve", "other", "eve")];
    let finished = apply(&cluster, &users.concat()).await;
    assert_eq!(finished.exit_code, ExitCode::Unavailable, "it came as far as the login");
    let mut requests = cluster.asked();
    requests.sort();
    assert_eq!(requests, ["other", "passwords"].map(|name| format!("GET /api/v1/namespaces/people/secrets/{name}")));
    assert_eq!(shared.lock().unwrap().reads, 0);
}

#[tokio::test]
async fn all_secrets_that_the_cluster_does_not_give_are_told_at_once() {
    application(|_| {});
    let cluster = TestCluster::start();
    cluster.put_secret("people", "passwords", &json!({"ada": "YQ==", "empty": "", "binary": "/w=="}));
    let users = [
        "users:\n",
        &user("a", "passwords", "bob"),
        &user("b", "passwords", "empty"),
        &user("c", "passwords", "binary"),
        &user("d", "missing", "x"),
        "  - email: e@example.com\n    firstName: A\n    lastName: B\n    initialPassword: {fromEnv: NOT_SET_ANYWHERE}\n",
    ];
    let finished = apply(&cluster, &users.concat()).await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    insta::assert_snapshot!(told(&finished), @r"
    Secret `people/missing` cannot be read: Secret `people/missing` does not exist
      hint: create the Secret, or name another in the values
    the secret in key `binary` of Secret `people/passwords` is no text
      hint: write it as UTF-8 text
    Secret `people/passwords` has no key `bob`, or an empty one
      hint: check the key in the values, and what the Secret holds
    Secret `people/passwords` has no key `empty`, or an empty one
      hint: check the key in the values, and what the Secret holds
    environment variable `NOT_SET_ANYWHERE` is not set or empty
      hint: set `NOT_SET_ANYWHERE` in the environment of this process
    ");
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_is_a_missing_right() {
    application(|_| {});
    let cluster = TestCluster::start_without_rights();
    let finished = apply(&cluster, &["users:\n", &user("a", "passwords", "a")].concat()).await;
    assert_eq!(finished.exit_code, ExitCode::NotAuthorised);
    insta::assert_snapshot!(told(&finished), @r"
    Secret `people/passwords` cannot be read: Secret `people/passwords` may not be used: the right to `get` `secrets` is missing
      hint: allow `get` on `secrets` in namespace `people`, and check that the namespace exists: docs/kubernetes.md has the rules
    ");
}

fn told(finished: &Finished) -> String {
    let lines = finished
        .failures
        .iter()
        .map(|failure| format!("{}\n  hint: {}\n", failure.message, failure.hint.as_deref().unwrap_or_default()));
    lines.collect()
}
