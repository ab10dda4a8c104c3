use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, failures, told};

/// What no plan, report, message or log may hold.
const CONFIDENTIAL: [&str; 3] = ["T0Confidential/B0", "code=Confidential-2", "Confidential-3"];

const HOOKS: &str = "
harbor:
  projects:
    - name: shared
      webhooks:
        - {name: referred, events: [PUSH_ARTIFACT], address: {fromEnv: HOOK_URL}}
        - {name: query, events: [PUSH_ARTIFACT], address: 'https://hooks.example.com/harbor?code=Confidential-2'}
        - {name: slack, events: [PUSH_ARTIFACT], target: slack, address: 'https://hooks.example.com/T/Confidential-3'}
        - {name: open, events: [PUSH_ARTIFACT], address: 'https://hooks.example.com/open/'}
";

async fn hook(stage: &Stage, name: &str) -> Value {
    let hooks = stage.get("/projects/shared/webhook/policies?page_size=100").await;
    let found = hooks.as_array().unwrap().iter().find(|hook| hook["name"] == name).cloned();
    found.unwrap_or_else(|| panic!("no `{name}` in {hooks:#}"))
}

async fn change(stage: &Stage, hook: Value) {
    let path = format!("/projects/shared/webhook/policies/{}", hook["id"]);
    let (status, body) = stage.meddle(Method::PUT, &path, Some(hook)).await;
    assert_eq!(status, 200, "{body}");
}

fn said(finished: &Finished) -> String {
    let text = format!("{} {}", serde_json::to_string(&finished.plan).unwrap(), told(finished));
    for part in CONFIDENTIAL {
        assert!(!text.contains(part), "{part}: {text}");
    }
    text
}

#[tokio::test]
async fn an_address_that_says_something_in_confidence_is_kept_as_it_is_and_shown_to_nobody() {
    let stage = Stage::new(HOOKS);
    let plan = said(&stage.plan().await);
    assert!(plan.contains("https://hooks.example.com/open/"), "{plan}");
    said(&stage.converge().await);
    for (name, address) in [
        ("referred", "https://hooks.example.com/services/T0Confidential/B0"),
        ("query", "https://hooks.example.com/harbor?code=Confidential-2"),
        ("slack", "https://hooks.example.com/T/Confidential-3"),
        ("open", "https://hooks.example.com/open/"),
    ] {
        assert_eq!(hook(&stage, name).await["targets"][0]["address"], address);
    }
    // Also what somebody else has put there is shown to nobody.
    for name in ["referred", "query", "slack", "open"] {
        let mut there = hook(&stage, name).await;
        there["targets"][0]["address"] = json!("https://elsewhere.example.com/?code=Confidential-2");
        change(&stage, there).await;
    }
    let plan = stage.plan().await;
    assert_eq!(plan.plan.as_ref().unwrap().changes.len(), 4, "{}", told(&plan));
    said(&plan);
    said(&stage.converge().await);
    assert_eq!(hook(&stage, "open").await["targets"][0]["address"], "https://hooks.example.com/open/");
}

#[tokio::test]
async fn a_reference_to_what_is_no_address_is_refused_without_showing_it() {
    let stage = Stage::new(&HOOKS.replace("HOOK_URL", "HOOK"));
    let finished = stage.plan().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
    let problems = finished.problems.unwrap().render(false);
    assert!(problems.contains("no address that harbor would take") && !problems.contains("Bearer"), "{problems}");
}

#[tokio::test]
async fn an_event_that_harbor_does_not_know_is_told_before_anything_is_written() {
    let stage = Stage::new(&HOOKS.replace("query, events: [PUSH_ARTIFACT]", "query, events: [PUSH_ARTIFACT, NO_SUCH]"));
    for finished in [stage.plan().await, stage.apply().await, stage.check().await] {
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
        let told = told(&finished);
        assert!(told.contains("harbor does not know event `NO_SUCH`"), "{told}");
        assert!(told.contains("it knows PUSH_ARTIFACT"), "{told}");
        assert!(failures(&finished).is_empty(), "{told}");
    }
    let hooks = stage.get("/projects/shared/webhook/policies").await;
    assert_eq!(hooks.as_array().unwrap().len(), 3);
}

/// It is declared all the same, so that `--prune` does not take it for one that is not.
#[tokio::test]
async fn a_webhook_that_harbor_would_refuse_now_is_left_as_it_is() {
    let stage = Stage::new(HOOKS);
    stage.converge().await;
    stage.declare(&HOOKS.replace("query, events: [PUSH_ARTIFACT]", "query, events: [NO_SUCH]"));
    let options = evenkeel_engine::command_line::Options { prune: true, ..stage.options() };
    let pruned = stage.apply_with(false, options).await;
    assert_eq!(pruned.exit_code, ExitCode::Configuration, "{}", told(&pruned));
    assert_eq!(hook(&stage, "query").await["event_types"], json!(["PUSH_ARTIFACT"]));
}

#[tokio::test]
async fn harbor_is_not_asked_what_webhooks_may_have_while_they_are_as_declared() {
    let stage = Stage::new(HOOKS);
    stage.converge().await;
    assert!(stage.sandbox.requests().iter().all(|request| !request.path.ends_with("/webhook/events")));
}

#[tokio::test]
async fn a_webhook_that_becomes_one_of_slack_loses_the_form_that_slack_does_not_take() {
    let stage = Stage::new(&HOOKS.replace("open, events", "open, format: CloudEvents, events"));
    stage.converge().await;
    stage.declare(&HOOKS.replace("open, events", "open, target: slack, events"));
    stage.converge().await;
    assert!(hook(&stage, "open").await["targets"][0].get("payload_format").is_none());
    stage.declare(&HOOKS.replace("open, events", "open, target: slack, format: Default, events"));
    let finished = stage.plan().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
}

#[tokio::test]
async fn a_webhook_that_lost_its_name_is_made_again_and_keeps_nothing_of_others_from_converging() {
    let stage = Stage::new(HOOKS);
    stage.converge().await;
    let mut there = hook(&stage, "open").await;
    there.as_object_mut().unwrap().remove("name");
    change(&stage, there).await;
    stage.converge().await;
    hook(&stage, "open").await;
}
