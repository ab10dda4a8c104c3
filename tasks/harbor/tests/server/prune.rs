use evenkeel_engine::{command_line::Options, exit_code::ExitCode};

use crate::stage::{Stage, told};

#[tokio::test]
async fn an_empty_project_goes_with_its_robots_and_one_with_images_stays() {
    let stage = Stage::new("teams: {alpha: {}, beta: {}, gamma: {}}\n");
    stage.converge().await;
    assert!(stage.sandbox.push("team-beta", "app", "1"));
    stage.declare("teams: {gamma: {}}\n");
    let unasked = stage.apply().await;
    assert_eq!(unasked.exit_code, ExitCode::Converged, "{}", told(&unasked));
    stage.get("/projects/team-alpha").await;

    let finished = stage.apply_with(false, Options { prune: true, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    let (status, _) = stage.meddle(reqwest::Method::GET, "/projects/team-alpha", None).await;
    assert_eq!(status, 404);
    let members = stage.get("/projects/team-beta/members").await.to_string();
    assert!(
        !members.contains("\"entity_type\":\"g\""),
        "the team and its administrators have no access any more: {members}"
    );
    stage.robot("otomi-team-gamma-pull").await;
    let robots = stage.get("/robots?page_size=100").await.to_string();
    assert!(!robots.contains("team-alpha-") && !robots.contains("team-beta-"), "{robots}");
    let notes: Vec<&str> = finished.report.notes.iter().map(|note| note.message.as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("holds 1 repositories")), "{notes:?}");
}

#[tokio::test]
async fn what_somebody_else_made_is_never_deleted() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    stage.meddle(reqwest::Method::POST, "/projects", Some(serde_json::json!({"project_name": "theirs"}))).await;
    let finished = stage.apply_with(false, Options { prune: true, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
    stage.get("/projects/theirs").await;
    stage.get("/projects/library").await;
}
