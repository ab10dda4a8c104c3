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
