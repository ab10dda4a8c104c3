use evenkeel_engine::{command_line::Options, exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::{Effect, Fault, Matching, Page};
use reqwest::Method;
use serde_json::json;

use crate::stage::{Stage, failures, told};

#[tokio::test]
async fn a_team_gets_a_private_project_with_quota_and_retention() {
    let stage = Stage::new(
        "
harbor: {teamDefaults: {storageQuota: 20Gi, retention: {keepLast: 30}, autoScan: true}}
teams: {alpha: {harbor: {storageQuota: 5Gi}}, beta: {}}
",
    );
    stage.converge().await;
    let project = stage.get("/projects/team-alpha").await;
    assert_eq!(project["metadata"]["public"], "false");
    assert_eq!(project["metadata"]["auto_scan"], "true");
    let quotas = stage.get("/quotas?page_size=100").await;
    let limit = |name: &str| {
        let quota = quotas.as_array().unwrap().iter().find(|quota| quota["ref"]["name"] == name).unwrap();
        quota["hard"]["storage"].clone()
    };
    assert_eq!((limit("team-alpha"), limit("team-beta")), (json!(5_u64 << 30), json!(20_u64 << 30)));
    let id = project["metadata"]["retention_id"].as_str().unwrap();
    let policy = stage.get(&format!("/retentions/{id}")).await;
    assert_eq!(policy["rules"][0]["params"], json!({"latestPushedK": 30}));
    assert_eq!(policy["trigger"]["settings"]["cron"], "0 0 0 * * *");
}

#[tokio::test]
async fn what_was_changed_by_hand_is_put_right() {
    let stage =
        Stage::new("harbor: {teamDefaults: {storageQuota: 20Gi, retention: {keepLast: 30}}}\nteams: {alpha: {}}\n");
    stage.converge().await;
    // `public` takes any text in a change (server-behaviour 3)
    stage.meddle(Method::PUT, "/projects/team-alpha", Some(json!({"metadata": {"public": "maybe"}}))).await;
    let quotas = stage.get("/quotas?page_size=100").await;
    let quota =
        quotas.as_array().unwrap().iter().find(|quota| quota["ref"]["name"] == "team-alpha").unwrap()["id"].clone();
    stage.meddle(Method::PUT, &format!("/quotas/{quota}"), Some(json!({"hard": {"storage": -1}}))).await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let changed: Vec<String> = finished.report.changes.iter().map(|change| change.change.object.to_string()).collect();
    assert_eq!(changed, ["project/team-alpha", "quota/team-alpha"]);
    stage.converge().await;
}

#[tokio::test]
async fn a_second_retention_policy_is_never_made_and_rules_of_others_stay() {
    let stage = Stage::new("harbor: {teamDefaults: {retention: {keepLast: 30}}}\nteams: {alpha: {}}\n");
    stage.converge().await;
    let project = stage.get("/projects/team-alpha").await;
    let id = project["metadata"]["retention_id"].as_str().unwrap().to_owned();
    let mut policy = stage.get(&format!("/retentions/{id}")).await;
    let mut other = policy["rules"][0].clone();
    other["template"] = json!("nDaysSinceLastPush");
    other["params"] = json!({"nDaysSinceLastPush": 7});
    policy["rules"].as_array_mut().unwrap().insert(0, other.clone());
    policy["trigger"]["settings"]["cron"] = json!("0 0 3 * * *");
    let (status, body) = stage.meddle(Method::PUT, &format!("/retentions/{id}"), Some(policy)).await;
    assert_eq!(status, 200, "{body}");
    stage.converge().await;
    stage.declare("harbor: {teamDefaults: {retention: {keepLast: 10}}}\nteams: {alpha: {}}\n");
    stage.converge().await;
    let policy = stage.get(&format!("/retentions/{id}")).await;
    assert_eq!(policy["rules"][0]["params"], json!({"nDaysSinceLastPush": 7}));
    assert_eq!(policy["rules"][1]["params"], json!({"latestPushedK": 10}));
    assert_eq!(policy["trigger"]["settings"]["cron"], "0 0 3 * * *");
}

#[tokio::test]
async fn a_project_whose_name_is_a_number_is_found_by_name() {
    let stage =
        Stage::new("harbor: {projects: [{name: '12345', public: true, retention: {keepLast: 5}, members: []}]}\n");
    stage.converge().await;
    assert_eq!(stage.get("/projects/12345").await["metadata"]["public"], "true");
}

const RICH: &str = "
harbor:
  projects:
    - name: shared
      public: true
      severity: high
      preventVulnerable: true
      immutableTags: [{tags: 'v*'}, {tags: 'release-*', repositories: 'apps/**', disabled: true}]
      webhooks:
        - name: builds
          events: [PUSH_ARTIFACT, DELETE_ARTIFACT]
          address: https://hooks.example.com/harbor
          authHeader: {fromEnv: HOOK}
          skipCertVerify: false
      labels: [{name: tested, color: '#48960C', description: passed}]
";

#[tokio::test]
async fn rules_webhooks_and_labels_are_made_once_and_kept() {
    let stage = Stage::new(RICH);
    stage.converge().await;
    let rules = stage.get("/projects/shared/immutabletagrules").await;
    assert_eq!(rules.as_array().unwrap().len(), 2);
    let hooks = stage.get("/projects/shared/webhook/policies").await;
    assert_eq!(hooks[0]["targets"][0]["auth_header"], "Bearer hook");
    assert_eq!(hooks[0]["enabled"], true);
}

#[tokio::test]
async fn a_change_of_a_rule_a_webhook_or_a_label_keeps_what_nobody_declares() {
    let stage = Stage::new(RICH);
    stage.converge().await;
    let rules = stage.get("/projects/shared/immutabletagrules").await;
    let rule = rules
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["tag_selectors"][0]["pattern"] == "release-*")
        .unwrap()
        .clone();
    let mut enabled = rule.clone();
    enabled["disabled"] = json!(false);
    stage.meddle(Method::PUT, &format!("/projects/shared/immutabletagrules/{}", rule["id"]), Some(enabled)).await;
    let mut hook = stage.get("/projects/shared/webhook/policies").await[0].clone();
    hook["event_types"] = json!(["PUSH_ARTIFACT"]);
    hook["description"] = json!("theirs");
    stage.meddle(Method::PUT, &format!("/projects/shared/webhook/policies/{}", hook["id"]), Some(hook.clone())).await;
    let id = stage.get("/projects/shared").await["project_id"].clone();
    let mut label = stage.get(&format!("/labels?scope=p&project_id={id}")).await[0].clone();
    label["color"] = json!("#000000");
    stage.meddle(Method::PUT, &format!("/labels/{}", label["id"]), Some(label)).await;

    let plan = stage.plan().await.plan.unwrap();
    let changed: Vec<String> = plan.changes.iter().map(|change| change.object.to_string()).collect();
    assert_eq!(
        changed,
        ["immutable-tag-rule/shared/apps\\/**:release-*", "webhook/shared/builds", "label/shared/tested"]
    );
    stage.converge().await;
    let hook = stage.get("/projects/shared/webhook/policies").await[0].clone();
    assert_eq!((&hook["description"], &hook["targets"][0]["auth_header"]), (&json!("theirs"), &json!("Bearer hook")));
    let label = stage.get(&format!("/labels?scope=p&project_id={id}")).await[0].clone();
    assert_eq!((&label["color"], &label["description"]), (&json!("#48960C"), &json!("passed")));
}

#[tokio::test]
async fn a_change_of_a_project_keeps_settings_that_nobody_declares() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let theirs = json!({"metadata": {"public": "true", "severity": "critical", "prevent_vul": "true"}});
    stage.meddle(Method::PUT, "/projects/team-alpha", Some(theirs)).await;
    stage.converge().await;
    let metadata = stage.get("/projects/team-alpha").await["metadata"].clone();
    assert_eq!(
        (&metadata["public"], &metadata["severity"], &metadata["prevent_vul"]),
        (&json!("false"), &json!("critical"), &json!("true"))
    );
}

#[tokio::test]
async fn a_retention_policy_whose_delete_is_repeated_is_a_bad_request_and_gone() {
    let stage = Stage::new("harbor: {teamDefaults: {retention: {keepLast: 30}}}\nteams: {alpha: {}}\n");
    stage.converge().await;
    stage.declare("teams: {alpha: {}}\n");
    let deletes = Matching::writes().method(Method::DELETE).path("*/retentions/*");
    stage.sandbox.inject(Fault::once(deletes, Effect::CutAfter));
    stage.sandbox.reset_log();
    let finished = stage.apply_with(false, Options { prune: true, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let sent = stage.sandbox.requests().into_iter().filter(|request| request.method == "DELETE").count();
    assert_eq!(sent, 2);
    assert!(stage.get("/projects/team-alpha").await["metadata"].get("retention_id").is_none());
}

#[tokio::test]
async fn a_retention_policy_that_is_gone_is_told_and_holds_up_no_other_project() {
    let stage = Stage::new("harbor: {teamDefaults: {retention: {keepLast: 30}}}\nteams: {alpha: {}, beta: {}}\n");
    stage.converge().await;
    stage.meddle(Method::DELETE, "/projects/team-alpha/metadatas/retention_id", None).await;
    let (status, body) =
        stage.meddle(Method::POST, "/projects/team-alpha/metadatas/", Some(json!({"retention_id": "999"}))).await;
    assert_eq!(status, 200, "{body}");
    stage.meddle(Method::PUT, "/projects/team-beta", Some(json!({"metadata": {"public": "true"}}))).await;
    let finished = stage.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let failures = failures(&finished);
    assert!(
        failures.iter().all(|message| message.contains("retention policy of project `team-alpha`")),
        "{failures:?}"
    );
    assert_eq!(stage.get("/projects/team-beta").await["metadata"]["public"], "false");
}

#[tokio::test]
async fn a_webhooks_header_that_harbor_shows_in_clear_is_put_right_and_shown_to_nobody() {
    let stage = Stage::new(RICH);
    let said = |plan: &Finished| {
        let text = format!("{} {}", serde_json::to_string(&plan.plan).unwrap(), told(plan));
        assert!(!text.contains("Bearer hook") && !text.contains("Bearer theirs"), "{text}");
    };
    said(&stage.plan().await);
    said(&stage.converge().await);
    let mut hook = stage.get("/projects/shared/webhook/policies").await[0].clone();
    hook["targets"][0]["auth_header"] = json!("Bearer theirs");
    stage.meddle(Method::PUT, &format!("/projects/shared/webhook/policies/{}", hook["id"]), Some(hook)).await;
    let plan = stage.plan().await;
    assert_eq!(plan.plan.as_ref().unwrap().changes.len(), 1);
    said(&plan);
    said(&stage.converge().await);
    let hooks = stage.get("/projects/shared/webhook/policies").await;
    assert_eq!(hooks[0]["targets"][0]["auth_header"], "Bearer hook");
}

#[tokio::test]
async fn a_label_of_the_whole_system_is_not_taken_for_the_projects_own() {
    let stage = Stage::new(RICH);
    let theirs = json!({"name": "tested", "scope": "g", "color": "#000000", "project_id": 0});
    let (status, body) = stage.meddle(Method::POST, "/labels", Some(theirs)).await;
    assert_eq!(status, 201, "{body}");
    stage.converge().await;
    let id = stage.get("/projects/shared").await["project_id"].clone();
    assert_eq!(stage.get(&format!("/labels?scope=p&project_id={id}")).await[0]["color"], "#48960C");
    assert_eq!(stage.get("/labels?scope=g").await[0]["color"], "#000000");
}

#[tokio::test]
async fn a_webhook_that_harbor_refuses_spoils_nothing_else_and_is_a_matter_of_the_values() {
    let stage = Stage::new(
        "
harbor:
  projects:
    - name: shared
      retention: {keepLast: 5}
      webhooks: [{name: builds, events: [NO_SUCH_EVENT], address: 'https://hooks.example.com'}]
      labels: [{name: tested}]
",
    );
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert_eq!(failures(&finished), [""; 0], "it is told, and not tried: {}", told(&finished));
    assert!(told(&finished).contains("harbor does not know event `NO_SUCH_EVENT`"), "{}", told(&finished));
    let id = stage.get("/projects/shared").await["project_id"].clone();
    assert_eq!(stage.get(&format!("/labels?scope=p&project_id={id}")).await[0]["name"], "tested");
}

#[tokio::test]
async fn a_retention_rule_that_forgets_untagged_images_is_put_right() {
    let stage = Stage::new("harbor: {teamDefaults: {retention: {keepLast: 30}}}\nteams: {alpha: {}}\n");
    stage.converge().await;
    let project = stage.get("/projects/team-alpha").await;
    let id = project["metadata"]["retention_id"].as_str().unwrap().to_owned();
    let mut policy = stage.get(&format!("/retentions/{id}")).await;
    policy["rules"][0]["tag_selectors"][0]["extras"] = json!(r#"{"untagged":false}"#);
    let (status, body) = stage.meddle(Method::PUT, &format!("/retentions/{id}"), Some(policy)).await;
    assert_eq!(status, 200, "{body}");
    stage.converge().await;
    let policy = stage.get(&format!("/retentions/{id}")).await;
    assert_eq!(policy["rules"][0]["tag_selectors"][0]["extras"], r#"{"untagged":true}"#);
}

#[tokio::test]
async fn a_schedule_of_retention_without_a_rule_is_refused() {
    let stage = Stage::new("harbor: {teamDefaults: {retention: {schedule: '0 0 2 * * *'}}}\nteams: {alpha: {}}\n");
    let finished = stage.plan().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
    assert!(told(&finished).contains("a schedule without `keepLast` has no effect"), "{}", told(&finished));
}

/// The settings of a project were refused, and its robot's rights were left as somebody else had made them.
#[tokio::test]
async fn a_project_whose_update_is_refused_holds_up_none_of_its_robots() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    stage.meddle(Method::PUT, "/projects/team-alpha", Some(json!({"metadata": {"public": "true"}}))).await;
    let mut robot = stage.robot("otomi-team-alpha-pull").await;
    robot["description"] = json!("changed");
    stage.meddle(Method::PUT, &format!("/robots/{}", robot["id"]), Some(robot.clone())).await;
    let refusal = Effect::Status { code: 400, page: Page::Json, retry_after: None };
    stage.sandbox.inject(Fault::once(Matching::writes().method(Method::PUT).path("*/projects/team-alpha"), refusal));
    let finished = stage.apply().await;
    assert_eq!((finished.exit_code, failures(&finished).len()), (ExitCode::Configuration, 1), "{}", told(&finished));
    assert_ne!(stage.robot("otomi-team-alpha-pull").await["description"], "changed");
    stage.converge().await;
}

/// A plan of a new project did not say how much it may hold.
#[tokio::test]
async fn the_quota_of_a_new_project_shows_in_the_plan_and_costs_no_request_of_its_own() {
    let stage = Stage::new("harbor: {teamDefaults: {storageQuota: 20Gi}}\nteams: {alpha: {}}\n");
    let plan = stage.plan().await.plan.unwrap();
    let quota = plan.changes.iter().find(|change| change.object.to_string() == "quota/team-alpha").unwrap();
    assert_eq!((&*quota.fields[0].path, &quota.fields[0].after), ("storage", &Some(json!(20_i64 << 30))));
    let finished = stage.apply().await;
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::Converged, 1), "{}", told(&finished));
    let requests = stage.sandbox.requests();
    assert!(!requests.iter().any(|request| request.method == "PUT" && request.path.contains("/quotas")));
    let quotas = stage.get("/quotas?page_size=100").await;
    let quotas: Vec<_> =
        quotas.as_array().unwrap().iter().filter(|quota| quota["ref"]["name"] == "team-alpha").collect();
    assert_eq!(quotas[0]["hard"]["storage"], json!(20_i64 << 30));
}
