//! What happens to published secrets when somebody has a hand in Harbor or in the cluster.

use evenkeel_engine::{command_line::Options, exit_code::ExitCode};
use evenkeel_harbor::RunOptions;
use evenkeel_sandbox::{Effect, Fault, Gate, HarborPart, Matching};
use reqwest::Method;
use serde_json::json;

use crate::{
    secrets::{HOST, VALUES, all_work, published, stage},
    stage::{Stage, failures, told},
};

const PULL: &str = "harbor-pullsecret";
const ROBOT: &str = "otomi-team-alpha-pull";

/// Puts the Secret there as it is, but for one change.
fn edit(stage: &Stage, name: &str, change: impl FnOnce(&mut serde_json::Value)) {
    let mut secret = stage.cluster().object("secrets", "team-alpha", name).unwrap();
    change(&mut secret);
    stage.cluster().insert("secrets", "team-alpha", name, secret);
}

#[tokio::test]
async fn a_project_that_was_made_again_has_another_number_and_every_published_secret_works_in_it() {
    let stage = stage();
    stage.converge().await;
    let before = published(&stage, PULL, HOST);
    let number = stage.get("/projects/team-alpha").await["project_id"].clone();
    assert_eq!(stage.meddle(Method::DELETE, "/projects/team-alpha", None).await.0, 200);
    stage.converge().await;
    assert_ne!(stage.get("/projects/team-alpha").await["project_id"], number);
    assert_eq!(published(&stage, PULL, HOST), before);
    all_work(&stage);
}

#[tokio::test]
async fn a_robot_that_was_deleted_comes_back_with_the_secret_that_is_published() {
    let stage = stage();
    stage.converge().await;
    let before = published(&stage, PULL, HOST);
    let id = stage.robot(ROBOT).await["id"].clone();
    assert_eq!(stage.meddle(Method::DELETE, &format!("/robots/{id}"), None).await.0, 200);
    stage.converge().await;
    assert_eq!(published(&stage, PULL, HOST), before, "copies of it elsewhere go on working");
    all_work(&stage);
}

#[tokio::test]
async fn a_prefix_that_somebody_emptied_comes_back_and_no_password_changes() {
    let stage = stage();
    stage.converge().await;
    let before = published(&stage, PULL, HOST);
    stage.sandbox.set_configuration("robot_name_prefix", json!(""));
    assert!(!stage.sandbox.accepts(ROBOT, &before.1));
    stage.converge().await;
    assert_eq!(published(&stage, PULL, HOST), before);
    all_work(&stage);
}

#[tokio::test]
async fn secrets_are_verified_without_the_registry_and_without_the_cache() {
    let stage = stage();
    stage.converge().await;
    let before = stage.there("/robots");
    stage.sandbox.take_away(HarborPart::Registry);
    stage.sandbox.take_away(HarborPart::Cache);
    let finished =
        stage.apply_with(false, Options { own: RunOptions { verify_secrets: true }, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    assert_eq!(stage.there("/robots"), before);
}

#[tokio::test]
async fn a_content_that_is_json_and_no_credentials_is_written_anew_without_a_rotation() {
    let stage = stage();
    stage.converge().await;
    let before = published(&stage, PULL, HOST);
    // `{"auths":{}}`, which Kubernetes accepts (server-behaviour 9)
    edit(&stage, PULL, |secret| secret["data"][".dockerconfigjson"] = json!("eyJhdXRocyI6e319"));
    stage.converge().await;
    assert_eq!(published(&stage, PULL, HOST), before);
}

#[tokio::test]
async fn an_immutable_secret_whose_password_is_wrong_is_made_again() {
    let stage = stage();
    stage.converge().await;
    edit(&stage, PULL, |secret| secret["immutable"] = json!(true));
    assert!(stage.sandbox.impose_secret(ROBOT, "Somebody-Elses-1"));
    let notes = stage.plan().await.plan.unwrap().notes;
    assert!(notes.iter().any(|note| note.message.contains("deleted and made again")), "{notes:?}");
    stage.converge().await;
    all_work(&stage);
}

#[tokio::test]
async fn a_secret_that_is_edited_between_look_and_write_is_looked_at_again() {
    let stage = stage();
    stage.converge().await;
    assert!(stage.sandbox.impose_secret(ROBOT, "Somebody-Elses-1"));
    let gate = Gate::new();
    let rotation = Matching::writes().method(Method::PATCH).path("*/robots/*");
    stage.sandbox.inject(Fault::once(rotation, Effect::Hold(gate.clone())));
    let meddle = async {
        gate.reached(1).await;
        edit(&stage, PULL, |secret| secret["metadata"]["labels"]["app"] = json!("theirs"));
        gate.open();
    };
    let (finished, ()) = tokio::join!(stage.apply(), meddle);
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let secret = stage.cluster().object("secrets", "team-alpha", PULL).unwrap();
    assert_eq!(secret["metadata"]["labels"]["app"], "theirs");
    all_work(&stage);
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_makes_its_secrets_wait_also_where_namespaces_are_made() {
    for more in ["", "kubernetes: {createNamespaces: true}\n"] {
        let stage = Stage::with_cluster(VALUES);
        stage.declare_secrets(more);
        stage.cluster().add_namespace("team-alpha");
        stage.cluster().pause_controllers();
        let mut namespace = stage.cluster().object("namespaces", "", "team-alpha").unwrap();
        namespace["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        namespace["status"] = json!({"phase": "Terminating"});
        stage.cluster().insert("namespaces", "", "team-alpha", namespace);

        let finished = stage.apply().await;
        assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{more}: {}", told(&finished));
        let failures = failures(&finished);
        assert!(
            failures.iter().any(|message| message.contains("namespace `team-alpha` is being deleted")),
            "{more}: {failures:?}"
        );
        stage.robot(ROBOT).await;
        assert!(stage.cluster().remove("namespaces", "", "team-alpha"));
        stage.cluster().resume_controllers();
        stage.cluster().add_namespace("team-alpha");
        stage.converge().await;
        all_work(&stage);
    }
}

#[tokio::test]
async fn a_namespace_without_rights_is_forbidden_and_holds_up_no_other_team() {
    let mut stage =
        Stage::with_cluster("kubernetes: {inventory: {namespace: platform-jobs}}\nteams: {alpha: {}, beta: {}}\n");
    stage.cluster().add_namespace("team-alpha");
    // Roles live in namespaces: in one that is missing nobody may look, and 403 is all that there is to see.
    stage.confine(&["team-alpha"]);
    let finished = stage.apply().await;
    assert_ne!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    all_work(&stage);
    let failures = failures(&finished);
    assert!(failures.iter().all(|message| message.contains("team-beta")), "{failures:?}");
    assert!(failures.iter().any(|message| message.contains("the right to `get` `secrets` is missing")), "{failures:?}");
    stage.robot("otomi-team-beta-pull").await;
    stage.cluster().add_namespace("team-beta");
    stage.confine(&["team-alpha", "team-beta"]);
    stage.converge().await;
}
