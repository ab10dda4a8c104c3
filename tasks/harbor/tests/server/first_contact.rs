//! A Harbor that other people use already.

use evenkeel_core::{object::ObjectId, plan::Action};
use evenkeel_engine::{command_line::Options, exit_code::ExitCode};
use evenkeel_harbor::names;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, failures, told};

/// Values that say nothing of robots' prefix.
const UNSAID: &str = "platform: {names: {robotPrefix: null}}\nteams: {alpha: {}}\n";

impl Stage {
    /// Somebody makes a robot that may pull from `library`. Returns its secret.
    async fn robot_of_others(&self, name: &str, level: &str) -> String {
        let access = json!([{"resource": "repository", "action": "pull"}]);
        let permissions = json!([{"kind": "project", "namespace": "library", "access": access}]);
        let body = json!({"name": name, "level": level, "duration": -1, "permissions": permissions});
        let (status, made) = self.meddle(Method::POST, "/robots", Some(body)).await;
        assert_eq!(status, 201, "{made}");
        made["secret"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_first_run_leaves_the_prefix_and_everybody_elses_robots_alone() {
    let stage = Stage::new(UNSAID);
    let secret = stage.robot_of_others("ci", "system").await;
    assert!(stage.sandbox.accepts("robot$ci", &secret));
    stage.converge().await;
    assert!(stage.sandbox.accepts("robot$ci", &secret));
    assert_eq!(stage.get("/configurations").await["robot_name_prefix"]["value"], "robot$");
    stage.robot("robot$team-alpha-pull").await;
}

#[tokio::test]
async fn a_prefix_that_would_rename_robots_of_others_is_refused_with_their_names() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    let secret = stage.robot_of_others("ci", "system").await;
    stage.robot_of_others("theirs", "project").await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    let failures = failures(&finished);
    let [failure] = &failures[..] else { panic!("{failures:?}") };
    assert!(failure.contains("rename 2 robots that are not ours: `robot$ci`, `robot$library+theirs`"), "{failure}");
    assert!(stage.sandbox.accepts("robot$ci", &secret));
    // Nothing else waits for it.
    stage.robot("robot$team-alpha-pull").await;

    stage.declare("teams: {alpha: {}}\nharbor: {renameForeignRobots: true}\n");
    stage.converge().await;
    assert!(stage.sandbox.accepts("otomi-ci", &secret));
    stage.robot("otomi-team-alpha-pull").await;
}

#[tokio::test]
async fn a_prefix_changes_without_a_word_where_every_robot_is_ours() {
    let stage = Stage::new(UNSAID);
    stage.converge().await;
    stage.declare("teams: {alpha: {}}\n");
    stage.converge().await;
    stage.robot("otomi-team-alpha-pull").await;
}

#[tokio::test]
async fn a_robot_of_others_keeps_its_secret_although_a_team_has_one_of_that_name() {
    let stage = Stage::with_cluster(&format!("{UNSAID}kubernetes: {{inventory: {{namespace: platform-jobs}}}}\n"));
    stage.cluster().add_namespace("team-alpha");
    let secret = stage.robot_of_others("team-alpha-pull", "system").await;
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    let failures = failures(&finished);
    assert!(failures[0].contains("robot `robot$team-alpha-pull` is there and not ours"), "{failures:?}");
    assert!(stage.sandbox.accepts("robot$team-alpha-pull", &secret));
    // The team's other robots are made, and published.
    assert!(stage.cluster().object("secrets", "team-alpha", "harbor-pushsecret").is_some());

    let adopted = stage.apply_with(true, stage.options()).await;
    assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
    assert!(!stage.sandbox.accepts("robot$team-alpha-pull", &secret));
}

/// The Secret of ours that holds what the deleted robot knew makes nothing ours.
#[tokio::test]
async fn a_teams_robot_that_others_made_anew_keeps_its_secret() {
    let stage = Stage::with_cluster(&format!("{UNSAID}kubernetes: {{inventory: {{namespace: platform-jobs}}}}\n"));
    stage.cluster().add_namespace("team-alpha");
    stage.converge().await;
    let ours = stage.robot("robot$team-alpha-pull").await;
    assert_eq!(stage.meddle(Method::DELETE, &format!("/robots/{}", ours["id"]), None).await.0, 200);
    let secret = stage.robot_of_others("team-alpha-pull", "system").await;
    for _ in 0..2 {
        let finished = stage.apply().await;
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
        assert!(told(&finished).contains("robot `robot$team-alpha-pull` is there and not ours"), "{}", told(&finished));
        assert!(stage.sandbox.accepts("robot$team-alpha-pull", &secret));
    }
}

#[tokio::test]
async fn a_project_of_others_stays_public_and_gets_no_members() {
    let stage = Stage::new(UNSAID);
    let project = json!({"project_name": "team-alpha", "metadata": {"public": "true"}});
    assert_eq!(stage.meddle(Method::POST, "/projects", Some(project)).await.0, 201);
    let finished = stage.converge().await;
    let project = stage.get("/projects/team-alpha").await;
    assert_eq!(project["metadata"]["public"], "true");
    let members = stage.get("/projects/team-alpha/members").await;
    let names: Vec<&Value> = members.as_array().unwrap().iter().map(|member| &member["entity_name"]).collect();
    assert_eq!(names, ["admin"]);
    let told_of = finished.report.notes.iter().filter(|note| note.message.contains("what nobody declared"));
    let told_of: Vec<&str> = told_of.map(|note| note.message.as_str()).collect();
    let [line] = told_of[..] else { panic!("{told_of:?}") };
    let fields = "`project/team-alpha` (`member all-teams-admin`, `member team-alpha`, `public`, 3 more)";
    assert!(line.contains(fields), "{line}");
    assert!(line.contains("`apply --adopt --only KIND/NAME`, which lets `--prune` remove it too"), "{line}");
}

/// Whoever reads the team's Secrets would push into a project that others made.
#[tokio::test]
async fn a_team_gets_no_robots_with_rights_in_a_project_of_others() {
    let kubernetes = "kubernetes: {createNamespaces: true, inventory: {namespace: platform-jobs}}\n";
    let stage = Stage::with_cluster(&format!("{UNSAID}{kubernetes}"));
    let project = json!({"project_name": "team-alpha"});
    assert_eq!(stage.meddle(Method::POST, "/projects", Some(project)).await.0, 201);
    let finished = stage.converge().await;
    let robots = stage.get("/robots").await;
    let names: Vec<&Value> = robots.as_array().unwrap().iter().map(|robot| &robot["name"]).collect();
    assert_eq!(names, ["robot$evenkeel-demo"]);
    assert!(stage.cluster().object("namespaces", "", "team-alpha").is_none(), "there is nothing to put into it");
    let line = finished.report.notes.iter().find(|note| note.message.contains("what nobody declared"));
    assert!(line.is_some_and(|note| note.message.contains("`project/team-alpha`")), "{}", told(&finished));

    // The project alone is adopted: that says that teams may work in it.
    let only = vec!["project/team-alpha".parse().unwrap()];
    let adopted = stage.apply_with(true, Options { only, ..stage.options() }).await;
    assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
    stage.converge().await;
    stage.robot("robot$team-alpha-push").await;
    assert!(stage.cluster().object("secrets", "team-alpha", "harbor-pushsecret").is_some());
}

/// What our own inventory lists of a project of others is made again.
#[tokio::test]
async fn a_robot_of_ours_in_a_project_of_others_is_made_again() {
    let stage = Stage::new(UNSAID);
    stage.converge().await;
    let only = vec!["robot/team-alpha-pull".parse().unwrap()];
    stage.lose_inventory();
    let adopted = stage.apply_with(true, Options { only, ..stage.options() }).await;
    assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
    for robot in ["team-alpha-pull", "team-alpha-push"] {
        let id = stage.robot(&format!("robot${robot}")).await["id"].clone();
        assert_eq!(stage.meddle(Method::DELETE, &format!("/robots/{id}"), None).await.0, 200);
    }
    stage.converge().await;
    let robots = stage.get("/robots").await;
    let names: Vec<&str> = robots.as_array().unwrap().iter().map(|robot| robot["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"robot$team-alpha-pull") && !names.contains(&"robot$team-alpha-push"), "{names:?}");
}

/// What it would do is planned; what it may not do is told before.
#[tokio::test]
async fn read_only_mode_is_told_as_such() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.sandbox.set_configuration("read_only", json!(true));
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Unavailable, "{}", told(&finished));
    let failures = failures(&finished);
    let failed: Vec<&String> = failures.iter().filter(|failure| failure.contains("cannot create")).collect();
    assert!(
        !failed.is_empty() && failed.iter().all(|failure| failure.ends_with("harbor is in read-only mode")),
        "{failures:?}"
    );
    let server = ObjectId::new(names::SERVER, "harbor");
    let note = finished.report.notes.iter().find(|note| note.object == server);
    assert!(note.is_some_and(|note| note.message.contains("read-only mode")), "{}", told(&finished));
    // The robots' prefix is part of the configuration, which the mode lets pass.
    let applied = finished.report.changes.iter().filter(|change| change.change.action == Action::Update);
    assert!(applied.into_iter().any(|change| change.change.object.kind().as_str() == "configuration"));

    // Nothing was made, and so the inventory lists nothing: what somebody makes meanwhile is theirs.
    stage.sandbox.set_configuration("read_only", json!(false));
    let project = json!({"project_name": "team-alpha", "metadata": {"public": "true"}});
    assert_eq!(stage.meddle(Method::POST, "/projects", Some(project)).await.0, 201);
    stage.converge().await;
    assert_eq!(stage.get("/projects/team-alpha").await["metadata"]["public"], "true");
}

#[tokio::test]
async fn a_cluster_that_is_away_is_away_for_plan_and_check_too() {
    let mut stage = Stage::with_cluster("teams: {alpha: {}}\nkubernetes: {inventory: {namespace: platform-jobs}}\n");
    stage.cluster().add_namespace("team-alpha");
    stage.converge().await;
    stage.lose_cluster();
    for finished in [stage.apply().await, stage.plan().await, stage.check().await] {
        assert_eq!(finished.exit_code, ExitCode::Unavailable, "{}", told(&finished));
    }
}
