//! The inventory in Kubernetes Secrets.

use evenkeel_kubernetes_client::ObjectName;

use super::{super::super::secret::Sizes, *};
use crate::{
    fake_cluster::{FakeCluster, Fault},
    home::ClusterHome,
    task::Class,
};

const HEAD: &str = "/api/v1/namespaces/jobs/secrets/evenkeel-demo-fake";
/// So small that a few objects need several pages and segments.
const SMALL: Sizes = Sizes { page: 300, segment: 900 };

async fn store(cluster: &FakeCluster, sizes: Sizes) -> SecretStore {
    let access = cluster.access();
    let name = ObjectName::in_namespace("jobs", "evenkeel-demo-fake");
    let home = ClusterHome { cluster: access.connected().await.unwrap().clone(), name };
    SecretStore::new(home, "demo", "fake").with_sizes(sizes)
}

async fn try_open(cluster: &FakeCluster, sizes: Sizes) -> Result<StoredInventory, InventoryError> {
    let store = Store::Secret(Box::new(store(cluster, sizes).await));
    let mut inventory = StoredInventory::with(store, TARGET, Journal::new("demo", "fake"));
    inventory.reload().await?;
    Ok(inventory)
}

async fn open_in(cluster: &FakeCluster) -> StoredInventory {
    try_open(cluster, SMALL).await.unwrap()
}

async fn owned_in(cluster: &FakeCluster) -> Vec<String> {
    let ownership = open_in(cluster).await.memory().ownership;
    ownership.of_kind(&Kind::new("role")).map(|object| object.name().to_owned()).collect()
}

fn numbered(numbers: impl IntoIterator<Item = usize>) -> Vec<ObjectId> {
    numbers.into_iter().map(|number| object(&format!("{number:05}"))).collect()
}

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("{number:05}")).collect()
}

#[tokio::test]
async fn an_announced_object_is_in_the_cluster_before_anything_else_happens() {
    let cluster = FakeCluster::start().await;
    let mut inventory = open_in(&cluster).await;
    assert_eq!(cluster.state().writes(), 0, "opening writes nothing");
    inventory.announce(&[object("a"), object("b")]).await.unwrap();
    assert_eq!(owned_in(&cluster).await, ["a", "b"]);
    let labels = cluster.state().object(HEAD)["metadata"]["labels"].clone();
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
    let cluster = FakeCluster::start().await;
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
    assert!(cluster.state().secrets().len() > 3, "{:?}", cluster.state().secrets());
}

#[tokio::test]
async fn twenty_thousand_objects_fit_and_no_secret_reaches_a_mebibyte() {
    let cluster = FakeCluster::start().await;
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
    assert!(cluster.state().longest_secret() < 1024 * 1024);
}

#[tokio::test]
async fn obsolete_lines_are_dropped_with_their_segments() {
    let cluster = FakeCluster::start().await;
    let mut inventory = open_in(&cluster).await;
    for group in 0..8 {
        for object in numbered(group * 100..group * 100 + 100) {
            inventory.note(&object, State::Owned);
            inventory.note(&object, State::Gone);
        }
        inventory.store().await.unwrap();
    }
    assert!(cluster.state().secrets().len() > 5);
    drop(inventory);
    open_in(&cluster).await.announce(&[object("a")]).await.unwrap();
    assert_eq!(owned_in(&cluster).await, ["a"]);
    assert_eq!(cluster.state().secrets(), ["evenkeel-demo-fake"]);
}

/// Whatever a crash interrupts, what was announced before is still there, and the next run goes on.
#[tokio::test]
async fn a_write_that_fails_at_any_point_loses_nothing() {
    for fault in [Fault::Fails, Fault::AnswerLost] {
        for position in 0.. {
            let cluster = FakeCluster::start().await;
            cluster.state().faults.insert(position, fault);
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
            assert!(
                names(announced.clone()).iter().all(|name| there.contains(name)),
                "{position} {fault:?}: {there:?}"
            );
            if cluster.state().faults.contains_key(&position) {
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
    let cluster = FakeCluster::start().await;
    let mut inventory = open_in(&cluster).await;
    inventory.announce(&[object("a")]).await.unwrap();
    let next = cluster.state().writes();
    cluster.state().faults.insert(next, Fault::AnswerLost);
    inventory.announce(&[object("b")]).await.unwrap();
    inventory.announce(&[object("c")]).await.unwrap();
    assert_eq!(owned_in(&cluster).await, ["a", "b", "c"]);
}

#[tokio::test]
async fn two_writers_are_told_apart_and_neither_loses_a_line() {
    let cluster = FakeCluster::start().await;
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
    let cluster = FakeCluster::start().await;
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
    let cluster = FakeCluster::start().await;
    let mut inventory = open_in(&cluster).await;
    for number in 0..12 {
        inventory.announce(&numbered([number])).await.unwrap();
    }
    let part = cluster.state().secrets()[1].clone();
    cluster.state().remove(&format!("/api/v1/namespaces/jobs/secrets/{part}"));
    let error = try_open(&cluster, SMALL).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("inventory `jobs/evenkeel-demo-fake` is damaged: its part `jobs/{part}` is missing")
    );
    assert!(error.hint().starts_with("restore the Secret"), "{}", error.hint());

    cluster.state().object(HEAD)["data"]["head"] = serde_json::json!("Y2FuYXJ5");
    let error = try_open(&cluster, SMALL).await.unwrap_err();
    assert!(matches!(error, InventoryError::Damaged { line: 1, .. }), "{error}");

    cluster.state().remove(HEAD);
    assert!(owned_in(&cluster).await.is_empty(), "one that is gone is an empty one");

    open_in(&cluster).await.announce(&[object("a")]).await.unwrap();
    let store = Store::Secret(Box::new(store(&cluster, SMALL).await));
    let error = StoredInventory::with(store, TARGET, Journal::new("demo-fake", "x")).reload().await.unwrap_err();
    assert!(matches!(error, InventoryError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_right_says_which() {
    let cluster = FakeCluster::start().await;
    cluster.state().forbidden.push("jobs".to_owned());
    let error = try_open(&cluster, SMALL).await.unwrap_err();
    assert_eq!(error.class(), Class::NotAuthorised);
    assert_eq!(
        error.to_string(),
        "inventory `jobs/evenkeel-demo-fake` cannot be used: Secret `jobs/evenkeel-demo-fake` may not be used: \
         the right to `get` `secrets` is missing"
    );
}
