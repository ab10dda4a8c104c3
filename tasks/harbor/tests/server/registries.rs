use evenkeel_engine::{command_line::Options, exit_code::ExitCode};
use evenkeel_sandbox::HarborOptions;

use crate::stage::{PASSWORD, Stage, failures, told};

const VALUES: &str = "
harbor:
  registries:
    - {name: upstream, type: docker-registry, url: 'https://registry.example.com', credential: {accessKey: reader, accessSecret: {fromEnv: REGISTRY}}}
  projects: [{name: mirror}, {name: cache, registry: upstream}]
  replications:
    - {name: mirror, source: upstream, destinationNamespace: mirror, filters: [{type: name, value: 'demo/**'}], override: true}
";

fn stage() -> Stage {
    // Each change is tried there: with stars for a password it would be refused.
    let options =
        HarborOptions::new(PASSWORD).with_guarded_registry("https://registry.example.com", "reader", "Registry-Pass-1");
    Stage::with(&options, VALUES)
}

#[tokio::test]
async fn a_registry_a_cache_and_a_replication_are_made_in_one_run() {
    let stage = stage();
    stage.converge().await;
    let policies = stage.get("/replication/policies").await;
    assert_eq!(policies[0]["src_registry"]["name"], "upstream");
    let registry = stage.get("/registries").await[0]["id"].clone();
    assert_eq!(stage.get("/projects/cache").await["registry_id"], registry);
}

#[tokio::test]
async fn a_change_of_a_registry_leaves_its_masked_secret_alone() {
    let stage = stage();
    stage.converge().await;
    stage.declare(&VALUES.replace("type: docker-registry", "type: docker-registry, description: ours"));
    stage.converge().await;
    assert_eq!(stage.get("/registries").await[0]["description"], "ours");
}

#[tokio::test]
async fn a_replication_keeps_what_nobody_declares() {
    let stage = stage();
    stage.converge().await;
    let mut policy = stage.get("/replication/policies").await[0].clone();
    policy["speed"] = serde_json::json!(100);
    policy["override"] = serde_json::json!(false);
    policy["dest_registry"] = serde_json::Value::Null;
    let path = format!("/replication/policies/{}", policy["id"]);
    let (status, body) = stage.meddle(reqwest::Method::PUT, &path, Some(policy)).await;
    assert_eq!(status, 200, "{body}");
    stage.converge().await;
    let policy = stage.get("/replication/policies").await[0].clone();
    assert_eq!((&policy["speed"], &policy["override"]), (&serde_json::json!(100), &serde_json::json!(true)));
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_holds_up_only_what_needs_it() {
    let stage = Stage::new(VALUES);
    let finished = stage.apply().await;
    // It may answer the next time.
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    assert!(told(&finished).contains("harbor contacts a registry before it keeps it"), "{}", told(&finished));
    stage.get("/projects/mirror").await;
}

#[tokio::test]
async fn a_new_secret_of_a_registry_is_written_although_only_stars_are_shown() {
    let stage = stage();
    stage.converge().await;
    stage.declare(&VALUES.replace("REGISTRY", "OTHER_SECRET"));
    // That it was sent shows in that it is refused.
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    assert_eq!(failures(&finished).len(), 1, "{}", told(&finished));
    assert!(failures(&finished)[0].contains("the registry is unhealthy"), "{}", told(&finished));
    stage.declare(VALUES);
    stage.converge().await;
}

#[tokio::test]
async fn a_cache_has_a_retention_policy_from_its_beginning_and_gets_no_second_one() {
    let stage = stage();
    stage.declare(&VALUES.replace("registry: upstream", "registry: upstream, retention: {keepLast: 5}"));
    stage.converge().await;
    let id = stage.get("/projects/cache").await["metadata"]["retention_id"].as_str().unwrap().to_owned();
    let rules = stage.get(&format!("/retentions/{id}")).await["rules"].clone();
    let templates: Vec<&str> =
        rules.as_array().unwrap().iter().map(|rule| rule["template"].as_str().unwrap()).collect();
    assert_eq!(templates, ["nDaysSinceLastPull", "latestPushedK"]);
}

#[tokio::test]
async fn a_registry_that_is_referred_to_cannot_go_before_what_refers_to_it() {
    let stage = stage();
    stage.converge().await;
    stage.declare("");
    let finished = stage.apply_with(false, Options { prune: true, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert_eq!(stage.get("/registries").await, serde_json::json!([]));
    assert_eq!(stage.get("/replication/policies").await, serde_json::json!([]));
}

#[tokio::test]
async fn what_harbor_keeps_in_a_form_of_its_own_is_no_difference() {
    let stage = stage();
    let values = VALUES.replace("registry.example.com'", "registry.example.com/', insecure: false");
    stage.declare(&values.replace("override: true", "override: true, speed: -1"));
    stage.converge().await;
}

/// That was ignored without a word: the run said that all was as declared.
#[tokio::test]
async fn a_registry_for_a_project_that_is_no_cache_is_told_by_plan_check_and_apply() {
    let stage = stage();
    stage.converge().await;
    stage.declare(&VALUES.replace("{name: mirror}", "{name: mirror, registry: upstream}"));
    for finished in [stage.plan().await, stage.check().await, stage.apply().await] {
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
        let message = "project `mirror` is no cache, and never becomes one of `upstream`";
        assert!(told(&finished).contains(message), "{}", told(&finished));
    }
}

#[tokio::test]
async fn harbors_own_rule_of_a_cache_beside_ours_is_named() {
    let stage = stage();
    stage.declare(&VALUES.replace("registry: upstream}", "registry: upstream, retention: {keepLast: 5}}"));
    stage.converge().await;
    let finished = stage.check().await;
    assert!(told(&finished).contains("harbor's own rule of caches stays beside `keepLast`"), "{}", told(&finished));
}

/// Only the write said so, as something that is gone.
#[tokio::test]
async fn a_registry_that_is_neither_declared_nor_there_is_told_by_plan_and_check_with_what_to_declare() {
    let stage = stage();
    stage.declare(
        "harbor: {projects: [{name: cache, registry: nowhere}, {name: mirror}], replications: [{name: a, source: lost}]}\n",
    );
    for finished in [stage.plan().await, stage.check().await, stage.apply().await] {
        let told = told(&finished);
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{told}");
        for (object, registry) in [("project/cache", "nowhere"), ("replication/a", "lost")] {
            let message = format!("`{object}` names registry `{registry}`, which is neither declared nor there");
            assert!(told.contains(&message), "{told}");
        }
        assert!(told.contains("declare it under `harbor.registries`"), "{told}");
    }
    stage.get("/projects/mirror").await;
}
