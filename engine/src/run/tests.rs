mod applying;
mod cluster;
mod deleting;
mod failing;
mod hidden_secrets;
mod looking;
mod ours;

use std::{fs, num::NonZeroUsize};

use evenkeel_core::report::Status;
use futures::FutureExt;
use tempfile::TempDir;

use super::{
    fake::{Application, Fake, Script, Wanted, application, role},
    *,
};
use crate::{command_line::ValuesOptions, failure::Class};

const VALUES: &str = "platform:\n  name: demo\n";

/// A folder with values and an inventory, and the options of a run with them.
struct Setup {
    folder: TempDir,
    options: Options,
}

fn setup() -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values.yaml");
    fs::write(&values, VALUES).unwrap();
    let options = Options {
        values: ValuesOptions { paths: vec![values], set: Vec::new() },
        inventory: Some(folder.path().join("state/inventory.jsonl")),
        ..Options::default()
    };
    Setup { folder, options }
}

impl Setup {
    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    fn inventory(&self) -> String {
        let text = self.options.inventory.as_ref().map(fs::read_to_string);
        text.and_then(Result::ok).unwrap_or_default()
    }

    fn owned(&self) -> Vec<String> {
        let home = Home::File(self.options.inventory.clone());
        // A file is read without waiting.
        let inventory = StoredInventory::open(home, ("demo", "fake"), "v1/fake/map").now_or_never().unwrap().unwrap();
        inventory.memory().ownership.of_kind(&super::fake::ROLE).map(|object| object.name().to_owned()).collect()
    }

    async fn run(&self, command: TaskCommand) -> Finished {
        run::<Fake>(&command, &Surroundings::default()).await
    }

    async fn apply(&self) -> Finished {
        self.run(TaskCommand::Apply { adopt: false, options: self.options.clone() }).await
    }

    async fn plan(&self) -> Finished {
        self.run(TaskCommand::Plan { detailed_exitcode: true, options: self.options.clone() }).await
    }
}

/// Objects that are wanted and wait for nothing.
fn wanted(names: &[&str]) -> std::collections::BTreeMap<String, Wanted> {
    names.iter().map(|name| ((*name).to_owned(), Wanted { text: "declared".to_owned(), ..Wanted::default() })).collect()
}

/// Objects that are there.
fn there(names: &[&str], text: &str) -> std::collections::BTreeMap<String, String> {
    names.iter().map(|name| ((*name).to_owned(), text.to_owned())).collect()
}

fn wait(application: &mut Application, name: &str, waits_for: &[&str]) {
    application.desired.get_mut(name).unwrap().waits_for = waits_for.iter().map(|name| (*name).to_owned()).collect();
}

fn status(finished: &Finished, name: &str) -> Status {
    let of_name = |change: &&evenkeel_core::report::ChangeReport| change.change.object == role(name);
    finished.report.changes.iter().find(of_name).unwrap().status
}

fn message(finished: &Finished, name: &str) -> String {
    let of_name = |change: &&evenkeel_core::report::ChangeReport| change.change.object == role(name);
    finished.report.changes.iter().find(of_name).unwrap().failure.clone().unwrap().message
}
