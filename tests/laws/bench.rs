//! A stand-in with values, an inventory and a report: everything that a run needs, in a folder of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
};

use clap::{Args, FromArgMatches};
use evenkeel_core::{
    object::ObjectId,
    plan::ChangeDocument,
    report::{ChangeReport, Status},
};
use evenkeel_engine::{
    command_line::{ClusterOptions, Options, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    export::{Export, ExportOptions, FinishedExport, export},
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
    task::Task,
};
use evenkeel_sandbox::Kind;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::subject::Subject;

/// See the module's words.
pub(crate) struct Bench<S: Subject> {
    pub(crate) subject: S,
    pub(crate) options: Options<<S::Task as Task>::RunOptions>,
    secrets: BTreeMap<&'static str, String>,
    folder: TempDir,
}

/// Whether the values come with a cluster.
pub(crate) fn has_cluster(values: &[(&'static str, String)]) -> bool {
    values.iter().any(|(name, _)| *name == "kubeconfig")
}

impl<S: Subject> Bench<S> {
    /// A stand-in that holds nothing of what the values declare.
    pub(crate) fn new() -> Self {
        let subject = S::start();
        let values = S::values(&subject.urls());
        Self::with_values(subject, &values)
    }

    /// A stand-in and other values than its own.
    pub(crate) fn with_values(subject: S, values: &[(&'static str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            values: ValuesOptions { paths: vec![folder.path().join("values")], set: Vec::new() },
            inventory: Some(folder.path().join("inventory.jsonl")),
            cluster: ClusterOptions {
                kubeconfig: has_cluster(values).then(|| folder.path().join("values/kubeconfig")),
                context: None,
            },
            ..Options::default()
        };
        let secrets = S::SECRETS.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        let bench = Self { subject, options, secrets, folder };
        bench.declare(values);
        bench
    }

    /// A stand-in that holds what the values declare.
    pub(crate) async fn converged() -> Self {
        let bench = Self::new();
        bench.converge().await;
        bench
    }

    /// One change at a time, so that requests have one order.
    pub(crate) fn one_at_a_time(mut self) -> Self {
        self.options.concurrency = NonZeroUsize::MIN;
        self
    }

    /// Replaces the values.
    pub(crate) fn declare(&self, values: &[(&'static str, String)]) {
        let folder = &self.options.values.paths[0];
        if folder.exists() {
            fs::remove_dir_all(folder).unwrap();
        }
        fs::create_dir(folder).unwrap();
        for (name, text) in values {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    /// Gives a secret of the values another text.
    pub(crate) fn change_secret(&mut self, name: &'static str, text: &str) {
        self.secrets.insert(name, text.to_owned());
    }

    /// Forgets what the inventory holds.
    pub(crate) fn lose_inventory(&self) {
        fs::remove_file(self.path("inventory.jsonl")).unwrap();
    }

    /// What the inventory holds, as text; with nothing else it can be put back.
    pub(crate) fn inventory(&self) -> String {
        fs::read_to_string(self.path("inventory.jsonl")).unwrap()
    }

    /// Puts an inventory in place of the one that is there.
    pub(crate) fn put_back(&self, inventory: &str) {
        // In place: whose file it is, and who may read it, stays.
        fs::write(self.path("inventory.jsonl"), inventory).unwrap();
    }

    /// The objects that the inventory lists as ours, as `kind/name`.
    pub(crate) fn ours(&self) -> BTreeSet<ObjectId> {
        let mut ours = BTreeSet::new();
        for line in self.inventory().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let (Some(object), Some(state)) = (line["object"].as_str(), line["state"].as_str()) else { continue };
            let object = object.parse().unwrap();
            if state == "gone" {
                ours.remove(&object)
            } else {
                ours.insert(object)
            };
        }
        ours
    }

    /// A path in this bench's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn apply(&self) -> Finished {
        self.run(TaskCommand::Apply { adopt: false, options: self.options.clone() }).await
    }

    pub(crate) async fn plan(&self) -> Finished {
        self.run(TaskCommand::Plan { detailed_exitcode: true, options: self.options.clone() }).await
    }

    pub(crate) async fn check(&self) -> Finished {
        self.run(TaskCommand::Check { options: self.options.clone() }).await
    }

    /// Applies with the explicit word for what is there already.
    pub(crate) async fn adopt(&self) -> Finished {
        self.run(TaskCommand::Apply { adopt: true, options: self.options.clone() }).await
    }

    /// Applies with other options.
    pub(crate) async fn apply_with(
        &self,
        change: impl FnOnce(&mut Options<<S::Task as Task>::RunOptions>),
    ) -> Finished {
        let mut options = self.options.clone();
        change(&mut options);
        self.run(TaskCommand::Apply { adopt: false, options }).await
    }

    async fn run(&self, command: TaskCommand<<S::Task as Task>::RunOptions>) -> Finished {
        Box::pin(run::<S::Task>(&command, &self.surroundings())).await
    }

    fn surroundings(&self) -> Surroundings {
        let secrets = self.secrets.iter().map(|(name, text)| (*name, SecretString::from(text.as_str())));
        let secrets = Arc::new(SecretResolver::with_environment(secrets));
        Surroundings { secrets, ..Surroundings::default() }
    }

    /// What is there as values.
    pub(crate) async fn export(&self) -> FinishedExport
    where
        S::Task: Export,
    {
        let values = format!("--values={}", self.options.values.paths[0].display());
        let command = ExportOptions::augment_args(clap::Command::new("export"));
        let command = <S::Task as Export>::Options::augment_args(command);
        let matches = command.try_get_matches_from(["export", "--out=-", &values]).unwrap();
        let options = ExportOptions::from_arg_matches(&matches).unwrap();
        let own = <S::Task as Export>::Options::from_arg_matches(&matches).unwrap();
        Box::pin(export::<S::Task>(&options, &own, &self.surroundings())).await
    }

    /// Applies, and expects that nothing is left to do.
    pub(crate) async fn converge(&self) -> Finished {
        let finished = self.apply().await;
        assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
        finished
    }

    /// Plans, and expects that there is nothing to do.
    pub(crate) async fn expect_nothing_to_do(&self) {
        let finished = self.plan().await;
        assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
        assert_eq!(planned(&finished), [], "{}", told(&finished));
    }

    /// How many requests of a kind there were since the log was last reset.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.subject.requests().iter().filter(|request| request.kind == kind).count()
    }
}

/// Whether a run has done everything but what others are in the way of: each change that failed says so, and the rest waits.
pub(crate) fn ended_but_for_others(finished: &Finished) -> bool {
    let says = |change: &ChangeReport, word: &str| {
        change.failure.as_ref().is_some_and(|failure| failure.message.contains(word))
    };
    let is_in_the_way = |change: &ChangeReport| match change.status {
        Status::Applied => true,
        Status::Failed => says(change, "is there and not ours"),
        Status::Skipped => says(change, "waits for"),
        Status::Planned => false,
    };
    match finished.exit_code {
        ExitCode::Converged => true,
        ExitCode::Configuration => finished.failures.is_empty() && finished.report.changes.iter().all(is_in_the_way),
        _ => false,
    }
}

/// The first plan of a run.
pub(crate) fn changes(finished: &Finished) -> Vec<ChangeDocument> {
    let plan = finished.plan.clone().unwrap_or_else(|| panic!("there is no plan: {}", told(finished)));
    plan.changes.into_iter().map(Arc::unwrap_or_clone).collect()
}

/// The objects of the first plan of a run.
pub(crate) fn planned(finished: &Finished) -> Vec<ObjectId> {
    changes(finished).into_iter().map(|change| change.object).collect()
}

/// What a run has to tell, for the message of a test that fails.
pub(crate) fn told(finished: &Finished) -> String {
    let problems = finished.problems.as_ref().map(|problems| problems.render(false)).unwrap_or_default();
    let changes = finished.report.changes.iter().filter(|change| change.status != Status::Applied).map(|change| {
        let fields: Vec<_> =
            change.change.fields.iter().map(|field| (&field.path, &field.before, &field.after)).collect();
        format!("{:?} {} {} {fields:?} {:?}", change.status, change.change.action, change.change.object, change.failure)
    });
    let changes: Vec<String> = changes.collect();
    format!("{:?} {:?}\n{problems}{}", finished.exit_code, finished.failures, changes.join("\n"))
}
