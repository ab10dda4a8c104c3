//! What goes when its source or its rule is gone: copies that are ours, on demand.

use evenkeel_core::report::Status;
use evenkeel_engine::exit_code::ExitCode;
use evenkeel_kubernetes_client::secret::SecretObject;

use crate::stage::{RULES, Stage, lines, told};

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
