//! Values from what is there: how an existing installation is adopted.
//!
//! A task that can write values implements [`Export`] beside [`Task`], and names it in
//! [`Task::export`]; the command `export` is here, once for all. It reads, and writes files: no change is ever
//! made to the application, because nothing here calls `apply`.

mod command;
pub mod document;
mod folder;
pub mod judge;
mod run;
pub mod secrets;
mod text;

use std::future::Future;

use clap::{ArgMatches, Args, Command};
use evenkeel_core::{
    report::Failure,
    values::{Document, Problems, SecretValue, Values},
};
use secrecy::SecretString;

use crate::{
    exit_code::ExitCode,
    task::{Context, Task},
};

pub use command::ExportOptions;
pub use folder::write;
pub use run::{FinishedExport, export};

use document::Layer;

/// A task that can write values from what its application holds.
pub trait Export: Task {
    /// Options of the application's own, such as its address.
    type Options: Args + Clone + Send + Sync;
    /// Where the application is and how to log in.
    type Place: Send + Sync;
    /// What the application holds.
    type Found: Send + Sync;

    /// The options as values, each as `--set` takes it ([`setting`] makes one): they come after all files.
    ///
    /// # Errors
    ///
    /// When an option is missing that no values file makes up for.
    fn settings(options: &Self::Options, has_values: bool) -> Result<Vec<String>, Failure>;

    /// The secrets that the login needs: no others are looked for.
    fn place_secrets(values: &Values) -> Vec<SecretValue>;

    /// Where to read, from values of which the rest does not matter. Pure.
    ///
    /// # Errors
    ///
    /// What is wrong with the address or the login.
    fn place(
        values: &Values,
        document: &Document,
        secrets: &crate::secrets::SecretResolver,
    ) -> Result<Self::Place, Problems>;

    /// Logs in. Reads only.
    ///
    /// # Errors
    ///
    /// As [`Task::connect`].
    fn reach(place: &Self::Place, context: &Context) -> impl Future<Output = Result<Self, Self::Error>> + Send;

    /// Reads everything that values can say something about. What the account may not read is part of the answer.
    ///
    /// # Errors
    ///
    /// When the application cannot be read at all.
    fn survey(
        &self,
        place: &Self::Place,
        options: &Self::Options,
    ) -> impl Future<Output = Result<Self::Found, Self::Error>> + Send;

    /// What is there as values. Pure.
    fn exported(place: &Self::Place, found: &Self::Found, options: &Self::Options) -> Exported;
}

/// Values with what people should know about them.
#[derive(Debug, Default)]
pub struct Exported {
    /// The files, in the order in which they are read. One without content is not written.
    pub layers: Vec<Layer>,
    /// The secrets that the values refer to, by the name of their variable.
    pub secrets: Vec<NeededSecret>,
    /// What is there and not in the values, with the reason.
    pub left_out: Vec<String>,
    /// What the account may not read.
    pub unread: Vec<String>,
    /// What `plan` adds whatever the values say, such as an account of the task's own.
    pub added: Vec<String>,
    /// What `plan` would still change; nothing, unless this task is mistaken.
    pub still_differs: Vec<String>,
}

/// A secret that the values refer to as `{fromEnv: …}`.
#[derive(Clone, Debug)]
pub struct NeededSecret {
    /// The environment variable.
    pub variable: String,
    /// What it is, such as ``secret of client `shop` ``.
    pub what: String,
    /// The secret, where the application shows it.
    pub value: Option<SecretString>,
}

/// One value as `--set` takes it.
#[must_use]
pub fn setting(path: &str, text: &str) -> String {
    // A JSON text is a double-quoted YAML text.
    format!("{path}={}", serde_json::Value::from(text))
}

/// The command `export` of a task, without the task's type.
#[derive(Clone, Copy, Debug)]
pub struct Exporter {
    pub(crate) command: fn() -> Command,
    pub(crate) run: fn(&ArgMatches) -> ExitCode,
}

impl Exporter {
    /// That of a task.
    #[must_use]
    pub const fn of<T: Export>() -> Self {
        Self { command: command::command::<T>, run: command::run_matches::<T> }
    }
}
