use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::HarborOptions;
use reqwest::Method;
use serde_json::json;

use crate::stage::{PASSWORD, Stage, failures, told};

const REGISTRY: &str =
    "registries: [{name: upstream, type: docker-registry, url: 'https://registry.example.com'}]\n  replications:";

fn stage(replication: &str) -> Stage {
    let options = HarborOptions::new(PASSWORD).with_registry("https://registry.example.com");
    Stage::with(&options, &values(replication))
}

fn values(replication: &str) -> String {
    format!("harbor:\n  {REGISTRY} [{{name: mirror, {replication}}}]\n")
}

#[tokio::test]
async fn labels_and_what_is_left_out_are_filters_that_are_kept() {
    let filters = "[{type: label, labels: [released, signed]}, {type: tag, value: 'dev*', exclude: true}, \
                   {type: label, labels: [private], exclude: true}, {type: resource, value: image}]";
    let stage = stage(&format!("destination: upstream, filters: {filters}, singleActive: true"));
    stage.converge().await;
    let policy = stage.get("/replication/policies").await[0].clone();
    assert_eq!(policy["filters"][0], json!({"type": "label", "value": ["released", "signed"]}));
    assert_eq!(policy["filters"][2], json!({"type": "label", "value": ["private"], "decoration": "excludes"}));
    assert_eq!(policy["single_active_replication"], true);
    // What a filter does unless it says otherwise is no difference.
    let mut said = policy.clone();
    said["filters"][0]["decoration"] = json!("matches");
    said["src_registry"] = json!(null);
    stage.meddle(Method::PUT, &format!("/replication/policies/{}", policy["id"]), Some(said)).await;
    stage.converge().await;
}

/// Only the older name of that setting counts in a request, so that a first run left it out.
#[tokio::test]
async fn deletes_are_copied_from_the_first_run_on() {
    let stage = stage("destination: upstream, trigger: event_based, replicateDeletion: true");
    stage.converge().await;
    let policy = stage.get("/replication/policies").await[0].clone();
    assert_eq!((&policy["deletion"], &policy["trigger"]["type"]), (&json!(true), &json!("event_based")));
}

#[tokio::test]
async fn runs_that_exclude_each_other_end_where_events_are_declared() {
    let stage = stage("destination: upstream, singleActive: true");
    stage.converge().await;
    stage.declare(&values("destination: upstream, trigger: event_based"));
    stage.converge().await;
    assert_eq!(stage.get("/replication/policies").await[0]["single_active_replication"], false);
}

#[tokio::test]
async fn what_harbor_would_refuse_of_a_replication_or_never_do_is_refused_before_the_first_request() {
    for (replication, words) in [
        ("source: upstream, trigger: event_based", "never comes for what is copied from elsewhere"),
        ("destination: upstream, trigger: event_based, singleActive: true", "contradict each other"),
        ("source: upstream, filters: [{type: name, value: a, exclude: true}]", "only tags and labels can be left out"),
        ("source: upstream, filters: [{type: label, value: a}]", "`labels` for type `label`"),
        ("source: upstream, filters: [{type: tag, labels: [a]}]", "`labels` for type `label`"),
        ("source: upstream, filters: [{type: label, labels: []}]", "labels"),
        ("source: upstream, filters: [{type: resource, value: chart}]", "no such kind of resource"),
    ] {
        let stage = stage(replication);
        let finished = stage.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{replication}: {}", told(&finished));
        let problems = finished.problems.unwrap().render(false);
        assert!(problems.contains(words), "{replication}: {problems}");
        assert!(stage.sandbox.requests().is_empty());
    }
}

#[tokio::test]
async fn a_registry_without_what_its_kind_needs_is_refused_before_the_first_request() {
    let secret = "accessSecret: {fromEnv: REGISTRY}";
    for (registry, words) in [
        ("type: aws-ecr, url: 'https://registry.example.com'".to_owned(), "says its region"),
        (
            format!("type: google-gcr, url: 'https://gcr.io', credential: {{accessKey: me, {secret}}}"),
            "service account",
        ),
        ("type: tencent-tcr, url: 'https://registry.example.com'".to_owned(), "no address of a registry of tencent"),
        ("type: tencent-tcr, url: 'https://a.tencentcloudcr.com'".to_owned(), "wants a credential"),
        (format!("type: harbor, url: 'https://a.example.com', credential: {{{secret}}}"), "without an access key"),
        ("type: harbor, url: 'https://a.example.com', credential: {type: token, accessKey: a}".to_owned(), "type"),
    ] {
        let stage = Stage::new(&format!("harbor: {{registries: [{{name: upstream, {registry}}}]}}\n"));
        let finished = stage.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{registry}: {}", told(&finished));
        let problems = finished.problems.unwrap().render(false);
        assert!(problems.contains(words), "{registry}: {problems}");
        assert!(stage.sandbox.requests().is_empty());
    }
}

#[tokio::test]
async fn a_kind_of_registry_that_harbor_does_not_speak_to_is_told_before_it_is_asked_to_and_holds_up_what_needs_it() {
    let stage = stage("source: upstream");
    stage.declare(&values("source: upstream").replace("docker-registry", "quay"));
    let plan = stage.plan().await;
    let message = "harbor does not speak to registries of type `quay`, but to ali-acr, aws-ecr";
    assert!(told(&plan).contains(message), "{}", told(&plan));
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    let waits = "waits for `registry/upstream`, which failed";
    assert_eq!(failures(&finished), ["harbor does not speak to registries of type `quay`", waits]);
    let requests = stage.sandbox.requests();
    let asked = |path: &str| requests.iter().any(|request| request.method == "POST" && request.path.ends_with(path));
    assert!(!asked("/registries") && !asked("/replication/policies"));
}

/// Without any credential the server fails where it should take the role of its machine.
#[tokio::test]
async fn a_registry_of_amazon_without_a_key_is_told_to_take_a_role() {
    let url = "https://api.ecr.eu-central-1.amazonaws.com";
    let values = format!("harbor: {{registries: [{{name: upstream, type: aws-ecr, url: '{url}'}}]}}\n");
    let stage = Stage::with(&HarborOptions::new(PASSWORD).with_registry(url), &values);
    stage.converge().await;
    stage.declare(&values.replace(&format!("'{url}'"), &format!("'{url}', credential: {{}}")));
    stage.converge().await;
}
