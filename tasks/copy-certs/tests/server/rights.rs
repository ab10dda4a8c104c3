//! Least privilege: what works with which rights, and what is told where they are missing.

use evenkeel_engine::exit_code::ExitCode;
use serde_json::{Value, json};

use crate::stage::{RULES, Stage, told};

fn rule(resource: &str, verbs: &[&str]) -> Value {
    json!({"apiGroups": [""], "resources": [resource], "verbs": verbs})
}

/// The Roles of docs/copy-certs.md for rules that name their namespaces, or whose patterns fit those of teams.
fn roles() -> Vec<(Option<&'static str>, Value)> {
    vec![
        (Some("team-alpha"), rule("secrets", &["list", "get"])),
        (Some("team-beta"), rule("secrets", &["list", "get"])),
        (Some("istio-system"), rule("secrets", &["list", "get", "create", "patch", "delete"])),
        (Some("argocd"), rule("secrets", &["list", "get", "create", "patch", "delete"])),
    ]
}

#[tokio::test]
async fn roles_in_named_namespaces_are_enough() {
    let mut stage = Stage::new(RULES);
    stage.limit(&roles());
    for team in ["team-alpha", "team-beta"] {
        stage.put_config(team, "pull", "first").await;
    }
    stage.converge().await;
    assert!(stage.find("argocd", "copy-team-alpha-pull").await.is_some());
    stage.put_config("team-alpha", "pull", "second").await;
    stage.delete("team-beta", "pull").await;
    let pruned = stage.prune().await;
    assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
    assert!(stage.find("argocd", "copy-team-beta-pull").await.is_none());
}

/// Each verb is needed: without it something does not work, and the message names it.
#[tokio::test]
async fn a_missing_verb_is_named() {
    for (verb, at) in [("create", 3), ("list", 3), ("get", 0)] {
        let mut stage = Stage::new(RULES);
        stage.put_config("team-alpha", "pull", "first").await;
        let mut rights = roles();
        let verbs: Vec<&str> =
            ["list", "get", "create", "patch", "delete"].into_iter().filter(|other| *other != verb).collect();
        rights[at].1 = rule("secrets", if at == 0 { &["list"] } else { &verbs });
        stage.limit(&rights);
        let finished = stage.apply().await;
        assert_ne!(finished.exit_code, ExitCode::Converged, "{verb}");
        assert!(
            told(&finished).contains(&format!("`{verb}`")) || told(&finished).contains(verb),
            "{verb}: {}",
            told(&finished)
        );
    }
}

#[tokio::test]
async fn a_forbidden_namespace_is_told_and_the_others_are_served() {
    let mut stage = Stage::new(RULES);
    for team in ["team-alpha", "team-beta"] {
        stage.put_config(team, "pull", "first").await;
    }
    let mut rights = roles();
    rights.remove(1);
    stage.limit(&rights);
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::NotAuthorised, "{}", told(&finished));
    assert!(told(&finished).contains("team-beta"), "{}", told(&finished));
    assert!(stage.find("argocd", "copy-team-alpha-pull").await.is_some());
    assert!(stage.find("argocd", "copy-team-beta-pull").await.is_none());
}

#[tokio::test]
async fn a_forbidden_target_is_told_and_the_others_are_served() {
    let mut stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "first").await;
    stage.put("team-alpha", "shop", "kubernetes.io/tls", &[("tls.crt", "no"), ("tls.key", "no")]).await;
    let mut rights = roles();
    rights.remove(2);
    stage.limit(&rights);
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::NotAuthorised, "{}", told(&finished));
    assert!(stage.find("argocd", "copy-team-alpha-pull").await.is_some());
    assert!(stage.find("istio-system", "copy-team-alpha-shop").await.is_none());
}
