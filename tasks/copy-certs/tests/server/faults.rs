//! Runs that end in the middle, sources that move, answers that make no sense.

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Gate, Matching, Page};

use crate::stage::{RULES, Stage, told};

const SETTINGS: &str =
    "copies: [{from: {namespaces: team-alpha}, to: {namespace: argocd, name: '{namespace}.{name}'}}]\n";

/// Between the delete and the create of a changed type is the worst moment.
#[tokio::test]
async fn a_run_that_dies_before_or_after_any_write_is_finished_by_the_next() {
    for effect in [Effect::CutBefore, Effect::CutAfter] {
        for number in 1..=4 {
            let stage = Stage::new(SETTINGS);
            stage.put("team-alpha", "changes-type", "Opaque", &[("a", "1")]).await;
            stage.put("team-alpha", "changes", "Opaque", &[("a", "1")]).await;
            stage.converge().await;
            stage.delete("team-alpha", "changes-type").await;
            stage.put("team-alpha", "changes-type", "example.com/other", &[("a", "1")]).await;
            stage.put("team-alpha", "changes", "Opaque", &[("a", "2")]).await;
            stage.put("team-alpha", "is-new", "Opaque", &[("a", "3")]).await;
            stage.server.inject(Fault::once(Matching::writes().nth(number), effect.clone()));
            let _ = stage.apply().await;
            stage.server.clear_faults();
            stage.converge().await;
            for name in ["changes-type", "changes", "is-new"] {
                let (source, copy) =
                    (stage.get("team-alpha", name).await, stage.get("argocd", &format!("team-alpha.{name}")).await);
                assert_eq!((source.secret_type, source.data), (copy.secret_type, copy.data), "{name} after {number}");
            }
        }
    }
}

/// The worst moment of a type that changes: the old copy is gone, the new one is not there yet, and the process ends.
#[tokio::test]
async fn a_run_that_dies_between_the_delete_and_the_create_of_a_type_is_made_up_for() {
    let stage = Stage::new(SETTINGS);
    stage.put("team-alpha", "a", "Opaque", &[("a", "1")]).await;
    stage.converge().await;
    stage.delete("team-alpha", "a").await;
    stage.put("team-alpha", "a", "example.com/other", &[("a", "2")]).await;
    let gate = Gate::new();
    stage.server.inject(Fault::once(Matching::writes(), Effect::Hold(gate.clone())));
    tokio::select! {
        biased;
        finished = stage.apply() => panic!("nothing was held: {}", told(&finished)),
        () = gate.reached(1) => {}
    }
    assert!(stage.find("argocd", "team-alpha.a").await.is_none(), "the run died in between");
    gate.open();
    stage.server.clear_faults();
    stage.converge().await;
    let copy = stage.get("argocd", "team-alpha.a").await;
    assert_eq!((copy.secret_type.as_str(), copy.data.len()), ("example.com/other", 1));
}

#[tokio::test]
async fn a_source_that_fails_to_be_read_changes_and_removes_no_copy() {
    let broken = [
        Effect::Status { code: 500, page: Page::Empty, retry_after: None },
        Effect::Status { code: 200, page: Page::Html, retry_after: None },
        Effect::Reset,
    ];
    for effect in broken {
        let stage = Stage::new(RULES);
        stage.put_config("team-alpha", "pull", "first").await;
        stage.converge().await;
        let before = stage.server.snapshot()["secrets"].clone();
        stage.server.reset_log();
        stage.server.inject(Fault::always(Matching::reads().path("/api/v1/secrets"), effect));
        let finished = stage.prune().await;
        assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
        assert_eq!(stage.server.writes(), 0);
        assert_eq!(stage.server.snapshot()["secrets"], before);
    }
}

/// The plan was made for one state of the source; what is written is never a mixture of two.
#[tokio::test]
async fn a_source_that_changes_in_the_middle_of_a_run_is_read_again() {
    let stage = Stage::new(RULES);
    stage.put_config("team-alpha", "pull", "first").await;
    let gate = Gate::new();
    let source = "/api/v1/namespaces/team-alpha/secrets/pull";
    stage.server.inject(Fault::once(Matching::reads().path(source), Effect::Hold(gate.clone())));
    let moves = async {
        gate.reached(1).await;
        let json = serde_json::json!({"auths": {"registry": {"password": "second"}}}).to_string();
        let data = evenkeel_kubernetes_client::secret::SecretBytes::from(json.into_bytes());
        let mut object = stage.server.object("secrets", "team-alpha", "pull").unwrap();
        object["data"][".dockerconfigjson"] = serde_json::json!(base64(data.expose()));
        stage.server.insert("secrets", "team-alpha", "pull", object);
        gate.open();
    };
    let (finished, ()) = tokio::join!(stage.apply(), moves);
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert_eq!(stage.get("argocd", "copy-team-alpha-pull").await.data, stage.get("team-alpha", "pull").await.data);
}

fn base64(bytes: &[u8]) -> String {
    let value = evenkeel_kubernetes_client::k8s_openapi::ByteString(bytes.to_vec());
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_runs_at_once_end_well() {
    let stage = Stage::new(RULES);
    for number in 0..5 {
        stage.put_config("team-alpha", &format!("pull-{number}"), "first").await;
    }
    let mut other = stage.options();
    other.inventory = other.inventory.map(|path| path.with_file_name("other.jsonl"));
    let other = evenkeel_engine::command_line::TaskCommand::Apply { adopt: false, options: other };
    let (one, two) = tokio::join!(stage.apply(), stage.run(other));
    for finished in [&one, &two] {
        assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(finished));
    }
    stage.expect_no_write().await;
}

/// A real API server answers the list of such a namespace, as metadata only, with `"items": null`.
#[tokio::test]
async fn a_namespace_without_any_secret_takes_its_first_copy() {
    let stage = Stage::new(SETTINGS);
    stage.put("team-alpha", "a", "Opaque", &[("a", "1")]).await;
    stage.converge().await;
    assert!(stage.find("argocd", "team-alpha.a").await.is_some());
}

#[tokio::test]
async fn a_rule_that_fails_stops_no_other() {
    const TWO: &str = "
copies:
  - from: {namespaces: team-alpha}
    to: {namespace: argocd, name: '{namespace}.{name}'}
  - from: {namespaces: team-beta}
    to: {namespace: istio-system, name: '{namespace}.{name}'}
";
    let lists = ["/api/v1/namespaces/team-alpha/secrets", "/api/v1/namespaces/argocd/secrets"];
    let effects = [
        Effect::Status { code: 500, page: Page::Empty, retry_after: None },
        Effect::Status { code: 200, page: Page::Html, retry_after: None },
    ];
    for (list, effect) in lists.into_iter().flat_map(|list| effects.iter().map(move |effect| (list, effect))) {
        let stage = Stage::new(TWO);
        stage.put("team-alpha", "a", "Opaque", &[("a", "1")]).await;
        stage.put("team-beta", "b", "Opaque", &[("b", "1")]).await;
        stage.server.inject(Fault::always(Matching::reads().path(list), effect.clone()));
        let finished = stage.apply().await;
        assert_eq!(finished.exit_code, ExitCode::Unavailable, "{}", told(&finished));
        assert!(stage.find("istio-system", "team-beta.b").await.is_some(), "{list}: {}", told(&finished));
        let message = &finished.failures[0].message;
        assert!(message.contains(&format!("namespace `{}`", list.split('/').nth(4).unwrap())), "{message}");
    }
}
