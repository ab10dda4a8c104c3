//! Values from what is there: how an existing installation is adopted.
//!
//! A task that can write values implements [`Export`] beside [`Task`], and names it in
//! [`Task::export`]; the command `export` is here, once for all. It reads, and writes files: no change is ever
//! made to the application, because nothing here calls `apply`.
//!
//! A task brings how it reads everything, and a [`Composition`]: values for what it found. [`settled`] has the task's own plan judge
//! them, and decides otherwise until that plan is empty.

mod command;
mod composer;
mod decisions;
pub mod document;
mod fields;
mod folder;
pub mod judge;
mod options;
mod place;
mod run;
pub mod secrets;
mod settings;
mod settle;
mod text;

use std::future::Future;

use clap::Args;
use evenkeel_core::{
    report::Failure,
    values::{Document, Problems, SecretValue, Values},
};
use secrecy::SecretString;

use crate::{
    secrets::SecretResolver,
    task::{Context, Task},
};

pub use crate::task::Exporter;
pub use composer::{Composed, Composer};
pub use decisions::{Decisions, NotKept};
pub use fields::declarable;
pub use folder::write;
pub use options::ExportOptions;
pub use place::Place;
pub use run::{FinishedExport, export};
pub use settings::Settings;
pub use settle::{Composition, settled};

use document::{Layer, Node};

/// A task that can write values from what its application holds.
pub trait Export: Task {
    /// Options of the application's own, such as its address.
    type Options: Args + Clone + Send + Sync;
    /// Where the application is, and who administrates it.
    type Administration: Send + Sync;
    /// What the application holds.
    type Found: Send + Sync;

    /// The keys in `platform.names` of those that the application knows.
    const NAMES: &'static [&'static str];

    /// Adds the options as values.
    ///
    /// # Errors
    ///
    /// When an option is missing that no values file makes up for.
    fn settings(options: &Self::Options, settings: &mut Settings) -> Result<(), Failure>;

    /// The secrets of the administrator: no others are looked for, but the certificates to trust.
    fn login_secrets(values: &Values) -> Vec<SecretValue>;

    /// Where the application is, from values of which the rest does not matter. Pure.
    ///
    /// # Errors
    ///
    /// What is wrong with the address or the login.
    fn administration(loaded: LoadedValues<'_>) -> Result<Self::Administration, Problems>;

    /// What the exported values say in the application's section about its address and the login. Pure.
    fn login(values: &Values, administration: &Self::Administration) -> Option<Node>;

    /// Logs in. Reads only.
    ///
    /// # Errors
    ///
    /// As [`Task::connect`].
    fn reach(
        place: &Place<Self::Administration>,
        context: &Context,
    ) -> impl Future<Output = Result<Self, Self::Error>> + Send;

    /// Reads everything that values can say something about. What the account may not read is part of the answer.
    ///
    /// # Errors
    ///
    /// When the application cannot be read at all.
    fn survey(&self, options: &Self::Options) -> impl Future<Output = Result<Self::Found, Self::Error>> + Send;

    /// What is there as values: a [`Composition`], [`settled`]. Pure.
    fn exported(place: &Place<Self::Administration>, found: &Self::Found) -> Exported;
}

/// Values for the login, with where each stands and what their secrets are.
#[derive(Clone, Copy, Debug)]
pub struct LoadedValues<'a> {
    /// The values.
    pub values: &'a Values,
    /// Where each of them stands.
    pub document: &'a Document,
    /// The secrets, read before.
    pub secrets: &'a SecretResolver,
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

impl Exporter {
    /// That of a task.
    #[must_use]
    pub const fn of<T: Export>() -> Self {
        Self { command: command::command::<T>, run: command::run_matches::<T> }
    }
}
