//! Law 9 for Harbor: what an unchanged run costs. `docs/performance.md` names these numbers.

use std::fmt::Write as _;

use crate::stage::Stage;

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
    let stage =
        Stage::with_cluster(&format!("kubernetes: {{inventory: {{namespace: platform-jobs}}}}\n{}", values("")));
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
