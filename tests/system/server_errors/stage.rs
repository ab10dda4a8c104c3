//! A sandbox, values for it in a folder of their own, and the real program.

use std::{fs, path::Path, time::Duration};

use assert_cmd::Command;
use evenkeel_keycloak_client::{
    Administrator, Client, Credentials, connect,
    types::{CredentialRepresentation, GroupRepresentation, UserRepresentation},
};
use evenkeel_sandbox::{Fault, Keycloak, Kind, Logged, Options};
use evenkeel_transport::{ResultExt, Secret, Session, SessionOptions};
use tempfile::TempDir;

pub(crate) const ADA_PASSWORD: &str = "canary-ada";
pub(crate) const ONLOOKER_PASSWORD: &str = "canary-onlooker";
const ADMIN_PASSWORD: &str = "canary-admin";
const CANARY: &str = "canary-";
const REALM: &str = "otomi";

const ADMINISTRATOR: &str = "username: admin\n    password: {fromEnv: KEYCLOAK_ADMIN_PASSWORD}";

/// See the module's words.
pub(crate) struct Stage {
    server: Keycloak,
    folder: TempDir,
    url: String,
}

impl Stage {
    /// A server that holds nothing of what the values declare.
    pub(crate) fn fresh() -> Self {
        let server = Keycloak::start(&Options::new("admin", ADMIN_PASSWORD)).unwrap();
        let stage = Self { url: server.url().to_owned(), server, folder: tempfile::tempdir().unwrap() };
        stage.with_admin(ADMINISTRATOR)
    }

    /// A server that holds what the values declare.
    pub(crate) fn converged() -> Self {
        let stage = Self::fresh();
        stage.apply(&[]).assert().code(0);
        stage
    }

    /// The same with another address in the values.
    pub(crate) fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self.with_admin(ADMINISTRATOR)
    }

    /// The same with another account in the values.
    pub(crate) fn with_admin(self, admin: &str) -> Self {
        let values = format!(
            "platform:\n  name: demo\nteams:\n  alpha: {{}}\nkeycloak:\n  url: {}\n  admin:\n    {admin}\n",
            self.url
        );
        self.write("values.yaml", &values);
        self
    }

    /// The same with an account of the realm that has these roles of `realm-management` and no others.
    pub(crate) fn with_onlooker(self, roles: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(make_onlooker(self.server.url(), roles));
        self.with_admin("realm: otomi\n    username: onlooker\n    password: {fromEnv: ONLOOKER_PASSWORD}")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.server.inject(fault);
    }

    /// `evenkeel keycloak apply`, one change at a time so that requests have one order.
    pub(crate) fn apply(&self, arguments: &[&str]) -> Command {
        self.run("apply", arguments)
    }

    /// A command of the task; nothing but our own environment gets in.
    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            // the log tells the same once more, with the time of day
            .env("RUST_LOG", "off")
            .env("KEYCLOAK_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("ONLOOKER_PASSWORD", ONLOOKER_PASSWORD)
            .current_dir(self.folder.path())
            .timeout(Duration::from_secs(120))
            .args(["keycloak", name, "--concurrency", "1", "--inventory", "inventory.jsonl", "--values", "values.yaml"])
            .args(arguments);
        command
    }

    /// What is seen of an `apply` that must not even try to write.
    pub(crate) fn apply_in_vain(&self) -> String {
        self.in_vain(self.apply(&[]))
    }

    /// What is seen of a command that must not even try to write, nor leave a file behind.
    pub(crate) fn in_vain(&self, command: Command) -> String {
        let files = files(self.folder.path());
        self.server.reset_log();
        let seen = self.without_effect(command);
        let requests = self.server.requests();
        let writes = |request: &Logged| request.kind == Kind::Write && request.path.contains("/admin/");
        assert!(!requests.iter().any(writes), "{requests:?}");
        assert_eq!(self::files(self.folder.path()), files, "files appeared or went");
        seen
    }

    /// What is seen of a command that must leave the server as it was.
    pub(crate) fn without_effect(&self, command: Command) -> String {
        let before = self.server.snapshot();
        let seen = self.seen(command);
        assert_eq!(self.server.snapshot(), before, "the server has changed");
        seen
    }

    /// Exit code, standard output and standard error, without what changes from run to run.
    pub(crate) fn seen(&self, mut command: Command) -> String {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {output:?}"));
        let seen = format!("exit code: {code}\n--- stdout\n{}--- stderr\n{}", text(output.stdout), text(output.stderr));
        assert!(!seen.contains(CANARY), "a secret is told: {seen}");
        // one system's number of "connection refused", and another's
        let seen = seen.replace("os error 111", "os error N").replace("os error 61", "os error N");
        without_time(&seen).replace(&self.url, "(address)").replace(self.server.url(), "(server)")
    }

    /// The names of the realm's users, without those that stand for clients.
    pub(crate) fn people(&self) -> Vec<String> {
        let snapshot = self.server.snapshot();
        let names = snapshot[REALM]["users"].as_object().unwrap().keys();
        names.filter(|name| !name.starts_with("service-account-")).cloned().collect()
    }
}

/// The summary of a run without its time.
fn without_time(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" in ") {
        Some((rest, time)) if line.starts_with("keycloak: ") && time.ends_with('s') => format!("{rest} in (time)\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// A group that gives the roles, and in it a user with a password.
async fn make_onlooker(url: &str, roles: &[&str]) {
    let session = Session::new(SessionOptions::default()).unwrap();
    let credentials = Credentials::User { username: "admin".to_owned(), password: Secret::from(ADMIN_PASSWORD) };
    let client = connect(&session, url, Administrator::of_master(credentials)).await.unwrap();
    let group = GroupRepresentation { name: Some("onlookers".to_owned()), ..Default::default() };
    client.group_create().realm(REALM).body(group).send().await.api().unwrap();
    give_roles(&client, roles).await;
    let password = CredentialRepresentation {
        type_: Some("password".to_owned()),
        value: Some(Secret::from(ONLOOKER_PASSWORD)),
        temporary: Some(false),
        ..Default::default()
    };
    let user = UserRepresentation {
        username: Some("onlooker".to_owned()),
        email: Some("onlooker@example.com".to_owned()),
        first_name: Some("On".to_owned()),
        last_name: Some("Looker".to_owned()),
        enabled: Some(true),
        groups: Some(vec!["onlookers".to_owned()]),
        credentials: Some(vec![password]),
        ..Default::default()
    };
    client.user_create().realm(REALM).body(user).send().await.api().unwrap();
}

async fn give_roles(client: &Client, roles: &[&str]) {
    let groups = client.group_list().realm(REALM).send().await.api().unwrap();
    let group = groups.iter().find(|group| group.name.as_deref() == Some("onlookers")).unwrap();
    let group = group.id.clone().unwrap();
    let found = client.client_list().realm(REALM).client_id("realm-management").send().await.api().unwrap();
    let management = found[0].id.clone().unwrap();
    for role in roles {
        let role = client.client_role_get().realm(REALM).client_uuid(&management).role_name(*role).send().await;
        let role = role.api().unwrap();
        let request = client.group_client_role_add().realm(REALM).group_id(&group).client_id(&management);
        request.body(vec![role]).send().await.api().unwrap();
    }
}

/// Every file and folder below, with the sizes.
fn files(folder: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            found.push((entry.path().display().to_string(), entry.metadata().unwrap().len()));
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}
