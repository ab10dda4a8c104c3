use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Caller, Effect, Fault, Gate, HarborPart, Matching, Page};
use reqwest::Method;
use serde_json::json;

use crate::stage::{Stage, failures, told};

#[tokio::test]
async fn a_team_has_three_robots_with_rights_in_its_project_only() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    for (suffix, actions) in [("pull", vec!["pull"]), ("push", vec!["pull", "push"]), ("builds", vec!["pull", "push"])]
    {
        let robot = stage.robot(&format!("otomi-team-alpha-{suffix}")).await;
        assert_eq!(
            (&robot["level"], &robot["duration"], &robot["disable"]),
            (&json!("system"), &json!(-1), &json!(false))
        );
        let permissions = robot["permissions"].as_array().unwrap();
        assert_eq!((permissions.len(), &permissions[0]["namespace"]), (1, &json!("team-alpha")));
        let mut given: Vec<&str> = permissions[0]["access"]
            .as_array()
            .unwrap()
            .iter()
            .map(|access| access["action"].as_str().unwrap())
            .collect();
        given.sort_unstable();
        assert_eq!(given, actions);
    }
}

#[tokio::test]
async fn a_robot_that_is_off_or_may_too_much_is_put_right_and_keeps_its_secret() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    assert!(stage.sandbox.impose_secret("otomi-team-alpha-pull", "Imposed-Secret1"));
    let mut robot = stage.robot("otomi-team-alpha-pull").await;
    robot["disable"] = json!(true);
    robot["permissions"] = json!([
        {"kind": "project", "namespace": "team-alpha", "access": [{"resource": "repository", "action": "push"}]},
        {"kind": "project", "namespace": "library", "access": [{"resource": "repository", "action": "pull"}]},
    ]);
    let (status, body) = stage.meddle(Method::PUT, &format!("/robots/{}", robot["id"]), Some(robot.clone())).await;
    assert_eq!(status, 200, "{body}");
    stage.converge().await;
    assert!(stage.sandbox.accepts("otomi-team-alpha-pull", "Imposed-Secret1"));
    assert!(stage.sandbox.allows("otomi-team-alpha-pull", "Imposed-Secret1", "team-alpha", "pull"));
    assert!(!stage.sandbox.allows("otomi-team-alpha-pull", "Imposed-Secret1", "team-alpha", "push"));
    assert!(!stage.sandbox.allows("otomi-team-alpha-pull", "Imposed-Secret1", "library", "pull"));
}

#[tokio::test]
async fn a_robot_whose_time_is_over_is_extended_also_to_the_same_duration() {
    let stage = Stage::new(
        "harbor: {robots: [{name: ci, duration: 30, secret: {fromEnv: ROBOT_SECRET}, permissions: [{project: '*', access: [{resource: repository, action: pull}]}]}]}\n",
    );
    stage.converge().await;
    assert!(stage.sandbox.accepts("otomi-ci", "Robot-Secret-1"));
    stage.sandbox.expire_robots();
    assert!(!stage.sandbox.accepts("otomi-ci", "Robot-Secret-1"));
    stage.converge().await;
    assert!(stage.sandbox.accepts("otomi-ci", "Robot-Secret-1"));
    assert_eq!(stage.robot("otomi-ci").await["duration"], 30);
}

#[tokio::test]
async fn robots_of_both_levels_get_their_declared_secrets_and_lose_none_that_works() {
    let values = "
harbor:
  projects: [{name: shared, robots: [{name: ci, description: builds, secret: {fromEnv: ROBOT_SECRET}, access: [{resource: repository, action: pull}]}]}]
  robots: [{name: ops, permissions: [{access: [{resource: project, action: list}]}]}]
";
    let stage = Stage::new(values);
    stage.converge().await;
    assert!(stage.sandbox.accepts("otomi-shared+ci", "Robot-Secret-1"));
    assert!(stage.sandbox.impose_secret("otomi-shared+ci", "Somebody-Elses-1"));
    stage.converge().await;
    assert!(stage.sandbox.accepts("otomi-shared+ci", "Robot-Secret-1"));
}

#[tokio::test]
async fn a_new_prefix_renames_all_robots_and_the_own_one_works_on() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    stage.declare("platform: {names: {robotPrefix: bot-}}\nteams: {alpha: {}}\n");
    stage.converge().await;
    stage.robot("bot-team-alpha-pull").await;
    stage.sandbox.reset_log();
    stage.apply().await;
    assert!(stage.sandbox.password_logins() <= 5, "{}", stage.sandbox.password_logins());
}

#[tokio::test]
async fn the_own_robot_is_made_used_and_repaired() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    assert!(stage.sandbox.password_logins() <= 5, "{}", stage.sandbox.password_logins());
    assert!(stage.sandbox.impose_secret("otomi-evenkeel-demo", "Somebody-Elses-1"));
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let changed: Vec<String> = finished.report.changes.iter().map(|change| change.change.object.to_string()).collect();
    assert_eq!(changed, ["robot-secret/evenkeel-demo"]);
    stage.converge().await;
    assert!(stage.sandbox.password_logins() <= 5, "{}", stage.sandbox.password_logins());
}

/// Another run, with a vault of its own, sets another secret each time that ours was seen to work: that ends, so that another try
/// helps.
#[tokio::test]
async fn a_run_whose_own_robot_is_given_other_secrets_meanwhile_may_be_tried_again() {
    let stage = Stage::new("{}\n");
    stage.converge().await;
    assert!(stage.sandbox.impose_secret("otomi-evenkeel-demo", "Somebody-Elses-1"));
    let hold_the_proof = || {
        let gate = Gate::new();
        // Twice the secret is refused before it is set.
        let proof = Matching::reads().path("*/users/current/permissions").nth(3);
        stage.sandbox.inject(Fault::once(proof, Effect::Hold(gate.clone())));
        gate
    };
    let rival = async {
        let mut gate = hold_the_proof();
        loop {
            gate.reached(1).await;
            assert!(stage.sandbox.impose_secret("otomi-evenkeel-demo", "Somebody-Elses-1"));
            std::mem::replace(&mut gate, hold_the_proof()).open();
        }
    };
    let finished = tokio::select! {
        biased;
        never = rival => never,
        finished = stage.apply() => finished,
    };
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    let still = "`robot-secret/evenkeel-demo` still differs, although the application accepted the change";
    assert_eq!(failures(&finished), [still], "{}", told(&finished));
    stage.sandbox.clear_faults();
    stage.converge().await;
}

#[tokio::test]
async fn a_refused_login_while_the_database_is_away_rotates_nothing() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let before = stage.there("/robots");
    stage.sandbox.take_away(HarborPart::Database);
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Unavailable, "{}", told(&finished));
    stage.sandbox.bring_back(HarborPart::Database);
    assert_eq!(stage.there("/robots"), before);
    stage.converge().await;
}

#[tokio::test]
async fn a_kept_secret_that_is_empty_or_unfit_is_replaced_and_never_sent() {
    let stage =
        Stage::new("harbor: {robots: [{name: ops, permissions: [{access: [{resource: project, action: list}]}]}]}\n");
    stage.converge().await;
    for spoilt in ["", "short"] {
        // An empty one would make Harbor invent a secret that nobody knows (server-behaviour 5).
        stage.spoil_kept("ops", spoilt);
        stage.converge().await;
        assert!(stage.sandbox.accepts("otomi-ops", &stage.kept("ops")));
    }
}

#[tokio::test]
async fn a_change_of_a_robots_rights_keeps_its_description_its_secret_and_its_expiry() {
    let values = |action: &str| {
        format!(
            "harbor: {{robots: [{{name: ci, secret: {{fromEnv: ROBOT_SECRET}}, permissions: [{{project: '*', access: [{{resource: repository, action: {action}}}]}}]}}]}}\n"
        )
    };
    let stage = Stage::new(&values("pull"));
    stage.converge().await;
    let mut robot = stage.robot("otomi-ci").await;
    robot["description"] = json!("theirs");
    robot["duration"] = json!(90);
    let (status, body) = stage.meddle(Method::PUT, &format!("/robots/{}", robot["id"]), Some(robot)).await;
    assert_eq!(status, 200, "{body}");
    let before = stage.robot("otomi-ci").await;
    stage.declare(&values("push"));
    stage.converge().await;
    let after = stage.robot("otomi-ci").await;
    assert_eq!(after["permissions"][0]["access"], json!([{"action": "push", "resource": "repository"}]));
    for field in ["description", "duration", "expires_at"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert!(stage.sandbox.accepts("otomi-ci", "Robot-Secret-1"));
}

#[tokio::test]
async fn a_robot_with_rights_that_harbor_does_not_know_is_told_and_spoils_nothing_else() {
    for right in [
        "project: nowhere, access: [{resource: repository, action: pull}]",
        "access: [{resource: bogus, action: pull}]",
    ] {
        let robot = format!("harbor: {{robots: [{{name: ci, permissions: [{{{right}}}]}}]}}");
        let stage = Stage::new(&format!("{robot}\nteams: {{alpha: {{}}}}\n"));
        let finished = stage.apply().await;
        assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
        let failures = failures(&finished);
        assert!(
            failures.iter().all(|message| message.contains("`ci`") || message.contains("robot/ci`")),
            "{failures:?}"
        );
        stage.robot("otomi-team-alpha-pull").await;
    }
}

#[tokio::test]
async fn a_robot_whose_create_was_cut_off_still_gets_the_secret_that_is_kept_of_it() {
    for effect in [Effect::CutBefore, Effect::CutAfter] {
        let stage = Stage::new(
            "harbor: {robots: [{name: ops, permissions: [{access: [{resource: project, action: list}]}]}]}\n",
        );
        // Nothing else is sent any more: as if the run had died there.
        stage.sandbox.inject(Fault::once(Matching::writes().method(Method::POST).path("*/robots").nth(2), effect));
        stage.sandbox.inject(Fault::always(
            Matching::writes().method(Method::PATCH).path("*/robots/*").nth(2),
            Effect::CutBefore,
        ));
        stage.apply().await;
        stage.sandbox.clear_faults();
        stage.converge().await;
        assert!(stage.sandbox.accepts("otomi-ops", &stage.kept("ops")));
    }
}

/// At a hundred teams three hundred changes were refused to the own robot first, and the report had a note that nobody could act on.
#[tokio::test]
async fn changes_of_robots_go_straight_as_the_administrator() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.apply().await;
    let mut robot = stage.robot("otomi-team-alpha-pull").await;
    robot["description"] = json!("changed");
    stage.meddle(Method::PUT, &format!("/robots/{}", robot["id"]), Some(robot.clone())).await;
    stage.sandbox.reset_log();
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert_eq!(finished.report.changes.len(), 1, "{}", told(&finished));
    let refused = stage.sandbox.requests().into_iter().filter(|request| request.status == Some(403));
    assert_eq!(refused.map(|request| request.path).collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_own_robot_is_refused_once_it_does_not_try_again_in_that_run() {
    const TEAMS: usize = 40;
    let teams: Vec<String> = (0..TEAMS).map(|team| format!("t{team}: {{}}")).collect();
    let stage = Stage::new(&format!("teams: {{{}}}\n", teams.join(", ")));
    stage.converge().await;
    let refusal = Effect::Status { code: 403, page: Page::Json, retry_after: None };
    stage.sandbox.inject(Fault::once(Matching::reads().path("*/members*").nth(1), refusal));
    stage.sandbox.reset_log();
    let finished = stage.plan().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let lists: Vec<_> =
        stage.sandbox.requests().into_iter().filter(|request| request.path.contains("/members")).collect();
    assert_eq!(lists.len(), TEAMS + 1, "one is refused, and all are read");
    let by_robot = lists.iter().filter(|request| matches!(request.caller, Some(Caller::Robot(_)))).count();
    // So many may be under way when the first is refused.
    assert!(by_robot <= 16, "{by_robot}");
}

#[tokio::test]
async fn a_right_that_was_denied_by_hand_is_a_difference_and_is_given_back() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let mut robot = stage.robot("otomi-team-alpha-pull").await;
    robot["permissions"][0]["access"][0]["effect"] = json!("deny");
    let (status, body) = stage.meddle(Method::PUT, &format!("/robots/{}", robot["id"]), Some(robot.clone())).await;
    assert_eq!(status, 200, "{body}");
    let plan = stage.plan().await;
    assert_eq!(plan.exit_code, ExitCode::Differences, "{}", told(&plan));
    stage.converge().await;
    let access = stage.robot("otomi-team-alpha-pull").await["permissions"][0]["access"].clone();
    assert_eq!(access, json!([{"action": "pull", "resource": "repository"}]));
}

/// The server said so once everything before it was written, and the run ended as if another try could help.
#[tokio::test]
async fn rights_that_harbor_gives_to_nobody_are_told_by_plan_and_check_and_never_sent() {
    let values = |right: &str| format!("harbor: {{robots: [{{name: ci, permissions: [{{{right}}}]}}]}}\n");
    for (right, message, hint) in [
        (
            "access: [{resource: bogus, action: pull}]",
            "harbor has no right `pull` for `bogus` in the system",
            "there are rights for `audit-log`",
        ),
        (
            "project: '*', access: [{resource: repository, action: fetch}]",
            "harbor has no right `fetch` for `repository` in projects",
            "for `repository` there are `delete`",
        ),
    ] {
        let stage = Stage::new(&values(right));
        for finished in [stage.plan().await, stage.check().await, stage.apply().await, stage.apply().await] {
            let told = told(&finished);
            assert_eq!(finished.exit_code, ExitCode::Configuration, "{told}");
            assert!(told.contains(message) && told.contains(hint), "{told}");
        }
        let created = stage.sandbox.requests();
        let created = created.iter().filter(|request| request.method == "POST" && request.path.ends_with("/robots"));
        assert_eq!(created.count(), 1, "our own");
    }
}

#[tokio::test]
async fn a_right_that_is_declared_as_denied_is_denied_and_no_difference() {
    let robot = "{name: ops, permissions: [{project: '*', access: [{resource: repository, action: pull}, \
                 {resource: repository, action: push, effect: deny}]}]}";
    let stage = Stage::new(&format!("harbor: {{robots: [{robot}]}}\n"));
    stage.converge().await;
    let access = stage.robot("otomi-ops").await["permissions"][0]["access"].clone();
    let denied = json!({"action": "push", "resource": "repository", "effect": "deny"});
    assert!(access.as_array().unwrap().contains(&denied), "{access}");
    stage.declare(&format!("harbor: {{robots: [{}]}}\n", robot.replace(", effect: deny", "")));
    stage.converge().await;
    stage.declare(&format!("harbor: {{robots: [{robot}]}}\n"));
    let refused =
        stage.apply_with(false, evenkeel_engine::command_line::Options { max_removals: 0, ..stage.options() }).await;
    assert_eq!(refused.exit_code, ExitCode::Configuration, "{}", told(&refused));
    stage.converge().await;
    let both = robot.replace("action: pull}", "action: pull}, {resource: repository, action: pull, effect: deny}");
    stage.declare(&format!("harbor: {{robots: [{both}]}}\n"));
    let finished = stage.plan().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
}

/// It can be read without any right, and not written as it was read.
#[tokio::test]
async fn a_robot_that_lost_all_of_its_rights_with_a_project_gets_them_back() {
    let robot = "{name: ops, permissions: [{project: shared, access: [{resource: repository, action: pull}]}]}";
    let stage = Stage::new(&format!("harbor: {{projects: [{{name: shared}}], robots: [{robot}]}}\n"));
    stage.converge().await;
    let (status, body) = stage.meddle(Method::DELETE, "/projects/shared", None).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(stage.robot("otomi-ops").await["permissions"], json!([]));
    stage.converge().await;
    assert_eq!(stage.robot("otomi-ops").await["permissions"][0]["namespace"], "shared");
}
