//! What an account needs in a team's namespace: docs/kubernetes.md, verb by verb.

use evenkeel_engine::{command_line::Options, exit_code::ExitCode};
use serde_json::json;

use crate::stage::{Stage, failures, told};

const VALUES: &str = "kubernetes: {inventory: {namespace: platform-jobs}}\nteams: {alpha: {}}\n";

fn stage() -> Stage {
    let stage = Stage::with_cluster(VALUES);
    stage.cluster().add_namespace("team-alpha");
    stage
}

/// Confined: `get`, `create` and `patch` on Secrets, `get` and `patch` on the account `default`, and no list of anything.
#[tokio::test]
async fn three_verbs_on_secrets_and_two_on_the_default_account_are_enough_for_a_team() {
    let mut stage = stage();
    stage.confine(&["team-alpha"]);
    stage.converge().await;
    for name in ["harbor-pullsecret", "harbor-pushsecret"] {
        let mut secret = stage.cluster().object("secrets", "team-alpha", name).unwrap();
        secret["data"][".dockerconfigjson"] = json!("e30=");
        stage.cluster().insert("secrets", "team-alpha", name, secret);
    }
    let mut account = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    account["imagePullSecrets"] = json!([{"name": "theirs"}]);
    stage.cluster().insert("serviceaccounts", "team-alpha", "default", account);
    stage.converge().await;
    let account = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    let expected = json!([{"name": "theirs"}, {"name": "harbor-pullsecret"}, {"name": "harbor-pushsecret"}]);
    assert_eq!(account["imagePullSecrets"], expected);
}

#[tokio::test]
async fn only_another_type_and_a_prune_need_to_delete_a_secret_and_the_missing_verb_is_named() {
    let mut stage = stage();
    stage.confine(&["team-alpha"]);
    stage.converge().await;
    let expect_refused = |finished: evenkeel_engine::run::Finished, what: &str| {
        assert_ne!(finished.exit_code, ExitCode::Converged, "{what}: {}", told(&finished));
        let failures = failures(&finished);
        let named = failures.iter().any(|message| message.contains("the right to `delete` `secrets` is missing"));
        assert!(named, "{what}: {failures:?}");
    };
    let before = stage.cluster().object("secrets", "team-alpha", "harbor-pullsecret").unwrap();
    let mut other = before.clone();
    other["type"] = json!("Opaque");
    stage.cluster().insert("secrets", "team-alpha", "harbor-pullsecret", other);
    expect_refused(stage.apply().await, "another type");
    stage.cluster().insert("secrets", "team-alpha", "harbor-pullsecret", before);
    stage.converge().await;
    stage.declare("kubernetes: {inventory: {namespace: platform-jobs}}\nteams: {}\n");
    let pruning = Options { prune: true, max_deletes: 50, ..stage.options() };
    expect_refused(stage.apply_with(false, pruning).await, "a prune");
    assert!(stage.cluster().object("secrets", "team-alpha", "harbor-pullsecret").is_some());
}
