//! What goes when its source or its rule is gone: copies that are ours, on demand.

use evenkeel_core::report::Status;
use evenkeel_engine::exit_code::ExitCode;
use evenkeel_kubernetes_client::secret::SecretObject;

use crate::stage::{RULES, Stage, TLS, lines, told};

async fn two_copies() -> Stage {
    let stage = Stage::new(RULES);
    for team in ["team-alpha", "team-beta"] {
        stage.put_config(team, "pull", "first").await;
    }
    stage.converge().await;
    stage
}

async fn copies(stage: &Stage) -> Vec<String> {
    let mut there = Vec::new();
    for team in ["team-alpha", "team-beta"] {
        let name = format!("copy-{team}-pull");
        there.extend(stage.find("argocd", &name).await.and_then(|secret: SecretObject| secret.metadata.name));
    }
    there
}

#[tokio::test]
async fn a_copy_whose_source_is_gone_goes_with_a_prune_only() {
    let stage = two_copies().await;
    stage.delete("team-beta", "pull").await;
    let kept = stage.apply().await;
    assert_eq!(
        kept.report.changes.iter().filter(|change| change.status == Status::Applied).count(),
        0,
        "{}",
        told(&kept)
    );
    assert!(told(&kept).contains("copy-team-beta-pull"), "it is told: {}", told(&kept));
    assert_eq!(copies(&stage).await.len(), 2);
    let pruned = stage.prune().await;
    assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
    assert_eq!(copies(&stage).await, ["copy-team-alpha-pull"]);
    stage.expect_no_write().await;
}

#[tokio::test]
async fn copies_whose_rule_is_gone_are_found_although_no_rule_names_their_namespace() {
    let stage = two_copies().await;
    stage.declare("copies: []\n");
    let pruned = stage.prune().await;
    assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
    assert_eq!(copies(&stage).await, [] as [String; 0]);
}

#[tokio::test]
async fn a_secret_with_the_name_of_a_copy_is_not_taken_for_one() {
    let stage = two_copies().await;
    stage.put_config("argocd", "copy-team-gamma-pull", "theirs").await;
    stage.declare("copies: []\n");
    stage.prune().await;
    assert!(stage.find("argocd", "copy-team-gamma-pull").await.is_some());
}

#[tokio::test]
async fn a_copy_that_lost_its_labels_is_nobodys_to_delete() {
    let stage = two_copies().await;
    let mut copy = stage.server.object("secrets", "argocd", "copy-team-beta-pull").unwrap();
    copy["metadata"]["labels"] = serde_json::json!({});
    stage.server.insert("secrets", "argocd", "copy-team-beta-pull", copy);
    stage.declare("copies: []\n");
    stage.prune().await;
    assert_eq!(copies(&stage).await, ["copy-team-beta-pull"]);
}

#[tokio::test]
async fn without_an_inventory_nothing_is_deleted_and_orphans_are_told_of() {
    let stage = two_copies().await;
    stage.delete("team-beta", "pull").await;
    std::fs::remove_file(stage.options().inventory.unwrap()).unwrap();
    let pruned = stage.prune().await;
    assert_eq!(copies(&stage).await.len(), 2);
    let notes = lines(&pruned.report.notes).join("\n");
    assert!(
        notes.contains("secret/argocd/copy-team-beta-pull: is the copy of `team-beta/pull`, which is gone"),
        "{notes}"
    );
    stage.adopt().await;
    stage.prune().await;
    assert_eq!(copies(&stage).await, ["copy-team-alpha-pull"]);
}

#[tokio::test]
async fn a_source_that_may_not_be_read_any_more_removes_no_copy() {
    let mut stage = two_copies().await;
    let all = |namespace| {
        let rule = serde_json::json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]});
        (Some(namespace), rule)
    };
    stage.limit(&[all("team-alpha"), all("argocd"), all("istio-system")]);
    let pruned = stage.prune().await;
    assert_eq!(pruned.exit_code, ExitCode::NotAuthorised, "{}", told(&pruned));
    assert_eq!(copies(&stage).await.len(), 2);
}

const OF_BETA: &str = "copy-team-beta-pull";

/// Somebody deletes the copy and makes it anew, marks and managers included: only its `uid` is another one.
fn make_anew(stage: &Stage) {
    let mut copy = stage.server.object("secrets", "argocd", OF_BETA).unwrap();
    assert!(stage.server.remove("secrets", "argocd", OF_BETA));
    copy["metadata"].as_object_mut().unwrap().remove("uid");
    stage.server.insert("secrets", "argocd", OF_BETA, copy);
}

fn inventory(stage: &Stage) -> String {
    std::fs::read_to_string(stage.options().inventory.unwrap()).unwrap()
}

fn put_inventory(stage: &Stage, text: &str) {
    std::fs::write(stage.options().inventory.unwrap(), text).unwrap();
}

/// What the inventory says of the copy of team beta.
fn last_line(stage: &Stage) -> serde_json::Value {
    let text = inventory(stage);
    let mut lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    lines.rfind(|line| line["object"] == format!("secret/argocd/{OF_BETA}")).unwrap_or_default()
}

fn expect_told_of_another(finished: &evenkeel_engine::run::Finished) {
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(finished));
    let notes = lines(&finished.report.notes).join("\n");
    let words = format!("secret/argocd/{OF_BETA}: was deleted by others, who made another one of this name");
    assert!(notes.contains(&words), "{notes}");
}

#[tokio::test]
async fn a_copy_that_others_made_anew_is_not_pruned() {
    let stage = two_copies().await;
    assert!(last_line(&stage)["id"].is_string(), "{}", last_line(&stage));
    make_anew(&stage);
    stage.delete("team-beta", "pull").await;
    expect_told_of_another(&stage.prune().await);
    assert_eq!(copies(&stage).await.len(), 2);
    assert!(last_line(&stage).is_null() || last_line(&stage)["state"] == "gone", "{}", last_line(&stage));
}

#[tokio::test]
async fn an_older_inventory_that_was_put_back_prunes_no_copy_that_others_have_made_since() {
    let stage = two_copies().await;
    let older = inventory(&stage);
    let copy = stage.server.object("secrets", "argocd", OF_BETA).unwrap();
    stage.delete("team-beta", "pull").await;
    stage.prune().await;
    assert_eq!(copies(&stage).await.len(), 1);
    stage.server.insert("secrets", "argocd", OF_BETA, copy);
    make_anew(&stage);
    put_inventory(&stage, &older);
    expect_told_of_another(&stage.prune().await);
    assert_eq!(copies(&stage).await.len(), 2);
}

#[tokio::test]
async fn a_copy_that_is_known_by_its_name_only_stays_until_it_was_declared_once_more() {
    let stage = two_copies().await;
    let known = inventory(&stage);
    let without = known.lines().map(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("id");
        format!("{line}\n")
    });
    put_inventory(&stage, &without.collect::<String>());
    stage.declare("copies: []\n");
    let unknown = stage.prune().await;
    assert_eq!(unknown.exit_code, ExitCode::Converged, "{}", told(&unknown));
    assert_eq!(copies(&stage).await.len(), 2);
    assert!(told(&unknown).contains("the inventory does not say which object of this name is ours"));
    stage.declare(RULES);
    stage.apply().await;
    stage.declare("copies: []\n");
    stage.prune().await;
    assert_eq!(copies(&stage).await, [] as [String; 0]);
}

#[tokio::test]
async fn a_copy_that_is_gone_is_struck_off_and_one_that_only_lost_its_labels_is_not() {
    let stage = two_copies().await;
    let mut copy = stage.server.object("secrets", "argocd", OF_BETA).unwrap();
    let labels = copy["metadata"]["labels"].take();
    stage.server.insert("secrets", "argocd", OF_BETA, copy.clone());
    stage.declare("copies: []\n");
    stage.apply().await;
    assert!(last_line(&stage)["id"].is_string(), "{}", last_line(&stage));
    copy["metadata"]["labels"] = labels;
    stage.server.insert("secrets", "argocd", OF_BETA, copy);
    stage.delete("argocd", OF_BETA).await;
    stage.apply().await;
    assert!(last_line(&stage).is_null() || last_line(&stage)["state"] == "gone", "{}", last_line(&stage));
}

#[tokio::test]
async fn a_copy_that_we_made_anew_ourselves_is_still_ours() {
    let stage = Stage::new(
        "copies: [{from: {namespaces: team-beta}, to: {namespace: argocd, name: 'copy-{namespace}-{name}'}}]\n",
    );
    stage.put_config("team-beta", "pull", "first").await;
    stage.converge().await;
    stage.delete("team-beta", "pull").await;
    stage.put("team-beta", "pull", TLS, &[("tls.crt", "a"), ("tls.key", "b")]).await;
    stage.converge().await;
    assert_eq!(stage.get("argocd", OF_BETA).await.secret_type, TLS);
    stage.declare("copies: []\n");
    let pruned = stage.prune().await;
    assert_eq!(copies(&stage).await, [] as [String; 0], "{}", told(&pruned));
}
