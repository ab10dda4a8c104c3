use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::HarborOptions;

use crate::stage::{PASSWORD, Stage, told};

const VALUES: &str = "
harbor:
  registries:
    - {name: upstream, type: docker-registry, url: 'https://registry.example.com', credential: {accessKey: reader, accessSecret: {fromEnv: REGISTRY}}}
  projects: [{name: mirror}, {name: cache, registry: upstream}]
  replications:
    - {name: mirror, source: upstream, destinationNamespace: mirror, filters: [{type: name, value: 'demo/**'}], override: true}
";

fn stage() -> Stage {
    let options = HarborOptions::new(PASSWORD).with_registry("https://registry.example.com");
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
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    stage.get("/projects/mirror").await;
}
