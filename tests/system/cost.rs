//! Law 9: what an unchanged run costs, counted where the requests arrive. `docs/performance.md` names these numbers.

use std::{collections::BTreeSet, fmt::Write as _, fs, num::NonZeroUsize, path::Path, sync::Arc};

use evenkeel_engine::{
    command_line::{Options, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
};
use evenkeel_keycloak::Keycloak;
use evenkeel_sandbox::{Kind, Logged};
use secrecy::ExposeSecret;
use serde_json::Value;

/// A platform with this many teams, and this many users in each.
fn values(teams: usize, each: usize, url: &str) -> String {
    let mut text = format!(
        "platform: {{name: cost}}\nkeycloak:\n  url: {url}\n  admin: {{username: admin, password: {{fromEnv: PASSWORD}}}}\nteams:\n"
    );
    for team in 0..teams {
        writeln!(text, "  t{team}: {{displayName: Team {team}}}").unwrap();
    }
    text.push_str("users:\n");
    for user in 0..teams * each {
        let team = user % teams;
        writeln!(
            text,
            "  - {{email: user{user}@example.com, firstName: U, lastName: L{user}, teams: [t{team}], teamAdmin: false}}"
        )
        .unwrap();
    }
    text
}

/// An empty server, and a folder with values for it.
fn platform(teams: usize, each: usize) -> (evenkeel_sandbox::Keycloak, tempfile::TempDir, Surroundings) {
    let sandbox = evenkeel_sandbox::Keycloak::start(&evenkeel_sandbox::Options::new("admin", "password")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("values.yaml"), values(teams, each, sandbox.url())).unwrap();
    let secrets = Arc::new(SecretResolver::with_environment([("PASSWORD", "password".into())]));
    let surroundings = Surroundings { secrets, ..Surroundings::default() };
    (sandbox, folder, surroundings)
}

async fn apply(folder: &Path, surroundings: &Surroundings) -> Finished {
    let options = Options {
        values: ValuesOptions { paths: vec![folder.join("values.yaml")], set: vec![] },
        inventory: Some(folder.join("inventory.jsonl")),
        concurrency: NonZeroUsize::new(16).unwrap(),
        ..Options::default()
    };
    let finished = run::<Keycloak>(&TaskCommand::Apply { adopt: false, options }, surroundings).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.failures);
    finished
}

/// While it writes, a first run asks for nothing that a list has answered already, and for nothing twice: what is left
/// are ids that no answer has named, of roles and of a new realm's own clients.
fn expect_a_thrifty_first_run(requests: &[Logged]) {
    let is_write = |request: &Logged| request.kind == Kind::Write;
    let first = requests.iter().position(is_write).unwrap();
    let last = requests.iter().rposition(is_write).unwrap();
    let reads = |requests: &[Logged]| -> Vec<String> {
        requests.iter().filter(|request| request.kind == Kind::Read).map(|request| request.path.clone()).collect()
    };
    let (listed, asked) = (reads(&requests[..first]), reads(&requests[first..last]));
    let once: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(asked.len(), once.len(), "something was asked for twice: {asked:?}");
    // An update reads what it replaces right before it writes.
    let again: Vec<&String> =
        asked.iter().filter(|path| listed.contains(path) && !path.ends_with("/users/profile")).collect();
    assert_eq!(again, [""; 0], "a list had answered that");
    let roles = asked.iter().filter(|path| path.contains("/roles/")).count();
    assert!(roles <= 103 + 3 && asked.len() <= roles + 2, "{} reads, of {roles} roles: {asked:?}", asked.len());
}

#[tokio::test]
async fn an_unchanged_realm_of_100_teams_and_1000_users_costs_at_most_120_requests() {
    let (sandbox, folder, surroundings) = platform(100, 10);

    let first = apply(folder.path(), &surroundings).await;
    assert!(first.report.changes.len() > 1_300, "{}", first.report.changes.len());
    expect_a_thrifty_first_run(&sandbox.requests());
    sandbox.reset_log();
    let second = apply(folder.path(), &surroundings).await;

    assert!(second.report.changes.is_empty());
    assert_eq!(sandbox.writes(), 0);
    assert!(sandbox.tokens() <= 2, "{} tokens", sandbox.tokens());
    assert!(sandbox.reads() + sandbox.tokens() <= 120, "{} reads", sandbox.reads());
    // The report counts what the server has seen.
    assert_eq!(usize::try_from(second.report.requests.total).unwrap(), sandbox.requests().len());
}

/// Somebody with a browser: sends a request past the task, and returns what it answers.
#[expect(clippy::disallowed_methods, reason = "a plain client on loopback, logged in as the stand-in's administrator")]
async fn by_hand(sandbox: &evenkeel_sandbox::Keycloak, method: reqwest::Method, path: &str) -> Value {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, format!("{}/admin/realms/otomi{path}", sandbox.url()));
    let answer = request.bearer_auth(sandbox.admin_token().unwrap().expose_secret()).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
}

async fn id_by_hand(sandbox: &evenkeel_sandbox::Keycloak, path: &str) -> String {
    by_hand(sandbox, reqwest::Method::GET, path).await[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn of_20000_users_in_1000_teams_the_two_that_somebody_touched_are_found() {
    let (sandbox, folder, surroundings) = platform(1_000, 20);
    apply(folder.path(), &surroundings).await;

    // One of the last page is gone, and one of a page in the middle has left its group.
    let gone = id_by_hand(&sandbox, "/users?exact=true&email=user19999%40example.com").await;
    by_hand(&sandbox, reqwest::Method::DELETE, &format!("/users/{gone}")).await;
    let left = id_by_hand(&sandbox, "/users?exact=true&email=user12345%40example.com").await;
    let group = id_by_hand(&sandbox, "/groups?exact=true&search=team-t345").await;
    by_hand(&sandbox, reqwest::Method::DELETE, &format!("/users/{left}/groups/{group}")).await;
    sandbox.reset_log();
    let second = apply(folder.path(), &surroundings).await;
    let changes: Vec<String> = second.report.changes.iter().map(|change| change.change.object.to_string()).collect();
    assert_eq!(changes, ["membership/team-t345/user12345@example.com", "user/user19999@example.com"]);
    assert_eq!(sandbox.writes(), 2);

    sandbox.reset_log();
    let third = apply(folder.path(), &surroundings).await;
    assert!(third.report.changes.is_empty());
    // The accounts in 40 pages, and one that shows that there are no more.
    let pages = sandbox.requests().iter().filter(|request| request.path.contains("/users?")).count();
    assert_eq!((pages, sandbox.writes()), (41, 0));
    assert!(sandbox.reads() <= 1_060, "{} reads", sandbox.reads());
}
