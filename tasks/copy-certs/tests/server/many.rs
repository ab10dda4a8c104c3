//! One source in many namespaces: each that fits gets a copy under the source's own name.

use evenkeel_engine::exit_code::ExitCode;
use serde_json::{Value, json};

use crate::stage::{CONFIG, Stage, failures, lines, shown, told};

/// A registry credential of the platform for every team.
const TO_TEAMS: &str = "
copies:
  - from: {namespaces: harbor, names: pull, type: kubernetes.io/dockerconfigjson}
    to: {namespaces: team-*}
";

/// A cluster with the platform's credential.
async fn stage(values: &str) -> Stage {
    let stage = Stage::new(values);
    stage.server.add_namespace("harbor");
    stage.put_config("harbor", "pull", "first").await;
    stage.put_config("harbor", "of-the-platform", "not for teams").await;
    stage
}

async fn served(stage: &Stage) -> Vec<&'static str> {
    let mut served = Vec::new();
    for namespace in ["argocd", "harbor", "istio-system", "team-alpha", "team-beta", "team-new"] {
        if stage.find(namespace, "pull").await.is_some() {
            served.push(namespace);
        }
    }
    served
}

fn change_namespace(stage: &Stage, name: &str, change: impl FnOnce(&mut Value)) {
    let mut namespace = stage.server.object("namespaces", "", name).unwrap();
    change(&mut namespace["metadata"]);
    stage.server.insert("namespaces", "", name, namespace);
}

fn rule(resource: &str, verbs: &[&str]) -> Value {
    json!({"apiGroups": [""], "resources": [resource], "verbs": verbs})
}

#[tokio::test]
async fn one_secret_is_copied_to_every_namespace_that_fits_also_to_new_ones() {
    let stage = stage(TO_TEAMS).await;
    stage.converge().await;
    assert_eq!(served(&stage).await, ["harbor", "team-alpha", "team-beta"]);
    let copy = stage.get("team-alpha", "pull").await;
    assert_eq!(copy.data, stage.get("harbor", "pull").await.data);
    let annotations = copy.metadata.annotations.unwrap();
    assert_eq!(annotations["evenkeel.dev/source"], "harbor/pull");
    assert_eq!(annotations["evenkeel.dev/rule"], "harbor/pull (kubernetes.io/dockerconfigjson) to each of team-*");
    stage.server.add_namespace("team-new");
    stage.converge().await;
    assert_eq!(served(&stage).await, ["harbor", "team-alpha", "team-beta", "team-new"]);
    stage.put_config("harbor", "pull", "second").await;
    stage.converge().await;
    assert_eq!(stage.get("team-new", "pull").await.data, stage.get("harbor", "pull").await.data);
}

#[tokio::test]
async fn a_namespace_that_has_its_own_copy_of_everything_gets_none_of_itself() {
    let stage =
        stage("copies: [{from: {namespaces: harbor, names: pull}, to: {namespaces: [harbor, argocd, '*']}}]\n").await;
    stage.converge().await;
    let served = served(&stage).await;
    assert_eq!(served, ["argocd", "harbor", "istio-system", "team-alpha", "team-beta"]);
    let source = stage.get("harbor", "pull").await;
    assert!(source.annotation("evenkeel.dev/source").is_none(), "a source is no copy of itself");
}

#[tokio::test]
async fn namespaces_are_chosen_by_their_labels_and_one_that_loses_them_loses_its_copy_with_a_prune_only() {
    let stage = stage(
        "copies: [{from: {namespaces: harbor, names: pull}, to: {namespaces: '*', namespaceSelector: {matchLabels: {deploy: 'yes'}}}}]\n",
    )
    .await;
    for namespace in ["team-beta", "argocd"] {
        change_namespace(&stage, namespace, |metadata| metadata["labels"]["deploy"] = json!("yes"));
    }
    stage.converge().await;
    assert_eq!(served(&stage).await, ["argocd", "harbor", "team-beta"]);
    change_namespace(&stage, "argocd", |metadata| metadata["labels"]["deploy"] = json!("no"));
    let told_only = stage.apply().await;
    assert!(told(&told_only).contains("secret/argocd/pull"), "{}", told(&told_only));
    assert_eq!(served(&stage).await, ["argocd", "harbor", "team-beta"]);
    stage.prune().await;
    assert_eq!(served(&stage).await, ["harbor", "team-beta"]);
    stage.expect_no_write().await;
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_is_skipped_and_told_and_the_others_are_served() {
    let stage = stage(TO_TEAMS).await;
    stage.server.pause_controllers();
    change_namespace(&stage, "team-beta", |metadata| metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z"));
    let finished = stage.converge().await;
    assert_eq!(served(&stage).await, ["harbor", "team-alpha"]);
    let said = "namespace/team-beta: is being deleted, so that nothing is copied to it".to_owned();
    assert_eq!(lines(&finished.report.notes), [said]);
}

#[tokio::test]
async fn a_secret_of_others_in_one_namespace_stays_and_the_other_namespaces_are_served() {
    let stage = stage(TO_TEAMS).await;
    stage.put_config("team-alpha", "pull", "theirs").await;
    let before = stage.get("team-alpha", "pull").await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert_eq!(failures(&finished), ["Secret `team-alpha/pull` is there and not ours, so that it stays as it is"]);
    assert_eq!(stage.get("team-alpha", "pull").await.data, before.data);
    assert_eq!(served(&stage).await, ["harbor", "team-alpha", "team-beta"]);
}

#[tokio::test]
async fn labels_and_annotations_that_are_declared_are_kept_and_those_of_others_stay() {
    let stage = stage(
        "copies:
  - from: {namespaces: harbor, names: pull}
    to: {namespaces: team-alpha, labels: {part-of: delivery}, annotations: {example.com/owner: 'the platform: ask us'}}
",
    )
    .await;
    stage.converge().await;
    let mut object = stage.server.object("secrets", "team-alpha", "pull").unwrap();
    assert_eq!(object["metadata"]["labels"]["part-of"], "delivery");
    assert_eq!(object["metadata"]["annotations"]["example.com/owner"], "the platform: ask us");
    object["metadata"]["labels"]["part-of"] = json!("spoiled");
    object["metadata"]["labels"]["theirs"] = json!("yes");
    object["metadata"]["annotations"].as_object_mut().unwrap().remove("example.com/owner");
    stage.server.insert("secrets", "team-alpha", "pull", object);
    let plan = stage.plan().await;
    assert!(shown(&plan).contains("labels.part-of: \"spoiled\" → \"delivery\""), "{}", shown(&plan));
    stage.converge().await;
    let metadata = stage.get("team-alpha", "pull").await.metadata;
    let labels = metadata.labels.unwrap();
    assert_eq!((labels["part-of"].as_str(), labels["theirs"].as_str()), ("delivery", "yes"));
    assert_eq!(metadata.annotations.unwrap()["example.com/owner"], "the platform: ask us");
}

#[tokio::test]
async fn where_namespaces_cannot_be_listed_those_of_teams_are_served_and_no_copy_is_forgotten() {
    let mut stage = stage(TO_TEAMS).await;
    stage.server.add_namespace("team-new");
    stage.converge().await;
    let target = rule("secrets", &["list", "get", "create", "patch", "delete"]);
    stage.limit(&[
        (Some("harbor"), rule("secrets", &["list", "get"])),
        (Some("team-alpha"), target.clone()),
        (Some("team-beta"), target.clone()),
        (Some("team-new"), target),
    ]);
    stage.put_config("harbor", "pull", "second").await;
    let finished = stage.prune().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let notes = lines(&finished.report.notes).join("\n");
    assert!(notes.contains("namespaces cannot be listed, so that only those are read that the values name"), "{notes}");
    assert_eq!(served(&stage).await, ["harbor", "team-alpha", "team-beta", "team-new"]);
    let source = stage.get("harbor", "pull").await;
    assert_eq!(stage.get("team-beta", "pull").await.data, source.data);
    assert_ne!(stage.get("team-new", "pull").await.data, source.data, "it is no team of the values");
}

#[tokio::test]
async fn an_unchanged_run_with_many_namespaces_asks_three_questions() {
    let stage = stage(TO_TEAMS).await;
    (0..50).for_each(|number| stage.server.add_namespace(&format!("team-{number}")));
    stage.converge().await;
    stage.server.reset_log();
    stage.apply().await;
    let reads = stage.reads();
    assert_eq!(reads.len(), 3, "the source, the namespaces, the copies: {reads:#?}");
    assert_eq!(stage.server.writes(), 0);
}

#[tokio::test]
async fn a_rule_whose_source_is_gone_takes_every_copy_with_a_prune() {
    let stage = stage(TO_TEAMS).await;
    stage.converge().await;
    stage.delete("harbor", "pull").await;
    stage.apply().await;
    assert_eq!(served(&stage).await, ["team-alpha", "team-beta"]);
    stage.prune().await;
    assert_eq!(served(&stage).await, [] as [&str; 0]);
}

#[tokio::test]
async fn two_sources_of_one_name_do_not_take_turns() {
    let stage = stage(
        "copies:
  - {from: {namespaces: harbor, names: pull}, to: {namespaces: team-*}}
  - {from: {namespaces: argocd, names: pull}, to: {namespaces: team-alpha}}
",
    )
    .await;
    stage.put("argocd", "pull", CONFIG, &[(".dockerconfigjson", "{}")]).await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert_eq!(
        failures(&finished),
        ["Secret `team-alpha/pull` is not made: `argocd/pull`, `harbor/pull` would all be copied to it"]
    );
    assert_eq!(served(&stage).await, ["argocd", "harbor", "team-beta"]);
}
