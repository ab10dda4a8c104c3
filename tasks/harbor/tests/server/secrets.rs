//! The teams' registry secrets: Harbor and the cluster together.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use evenkeel_engine::{command_line::Options, exit_code::ExitCode};
use evenkeel_harbor::RunOptions;
use evenkeel_sandbox::{Effect, Fault, HarborPart, Matching};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, failures, told};

pub(crate) const VALUES: &str = "kubernetes: {inventory: {namespace: platform-jobs}}\nteams: {alpha: {}}\n";
pub(crate) const HOST: &str = "harbor.demo.example.com";
const SECRETS: [(&str, &str, &str); 3] = [
    ("harbor-pullsecret", ".dockerconfigjson", "pull"),
    ("harbor-pushsecret", ".dockerconfigjson", "push"),
    ("harbor-pushsecret-builds", "config.json", "builds"),
];

pub(crate) fn stage() -> Stage {
    let stage = Stage::with_cluster(VALUES);
    stage.cluster().add_namespace("team-alpha");
    stage
}

/// User and password that a Secret publishes for a host.
pub(crate) fn published(stage: &Stage, name: &str, host: &str) -> (String, String) {
    let secret = stage.cluster().object("secrets", "team-alpha", name).unwrap_or_else(|| panic!("no Secret `{name}`"));
    let data = secret["data"].as_object().unwrap().values().next().unwrap().as_str().unwrap();
    let config: Value = serde_json::from_slice(&STANDARD.decode(data).unwrap()).unwrap();
    let entry = &config["auths"][host];
    let text = |key: &str| entry[key].as_str().unwrap_or_else(|| panic!("no `{key}` in `{name}`")).to_owned();
    let (user, password) = (text("username"), text("password"));
    assert_eq!(STANDARD.decode(text("auth")).unwrap(), format!("{user}:{password}").as_bytes());
    (user, password)
}

/// Whether everything that is published logs in and may do what it is for.
pub(crate) fn all_work(stage: &Stage) {
    for (name, _, suffix) in SECRETS {
        let (user, password) = published(stage, name, HOST);
        assert!(stage.sandbox.accepts(&user, &password), "{name}");
        assert!(stage.sandbox.allows(&user, &password, "team-alpha", "pull"), "{name}");
        assert_eq!(stage.sandbox.allows(&user, &password, "team-alpha", "push"), suffix != "pull", "{name}");
    }
}

fn publish(stage: &Stage, name: &str, key: &str, kind: &str, user: &str, password: &str, labels: Value) {
    let auth = STANDARD.encode(format!("{user}:{password}"));
    let config = json!({"auths": {HOST: {"username": user, "password": password, "auth": auth}}}).to_string();
    let object = json!({"metadata": {"labels": labels}, "type": kind, "data": {key: STANDARD.encode(config)}});
    stage.cluster().insert("secrets", "team-alpha", name, object);
}

#[tokio::test]
async fn a_team_finds_its_three_secrets_and_its_pods_pull_with_two_of_them() {
    let stage = stage();
    stage.converge().await;
    all_work(&stage);
    for (name, key, _) in SECRETS {
        let secret = stage.cluster().object("secrets", "team-alpha", name).unwrap();
        let kind = if key == "config.json" { "Opaque" } else { "kubernetes.io/dockerconfigjson" };
        assert_eq!((&secret["type"], secret["data"].get(key).is_some()), (&json!(kind), true));
    }
    let account = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    assert_eq!(account["imagePullSecrets"], json!([{"name": "harbor-pullsecret"}, {"name": "harbor-pushsecret"}]));
}

#[tokio::test]
async fn an_unchanged_run_writes_to_neither_and_verifies_nothing_again() {
    let stage = stage();
    stage.converge().await;
    assert_eq!(stage.cluster().writes(), 0);
    let verified = stage.sandbox.requests().iter().filter(|request| request.path.contains("permissions")).count();
    assert_eq!(verified, 0);
    stage.sandbox.reset_log();
    let finished =
        stage.apply_with(false, Options { own: RunOptions { verify_secrets: true }, ..stage.options() }).await;
    assert!(finished.report.changes.is_empty(), "{}", told(&finished));
    let verified = stage.sandbox.requests().iter().filter(|request| request.path.contains("permissions")).count();
    assert_eq!(verified, 3);
}

#[tokio::test]
async fn a_secret_that_was_rotated_at_the_server_is_repaired_and_the_others_are_not_touched() {
    let stage = stage();
    stage.converge().await;
    let push = published(&stage, "harbor-pushsecret", HOST);
    assert!(stage.sandbox.impose_secret("otomi-team-alpha-pull", "Somebody-Elses-1"));
    let finished = stage.converge().await;
    let changed: Vec<String> = finished.report.changes.iter().map(|change| change.change.object.to_string()).collect();
    assert_eq!(changed, ["secret/team-alpha/harbor-pullsecret"]);
    all_work(&stage);
    assert_eq!(published(&stage, "harbor-pushsecret", HOST), push);
}

#[tokio::test]
async fn a_secret_that_was_deleted_in_the_cluster_comes_back_without_a_rotation() {
    let stage = stage();
    stage.converge().await;
    let before = published(&stage, "harbor-pullsecret", HOST);
    assert!(stage.cluster().remove("secrets", "team-alpha", "harbor-pullsecret"));
    stage.converge().await;
    // Copies of it elsewhere go on working.
    assert_eq!(published(&stage, "harbor-pullsecret", HOST), before);
}

#[tokio::test]
async fn a_new_host_and_a_new_prefix_rewrite_the_secrets_and_keep_every_password() {
    let stage = stage();
    stage.converge().await;
    let (_, password) = published(&stage, "harbor-pullsecret", HOST);
    stage.declare(&format!(
        "{VALUES}harbor: {{registryHost: new.example.com}}\nplatform: {{names: {{robotPrefix: bot-}}}}\n"
    ));
    stage.converge().await;
    let expected = ("bot-team-alpha-pull".to_owned(), password);
    assert_eq!(published(&stage, "harbor-pullsecret", "new.example.com"), expected);
    assert!(stage.sandbox.accepts(&expected.0, &expected.1));
}

#[tokio::test]
async fn a_robot_that_is_off_is_woken_and_its_secret_stays() {
    let stage = stage();
    stage.converge().await;
    let before = published(&stage, "harbor-pullsecret", HOST);
    let mut robot = stage.robot("otomi-team-alpha-pull").await;
    robot["disable"] = json!(true);
    stage.meddle(Method::PUT, &format!("/robots/{}", robot["id"]), Some(robot)).await;
    stage.converge().await;
    assert_eq!(published(&stage, "harbor-pullsecret", HOST), before);
    all_work(&stage);
}

#[tokio::test]
async fn a_missing_namespace_makes_its_secrets_wait_and_nothing_else() {
    let stage =
        Stage::with_cluster("kubernetes: {inventory: {namespace: platform-jobs}}\nteams: {alpha: {}, beta: {}}\n");
    stage.cluster().add_namespace("team-alpha");
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    all_work(&stage);
    stage.get("/projects/team-beta").await;
    stage.robot("otomi-team-beta-pull").await;
    let failures = failures(&finished);
    assert!(failures.iter().any(|message| message.contains("namespace `team-beta` does not exist")), "{failures:?}");
    stage.cluster().add_namespace("team-beta");
    stage.converge().await;
}

#[tokio::test]
async fn a_missing_namespace_is_made_where_the_values_say_so() {
    let stage = Stage::with_cluster(
        "kubernetes: {createNamespaces: true, inventory: {namespace: platform-jobs}}\nteams: {alpha: {}}\n",
    );
    stage.converge().await;
    all_work(&stage);
}

#[tokio::test]
async fn without_a_cluster_the_secrets_wait_and_harbor_converges() {
    let stage = Stage::new(VALUES);
    let finished = stage.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let failures = failures(&finished);
    assert!(
        !failures.is_empty()
            && failures.iter().all(|message| message.contains("Kubernetes cluster") || message.contains("waits for")),
        "{failures:?}"
    );
    stage.robot("otomi-team-alpha-pull").await;
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_leaves_harbor_to_converge() {
    let stage = stage();
    let down = Effect::Status { code: 500, page: evenkeel_sandbox::Page::Empty, retry_after: None };
    stage.cluster().inject(Fault::always(Matching::any().path("/api/v1/secrets"), down));
    let finished = stage.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    stage.robot("otomi-team-alpha-pull").await;
    stage.cluster().clear_faults();
    stage.converge().await;
    all_work(&stage);
}

#[tokio::test]
async fn a_secret_of_somebody_else_is_left_alone_until_it_is_adopted() {
    let stage = stage();
    publish(
        &stage,
        "harbor-pullsecret",
        ".dockerconfigjson",
        "kubernetes.io/dockerconfigjson",
        "theirs",
        "Theirs-1",
        json!({"app": "theirs"}),
    );
    // The plan promised an update that apply refused.
    let plan = stage.check().await;
    assert_eq!(plan.exit_code, ExitCode::Differences, "{}", told(&plan));
    let message =
        "is there and not ours, so that it stays as it is; `apply --adopt --only secret/team-alpha/harbor-pullsecret`";
    assert!(told(&plan).contains(message), "{}", told(&plan));
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(failures(&finished).iter().any(|message| message.contains("not ours")), "{}", told(&finished));
    assert_eq!(published(&stage, "harbor-pullsecret", HOST).0, "theirs");
    let finished = stage.apply_with(true, stage.options()).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    all_work(&stage);
    let secret = stage.cluster().object("secrets", "team-alpha", "harbor-pullsecret").unwrap();
    assert_eq!(secret["metadata"]["labels"]["app"], "theirs");
    stage.converge().await;
}

#[tokio::test]
async fn an_existing_installations_secret_that_works_is_adopted_with_its_password() {
    let stage = stage();
    // As the installation before us left it: the robot, and a Secret without our labels.
    stage.sandbox.set_configuration("robot_name_prefix", json!("otomi-"));
    stage.meddle(Method::POST, "/projects", Some(json!({"project_name": "team-alpha"}))).await;
    let robot = json!({"name": "team-alpha-pull", "level": "system", "duration": -1, "permissions": [
        {"kind": "project", "namespace": "team-alpha", "access": [{"resource": "repository", "action": "pull"}]}]});
    let (status, made) = stage.meddle(Method::POST, "/robots", Some(robot)).await;
    assert_eq!(status, 201, "{made}");
    let password = made["secret"].as_str().unwrap().to_owned();
    publish(
        &stage,
        "harbor-pullsecret",
        ".dockerconfigjson",
        "kubernetes.io/dockerconfigjson",
        "otomi-team-alpha-pull",
        &password,
        json!({}),
    );

    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let advice = "`apply --adopt --only secret/team-alpha/harbor-pullsecret` makes it ours, for `--prune` too";
    assert!(finished.report.notes.iter().any(|note| note.message.contains(advice)), "{}", told(&finished));
    let finished = stage.apply_with(true, stage.options()).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert_eq!(published(&stage, "harbor-pullsecret", HOST).1, password);
    stage.converge().await;
}

#[tokio::test]
async fn a_secret_of_another_type_is_made_again_with_its_password() {
    let stage = stage();
    stage.converge().await;
    let (user, password) = published(&stage, "harbor-pullsecret", HOST);
    let labels =
        stage.cluster().object("secrets", "team-alpha", "harbor-pullsecret").unwrap()["metadata"]["labels"].clone();
    assert!(stage.cluster().remove("secrets", "team-alpha", "harbor-pullsecret"));
    publish(&stage, "harbor-pullsecret", "config.json", "Opaque", &user, &password, labels);
    stage.converge().await;
    assert_eq!(published(&stage, "harbor-pullsecret", HOST), (user, password));
}

/// A deleted default account is made anew at once, with no pull secret (namespace-accounts).
#[tokio::test]
async fn a_default_account_that_was_deleted_gets_its_pull_secret_again() {
    let stage = stage();
    stage.converge().await;
    let uid = |account: &serde_json::Value| account["metadata"]["uid"].as_str().unwrap().to_owned();
    let before = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    assert!(stage.cluster().remove("serviceaccounts", "team-alpha", "default"));
    let anew = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    assert_ne!(uid(&anew), uid(&before));
    assert!(anew.get("imagePullSecrets").is_none(), "{anew}");
    stage.converge().await;
    let after = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    assert_eq!((uid(&after), &after["imagePullSecrets"]), (uid(&anew), &before["imagePullSecrets"]));
}

#[tokio::test]
async fn entries_of_others_stay_in_the_service_account_and_ours_come_back() {
    let stage = stage();
    stage.converge().await;
    let mut account = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    account["imagePullSecrets"] = json!([{"name": "theirs"}, {"name": "harbor-pushsecret"}]);
    stage.cluster().insert("serviceaccounts", "team-alpha", "default", account);
    stage.converge().await;
    let account = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    let expected = json!([{"name": "theirs"}, {"name": "harbor-pushsecret"}, {"name": "harbor-pullsecret"}]);
    assert_eq!(account["imagePullSecrets"], expected);
}

#[tokio::test]
async fn a_database_outage_in_the_middle_of_a_run_rotates_nothing_that_is_published() {
    let stage = stage();
    stage.converge().await;
    let before: Vec<(String, String)> = SECRETS.iter().map(|(name, ..)| published(&stage, name, HOST)).collect();
    stage.sandbox.take_away(HarborPart::Database);
    let finished =
        stage.apply_with(false, Options { own: RunOptions { verify_secrets: true }, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Unavailable, "{}", told(&finished));
    stage.sandbox.bring_back(HarborPart::Database);
    let after: Vec<(String, String)> = SECRETS.iter().map(|(name, ..)| published(&stage, name, HOST)).collect();
    assert_eq!(after, before);
    all_work(&stage);
}

#[tokio::test]
async fn what_was_cut_anywhere_on_the_way_to_a_secret_is_finished_by_the_next_run() {
    // Each write of either server, before and after it happened.
    for effect in [Effect::CutBefore, Effect::CutAfter] {
        for nth in 1..=8 {
            for in_cluster in [false, true] {
                let stage = stage();
                let fault = || Fault::once(Matching::writes().path("*").nth(nth), effect.clone());
                if in_cluster {
                    stage.cluster().inject(fault())
                } else {
                    stage.sandbox.inject(fault())
                }
                stage.apply().await;
                stage.cluster().clear_faults();
                stage.sandbox.clear_faults();
                let finished = stage.apply().await;
                assert_eq!(
                    finished.exit_code,
                    ExitCode::Converged,
                    "{effect:?} {nth} {in_cluster}: {}",
                    told(&finished)
                );
                all_work(&stage);
            }
        }
    }
}

#[tokio::test]
async fn a_removed_teams_secrets_go_before_their_robots() {
    let stage = stage();
    stage.converge().await;
    stage.declare("kubernetes: {inventory: {namespace: platform-jobs}}\nteams: {}\n");
    let finished = stage.apply_with(false, Options { prune: true, max_deletes: 50, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert!(stage.cluster().object("secrets", "team-alpha", "harbor-pullsecret").is_none());
    let account = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    assert_eq!(account.get("imagePullSecrets").cloned().unwrap_or_else(|| json!([])), json!([]));
}

#[tokio::test]
async fn no_secret_shows_in_plan_or_report() {
    let stage = stage();
    let plan = stage.plan().await;
    let finished = stage.apply().await;
    let text =
        format!("{} {}", serde_json::to_string(&plan.plan).unwrap(), serde_json::to_string(&finished.report).unwrap());
    for (name, ..) in SECRETS {
        assert!(!text.contains(&published(&stage, name, HOST).1), "{name}");
    }
    assert!(!text.contains("oidc-secret") && !text.contains(crate::stage::PASSWORD));
}

/// The note was written for the state before the change, and once more in another round.
#[tokio::test]
async fn a_change_of_a_robots_rights_is_one_change_and_its_note_is_written_once() {
    let stage = stage();
    stage.converge().await;
    let before = published(&stage, "harbor-pullsecret", HOST);
    let mut robot = stage.robot("otomi-team-alpha-pull").await;
    robot["permissions"][0]["access"] = json!([{"resource": "repository", "action": "push"}]);
    stage.meddle(Method::PUT, &format!("/robots/{}", robot["id"]), Some(robot.clone())).await;
    stage.cluster().reset_log();
    let finished = stage.apply().await;
    let objects: Vec<String> = finished.report.changes.iter().map(|change| change.change.object.to_string()).collect();
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::Converged, 1), "{}", told(&finished));
    assert_eq!(objects, ["robot/team-alpha-pull"], "{}", told(&finished));
    let requests = stage.cluster().requests();
    let noted = requests.iter().filter(|request| request.method == "PATCH" && request.path.contains("/team-alpha/"));
    assert_eq!(noted.count(), 1);
    assert_eq!(published(&stage, "harbor-pullsecret", HOST), before);
    stage.converge().await;
}
