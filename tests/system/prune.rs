//! Law 5: nothing that is not ours is deleted, and what is ours only when somebody says so.

use std::{fs, sync::Arc};

use evenkeel_engine::{
    command_line::{Options, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
};
use evenkeel_keycloak::{Keycloak, RunOptions};
use serde_json::Value;

const PLATFORM: &str = "
platform: {name: prune}
keycloak: {admin: {username: admin, password: {fromEnv: PASSWORD}}}
teams: {alpha: {}}
";

const MORE: &str = "
teams: {beta: {}}
users: [{email: ada@example.com, teams: [beta]}]
keycloak: {clients: [{clientId: old-app}], roles: [{name: auditor}]}
";

/// A server, values, and the inventory beside them.
struct Stage {
    sandbox: evenkeel_sandbox::Keycloak,
    folder: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Stage {
    /// A realm that was made with more values than are declared now.
    async fn left_behind() -> Self {
        let sandbox = evenkeel_sandbox::Keycloak::start(&evenkeel_sandbox::Options::new("admin", "password")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("10-platform.yaml"), PLATFORM).unwrap();
        let secrets = Arc::new(SecretResolver::with_environment([("PASSWORD", "password".into())]));
        let stage = Self { sandbox, folder, surroundings: Surroundings { secrets, ..Surroundings::default() } };
        fs::write(stage.folder.path().join("20-more.yaml"), MORE).unwrap();
        assert_eq!(stage.apply(Options::default()).await.exit_code, ExitCode::Converged);
        fs::remove_file(stage.folder.path().join("20-more.yaml")).unwrap();
        stage
    }

    async fn apply(&self, options: Options<RunOptions>) -> Finished {
        let set = vec![format!("keycloak.url={}", self.sandbox.url())];
        let options = Options {
            values: ValuesOptions { paths: vec![self.folder.path().to_owned()], set },
            inventory: Some(self.folder.path().join("inventory.jsonl")),
            ..options
        };
        run::<Keycloak>(&TaskCommand::Apply { adopt: false, options }, &self.surroundings).await
    }

    /// Which of the objects that are not declared any more are there.
    fn there(&self) -> Vec<&'static str> {
        let realm = &self.sandbox.snapshot()["otomi"];
        let names = [
            ("roles", "team-beta"),
            ("roles", "auditor"),
            ("groups", "team-beta"),
            ("clients", "old-app"),
            ("users", "ada@example.com"),
        ];
        names.into_iter().filter(|(list, name)| holds(&realm[*list], name)).map(|(_, name)| name).collect()
    }
}

fn holds(list: &Value, name: &str) -> bool {
    list.get(name).or_else(|| list.get(format!("/{name}"))).is_some()
}

fn prune() -> Options<RunOptions> {
    Options { prune: true, ..Options::default() }
}

const ALL: [&str; 5] = ["team-beta", "auditor", "team-beta", "old-app", "ada@example.com"];

#[tokio::test]
async fn what_is_not_declared_any_more_stays_and_is_told() {
    let stage = Stage::left_behind().await;
    let finished = stage.apply(Options::default()).await;
    assert_eq!(finished.exit_code, ExitCode::Converged);
    assert_eq!(stage.there(), ALL);
    let told: Vec<String> = finished.report.notes.iter().map(|note| note.object.to_string()).collect();
    assert_eq!(told, ["client/old-app", "group/team-beta", "role/auditor", "role/team-beta", "user/ada@example.com"]);
}

#[tokio::test]
async fn prune_removes_what_is_ours_and_keeps_accounts() {
    let stage = Stage::left_behind().await;
    assert_eq!(stage.apply(prune()).await.exit_code, ExitCode::Converged);
    assert_eq!(stage.there(), ["ada@example.com"]);
    stage.sandbox.reset_log();
    assert_eq!(stage.apply(prune()).await.exit_code, ExitCode::Converged);
    assert_eq!(stage.sandbox.writes(), 0);
}

#[tokio::test]
async fn accounts_go_with_the_second_word_only() {
    let stage = Stage::left_behind().await;
    let options = Options { prune_data: true, ..prune() };
    assert_eq!(stage.apply(options).await.exit_code, ExitCode::Converged);
    assert_eq!(stage.there(), [""; 0]);
}

#[tokio::test]
async fn more_deletes_than_allowed_are_none_at_all() {
    let stage = Stage::left_behind().await;
    let finished = stage.apply(Options { max_deletes: 3, ..prune() }).await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    assert_eq!(stage.there(), ALL);
}

#[tokio::test]
async fn without_the_inventory_nothing_is_deleted() {
    let stage = Stage::left_behind().await;
    fs::remove_file(stage.folder.path().join("inventory.jsonl")).unwrap();
    let options = Options { prune_data: true, ..prune() };
    assert_eq!(stage.apply(options).await.exit_code, ExitCode::Converged);
    assert_eq!(stage.there(), ALL);
}
