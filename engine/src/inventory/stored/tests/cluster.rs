//! The inventory in Kubernetes Secrets.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use evenkeel_kubernetes_client::ObjectName;
use evenkeel_sandbox::{Effect, Fault, Matching, Page};

use super::{super::super::secret::Sizes, *};
use crate::{
    home::ClusterHome,
    test_cluster::{NAMESPACE, TestCluster},
};

/// The Secret that names all others.
const HEAD: &str = "evenkeel-demo-fake";
/// So small that a few objects need several pages and segments.
const SMALL: Sizes = Sizes { page: 300, segment: 900 };

async fn store(cluster: &TestCluster, sizes: Sizes) -> SecretStore {
    let access = cluster.access();
    let name = ObjectName::in_namespace(NAMESPACE, HEAD);
    let home = ClusterHome { cluster: access.connected().await.unwrap().clone(), name };
    SecretStore::new(home, "demo", "fake").with_sizes(sizes)
}

async fn try_open(cluster: &TestCluster, sizes: Sizes) -> Result<StoredInventory, InventoryError> {
    let store = Store::Secret(Box::new(store(cluster, sizes).await));
    let mut inventory = StoredInventory::with(store, TARGET, Journal::new("demo", "fake"));
    inventory.reload().await?;
    Ok(inventory)
}

async fn open_in(cluster: &TestCluster) -> StoredInventory {
    try_open(cluster, SMALL).await.unwrap()
}

async fn owned_in(cluster: &TestCluster) -> Vec<String> {
    let ownership = open_in(cluster).await.memory().ownership;
    ownership.of_kind(&Kind::new("role")).map(|object| object.name().to_owned()).collect()
}

/// How many bytes a Secret's data has.
fn bytes_of(secret: &serde_json::Value) -> usize {
    secret["data"].as_object().unwrap().values().map(|value| value.as_str().unwrap().len() * 3 / 4).sum()
}

fn numbered(numbers: impl IntoIterator<Item = usize>) -> Vec<ObjectId> {
    numbers.into_iter().map(|number| object(&format!("{number:05}"))).collect()
}

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("{number:05}")).collect()
}

#[tokio::test]
async fn an_announced_object_is_in_the_cluster_before_anything_else_happens() {
    let cluster = TestCluster::start();
    let mut inventory = open_in(&cluster).await;
    assert_eq!(cluster.writes(), 0, "opening writes nothing");
    inventory.announce(&[object("a"), object("b")]).await.unwrap();
    assert_eq!(owned_in(&cluster).await, ["a", "b"]);
    let labels = cluster.object("secrets", NAMESPACE, HEAD).unwrap()["metadata"]["labels"].clone();
    assert_eq!(
        labels,
        serde_json::json!({
            "app.kubernetes.io/part-of": "evenkeel", "app.kubernetes.io/component": "inventory",
            "evenkeel.dev/platform": "demo", "evenkeel.dev/task": "fake"
        })
    );
}

#[tokio::test]
async fn a_long_text_spreads_over_pages_and_segments_and_reads_back() {
    let cluster = TestCluster::start();
    let mut inventory = open_in(&cluster).await;
    for number in 0..40 {
        inventory.announce(&numbered([number])).await.unwrap();
        assert_eq!(owned_in(&cluster).await, names(0..=number), "after every single write");
    }
    for object in numbered(0..40) {
        inventory.note(&object, State::Owned);
    }
    inventory.store().await.unwrap();
    assert_eq!(owned_in(&cluster).await, names(0..40));
    assert!(cluster.secrets().len() > 3, "{:?}", cluster.secret_names());
}

#[tokio::test]
async fn twenty_thousand_objects_fit_and_no_secret_reaches_a_mebibyte() {
    let cluster = TestCluster::start();
    let mut inventory = try_open(&cluster, Sizes::default()).await.unwrap();
    let all = numbered(0..20_000);
    for group in all.chunks(2_000) {
        inventory.announce(group).await.unwrap();
        for object in group {
            inventory.note(object, State::Owned);
        }
    }
    inventory.store().await.unwrap();
    assert_eq!(try_open(&cluster, Sizes::default()).await.unwrap().memory().ownership, all.into_iter().collect());
    assert!(cluster.secrets().iter().all(|(_, secret)| bytes_of(secret) < 1024 * 1024));
}

#[tokio::test]
async fn obsolete_lines_are_dropped_with_their_segments() {
    let cluster = TestCluster::start();
    let mut inventory = open_in(&cluster).await;
    for group in 0..8 {
        for object in numbered(group * 100..group * 100 + 100) {
            inventory.note(&object, State::Owned);
            inventory.note(&object, State::Gone);
        }
        inventory.store().await.unwrap();
    }
    assert!(cluster.secrets().len() > 5);
    drop(inventory);
    open_in(&cluster).await.announce(&[object("a")]).await.unwrap();
    assert_eq!(owned_in(&cluster).await, ["a"]);
    assert_eq!(cluster.secret_names(), [HEAD]);
}

/// Whatever a crash interrupts, what was announced before is still there, and the next run goes on.
#[tokio::test]
async fn a_write_that_fails_at_any_point_loses_nothing() {
    let not_done = Effect::Status { code: 507, page: Page::Empty, retry_after: None };
    let answer_lost = Effect::StatusAfter { code: 502 };
    for effect in [not_done, answer_lost] {
        for number in 1.. {
            let cluster = TestCluster::start();
            cluster.inject(Fault::once(Matching::writes().nth(number), effect.clone()));
            let mut inventory = open_in(&cluster).await;
            let mut announced = Vec::new();
            for number in 0..12 {
                if inventory.announce(&numbered([number])).await.is_ok() {
                    announced.push(number);
                } else {
                    // The run that failed is over; another one begins.
                    inventory = open_in(&cluster).await;
                }
            }
            let there = owned_in(&cluster).await;
            assert!(names(announced.clone()).iter().all(|name| there.contains(name)), "{number} {effect:?}: {there:?}");
            if !cluster.requests().iter().any(|request| request.faulted) {
                break;
            }
            open_in(&cluster).await.announce(&numbered([99])).await.unwrap();
            assert!(owned_in(&cluster).await.contains(&"00099".to_owned()));
        }
    }
}

/// A write whose answer was lost is sent again, and refused as if somebody else had been quicker.
#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_to_have_happened() {
    let cluster = TestCluster::start();
    let mut inventory = open_in(&cluster).await;
    inventory.announce(&[object("a")]).await.unwrap();
    cluster.inject(Fault::once(Matching::writes(), Effect::StatusAfter { code: 502 }));
    inventory.announce(&[object("b")]).await.unwrap();
    inventory.announce(&[object("c")]).await.unwrap();
    assert_eq!(owned_in(&cluster).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn two_writers_are_told_apart_and_neither_loses_a_line() {
    let cluster = TestCluster::start();
    open_in(&cluster).await.announce(&[object("a")]).await.unwrap();
    let mut first = open_in(&cluster).await;
    let mut second = open_in(&cluster).await;
    first.announce(&[object("b")]).await.unwrap();
    second.announce(&[object("c")]).await.unwrap();
    let error = first.announce(&[object("d")]).await.unwrap_err();
    assert_eq!(error.to_string(), "inventory `jobs/evenkeel-demo-fake` is in use by another run");
    assert_eq!(error.class(), Class::Conflict);
    assert!(!first.memory().ownership.contains(&object("d")), "what was not announced is not ours");
    first.announce(&[object("e")]).await.unwrap();
    assert_eq!(owned_in(&cluster).await, ["a", "b", "c", "e"]);
}

#[tokio::test]
async fn digests_and_their_key_are_stored_as_well() {
    let cluster = TestCluster::start();
    let mut inventory = open_in(&cluster).await;
    inventory.announce_secrets(&object("a"), &hidden("one")).await.unwrap();
    inventory.note_secrets(&object("a"), &hidden("one"));
    inventory.store().await.unwrap();
    let secrets = open_in(&cluster).await.memory().secrets;
    assert_eq!(secrets.recall(&object("a"), "config.secret", &"one".into()), Recall::Same);
    assert_eq!(secrets.recall(&object("a"), "config.secret", &"two".into()), Recall::Different);
}

#[tokio::test]
async fn a_lost_a_damaged_and_a_foreign_inventory_are_told_apart() {
    let cluster = TestCluster::start();
    let mut inventory = open_in(&cluster).await;
    for number in 0..12 {
        inventory.announce(&numbered([number])).await.unwrap();
    }
    let part = cluster.secret_names()[1].clone();
    assert!(cluster.remove("secrets", NAMESPACE, &part));
    let error = try_open(&cluster, SMALL).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("inventory `jobs/evenkeel-demo-fake` is damaged: its part `jobs/{part}` is missing")
    );
    let hint = error.hint().unwrap();
    assert!(hint.starts_with("restore the Secret"), "{hint}");

    cluster.edit("secrets", HEAD, |secret| secret["data"]["head"] = serde_json::json!("Y2FuYXJ5"));
    let error = try_open(&cluster, SMALL).await.unwrap_err();
    assert!(matches!(error, InventoryError::Damaged { line: 1, .. }), "{error}");

    assert!(cluster.remove("secrets", NAMESPACE, HEAD));
    assert!(owned_in(&cluster).await.is_empty(), "one that is gone is an empty one");

    open_in(&cluster).await.announce(&[object("a")]).await.unwrap();
    let store = Store::Secret(Box::new(store(&cluster, SMALL).await));
    let error = StoredInventory::with(store, TARGET, Journal::new("demo-fake", "x")).reload().await.unwrap_err();
    assert!(matches!(error, InventoryError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_right_says_which() {
    let cluster = TestCluster::start_without_rights();
    let error = try_open(&cluster, SMALL).await.unwrap_err();
    assert_eq!(error.class(), Class::NotAuthorised);
    assert_eq!(
        error.to_string(),
        "inventory `jobs/evenkeel-demo-fake` cannot be used: Secret `jobs/evenkeel-demo-fake` may not be used: \
         the right to `get` `secrets` is missing"
    );
}

/// What a version of before keys had one has left.
#[tokio::test]
async fn an_inventory_of_before_keys_had_a_version_is_found_in_the_cluster_and_moved_with_the_first_write() {
    let recorded = include_bytes!("../recorded/keycloak-without-versioned-key.jsonl");
    let head = serde_json::json!({"generation": 1, "segments": 0}).to_string();
    let cluster = TestCluster::start();
    let data = serde_json::json!({"head": STANDARD.encode(head), "page-000000": STANDARD.encode(recorded)});
    cluster.put_secret("jobs", "evenkeel-demo-keycloak", &data);
    let access = cluster.access();
    let name = ObjectName::in_namespace("jobs", "evenkeel-demo-keycloak");
    let home = ClusterHome { cluster: access.connected().await.unwrap().clone(), name };
    let reopened = async || {
        let mut inventory =
            StoredInventory::open(Home::Cluster(home.clone()), ("demo", "keycloak"), KEY).await.unwrap();
        inventory.take_over_unversioned(TARGET);
        inventory
    };
    let owns = |inventory: &StoredInventory, names: &[&str]| {
        let ownership = inventory.memory().ownership;
        names.iter().all(|name| ownership.contains(&object(name)))
    };
    let mut inventory = reopened().await;
    assert!(owns(&inventory, &["team-alpha", "team-beta"]));
    assert_eq!(cluster.writes(), 0, "reading writes nothing");
    inventory.announce(&[object("team-gamma")]).await.unwrap();
    assert!(owns(&reopened().await, &["team-alpha", "team-beta", "team-gamma"]));
    let moved = StoredInventory::open(Home::Cluster(home.clone()), ("demo", "keycloak"), TARGET).await.unwrap();
    assert!(!owns(&moved, &["team-alpha"]), "nothing is left under the words");
}
