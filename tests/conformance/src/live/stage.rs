//! A values folder, an inventory, and the task's runs on them.

use std::{fs, io, path::PathBuf, sync::Arc};

use clap::FromArgMatches;
use evenkeel_engine::{
    command_line::TaskCommand,
    exit_code::ExitCode,
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

/// Where a scenario plays.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    surroundings: Surroundings,
    url: String,
    administrator: String,
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
            Ok(command) => run::<Keycloak>(&command, &self.surroundings).await,
            // A mistake in this file: the table shows it.
            Err(error) => {
                self.outcome.findings.push(error.to_string());
                run::<Keycloak>(
                    &TaskCommand::Plan { detailed_exitcode: false, options: Default::default() },
                    &self.surroundings,
                )
                .await
            }
        }
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

    /// What was found.
    #[must_use]
    pub(crate) fn into_outcome(self) -> Outcome {
        self.outcome
    }
}
