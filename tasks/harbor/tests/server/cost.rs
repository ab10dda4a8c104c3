//! Law 9 for Harbor: what an unchanged run costs. `docs/performance.md` names these numbers.

use std::{collections::BTreeMap, fmt::Write as _};

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::Logged;

use crate::stage::{Stage, told};

const TEAMS: usize = 100;

fn values(settings: &str) -> String {
    let mut text = format!("harbor: {{teamDefaults: {{{settings}}}}}\nteams:\n");
    for team in 0..TEAMS {
        writeln!(text, "  t{team}: {{}}").unwrap();
    }
    text
}

/// An unchanged run of 100 teams.
async fn unchanged(settings: &str) -> Stage {
    let stage = Stage::new(&values(settings));
    stage.converge().await;
    let by_password = stage.sandbox.password_logins();
    assert!(by_password <= 5, "{by_password}");
    stage
}

#[tokio::test]
async fn an_unchanged_harbor_of_100_teams_costs_at_most_120_requests() {
    let stage = unchanged("storageQuota: 20Gi").await;
    assert!(stage.sandbox.requests().len() <= 120, "{}", stage.sandbox.requests().len());
}

#[tokio::test]
async fn an_unchanged_harbor_of_100_teams_with_retention_costs_at_most_220_requests() {
    let stage = unchanged("storageQuota: 20Gi, retention: {keepLast: 30}").await;
    assert!(stage.sandbox.requests().len() <= 220, "{}", stage.sandbox.requests().len());
}

/// A cluster with a namespace for each of 100 teams.
fn with_cluster() -> Stage {
    with_cluster_and("")
}

/// The same, with settings for each team's project.
fn with_cluster_and(settings: &str) -> Stage {
    let stage =
        Stage::with_cluster(&format!("kubernetes: {{inventory: {{namespace: platform-jobs}}}}\n{}", values(settings)));
    (0..TEAMS).for_each(|team| stage.cluster().add_namespace(&namespace(team)));
    stage
}

fn namespace(team: usize) -> String {
    format!("team-t{team}")
}

/// What the unchanged run at the end of [`Stage::converge`] asked the cluster.
fn asked(stage: &Stage) -> Vec<String> {
    let requests = stage.cluster().requests();
    requests.iter().map(|request| format!("{} {}", request.method, request.path)).collect()
}

#[tokio::test]
async fn the_registry_secrets_of_100_teams_are_read_in_one_list() {
    let stage = with_cluster();
    stage.converge().await;
    let asked = asked(&stage);
    assert!(asked.len() <= (3 * TEAMS).div_ceil(500) + 5, "{}: {asked:#?}", asked.len());
    assert!(!asked.iter().any(|request| request.starts_with("PATCH")), "{asked:#?}");
}

/// Where nobody may list Secrets, each is read by its name. (Nobody learns a secret from a list of accounts.)
#[tokio::test]
async fn the_registry_secrets_of_100_teams_are_read_by_name_where_no_list_is_allowed() {
    let mut stage = with_cluster();
    stage.confine(&(0..TEAMS).map(namespace).collect::<Vec<_>>());
    stage.let_accounts_be_listed();
    stage.converge().await;
    let asked = asked(&stage);
    assert!(asked.len() <= 3 * TEAMS + 5, "{}: {asked:#?}", asked.len());
}

/// Requests by what they are: their method and their path, without numbers, names of teams and what follows a `?`.
fn by_operation(requests: &[Logged]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in requests {
        let path = request.path.split('?').next().unwrap_or_default().split('/').map(|segment| {
            let is_one = segment.starts_with("team-") || segment.parse::<u64>().is_ok();
            if is_one { "*" } else { segment }
        });
        let operation = format!("{} {}", request.method, path.collect::<Vec<_>>().join("/"));
        *counts.entry(operation).or_default() += 1;
    }
    counts
}

/// Each team has a project with quota and retention, two groups, three robots and three Secrets. By the administrator's password are only
/// robots made, which no robot may make, and what is begun before the own robot works: some eighty requests.
#[tokio::test]
async fn a_first_run_costs_at_most_14_requests_for_each_team_harbor_and_cluster_together() {
    let stage = with_cluster_and("storageQuota: 20Gi, retention: {keepLast: 30}");
    let first = stage.apply().await;
    assert_eq!(first.exit_code, ExitCode::Converged, "{}", told(&first));
    let (harbor, cluster) = (stage.sandbox.requests(), stage.cluster().requests());
    let counted = format!("{:#?}\n{:#?}", by_operation(&harbor), by_operation(&cluster));
    assert!(harbor.len() + cluster.len() <= 14 * TEAMS, "{} and {}: {counted}", harbor.len(), cluster.len());
    let by_password = stage.sandbox.password_logins();
    assert!(by_password <= 4 * TEAMS + 50, "{by_password} by password: {counted}");
    // Of a server whose answers can be believed, one secret of a team is tried.
    let tried = harbor.iter().filter(|request| request.path.contains("/users/current/permissions")).count();
    assert!(tried <= 5, "{tried}");
    assert_eq!(first.report.rounds, 1);
}
