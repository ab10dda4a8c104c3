//! Least privilege: what works with which rights, and what is told where they are missing.

use evenkeel_engine::exit_code::ExitCode;
use serde_json::{Value, json};

use crate::stage::{RULES, Stage, failures, told};

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

#[tokio::test]
async fn rules_copy_from_no_namespace_that_values_may_not_reach() {
    let mut stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "first").await;
    for narrow in [&["team-alpha"][..], &["argocd", "istio-*"], &[]] {
        stage.reach(narrow);
        stage.server.reset_log();
        let refused = stage.apply().await;
        assert_eq!(refused.exit_code, ExitCode::InvalidValues, "{}", told(&refused));
        let problems = refused.problems.unwrap();
        let problem = problems.iter().next().unwrap();
        assert_eq!(
            problem.message(),
            "namespace `team-*` is out of the values' reach: `--secrets-from-namespaces` does not allow it"
        );
        assert!(problem.location().is_some());
        assert_eq!(stage.server.requests().len(), 0);
    }
    stage.reach(&["team-*"]);
    stage.converge().await;
}

/// Who may not look at the copies any more does not know that they are gone.
#[tokio::test]
async fn copies_that_may_not_be_seen_are_not_forgotten() {
    let mut stage = Stage::new(RULES);
    for team in ["team-alpha", "team-beta"] {
        stage.put_config(team, "pull", "first").await;
    }
    stage.converge().await;
    let before = std::fs::read_to_string(stage.options().inventory.unwrap()).unwrap();
    stage.delete("team-beta", "pull").await;
    let blind: Vec<_> = roles().into_iter().filter(|(namespace, _)| *namespace != Some("argocd")).collect();
    stage.limit(&blind);
    let refused = stage.prune().await;
    assert_eq!(refused.exit_code, ExitCode::NotAuthorised, "{}", told(&refused));
    assert_eq!(std::fs::read_to_string(stage.options().inventory.unwrap()).unwrap(), before);
    stage.limit(&roles());
    stage.prune().await;
    assert!(stage.find("argocd", "copy-team-beta-pull").await.is_none());
}

/// Each verb is needed: without it something does not work, and the message names it.
#[tokio::test]
async fn a_missing_verb_is_named() {
    let target = ["list", "get", "create", "patch", "delete"];
    for (at, verbs, missing) in [(0, &target[..1], "get"), (0, &target[1..2], "list")]
        .into_iter()
        .chain((0..target.len()).filter(|verb| target[*verb] != "get").map(|verb| (3, &target[..], target[verb])))
    {
        let mut stage = Stage::new(RULES);
        stage.put_config("team-alpha", "pull", "first").await;
        if missing == "patch" || missing == "delete" {
            stage.apply().await;
            stage.put_config("team-alpha", "pull", "second").await;
        }
        if missing == "delete" {
            stage.delete("team-alpha", "pull").await;
        }
        let mut rights = roles();
        let verbs: Vec<&str> = verbs.iter().copied().filter(|verb| *verb != missing).collect();
        rights[at].1 = rule("secrets", &verbs);
        stage.limit(&rights);
        let finished = stage.prune().await;
        assert_eq!(finished.exit_code, ExitCode::NotAuthorised, "{missing}: {}", told(&finished));
        let messages = [failures(&finished), finished.failures.iter().map(|failure| failure.message.clone()).collect()];
        let messages = messages.concat().join("\n");
        assert!(messages.contains(&format!("the right to `{missing}` `secrets` is missing")), "{missing}: {messages}");
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
