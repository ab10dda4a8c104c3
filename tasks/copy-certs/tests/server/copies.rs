//! What a copy is: made, kept equal, and never somebody else's.

use evenkeel_copy_certs::RunOptions;
use evenkeel_engine::{command_line::Options, exit_code::ExitCode};
use serde_json::json;

use crate::stage::{RULES, Stage, TLS, failures, lines, shown, told};

const COPY: (&str, &str) = ("argocd", "copy-team-alpha-pull");

#[tokio::test]
async fn a_copy_holds_what_its_source_holds_and_says_where_it_comes_from() {
    let stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "first").await;
    stage.put("team-alpha", "settings", "Opaque", &[("a", "b")]).await;
    stage.put_config("argocd", "of-others", "theirs").await;
    stage.converge().await;
    let source = stage.get("team-alpha", "pull").await;
    let copy = stage.get(COPY.0, COPY.1).await;
    assert_eq!((&copy.secret_type, &copy.data), (&source.secret_type, &source.data));
    let labels = copy.metadata.labels.clone().unwrap();
    assert_eq!(labels["app.kubernetes.io/managed-by"], "evenkeel");
    assert_eq!(labels["evenkeel.dev/source-namespace"], "team-alpha");
    let annotations = copy.metadata.annotations.clone().unwrap();
    assert_eq!(annotations["evenkeel.dev/source"], "team-alpha/pull");
    assert_eq!(
        annotations["evenkeel.dev/rule"],
        "team-*/* (kubernetes.io/dockerconfigjson) to argocd/copy-{namespace}-{name}"
    );
    assert_eq!(annotations["evenkeel.dev/source-resource-version"], source.metadata.resource_version.unwrap());
    assert!(stage.find("argocd", "copy-team-alpha-settings").await.is_none(), "another type");
}

#[tokio::test]
async fn a_renewed_source_is_followed_and_a_spoiled_copy_corrected() {
    let stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "first").await;
    stage.converge().await;
    stage.put_config("team-alpha", "pull", "second").await;
    let plan = stage.plan().await;
    assert_eq!(plan.exit_code, ExitCode::Differences, "{}", told(&plan));
    assert!(shown(&plan).contains("data..dockerconfigjson: (secret) changed"), "{}", shown(&plan));
    stage.converge().await;
    assert_eq!(stage.get(COPY.0, COPY.1).await.data, stage.get("team-alpha", "pull").await.data);
    stage.put_config(COPY.0, COPY.1, "spoiled").await;
    stage.converge().await;
    assert_eq!(stage.get(COPY.0, COPY.1).await.data, stage.get("team-alpha", "pull").await.data);
    stage.delete(COPY.0, COPY.1).await;
    stage.converge().await;
    assert!(stage.find(COPY.0, COPY.1).await.is_some());
}

#[tokio::test]
async fn keys_that_vanished_from_the_source_vanish_from_the_copy() {
    let stage = Stage::new(
        "copies: [{from: {namespaces: team-alpha, names: settings}, to: {namespace: argocd, name: '{namespace}.{name}'}}]\n",
    );
    stage.put("team-alpha", "settings", "Opaque", &[("a", "1"), ("b", "2")]).await;
    stage.converge().await;
    stage.delete("team-alpha", "settings").await;
    stage.put("team-alpha", "settings", "Opaque", &[("b", "2"), ("c", "3")]).await;
    // somebody adds a key by hand, and a label
    stage.put("argocd", "team-alpha.settings", "Opaque", &[("theirs", "4")]).await;
    stage.converge().await;
    let copy = stage.get("argocd", "team-alpha.settings").await;
    assert_eq!(copy.data.keys().collect::<Vec<_>>(), ["b", "c"]);
}

#[tokio::test]
async fn labels_and_annotations_of_others_on_a_copy_stay() {
    let stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "first").await;
    stage.converge().await;
    let mut object = stage.server.object("secrets", COPY.0, COPY.1).unwrap();
    object["metadata"]["labels"]["theirs"] = json!("yes");
    object["metadata"]["annotations"]["theirs"] = json!("yes");
    stage.server.insert("secrets", COPY.0, COPY.1, object);
    stage.put_config("team-alpha", "pull", "second").await;
    stage.converge().await;
    let metadata = stage.get(COPY.0, COPY.1).await.metadata;
    assert_eq!(metadata.labels.unwrap()["theirs"], "yes");
    assert_eq!(metadata.annotations.unwrap()["theirs"], "yes");
}

/// A type can never change (server-behaviour 9), which a tool that only updates tells with a 422 for ever.
#[tokio::test]
async fn a_changed_type_is_a_delete_and_a_create_that_the_plan_tells_of() {
    let stage = Stage::new(
        "copies: [{from: {namespaces: team-alpha, names: settings}, to: {namespace: argocd, name: '{namespace}.{name}'}}]\n",
    );
    stage.put("team-alpha", "settings", "Opaque", &[("a", "1")]).await;
    stage.converge().await;
    stage.delete("team-alpha", "settings").await;
    stage.put("team-alpha", "settings", "example.com/settings", &[("a", "1")]).await;
    let plan = stage.plan().await;
    let text = shown(&plan);
    assert!(text.contains("type: \"Opaque\" → \"example.com/settings\""), "{text}");
    assert!(text.contains("is deleted and made again, because a type can never change"), "{text}");
    stage.server.reset_log();
    stage.apply().await;
    let place = "/api/v1/namespaces/argocd/secrets";
    assert_eq!(stage.writes(), [format!("DELETE {place}/team-alpha.settings"), format!("POST {place}")]);
    assert_eq!(stage.get("argocd", "team-alpha.settings").await.secret_type, "example.com/settings");
    stage.expect_no_write().await;
}

#[tokio::test]
async fn a_source_that_holds_nothing_yet_makes_no_empty_copy_and_empties_none() {
    let stage = Stage::new(RULES);
    // an issuer makes the Secret first, and fills it later
    stage.put("team-alpha", "shop", TLS, &[("tls.crt", ""), ("tls.key", "")]).await;
    let finished = stage.apply().await;
    assert!(stage.find("istio-system", "copy-team-alpha-shop").await.is_none());
    assert_eq!(
        lines(&finished.report.warnings),
        ["secret/istio-system/copy-team-alpha-shop: `team-alpha/shop` holds nothing yet, so that it is not copied"]
    );
    stage.put("team-alpha", "shop", TLS, &[("tls.crt", "certificate"), ("tls.key", "key")]).await;
    stage.converge().await;
    let before = stage.get("istio-system", "copy-team-alpha-shop").await.data;
    stage.put("team-alpha", "shop", TLS, &[("tls.crt", ""), ("tls.key", "")]).await;
    stage.expect_no_write().await;
    assert_eq!(stage.get("istio-system", "copy-team-alpha-shop").await.data, before);
}

#[tokio::test]
async fn a_secret_of_others_is_not_overwritten_unless_somebody_says_so() {
    let stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "ours").await;
    stage.put_config("team-beta", "pull", "ours too").await;
    stage.put_config(COPY.0, COPY.1, "theirs").await;
    let theirs = stage.get(COPY.0, COPY.1).await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert_eq!(
        failures(&finished),
        ["Secret `argocd/copy-team-alpha-pull` is there and not ours, so that it stays as it is"]
    );
    assert_eq!(stage.get(COPY.0, COPY.1).await, theirs);
    assert!(stage.find("argocd", "copy-team-beta-pull").await.is_some(), "the others are copied");
    let adopted = stage.adopt().await;
    assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
    assert_eq!(stage.get(COPY.0, COPY.1).await.data, stage.get("team-alpha", "pull").await.data);
    stage.expect_no_write().await;
}

/// `copy-a-b-c` is the copy of `a/b-c` as well as of `a-b/c`: whoever names Secrets in one must not get into the other.
#[tokio::test]
async fn two_sources_of_one_copy_never_take_turns() {
    let stage = Stage::new(
        "copies: [{from: {namespaces: ['team-*']}, to: {namespace: argocd, name: 'copy-{namespace}-{name}'}}]\n",
    );
    stage.server.add_namespace("team-alpha-x");
    stage.put("team-alpha", "x-y", "Opaque", &[("a", "first")]).await;
    stage.converge().await;
    stage.put("team-alpha-x", "y", "Opaque", &[("a", "intruder")]).await;
    let finished = stage.apply().await;
    assert_eq!(stage.get("argocd", "copy-team-alpha-x-y").await.data, stage.get("team-alpha", "x-y").await.data);
    assert!(
        lines(&finished.report.warnings).concat().contains("`team-alpha-x/y` would be copied to it too"),
        "{}",
        told(&finished)
    );
    stage.delete("argocd", "copy-team-alpha-x-y").await;
    let finished = stage.apply().await;
    assert!(stage.find("argocd", "copy-team-alpha-x-y").await.is_none(), "nobody counts more than the other");
    assert!(failures(&finished).concat().contains("would all be copied to it"), "{}", told(&finished));
}

#[tokio::test]
async fn namespaces_and_secrets_are_selected_by_name_label_and_type() {
    let stage = Stage::new(
        "copies:\n  - from: {namespaces: '*', namespaceSelector: {matchLabels: {tier: shop}}, names: [a-*, b], selector: {matchExpressions: [{key: draft, operator: DoesNotExist}]}}\n    to: {namespace: argocd, name: '{namespace}.{name}'}\n",
    );
    for (namespace, tier) in [("team-alpha", "shop"), ("team-beta", "other")] {
        stage.server.insert("namespaces", "", namespace, json!({"metadata": {"labels": {"tier": tier}}}));
    }
    for name in ["a-1", "a-draft", "b", "c"] {
        for namespace in ["team-alpha", "team-beta"] {
            stage.put(namespace, name, "Opaque", &[("a", "1")]).await;
        }
    }
    let mut draft = stage.server.object("secrets", "team-alpha", "a-draft").unwrap();
    draft["metadata"]["labels"] = json!({"draft": ""});
    stage.server.insert("secrets", "team-alpha", "a-draft", draft);
    // what controllers make for themselves is never copied
    let token = json!({"metadata": {}, "type": "kubernetes.io/service-account-token", "data": {"token": "dA=="}});
    stage.server.insert("secrets", "team-alpha", "a-token", token);
    stage.converge().await;
    for (name, is_there) in [
        ("team-alpha.a-1", true),
        ("team-alpha.b", true),
        ("team-alpha.c", false),
        ("team-alpha.a-draft", false),
        ("team-alpha.a-token", false),
        ("team-beta.a-1", false),
    ] {
        assert_eq!(stage.find("argocd", name).await.is_some(), is_there, "{name}");
    }
}

#[tokio::test]
async fn a_copy_is_not_copied_again() {
    let stage = Stage::new(
        "copies:\n  - {from: {namespaces: team-alpha}, to: {namespace: team-beta, name: 'copy-{namespace}-{name}'}}\n  - {from: {namespaces: team-beta}, to: {namespace: team-alpha, name: 'copy-{namespace}-{name}'}}\n",
    );
    stage.put("team-alpha", "a", "Opaque", &[("a", "1")]).await;
    stage.put("team-beta", "b", "Opaque", &[("b", "1")]).await;
    stage.converge().await;
    assert!(stage.find("team-beta", "copy-team-alpha-a").await.is_some());
    assert!(stage.find("team-alpha", "copy-team-beta-b").await.is_some());
    assert!(stage.find("team-alpha", "copy-team-beta-copy-team-alpha-a").await.is_none());
}

#[tokio::test]
async fn a_missing_namespace_is_told_and_the_others_are_served() {
    let stage = Stage::new(&format!(
        "{RULES}  - {{from: {{namespaces: team-alpha}}, to: {{namespace: nowhere, name: '{{namespace}}.{{name}}'}}}}\n"
    ));
    stage.put_config("team-alpha", "pull", "first").await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    assert_eq!(failures(&finished), ["Secret `nowhere/team-alpha.pull` waits: namespace `nowhere` does not exist"]);
    assert!(stage.find(COPY.0, COPY.1).await.is_some());
    stage.server.add_namespace("nowhere");
    stage.converge().await;
    assert!(stage.find("nowhere", "team-alpha.pull").await.is_some());
}

#[tokio::test]
async fn a_run_for_one_team_copies_from_its_namespace_only() {
    let stage = Stage::new(RULES);
    for team in ["team-alpha", "team-beta"] {
        stage.put_config(team, "pull", "first").await;
    }
    let of_alpha = |options: &mut Options<RunOptions>| options.team = Some("alpha".to_owned());
    let finished = stage.apply_with(of_alpha).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert!(stage.find(COPY.0, COPY.1).await.is_some());
    assert!(stage.find("argocd", "copy-team-beta-pull").await.is_none());
}

/// The plan said of one Secret that it stays and that it is made again.
#[tokio::test]
async fn a_foreign_secret_of_another_type_stays_and_is_not_said_to_be_made_again() {
    let stage = Stage::new(
        "copies: [{from: {namespaces: team-alpha, names: settings}, to: {namespace: argocd, name: '{namespace}.{name}'}}]\n",
    );
    stage.put("team-alpha", "settings", "Opaque", &[("a", "1")]).await;
    stage.put("argocd", "team-alpha.settings", "example.com/settings", &[("a", "theirs")]).await;
    let plan = stage.plan().await;
    assert_eq!(stage.check().await.exit_code, ExitCode::Differences);
    let text = shown(&plan);
    assert!(text.contains("is there and not ours, so that it stays as it is"), "{text}");
    assert!(!text.contains("made again"), "{text}");
}

/// A run that does nothing because its selector is mistyped looks like one that has nothing to do.
#[tokio::test]
async fn a_selector_that_can_match_nothing_is_refused() {
    let stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "first").await;
    stage.converge().await;
    let mistyped = [
        "secret/argocd/copy-team-alpha-pul",
        "namespace/argcd",
        "copy/argocd/copy-team-alpha-pull",
        "copy-rule/nothing",
    ];
    for (selector, exit_code) in
        ["secret/argocd/copy-team-alpha-pull", "secret/argocd/*", "namespace/argocd", "copy-rule/*"]
            .into_iter()
            .map(|selector| (selector, ExitCode::Converged))
            .chain(mistyped.into_iter().map(|selector| (selector, ExitCode::Usage)))
    {
        let finished = stage.apply_with(|options| options.only = vec![selector.parse().unwrap()]).await;
        assert_eq!(finished.exit_code, exit_code, "{selector}: {}", told(&finished));
    }
}
