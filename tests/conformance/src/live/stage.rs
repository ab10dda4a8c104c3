//! A values folder, an inventory, and the task's runs on them.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, FromArgMatches};
use evenkeel_core::report::RequestCounts;
use evenkeel_engine::{
    command_line::TaskCommand,
    exit_code::ExitCode,
    export::{ExportOptions, export, write},
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
    task_command,
};
use evenkeel_keycloak::Keycloak;
use secrecy::SecretString;

use crate::scenario::{Outcome, Target};

/// Two teams and two users, with a setting of each type in the realm.
const VALUES: &str = include_str!("values.yaml");

/// The secret of accounts that a scenario makes for itself.
pub(crate) const LIMITED_SECRET: &str = "live-limited-secret";

/// An export, as far as a scenario judges it.
pub(crate) struct Exported {
    pub folder: String,
    pub files: BTreeMap<String, String>,
    pub secrets: Vec<(String, Option<SecretString>)>,
    pub left_out: Vec<String>,
    pub requests: RequestCounts,
}

/// Where a scenario plays.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    surroundings: Surroundings,
    url: String,
    administrator: String,
    password: SecretString,
    seed: u64,
    outcome: Outcome,
}

impl Stage {
    /// A fresh values folder and an empty inventory for this server.
    ///
    /// # Errors
    /// When there is no temporary folder to be had.
    pub(crate) fn new(target: &Target) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("values.yaml"), VALUES)?;
        let secrets = [
            ("ADMIN_PASSWORD", target.password.clone()),
            ("CLIENT_SECRET", SecretString::from("live-client-secret")),
            ("OTHER_SECRET", SecretString::from("live-other-secret")),
            ("LIMITED_SECRET", SecretString::from(LIMITED_SECRET)),
            ("INITIAL_PASSWORD", SecretString::from("live-initial-password")),
        ];
        let surroundings =
            Surroundings { secrets: Arc::new(SecretResolver::with_environment(secrets)), ..Surroundings::default() };
        Ok(Self {
            folder,
            surroundings,
            url: target.url.clone(),
            administrator: target.administrator.clone(),
            password: target.password.clone(),
            seed: target.seed,
            outcome: Outcome::default(),
        })
    }

    /// Makes the server equal to the values; anything but success is a finding.
    pub(crate) async fn apply(&mut self, more: &[&str]) -> Finished {
        let finished = self.run("apply", more).await;
        if finished.exit_code != ExitCode::Converged {
            let failures: Vec<String> = finished
                .report
                .changes
                .iter()
                .filter_map(|change| {
                    let failure = change.failure.as_ref()?;
                    Some(format!("{}: {}", change.change.object, failure.message))
                })
                .collect();
            self.outcome
                .findings
                .push(format!("apply ended with {}: {:?} {failures:?}", finished.report.outcome, finished.failures));
        }
        finished
    }

    /// Makes the server equal to the values as far as that goes: the scenario judges the end.
    pub(crate) async fn try_apply(&mut self, more: &[&str]) -> Finished {
        self.run("apply", more).await
    }

    /// The same values on another machine, with an inventory of its own.
    pub(crate) fn elsewhere(&self) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::copy(self.values(), folder.path().join("values.yaml"))?;
        Ok(Self {
            folder,
            surroundings: self.surroundings.clone(),
            url: self.url.clone(),
            administrator: self.administrator.clone(),
            password: self.password.clone(),
            seed: self.seed,
            outcome: Outcome::default(),
        })
    }

    /// Forgets what the inventory holds.
    pub(crate) fn lose_inventory(&self) -> io::Result<()> {
        fs::remove_file(self.folder.path().join("inventory.jsonl"))
    }

    /// What would change.
    pub(crate) async fn plan(&mut self, more: &[&str]) -> Finished {
        self.run("plan", more).await
    }

    async fn run(&mut self, command: &str, more: &[&str]) -> Finished {
        self.outcome.steps += 1;
        let arguments = [
            command.to_owned(),
            format!("--values={}", self.values().display()),
            format!("--inventory={}", self.folder.path().join("inventory.jsonl").display()),
            format!("--set=keycloak.url={}", self.url),
            format!("--set=keycloak.admin.username={}", self.administrator),
        ];
        let line = std::iter::once("evenkeel-keycloak".to_owned())
            .chain(arguments)
            .chain(more.iter().map(|&more| more.to_owned()));
        let matches = task_command::<Keycloak>().try_get_matches_from(line);
        match matches.and_then(|matches| TaskCommand::from_arg_matches(&matches)) {
            // Boxed: a scenario has a place on its stack for each of its runs, and a test's thread a small one.
            Ok(command) => Box::pin(run::<Keycloak>(&command, &self.surroundings)).await,
            // A mistake in this file: the table shows it.
            Err(error) => {
                self.outcome.findings.push(error.to_string());
                let command = TaskCommand::Plan { detailed_exitcode: false, options: Default::default() };
                Box::pin(run::<Keycloak>(&command, &self.surroundings)).await
            }
        }
    }

    /// Writes the export of a realm to a folder of this name.
    ///
    /// # Errors
    /// When it did not come to its end, which is told in words.
    pub(crate) async fn export(&mut self, realm: &str, folder: &str) -> Result<Exported, String> {
        self.outcome.steps += 1;
        let out = self.folder.path().join(folder);
        let line = [
            "export".to_owned(),
            format!("--realm={realm}"),
            format!("--url={}", self.url),
            format!("--username={}", self.administrator),
            "--password-env=ADMIN_PASSWORD".to_owned(),
            format!("--out={}", out.display()),
        ];
        let command = ExportOptions::augment_args(clap::Command::new("export"));
        let command = evenkeel_keycloak::export::RealmExportOptions::augment_args(command);
        let matches = command.try_get_matches_from(line).map_err(|error| error.to_string())?;
        let options = ExportOptions::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        let own = evenkeel_keycloak::export::RealmExportOptions::from_arg_matches(&matches);
        let own = own.map_err(|error| error.to_string())?;
        let finished = Box::pin(export::<Keycloak>(&options, &own, &self.surroundings)).await;
        let exported = finished.exported.ok_or_else(|| format!("no export: {:?}", finished.failures))?;
        self.expect(
            &format!("the export is whole: {:?} {:?}", exported.still_differs, exported.unread),
            finished.exit_code == ExitCode::Converged,
        );
        write(&out, &exported, false).map_err(|failure| failure.message)?;
        let secrets = exported.secrets.iter();
        Ok(Exported {
            folder: folder.to_owned(),
            files: files(&out).map_err(|error| error.to_string())?,
            secrets: secrets.map(|secret| (secret.variable.clone(), secret.value.clone())).collect(),
            left_out: exported.left_out,
            requests: finished.requests,
        })
    }

    /// Runs on the values of an export, with the secrets that could be read.
    pub(crate) async fn adopted(
        &mut self,
        command: &str,
        folder: &str,
        secrets: Vec<(String, Option<SecretString>)>,
    ) -> Finished {
        let hidden = || SecretString::from("hidden");
        let secrets = secrets.into_iter().map(|(variable, secret)| (variable, secret.unwrap_or_else(hidden)));
        let login = std::iter::once(("ADMIN_PASSWORD".to_owned(), self.password.clone()));
        let secrets = Arc::new(SecretResolver::with_environment(login.chain(secrets)));
        let surroundings = Surroundings { secrets, ..Surroundings::default() };
        let line = [
            "evenkeel-keycloak".to_owned(),
            command.to_owned(),
            format!("--values={}", self.folder.path().join(folder).display()),
            format!("--inventory={}", self.folder.path().join("adopted.jsonl").display()),
        ];
        self.outcome.steps += 1;
        let matches = task_command::<Keycloak>().try_get_matches_from(line);
        let command = matches.and_then(|matches| TaskCommand::from_arg_matches(&matches));
        // A mistake in this file is a finding: the run on no values fails.
        let command = command.unwrap_or(TaskCommand::Plan { detailed_exitcode: false, options: Default::default() });
        Box::pin(run::<Keycloak>(&command, &surroundings)).await
    }

    /// The values file, to be changed by a scenario.
    #[must_use]
    pub(crate) fn values(&self) -> PathBuf {
        self.folder.path().join("values.yaml")
    }

    /// The server's address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What decides what is made at random.
    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Notes a finding unless `held`.
    pub(crate) fn expect(&mut self, what: &str, held: bool) {
        self.outcome.steps += 1;
        if !held {
            self.outcome.findings.push(format!("not so: {what}"));
        }
    }

    /// Notes something worth knowing.
    pub(crate) fn remark(&mut self, remark: String) {
        self.outcome.remarks.push(remark);
    }

    /// Everything noted so far.
    pub(crate) fn remarks(&self) -> String {
        self.outcome.remarks.join("\n")
    }

    /// What was found.
    #[must_use]
    pub(crate) fn into_outcome(self) -> Outcome {
        self.outcome
    }
}

/// The files of a folder, by name.
fn files(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "secrets.env" {
            files.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}
