//! What others have put into something of ours is not taken along, and taking away has its limits (law 5).

use evenkeel_engine::{command_line::Options, exit_code::ExitCode, run::Finished};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, told};

const SHARED: &str = "
harbor:
  projects:
    - name: shared
      retention: {keepLast: 3}
      immutableTags: [{tags: 'v*'}]
      webhooks: [{name: builds, events: [PUSH_ARTIFACT], address: 'https://hooks.example.com/harbor'}]
      labels: [{name: tested}]
      members: [{group: devs, role: developer}]
      robots: [{name: ci, access: [{resource: repository, action: pull}]}]
";

const NOTHING: &str = "harbor: {projects: []}\n";

async fn prune(stage: &Stage) -> Finished {
    stage.apply_with(false, Options { prune: true, ..stage.options() }).await
}

async fn is_there(stage: &Stage) -> bool {
    stage.meddle(Method::GET, "/projects/shared", None).await.0 == 200
}

fn notes(finished: &Finished) -> String {
    let notes = finished.report.notes.iter().map(|note| format!("{}: {}\n", note.object, note.message));
    notes.collect()
}

fn selectors(repositories: &str, tags: &str) -> Value {
    let selector =
        |decoration: &str, pattern: &str| json!([{"kind": "doublestar", "decoration": decoration, "pattern": pattern}]);
    json!({"tag_selectors": selector("matches", tags), "scope_selectors": {"repository": selector("repoMatches", repositories)}})
}

fn with(mut value: Value, fields: Value) -> Value {
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    value
}

/// Another rule in the project's policy.
async fn add_retention_rule(stage: &Stage) -> String {
    let project = stage.get("/projects/shared").await;
    let path = format!("/retentions/{}", project["metadata"]["retention_id"].as_str().unwrap());
    let mut policy = stage.get(&path).await;
    let rule = json!({"action": "retain", "template": "nDaysSinceLastPush", "params": {"nDaysSinceLastPush": 5}});
    policy["rules"].as_array_mut().unwrap().push(with(selectors("**", "release-*"), rule));
    let (status, body) = stage.meddle(Method::PUT, &path, Some(policy)).await;
    assert_eq!(status, 200, "{body}");
    path
}

#[tokio::test]
async fn a_project_with_nothing_of_others_goes_with_all_that_is_ours_in_it() {
    let stage = Stage::new(SHARED);
    stage.converge().await;
    stage.declare(NOTHING);
    let pruned = prune(&stage).await;
    assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
    assert!(!is_there(&stage).await, "{}", told(&pruned));
}

/// Each of these keeps the project, by name.
#[tokio::test]
async fn a_project_in_which_others_have_something_stays_and_what_is_in_the_way_is_told() {
    let stage = Stage::new(SHARED);
    stage.converge().await;
    let number = stage.get("/projects/shared").await["project_id"].clone();
    stage.declare(NOTHING);
    let robot = |name: &str, level: &str| {
        let access = json!([{"resource": "repository", "action": "pull"}]);
        json!({"name": name, "level": level, "duration": -1, "permissions": [{"kind": "project", "namespace": "shared", "access": access}]})
    };
    let target = json!({"type": "http", "address": "https://hooks.example.com/theirs"});
    let immutable = json!({"action": "immutable", "template": "immutable_template"});
    let things = [
        (
            "group-member/shared/auditors",
            "/projects/shared/members",
            json!({"role_id": 3, "member_group": {"group_name": "auditors", "group_type": 3}}),
        ),
        ("robot/shared+theirs", "/robots", robot("theirs", "project")),
        ("robot-permission/shared/theirs", "/robots", robot("theirs", "system")),
        ("label/shared/theirs", "/labels", json!({"name": "theirs", "scope": "p", "project_id": number})),
        (
            "webhook/shared/theirs",
            "/projects/shared/webhook/policies",
            json!({"name": "theirs", "enabled": true, "event_types": ["PUSH_ARTIFACT"], "targets": [target]}),
        ),
        (
            "immutable-tag-rule/shared/**:theirs",
            "/projects/shared/immutabletagrules",
            with(selectors("**", "theirs"), immutable.clone()),
        ),
        (
            "immutable-tag-rule/shared/rule ",
            "/projects/shared/immutabletagrules",
            with(selectors("**", "v*"), with(immutable, json!({"disabled": true}))),
        ),
    ];
    for (object, path, body) in things {
        let location = stage.make(path, &body).await;
        let pruned = prune(&stage).await;
        assert_eq!(pruned.exit_code, ExitCode::Converged, "{object}: {}", told(&pruned));
        assert!(is_there(&stage).await, "{object}: {}", told(&pruned));
        let notes = notes(&pruned);
        assert!(notes.contains(&format!("it would take along `{object}")), "{object}: {notes}");
        let (status, body) = stage.meddle(Method::DELETE, &location, None).await;
        assert_eq!(status, 200, "{location}: {body}");
    }
    add_retention_rule(&stage).await;
    let pruned = prune(&stage).await;
    assert!(is_there(&stage).await && notes(&pruned).contains("`retention-rule/shared/2`"), "{}", told(&pruned));
}

#[tokio::test]
async fn of_a_retention_policy_with_rules_of_others_only_our_rule_goes() {
    let stage = Stage::new(SHARED);
    stage.converge().await;
    let path = add_retention_rule(&stage).await;
    stage.declare("harbor: {projects: [{name: shared}]}\n");
    let kept = stage.apply().await;
    assert_eq!(stage.get(&path).await["rules"].as_array().unwrap().len(), 2, "{}", told(&kept));
    let pruned = prune(&stage).await;
    assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
    let rules = stage.get(&path).await["rules"].clone();
    assert_eq!(rules.as_array().unwrap().len(), 1, "{rules}");
    assert_eq!(rules[0]["template"], "nDaysSinceLastPush");
    assert!(notes(&pruned).contains("retention/shared: has rules that others made"), "{}", notes(&pruned));
    stage.sandbox.reset_log();
    prune(&stage).await;
    assert_eq!(stage.sandbox.writes(), 0);
}

#[tokio::test]
async fn what_goes_with_a_project_counts_as_deleted() {
    let stage = Stage::new(SHARED);
    stage.converge().await;
    stage.declare(NOTHING);
    let options = Options { prune: true, max_deletes: 4, ..stage.options() };
    let pruned = stage.apply_with(false, options).await;
    assert_eq!(pruned.exit_code, ExitCode::Configuration, "{}", told(&pruned));
    assert!(is_there(&stage).await);
    // The project with a label, a webhook policy, an immutable tag rule, a retention policy and a robot.
    assert!(told(&pruned).contains("6 deletes are more than `--max-deletes 4` allows"), "{}", told(&pruned));
}

#[tokio::test]
async fn more_members_than_may_be_taken_away_at_once_all_stay() {
    let stage = Stage::new(SHARED);
    stage.converge().await;
    for group in ["one", "two", "three"] {
        let member = json!({"role_id": 3, "member_group": {"group_name": group, "group_type": 3}});
        stage.meddle(Method::POST, "/projects/shared/members", Some(member)).await;
    }
    let count = || async { stage.get("/projects/shared/members").await.as_array().unwrap().len() };
    let refused = stage.apply_with(false, Options { max_removals: 2, ..stage.options() }).await;
    assert_eq!(refused.exit_code, ExitCode::Configuration, "{}", told(&refused));
    assert_eq!(count().await, 5);
    stage.apply_with(false, Options { max_removals: 3, ..stage.options() }).await;
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn rights_and_roles_that_shrink_count_as_taken_away() {
    let more = SHARED.replace("role: developer", "role: maintainer").replace(
        "access: [{resource: repository, action: pull}]",
        "access: [{resource: repository, action: pull}, {resource: repository, action: push}]",
    );
    let stage = Stage::new(&more);
    stage.converge().await;
    stage.declare(SHARED);
    let refused = stage.apply_with(false, Options { max_removals: 1, ..stage.options() }).await;
    assert_eq!(refused.exit_code, ExitCode::Configuration, "{}", told(&refused));
    assert!(told(&refused).contains("2 memberships, roles and scopes"), "{}", told(&refused));
    stage.converge().await;
    stage.declare(&more);
    let more_again = stage.apply_with(false, Options { max_removals: 0, ..stage.options() }).await;
    assert_eq!(more_again.exit_code, ExitCode::Converged, "{}", told(&more_again));
}
