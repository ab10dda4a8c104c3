mod cluster;

use std::{fs, path::Path};

use evenkeel_core::{
    memory::{Claim, Identity, Recall},
    object::Kind,
};
use futures::FutureExt;

use super::*;
use crate::failure::{Class, Classified};

const TARGET: &str = "realm `otomi` at https://keycloak.example.com";
const KEY: &str = "v1/keycloak/https%3A%2F%2Fkeycloak.example.com/otomi";

fn object(name: &str) -> ObjectId {
    ObjectId::new(Kind::new("role"), name)
}

fn open(path: &Path) -> Result<StoredInventory, InventoryError> {
    open_for(TARGET, path)
}

/// A file is read without waiting.
fn open_for(target: &str, path: &Path) -> Result<StoredInventory, InventoryError> {
    let opening = StoredInventory::open(Home::File(Some(path.to_owned())), ("demo", "keycloak"), target);
    opening.now_or_never().unwrap()
}

fn owned(path: &Path) -> Vec<String> {
    let inventory = open(path).unwrap();
    let ownership = inventory.memory().ownership;
    ownership.of_kind(&Kind::new("role")).map(|object| object.name().to_owned()).collect()
}

#[tokio::test]
async fn an_announced_object_is_on_disk_before_anything_else_happens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/demo/keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    assert!(!path.exists(), "opening writes nothing");
    inventory.announce(&[object("a"), object("b")]).await.unwrap();
    assert_eq!(owned(&path), ["a", "b"]);
}

#[tokio::test]
async fn notes_are_stored_and_the_last_one_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    inventory.announce(&[object("a"), object("b"), object("c")]).await.unwrap();
    inventory.note(&object("a"), State::Owned);
    inventory.note(&object("b"), State::Gone);
    inventory.store().await.unwrap();
    assert_eq!(owned(&path), ["a", "c"]);
    assert!(fs::read_to_string(&path).unwrap().contains(r#""object":"role/a","state":"owned""#));
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_inventory() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    open(&path).unwrap().announce(&[object("a")]).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_line_that_a_crash_cut_off_is_forgotten_and_the_file_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    open(&path).unwrap().announce(&[object("a"), object("b")]).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 9]).unwrap();
    assert_eq!(owned(&path), ["a"]);
    open(&path).unwrap().announce(&[object("c")]).await.unwrap();
    assert_eq!(owned(&path), ["a", "c"]);
}

#[tokio::test]
async fn a_damaged_a_newer_and_a_foreign_inventory_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    open(&path).unwrap().announce(&[object("a"), object("b")]).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let with = |text: String| {
        crate::private_file::replace(&path, text.as_bytes()).unwrap();
        open(&path).unwrap_err()
    };
    assert!(matches!(with(text.replacen("role/a", "rolea", 1)), InventoryError::Damaged { line: 2, .. }));
    assert!(matches!(with(String::new()), InventoryError::Damaged { line: 1, .. }));
    assert!(matches!(
        with(text.replacen(r#""format":4"#, r#""format":5"#, 1)),
        InventoryError::Newer { format: 5, .. }
    ));
    assert!(matches!(with(text.replacen("demo", "other", 1)), InventoryError::Foreign { .. }));
}

#[tokio::test]
async fn two_runs_do_not_write_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut first = open(&path).unwrap();
    let mut second = open(&path).unwrap();
    first.announce(&[object("a")]).await.unwrap();
    let error = second.announce(&[object("b")]).await.unwrap_err();
    assert!(matches!(error, InventoryError::Storage(StorageError::Busy { .. })), "{error}");
    assert!(!second.memory().ownership.contains(&object("b")), "what was not announced is not ours");
    drop(first);
    second.announce(&[object("c")]).await.unwrap();
    assert_eq!(owned(&path), ["a", "c"], "what the other run wrote stays");
}

#[tokio::test]
async fn each_target_has_its_own_objects() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut other = open_for("elsewhere", &path).unwrap();
    other.announce(&[object("a")]).await.unwrap();
    assert!(owned(&path).is_empty());
}

#[tokio::test]
async fn obsolete_lines_are_dropped_when_there_are_many() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    for number in 0..1_500 {
        let object = object(&number.to_string());
        inventory.note(&object, State::Owned);
        inventory.note(&object, State::Gone);
    }
    inventory.store().await.unwrap();
    drop(inventory);
    open(&path).unwrap().announce(&[object("a")]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    assert_eq!(owned(&path), ["a"]);
}

#[tokio::test]
async fn an_inventory_that_cannot_be_written_stops_the_announcement() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut inventory = open(&state.join("keycloak.jsonl")).unwrap();
    fs::write(&state, "in the place of its folder").unwrap();
    let error = inventory.announce(&[object("a")]).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    assert!(!inventory.memory().ownership.contains(&object("a")));
}

fn hidden(value: &str) -> Vec<HiddenSecret> {
    vec![HiddenSecret { path: "config.secret".into(), value: value.into() }]
}

fn recall(path: &Path, value: &str) -> Recall {
    open(path).unwrap().memory().secrets.recall(&object("a"), "config.secret", &value.into())
}

#[tokio::test]
async fn a_digest_is_stored_under_a_key_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    for value in ["one", "two"] {
        let mut inventory = open(&path).unwrap();
        inventory.announce_secrets(&object("a"), &hidden(value)).await.unwrap();
        assert_eq!(recall(&path, value), Recall::Different, "announced, and nobody knows how it ended");
        inventory.note_secrets(&object("a"), &hidden(value));
        inventory.store().await.unwrap();
        assert_eq!(recall(&path, value), Recall::Same);
        assert_eq!(recall(&path, "three"), Recall::Different);
    }
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(r#""key":"#).count(), 1);
    assert!(!text.contains("one") && !text.contains("two"), "{text}");
}

#[tokio::test]
async fn secrets_that_were_not_written_are_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    inventory.announce_secrets(&object("a"), &hidden("one")).await.unwrap();
    inventory.take_back_secrets(&object("a"), &hidden("one"));
    inventory.store().await.unwrap();
    assert_eq!(recall(&path, "one"), Recall::Nothing);
    inventory.announce_secrets(&object("a"), &hidden("one")).await.unwrap();
    inventory.note_secrets(&object("a"), &hidden("one"));
    inventory.announce_secrets(&object("a"), &hidden("two")).await.unwrap();
    inventory.take_back_secrets(&object("a"), &hidden("two"));
    inventory.store().await.unwrap();
    assert_eq!(recall(&path, "one"), Recall::Same);
}

#[tokio::test]
async fn of_an_object_that_is_gone_no_secret_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    inventory.announce_secrets(&object("a"), &hidden("one")).await.unwrap();
    inventory.note_secrets(&object("a"), &hidden("one"));
    inventory.note(&object("a"), State::Gone);
    inventory.store().await.unwrap();
    assert_eq!(recall(&path, "one"), Recall::Nothing);
}

#[tokio::test]
async fn an_inventory_without_digests_is_read_and_gets_a_key_when_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let target = serde_json::to_string(TARGET).unwrap();
    let old = format!(
        "{{\"format\":1,\"platform\":\"demo\",\"task\":\"keycloak\"}}\n\
         {{\"target\":{target},\"object\":\"role/b\",\"state\":\"owned\"}}\n"
    );
    crate::private_file::replace(&path, old.as_bytes()).unwrap();
    assert_eq!(owned(&path), ["b"]);
    open(&path).unwrap().announce(&[object("a")]).await.unwrap();
    assert_eq!(owned(&path), ["a", "b"]);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(r#"{"format":4,"#) && text.contains(r#""key":""#), "{text}");
}

#[tokio::test]
async fn an_older_inventory_knows_objects_by_their_joined_names_until_they_are_noted_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let target = serde_json::to_string(TARGET).unwrap();
    let line = |object: &str| format!("{{\"target\":{target},\"object\":\"{object}\",\"state\":\"owned\"}}\n");
    let head = "{\"format\":2,\"platform\":\"demo\",\"task\":\"keycloak\"}\n";
    let text = format!("{head}{}{}", line("client/https://app.example.com/"), line("client-role/app/x/y"));
    crate::private_file::replace(&path, text.as_bytes()).unwrap();
    let client = ObjectId::new(Kind::new("client"), "https://app.example.com/");
    let role = |parent, name| ObjectId::within(Kind::new("client-role"), parent, name);
    let mut inventory = open(&path).unwrap();
    let ownership = inventory.memory().ownership;
    assert!(ownership.contains(&client) && ownership.contains(&role("app", "x/y")));
    inventory.note(&role("app", "x/y"), State::Owned);
    inventory.store().await.unwrap();
    let ownership = open(&path).unwrap().memory().ownership;
    assert!(ownership.contains(&client) && ownership.contains(&role("app", "x/y")));
    assert!(!ownership.contains(&role("app/x", "y")), "now it is known which of the two it is");
}

/// What a version of before keys had one has left: every change of the words for people would have made strangers of these objects.
#[tokio::test]
async fn an_inventory_of_before_keys_had_a_version_is_found_and_moved_with_the_first_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let recorded = include_bytes!("recorded/keycloak-without-versioned-key.jsonl");
    crate::private_file::replace(&path, recorded).unwrap();
    let reopened = || {
        let mut inventory = open_for(KEY, &path).unwrap();
        inventory.take_over_unversioned(TARGET);
        inventory
    };
    let owned = |inventory: &StoredInventory| {
        let ownership = inventory.memory().ownership;
        ownership.of_kind(&Kind::new("role")).map(|object| object.name().to_owned()).collect::<Vec<_>>()
    };
    let mut inventory = reopened();
    assert_eq!(owned(&inventory), ["team-alpha", "team-beta"]);
    assert!(inventory.others_than_a_new_one().is_empty(), "it is no other server");
    assert_eq!(fs::read(&path).unwrap(), recorded, "reading writes nothing");

    inventory.announce(&[object("team-gamma")]).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(KEY) && !text.contains("`otomi`") && text.contains("`elsewhere`"), "{text}");
    assert_eq!(owned(&reopened()), ["team-alpha", "team-beta", "team-gamma"]);
    let secret = inventory.memory().secrets.recall(&ObjectId::new(Kind::new("realm"), "otomi"), "smtp", &"one".into());
    assert_eq!(secret, Recall::Same, "the digests came along");
}

#[tokio::test]
async fn what_is_known_under_the_key_is_newer_than_what_is_known_under_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    open_for(TARGET, &path).unwrap().announce(&[object("old")]).await.unwrap();
    open_for(KEY, &path).unwrap().announce(&[object("new")]).await.unwrap();
    let mut inventory = open_for(KEY, &path).unwrap();
    inventory.take_over_unversioned(TARGET);
    inventory.announce(&[object("newer")]).await.unwrap();
    let ownership = open_for(KEY, &path).unwrap().memory().ownership;
    assert!(ownership.contains(&object("new")) && ownership.contains(&object("newer")));
    assert!(!ownership.contains(&object("old")));
}

fn claim(path: &Path, name: &str) -> Option<Claim> {
    open(path).unwrap().memory().ownership.claim(&object(name)).cloned()
}

fn is_announced(path: &Path, name: &str) -> bool {
    matches!(claim(path, name), Some(Claim::Announced { .. }))
}

#[tokio::test]
async fn the_id_of_an_object_is_stored_and_older_lines_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    inventory.note(&object("a"), State::Owned);
    inventory.note(&object("b"), State::Known(Identity::new("1")));
    inventory.store().await.unwrap();
    assert_eq!(claim(&path, "a"), Some(Claim::ByName));
    assert_eq!(claim(&path, "b"), Some(Claim::This(Identity::new("1"))));
}

#[tokio::test]
async fn a_create_may_come_about_for_an_hour_after_it_was_announced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    open(&path).unwrap().announce(&[object("a")]).await.unwrap();
    assert!(is_announced(&path, "a"));
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(r#""since":""#).unwrap();
    let (_, after) = rest.split_once('"').unwrap();
    let old = format!("{before}\"since\":\"2026-01-01T00:00:00Z\"{after}");
    crate::private_file::replace(&path, old.as_bytes()).unwrap();
    assert_eq!(claim(&path, "a"), Some(Claim::ByName));
}

#[tokio::test]
async fn an_announcement_that_is_taken_back_leaves_what_was_known_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    inventory.note(&object("known"), State::Known(Identity::new("1")));
    inventory.announce(&[object("cut off")]).await.unwrap();
    // Another run: the create of the first one may still come about.
    drop(inventory);
    let mut inventory = open(&path).unwrap();
    inventory.announce(&[object("known"), object("cut off"), object("new")]).await.unwrap();
    for name in ["known", "cut off", "new"] {
        inventory.take_back(&object(name));
    }
    inventory.store().await.unwrap();
    assert_eq!(claim(&path, "known"), Some(Claim::This(Identity::new("1"))));
    assert!(is_announced(&path, "cut off"));
    assert_eq!(claim(&path, "new"), None);
}

#[tokio::test]
async fn digests_survive_when_obsolete_lines_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keycloak.jsonl");
    let mut inventory = open(&path).unwrap();
    inventory.announce_secrets(&object("a"), &hidden("one")).await.unwrap();
    for _ in 0..1_500 {
        inventory.note_secrets(&object("a"), &hidden("one"));
    }
    inventory.store().await.unwrap();
    drop(inventory);
    open(&path).unwrap().announce(&[object("b")]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
    assert_eq!(recall(&path, "one"), Recall::Same);
}
