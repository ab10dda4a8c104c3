//! Keeps a Harbor registry equal to the values, and the registry secrets of teams in the cluster: configuration, objects of the whole
//! system, projects with what belongs to them, members, robots, other registries and replications.
//!
//! # What it guarantees
//!
//! - A second run writes nothing; a plan shows what differs, field by field, with the value that asks for it.
//! - Only declared keys and fields are compared and changed. Projects, robots, members, rules, webhooks and labels of other people
//!   stay as they are. A declared list of members is the whole list, but for whoever made the project; what a team implies is
//!   not added to a project that other people made, neither members nor robots.
//! - A credential that works is never touched: not when a host, a robot's name or a label has to be put right around it. A
//!   refusal is believed only from a server that has just recognised the administrator; a robot that is off or whose time is over
//!   is woken before anything else.
//! - What is published works: a new secret is kept first, then set at the server, then seen to work, then published. The one that a
//!   server names as it makes a robot is kept and published; the first of a run is seen to work before. Stopped in between,
//!   the next run goes on with the kept one.
//! - A Secret of that name that is neither labelled as ours nor in the inventory is not overwritten unless `--adopt` says so.
//! - Only what the inventory lists as ours, as the very object with this number, is ever deleted, only with `--prune`, and a project
//!   only while it is empty and nothing of others is in it. Of a retention policy only our rule goes.
//! - One part's trouble stays there: a key that is refused, a login mode that is frozen, a namespace that is missing, a cluster that
//!   does not answer.
//!
//! # The order of the writes
//!
//! 1. the configuration: the keys of the login, then its mode, which needs them; all other keys; the robots' prefix
//! 2. this task's own robot and its secret, beside everything else: until it works, the administrator does its work
//! 3. objects of the whole system, users and groups after the login mode; registries; projects with their settings and quota, then retention, immutable tag rules, webhooks, labels
//! 4. members, groups after the login mode
//! 5. robots, each after the projects in which it has rights; secrets that the values or the vault know
//! 6. namespaces where the values say so; each team's Secrets after their robots; the pull secrets of the default account
//! 7. replications; deletes: a Secret before its robot, a registry after everything that uses it
//!
//! A new prefix renames all robots at once: their Secrets are rewritten right after it, in the same run.
//!
//! Facts about Harbor's behaviour are in `docs/harbor.md`; "server-behaviour" in comments is its source.

mod access;
pub mod allowlist;
mod answers;
mod apply;
pub mod desired;
mod directory;
mod error;
pub mod export;
mod made;
pub mod names;
mod numbers;
pub mod observe;
mod permissions;
pub mod plan;
mod project;
pub mod published;
mod schedule;
mod system;

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use clap::{Args, builder::BoolishValueParser};
use evenkeel_core::{
    memory::{Memory, Ownership, Sight},
    object::{Kind, ObjectId},
    plan::{Change, Plan, PlanError},
    values::{Document, Problems, SecretValue, Values},
};
use evenkeel_engine::{
    cluster::ClusterAccess,
    export::Exporter,
    plain::Server,
    request_error::RequestError,
    secrets::SecretResolver,
    target::TargetId,
    task::{Applied, Context, Task},
    vault::{Vault, VaultError},
};
use evenkeel_harbor_client::{Administrator, Client, LOCKED_LOGIN_RETRY, json_schema};
use evenkeel_transport::Secret;
use secrecy::SecretString;

pub use error::Error;

use crate::{
    access::Access,
    desired::{Administration, Desired, SecretHome},
    directory::Directory,
    made::MadeRobots,
    observe::Observed,
    plan::Operation,
};

/// The task, logged in to one server.
#[derive(Debug)]
pub struct Harbor {
    access: Access,
    cluster: ClusterAccess,
    vault: Arc<Vault>,
    directory: Directory,
    made: MadeRobots,
    /// What every robot's name begins with now.
    prefix: RwLock<String>,
    /// The name of this task's own robot, without prefix.
    own_robot: String,
    /// Whether secrets that were seen to work, and have not changed since, are tried again.
    verify_secrets: bool,
    context: Context,
}

/// The options that not every task has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct RunOptions {
    /// Try every secret that was handed out, also those that worked before and have not changed since
    #[arg(long, env = "EVENKEEL_VERIFY_SECRETS", value_parser = BoolishValueParser::new(), help_heading = "Secrets", display_order = 0)]
    pub verify_secrets: bool,
}

/// The whole of `evenkeel-harbor`. Here, so that the run of this task is compiled once, for every program that has it.
#[must_use]
pub fn main() -> std::process::ExitCode {
    evenkeel_engine::main_of::<Harbor>()
}

impl Harbor {
    /// The task at one server. The own robot, where there is one, is taken up when its secret is found.
    async fn log_in(administration: &Administration, own_robot: String, context: &Context) -> Result<Self, Error> {
        let session = context.sessions.open([administration.address.as_str()], administration.ca_bundle.as_ref());
        let session = session.map_err(RequestError::Session)?;
        let administrator = Administrator {
            username: administration.username.clone(),
            password: Secret::from(administration.password.clone()),
        };
        let access = Access::connect(session, &administration.address, administrator, LOCKED_LOGIN_RETRY)
            .await
            .map_err(|source| RequestError::Login { address: administration.address.clone(), source })?;
        Ok(Self {
            access,
            cluster: context.cluster.clone(),
            vault: Arc::clone(&context.vault),
            directory: Directory::default(),
            made: MadeRobots::default(),
            prefix: RwLock::default(),
            own_robot,
            verify_secrets: false,
            context: context.clone(),
        })
    }

    /// Sends as this task's own robot what that may, and as the administrator the rest.
    const fn client(&self) -> &Client {
        self.access.client()
    }

    /// Sends everything as the administrator.
    const fn administrator(&self) -> &Client {
        self.access.administrator()
    }

    /// The password of a user who is about to be made.
    async fn initial_password(&self, user: &str, password: &SecretValue) -> Result<SecretString, Error> {
        let read = self.context.secret(password).await;
        read.map_err(|source| Error::Password { user: user.to_owned(), source })
    }

    fn prefix(&self) -> String {
        self.prefix.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_prefix(&self, prefix: &str) {
        prefix.clone_into(&mut self.prefix.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// A robot's name as it is now.
    fn full_name(&self, stored: &str) -> String {
        format!("{}{stored}", self.prefix())
    }

    /// Works as the own robot from now on, if a secret of it is kept. Returns whether one is.
    async fn begin_as_robot(&self) -> Result<bool, Error> {
        let Some(secret) = self.kept(&self.own_robot).await? else {
            self.access.work_as_administrator();
            return Ok(false);
        };
        self.access.work_as(&self.full_name(&self.own_robot), Secret::from(secret));
        Ok(true)
    }

    /// The secret of a robot that this task keeps.
    async fn kept(&self, stored: &str) -> Result<Option<SecretString>, Error> {
        self.vault.find(&vault_name(stored)).await.map_err(|error| not_kept(stored, error))
    }

    /// Forgets the secret of a robot that is gone, if one was kept.
    async fn forget(&self, stored: &str) -> Result<(), Error> {
        let not_forgotten = |source: VaultError| Error::NotForgotten { robot: stored.to_owned(), source };
        if self.vault.find(&vault_name(stored)).await.map_err(not_forgotten)?.is_some() {
            self.vault.forget(&vault_name(stored)).await.map_err(not_forgotten)?;
        }
        Ok(())
    }

    async fn keep(&self, stored: &str, secret: &SecretString) -> Result<(), Error> {
        self.vault.keep(&vault_name(stored), secret).await.map_err(|error| not_kept(stored, error))
    }

    /// Keeps the secrets of robots with one write. An error is about the first of them.
    async fn keep_all(&self, secrets: Vec<(String, Secret)>) -> Result<(), Error> {
        let first = secrets.first().map(|(stored, _)| stored.clone()).unwrap_or_default();
        let named: Vec<(String, SecretString)> =
            secrets.into_iter().map(|(stored, secret)| (vault_name(&stored), secret.into_inner())).collect();
        self.vault.keep_all(&named).await.map_err(|error| not_kept(&first, error))
    }
}

fn vault_name(stored: &str) -> String {
    format!("robot/{stored}")
}

fn not_kept(stored: &str, source: VaultError) -> Error {
    Error::NotKept { robot: stored.to_owned(), source }
}

impl Server for Harbor {
    type Error = Error;
}

impl Task for Harbor {
    const NAME: &'static str = names::TASK;
    const ABOUT: &'static str = "Keep a Harbor registry, and the registry secrets in the cluster, equal to the values";
    type Desired = Desired;
    type Observed = Observed;
    type Operation = Operation;
    type Error = Error;
    type RunOptions = RunOptions;

    fn definitions() -> Vec<(&'static str, serde_json::Value)> {
        json_schema("Configurations").map(|schema| ("HarborConfiguration", schema)).into_iter().collect()
    }

    fn is_declared(values: &Values) -> bool {
        values.harbor.is_some()
    }

    fn required_secrets(values: &Values) -> Vec<SecretValue> {
        desired::required_secrets(values)
    }

    fn desired(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Desired, Problems> {
        Desired::from_values(values, document, secrets)
    }

    async fn connect(desired: &Desired, options: &RunOptions, context: &Context) -> Result<Self, Error> {
        let own = desired.robots.iter().find(|robot| matches!(robot.secret, SecretHome::Own));
        let own = own.map(desired::DesiredRobot::stored_name).unwrap_or_default();
        Ok(Self {
            verify_secrets: options.verify_secrets,
            ..Self::log_in(&desired.administration, own, context).await?
        })
    }

    fn target_id(desired: &Desired) -> TargetId {
        TargetId::new(names::TASK, [&desired.administration.public_address])
    }

    fn target(id: &TargetId) -> String {
        format!("harbor at {}", id.parts().join(" "))
    }

    fn unversioned_key(id: &TargetId) -> Option<String> {
        let [address] = id.parts() else { return None };
        Some(format!("harbor at {address}"))
    }

    async fn observe(&self, desired: &Desired, ownership: &Ownership) -> Result<Observed, Error> {
        self.read(desired, ownership).await
    }

    fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Result<Plan<Operation>, PlanError> {
        plan::plan(desired, observed, memory)
    }

    fn declared(desired: &Desired, _: &Observed) -> BTreeSet<ObjectId> {
        desired.objects()
    }

    const RELATIONS: &'static [Kind] = &names::RELATIONS;

    fn selectable(desired: &Desired, _: &Observed) -> BTreeSet<ObjectId> {
        let mut objects = desired.objects();
        objects.extend(desired.settings());
        objects
    }

    fn sight(_: &Desired, observed: &Observed, object: &ObjectId) -> Sight {
        observed.sight(object)
    }

    /// Secrets stand in the cluster, and numbers without the moment of their creation are the same on every server.
    fn identifies_server(object: &ObjectId) -> bool {
        [names::PROJECT, names::ROBOT, names::REGISTRY, names::LABEL].contains(object.kind())
    }

    fn makes_anew(operation: &Operation) -> bool {
        matches!(operation, Operation::Publish(publication) if publication.recreate)
    }

    async fn apply(&self, desired: &Desired, change: &Change<Operation>) -> Result<Applied, Error> {
        self.write(desired, change).await
    }

    fn export() -> Option<Exporter> {
        Some(Exporter::of::<Self>())
    }
}
