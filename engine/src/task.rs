//! What a task is: the rooms that the engine calls, in the order of the flow.

use std::{collections::BTreeSet, future::Future, sync::Arc};

use clap::{ArgMatches, Command};
use evenkeel_core::{
    memory::{Memory, Ownership, Sight},
    object::{Kind, ObjectId},
    plan::{Change, Note, Plan, PlanError},
    values::{Document, Problems, SecretValue, Values},
};
use secrecy::SecretString;

pub use crate::failure::{Class, Classified};
use crate::{
    cluster::ClusterAccess,
    command_line::OwnOptions,
    exit_code::ExitCode,
    off_runtime::off_runtime,
    secrets::{SecretError, SecretResolver},
    sessions::Sessions,
    target::TargetId,
    vault::Vault,
};

/// A task that makes one application equal to the values.
///
/// The engine calls [`desired`](Self::desired) once, [`connect`](Self::connect) once, and then, until
/// a plan is empty or nothing more can be done: [`observe`](Self::observe), [`plan`](Self::plan),
/// [`apply`](Self::apply) for every change. Only `apply` writes; a dry run never calls it.
pub trait Task: Sized + Send + Sync + 'static {
    /// The task's name on the command line, in reports and in the inventory, such as `keycloak`.
    const NAME: &'static str;
    /// One line for `--help`.
    const ABOUT: &'static str;
    /// What the values ask for, typed, with causes.
    type Desired: Send + Sync;
    /// What the application holds of it, read in bulk.
    type Observed: Send + Sync;
    /// What `apply` needs to make one change.
    type Operation: Send + Sync;
    /// Why a call of this task failed.
    type Error: Classified;
    /// The options that only this task has; `()` where it has none.
    type RunOptions: OwnOptions;

    /// JSON Schemas of the application's own representations, by the names under which the values'
    /// schema refers to them.
    fn definitions() -> Vec<(&'static str, serde_json::Value)>;

    /// The secrets that must be known before anything can be compared: logins, secrets that the
    /// application shows. A secret that is only written (an initial password) is resolved by `apply`.
    fn required_secrets(values: &Values) -> Vec<SecretValue>;

    /// Values into what this application should hold. Pure.
    ///
    /// # Errors
    ///
    /// Everything in the values that this task cannot work with, each with its place.
    fn desired(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Self::Desired, Problems>;

    /// Logs in. Reads only.
    ///
    /// # Errors
    ///
    /// When the target cannot be reached, refuses the login, or cannot be addressed.
    fn connect(
        desired: &Self::Desired,
        options: &Self::RunOptions,
        context: &Context,
    ) -> impl Future<Output = Result<Self, Self::Error>> + Send;

    /// Which target it is: what is remembered of it is found by this.
    fn target_id(desired: &Self::Desired) -> TargetId;

    /// What people call the target, such as ``realm `otomi` at https://keycloak.example.com``.
    fn target(id: &TargetId) -> String;

    /// What inventories and vaults remembered this target by before there were keys with a version; `None` for a task that is
    /// younger. It never changes.
    fn unversioned_key(id: &TargetId) -> Option<String> {
        let _ = id;
        None
    }

    /// Reads what is there. Reads only, and anew at every call. Objects of `ownership` that are not
    /// declared any more may have to be looked for one by one.
    ///
    /// # Errors
    ///
    /// When the target cannot be read at all. What only some objects need goes into `Observed`.
    fn observe(
        &self,
        desired: &Self::Desired,
        ownership: &Ownership,
    ) -> impl Future<Output = Result<Self::Observed, Self::Error>> + Send;

    /// What has to change. Pure: no clock, no randomness, no request. Deletes only objects that
    /// `memory` holds as ours; the engine drops them again unless the run may prune. Secrets that the
    /// application hides are compared with what `memory` holds of them.
    ///
    /// # Errors
    ///
    /// When the changes contradict each other, which is a mistake of the task.
    fn plan(
        desired: &Self::Desired,
        observed: &Self::Observed,
        memory: &Memory,
    ) -> Result<Plan<Self::Operation>, PlanError>;

    /// Whether values say anything about this task: those that do not are not judged by it. Pure.
    fn is_declared(values: &Values) -> bool {
        let _ = values;
        true
    }

    /// What built-in defaults decided although nobody chose it, for people who `check` their values. Pure.
    fn assumed(desired: &Self::Desired) -> Vec<Note> {
        let _ = desired;
        Vec::new()
    }

    /// The declared objects, whether they are there or not. Pure.
    fn declared(desired: &Self::Desired, observed: &Self::Observed) -> BTreeSet<ObjectId>;

    /// The kinds of relations and of other parts that are no declared objects of their own, where the task knows them all.
    const RELATIONS: &'static [Kind] = &[];

    /// What can be selected with `--only` although it is neither planned nor in the inventory. Pure.
    fn selectable(desired: &Self::Desired, observed: &Self::Observed) -> BTreeSet<ObjectId> {
        Self::declared(desired, observed)
    }

    /// What was seen of an object that is declared or in the inventory, and which one it is. Pure. What was not looked for, and what
    /// the account may not see, is [unknown](Sight::Unknown) and not absent: an object of ours that is absent is forgotten.
    fn sight(desired: &Self::Desired, observed: &Self::Observed, object: &ObjectId) -> Sight;

    /// Whether the id of this object tells one server from another: it stands on the server itself, and no other server gives out that id.
    /// By such ids a server is recognised at another address.
    fn identifies_server(object: &ObjectId) -> bool {
        let _ = object;
        true
    }

    /// The objects that are there and that `--adopt` may take for ours, however they came to be.
    fn existing(desired: &Self::Desired, observed: &Self::Observed) -> Vec<ObjectId> {
        let there = |object: &ObjectId| Self::sight(desired, observed, object).is_there();
        Self::declared(desired, observed).into_iter().filter(there).collect()
    }

    /// Whether this operation deletes an object that is there and makes it anew, so that it is another one from then on.
    fn makes_anew(operation: &Self::Operation) -> bool {
        let _ = operation;
        false
    }

    /// Makes one change. A secret that the application hides and that is not among the change's
    /// [`secrets`](Change::secrets) stays as it is.
    ///
    /// # Errors
    ///
    /// When the application refuses it or cannot be reached. [`Class::Conflict`] says that the object
    /// has changed meanwhile: the engine observes and plans once more.
    fn apply(
        &self,
        desired: &Self::Desired,
        change: &Change<Self::Operation>,
    ) -> impl Future<Output = Result<Applied, Self::Error>> + Send;

    /// What the application says that it is, such as `keycloak 26.7.3`, once that was read; `None` where the account is not told.
    fn server(&self) -> Option<String> {
        None
    }

    /// How values are written from what is there, where the task can ([`Export`](crate::export::Export)).
    fn export() -> Option<Exporter> {
        None
    }
}

/// What a task is given to work with.
#[derive(Clone, Debug)]
pub struct Context {
    /// Opens the sessions with the application; what they send is counted.
    pub sessions: Sessions,
    /// Where secrets come from.
    pub secrets: Arc<SecretResolver>,
    /// The Kubernetes cluster; it is connected to when it is first asked for. Its requests are counted, too.
    pub cluster: ClusterAccess,
    /// Where secrets that the task makes are kept. Before [`Task::connect`] there is no place yet.
    pub vault: Arc<Vault>,
}

impl Context {
    /// A secret that is not among the [required](Task::required_secrets) ones, such as an initial password: read now, also
    /// from the cluster.
    ///
    /// # Errors
    ///
    /// When it is not where the values say.
    pub async fn secret(&self, secret: &SecretValue) -> Result<SecretString, SecretError> {
        self.secrets.fetch([secret], &self.cluster).await.map_err(first)?;
        let (secrets, secret) = (Arc::clone(&self.secrets), secret.clone());
        off_runtime(move || secrets.resolve(&secret)).await
    }
}

fn first(mut errors: Vec<SecretError>) -> SecretError {
    errors.swap_remove(0)
}

/// The command `export` of a task, without the task's type.
#[derive(Clone, Copy, Debug)]
pub struct Exporter {
    pub(crate) command: fn() -> Command,
    pub(crate) run: fn(&ArgMatches) -> ExitCode,
}

/// What a successful `apply` has to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// What people should know about it.
    pub notes: Vec<Note>,
}
