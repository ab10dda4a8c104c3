//! The same Harbor at another address, and another one at all.

use evenkeel_engine::{command_line::Options, exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::HarborOptions;

use crate::stage::{PASSWORD, Stage, told};

const OPS: &str = "harbor: {robots: [{name: ops, permissions: [{access: [{resource: project, action: list}]}]}]}\n";

/// A run for the server at this address.
async fn apply_at(stage: &Stage, url: &str, prune: bool) -> Finished {
    let mut options = stage.options();
    options.values.set = vec![format!("harbor.url={url}")];
    stage.apply_with(false, Options { prune, ..options }).await
}

fn by_name(stage: &Stage) -> String {
    stage.sandbox.url().replace("127.0.0.1", "localhost")
}

/// Everything was a stranger's then: robots kept no secret that anybody knew, and nothing was pruned any more.
#[tokio::test]
async fn another_address_of_the_same_harbor_makes_neither_kept_secrets_nor_the_inventory_unknown() {
    let values = format!("kubernetes: {{inventory: {{namespace: platform-jobs}}}}\nteams: {{alpha: {{}}}}\n{OPS}");
    for stage in [Stage::new(&format!("{OPS}teams: {{alpha: {{}}}}\n")), Stage::with_cluster(&values)] {
        if stage.has_cluster() {
            stage.cluster().add_namespace("team-alpha");
        }
        stage.converge().await;
        stage.sandbox.reset_log();

        let moved = apply_at(&stage, &by_name(&stage), false).await;
        assert_eq!(moved.exit_code, ExitCode::Converged, "{}", told(&moved));
        assert!(moved.report.changes.is_empty(), "{}", told(&moved));
        assert!(told(&moved).contains("is the same that was known as harbor at http://127.0.0.1"), "{}", told(&moved));
        assert_eq!(stage.sandbox.writes(), 0);

        // From then on it is known by its new name, at no cost.
        stage.sandbox.reset_log();
        let again = apply_at(&stage, &by_name(&stage), false).await;
        assert!(!told(&again).contains("is the same that was known as"), "{}", told(&again));
        assert_eq!(stage.sandbox.writes(), 0);
        let lists = stage.sandbox.requests();
        assert_eq!(lists.iter().filter(|request| request.path.contains("/projects?")).count(), 1);

        stage.declare(if stage.has_cluster() { "kubernetes: {inventory: {namespace: platform-jobs}}\n" } else { "" });
        let pruned = apply_at(&stage, &by_name(&stage), true).await;
        assert_eq!(pruned.exit_code, ExitCode::Converged, "{}", told(&pruned));
        let robots = stage.get("/robots?page_size=100").await;
        let names: Vec<&str> = robots.as_array().unwrap().iter().filter_map(|robot| robot["name"].as_str()).collect();
        assert_eq!(names, ["otomi-evenkeel-demo"]);
    }
}

#[tokio::test]
async fn another_harbor_under_the_same_inventory_is_a_stranger_and_hears_no_secret_of_the_first() {
    let stage = Stage::new(OPS);
    stage.converge().await;
    let kept = stage.kept("ops");
    let other = evenkeel_sandbox::Harbor::start(&HarborOptions::new(PASSWORD)).unwrap();

    let there = apply_at(&stage, other.url(), false).await;
    assert_eq!(there.exit_code, ExitCode::Converged, "{}", told(&there));
    assert!(!told(&there).contains("is the same that was known as"), "{}", told(&there));
    assert!(!other.accepts("otomi-ops", &kept), "its robot has a secret of its own");

    stage.sandbox.reset_log();
    let here = stage.apply().await;
    assert!(here.report.changes.is_empty(), "{}", told(&here));
    assert!(stage.sandbox.accepts("otomi-ops", &kept));
}

/// The Secrets of the first were still there with their ids, and what was kept for it would have gone to the second.
#[tokio::test]
async fn another_harbor_beside_the_same_cluster_is_a_stranger_too() {
    let stage = Stage::with_cluster(&format!(
        "kubernetes: {{inventory: {{namespace: platform-jobs}}}}\nteams: {{alpha: {{}}}}\n{OPS}"
    ));
    stage.cluster().add_namespace("team-alpha");
    stage.converge().await;
    let other = evenkeel_sandbox::Harbor::start(&HarborOptions::new(PASSWORD)).unwrap();

    let there = apply_at(&stage, other.url(), false).await;
    assert!(!told(&there).contains("is the same that was known as"), "{}", told(&there));
}
