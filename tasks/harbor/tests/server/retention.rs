use evenkeel_engine::{command_line::Options, exit_code::ExitCode, run::Finished};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, told};

const RULES: &str = "
harbor:
  projects:
    - name: shared
      retention:
        schedule: 0 0 3 * * *
        rules:
          - {template: latestPushedK, count: 10, tags: 'v*', repositories: 'apps/**'}
          - {template: latestPulledN, count: 5, excludeTags: '{dev-*,pr-*}', excludeRepositories: 'scratch/**'}
          - {template: nDaysSinceLastPush, count: 30, untagged: false}
          - {template: nDaysSinceLastPull, count: 7, disabled: true}
          - {template: always, tags: 'release-**'}
";

async fn path(stage: &Stage, project: &str) -> String {
    let project = stage.get(&format!("/projects/{project}")).await;
    format!("/retentions/{}", project["metadata"]["retention_id"].as_str().unwrap())
}

async fn rules(stage: &Stage) -> Vec<Value> {
    stage.get(&path(stage, "shared").await).await["rules"].as_array().unwrap().clone()
}

/// A rule of others, which keeps what nobody declared.
async fn add_rule_of_others(stage: &Stage) {
    let path = path(stage, "shared").await;
    let mut policy = stage.get(&path).await;
    let mut other = policy["rules"][0].clone();
    other["tag_selectors"][0]["pattern"] = json!("theirs-*");
    policy["rules"].as_array_mut().unwrap().push(other);
    let (status, body) = stage.meddle(Method::PUT, &path, Some(policy)).await;
    assert_eq!(status, 200, "{body}");
}

async fn prune(stage: &Stage) -> Finished {
    stage.apply_with(false, Options { prune: true, ..stage.options() }).await
}

#[tokio::test]
async fn rules_of_every_template_are_written_at_once_and_kept_whatever_their_order() {
    let stage = Stage::new(RULES);
    stage.apply().await;
    let requests = stage.sandbox.requests();
    let writes = requests.iter().filter(|request| request.path.contains("/retentions") && request.method != "GET");
    // With some of the rules only, what the others keep would go.
    assert_eq!(writes.count(), 1);
    let there = rules(&stage).await;
    let selectors = |rule: &Value| {
        let (tags, repositories) = (&rule["tag_selectors"][0], &rule["scope_selectors"]["repository"][0]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        [&tags["decoration"], &tags["pattern"], &repositories["decoration"], &repositories["pattern"]].map(text)
    };
    assert_eq!(selectors(&there[0]), ["matches", "v*", "repoMatches", "apps/**"]);
    assert_eq!(selectors(&there[1]), ["excludes", "{dev-*,pr-*}", "repoExcludes", "scratch/**"]);
    assert_eq!(there[1]["params"], json!({"latestPulledN": 5}));
    assert_eq!(there[2]["tag_selectors"][0]["extras"], r#"{"untagged":false}"#);
    assert_eq!((&there[3]["disabled"], &there[0]["disabled"]), (&json!(true), &Value::Null));
    assert_eq!((&there[4]["template"], there[4].get("params")), (&json!("always"), None));

    let path = path(&stage, "shared").await;
    let mut policy = stage.get(&path).await;
    policy["rules"].as_array_mut().unwrap().reverse();
    stage.meddle(Method::PUT, &path, Some(policy)).await;
    stage.converge().await;
    assert_eq!(stage.get(&path).await["rules"][0]["template"], "always", "the order means nothing");
}

#[tokio::test]
async fn of_a_declared_list_rules_of_others_go_and_count_as_taken_away() {
    let stage = Stage::new(RULES);
    stage.converge().await;
    add_rule_of_others(&stage).await;
    let refused = stage.apply_with(false, Options { max_removals: 0, ..stage.options() }).await;
    assert_eq!(refused.exit_code, ExitCode::Configuration, "{}", told(&refused));
    assert_eq!(rules(&stage).await.len(), 6);
    stage.converge().await;
    assert_eq!(rules(&stage).await.len(), 5);
    // One more is no loss to anybody.
    stage.declare(&RULES.replace("rules:", "rules:\n          - {template: always, tags: more}"));
    let more = stage.apply_with(false, Options { max_removals: 0, ..stage.options() }).await;
    assert_eq!(more.exit_code, ExitCode::Converged, "{}", told(&more));
}

#[tokio::test]
async fn a_list_of_rules_goes_with_its_project_or_its_declaration_unless_others_changed_it() {
    for fewer in ["harbor: {projects: [{name: shared}]}\n", "harbor: {projects: []}\n"] {
        let stage = Stage::new(RULES);
        stage.converge().await;
        let path = path(&stage, "shared").await;
        add_rule_of_others(&stage).await;
        stage.declare(fewer);
        let kept = prune(&stage).await;
        assert_eq!(kept.exit_code, ExitCode::Converged, "{}", told(&kept));
        assert_eq!(rules(&stage).await.len(), 6, "{}", told(&kept));

        let mut policy = stage.get(&path).await;
        policy["rules"].as_array_mut().unwrap().pop();
        stage.meddle(Method::PUT, &path, Some(policy)).await;
        let pruned = prune(&stage).await;
        assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
        assert_ne!(stage.meddle(Method::GET, &path, None).await.0, 200, "{}", told(&pruned));
    }
}

#[tokio::test]
async fn the_short_form_takes_no_rule_of_a_list_away_and_the_list_takes_its_place() {
    let stage = Stage::new("harbor: {projects: [{name: shared, retention: {keepLast: 30}}]}\n");
    stage.converge().await;
    let path = path(&stage, "shared").await;
    stage.declare(RULES);
    stage.converge().await;
    assert_eq!(stage.get(&path).await["rules"].as_array().unwrap().len(), 5);
    stage.declare("harbor: {projects: [{name: shared, retention: {keepLast: 30}}]}\n");
    stage.converge().await;
    assert_eq!(stage.get(&path).await["rules"].as_array().unwrap().len(), 6);
    stage.declare("harbor: {projects: [{name: shared, retention: {rules: []}}]}\n");
    stage.converge().await;
    assert_eq!(stage.get(&path).await["rules"], json!([]));
}

#[tokio::test]
async fn what_of_retention_says_nothing_or_contradicts_itself_is_refused() {
    let rules = |rules: &str| format!("{{rules: [{rules}]}}");
    let sixteen: Vec<String> = (0..16).map(|number| format!("{{template: always, tags: v{number}}}")).collect();
    for (retention, words) in [
        ("{keepLast: 1, rules: []}".to_owned(), "`keepLast` and `rules` contradict each other"),
        (rules("{template: latestPushedK}"), "template `latestPushedK` wants a number"),
        (rules("{template: always, count: 3}"), "template `always` counts nothing"),
        (rules("{template: latestPushedK, count: 0}"), "count"),
        (rules("{template: nonsense, count: 1}"), "template"),
        (rules("{template: always, tags: a, excludeTags: b}"), "`tags` and `excludeTags` contradict each other"),
        (rules("{template: always, tags: '['}"), "no tag or repository fits it"),
        (rules("{template: always, repositories: ''}"), "no tag or repository fits it"),
        (rules("{template: latestPushedK, count: 1}, {template: latestPushedK, count: 2}"), "declared already"),
        (rules(&sixteen.join(", ")), "15"),
        ("{schedule: '0 0 2 * * *'}".to_owned(), "a schedule without `keepLast` has no effect"),
    ] {
        let stage = Stage::new(&format!("harbor: {{projects: [{{name: shared, retention: {retention}}}]}}\n"));
        let finished = stage.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{retention}: {}", told(&finished));
        let problems = finished.problems.unwrap().render(false);
        assert!(problems.contains(words), "{retention}: {problems}");
        assert!(stage.sandbox.requests().is_empty());
    }
}

/// Somebody can take the number out of the project; the policy lives on, and nobody finds it.
#[tokio::test]
async fn a_policy_of_which_its_project_knows_nothing_any_more_is_made_again() {
    let stage = Stage::new(RULES);
    stage.converge().await;
    let (status, body) = stage.meddle(Method::DELETE, "/projects/shared/metadatas/retention_id", None).await;
    assert_eq!(status, 200, "{body}");
    stage.converge().await;
    assert_eq!(rules(&stage).await.len(), 5);
}
