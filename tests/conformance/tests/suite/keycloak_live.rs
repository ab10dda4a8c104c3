//! The live scenarios on the sandbox: what CI asks of a real Keycloak, asked in every test run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use evenkeel_conformance::{
    live,
    scenario::{Scenario, Target},
};
use evenkeel_sandbox::{Keycloak, Options};

/// A scenario, on a server of its own.
async fn play(part_of_the_name: &str) {
    play_with(part_of_the_name, 0).await;
}

async fn play_with(part_of_the_name: &str, seed: u64) {
    let sandbox = Keycloak::start(&Options::new("admin", "live-admin-password")).unwrap();
    let mut target = Target::new(sandbox.url(), "admin", "live-admin-password".into());
    target.seed = seed;
    let scenario: Box<dyn Scenario> =
        live::scenarios().into_iter().find(|scenario| scenario.name().contains(part_of_the_name)).unwrap();
    let outcome = scenario.run(&target).await;
    assert!(outcome.findings.is_empty(), "seed {seed}: {}", outcome.findings.join("\n"));
    assert!(outcome.steps > 0);
}

#[tokio::test]
async fn the_sandbox_converges_and_a_second_run_writes_nothing() {
    play("a second run writes nothing").await;
}

#[tokio::test]
async fn each_managed_field_is_wrecked_found_alone_and_corrected() {
    play("each managed field").await;
}

#[tokio::test]
async fn an_external_identity_provider_is_found_through_its_issuer() {
    play("external identity provider").await;
}

#[tokio::test]
async fn a_limited_run_changes_one_team_only() {
    play("one team only").await;
}

#[tokio::test]
async fn a_run_that_is_killed_is_finished_by_the_next() {
    play("killed").await;
}

#[tokio::test]
async fn two_runs_at_once_end_well() {
    play("two runs at once").await;
}

#[tokio::test]
async fn an_administrator_with_few_rights_is_told_which_are_missing() {
    play("few rights").await;
}

#[tokio::test]
async fn a_secret_that_the_server_hides_is_remembered() {
    play("hides is remembered").await;
}

#[tokio::test]
async fn what_the_server_refuses_or_does_not_keep_is_told() {
    play("without a word").await;
}

#[tokio::test]
async fn an_unchanged_realm_of_100_teams_and_1000_users_is_cheap() {
    play("1,000 users is cheap").await;
}

#[tokio::test]
async fn an_untouched_realm_is_adopted() {
    play("an untouched realm").await;
}

#[tokio::test]
async fn a_realm_of_the_team_contract_is_adopted() {
    play("realm of the team contract").await;
}

#[tokio::test]
async fn a_realm_with_one_of_everything_is_adopted() {
    play("one of everything").await;
}

// That a token dies in the middle of a run is played on the sandbox by the laws, with a clock that the test moves: the
// sandbox answers too fast for a token of a second to run out.

#[tokio::test]
async fn a_realm_moves_to_an_empty_server_but_for_what_is_told() {
    play("moves to an empty server").await;
}

#[tokio::test]
async fn realms_at_random_move_to_an_empty_server_but_for_what_is_told() {
    for seed in 0..8 {
        play_with("a realm at random", seed).await;
    }
}
