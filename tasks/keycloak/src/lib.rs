//! Keeps a Keycloak realm equal to the values: what teams and users imply, with local accounts or an
//! external identity provider, and the roles, groups, client scopes and clients that the values declare.
//!
//! # What it guarantees
//!
//! - A second run writes nothing; a plan shows what differs, field by field, with the value that asks for it.
//! - Only declared fields are compared and changed. Roles, groups, scopes, mappers, clients, users and
//!   memberships of other people stay as they are; so do fields of ours that nobody declares.
//! - A team's role, group and rights, the scope `openid` and the shared client with each mapper are
//!   repaired one by one, whatever was changed by hand.
//! - A declared list of related names (the roles inside a role or of a group, the scopes of a client) is the
//!   whole list; what a team implies is only added to what other people have.
//! - What the account may not see is reported as such, with the right that it lacks, and nothing of it is changed;
//!   the rest of the realm is.
//! - Only what the inventory lists as ours, by Keycloak's id, is ever deleted, only with `--prune`, and never with something of
//!   other people in it.
//! - The SMTP password and an identity provider's client secret, which Keycloak hides, are written when the
//!   declared value is another than the one written last, and stay through every other update. What this
//!   tool has not written is left alone until `--adopt` says otherwise.
//! - A user's initial password is set when the account is made, and never again. Whether an account is
//!   enabled is left to people unless it is declared.
//! - Stopped after any write, the next run finishes the work: every object is found by its name.
//!
//! # The order of the writes
//!
//! 1. the realm, and the login theme of the administrators' realm; events, flows that it uses, required actions
//! 2. the user profile: without its policy Keycloak drops attributes of users that come later
//! 3. client scopes, their mappers one at a time, the realm's default and optional scopes
//! 4. realm roles and the roles inside them, groups from the top down, then the roles that groups give
//! 5. groups that new users join, clients with mappers one at a time, scopes, roles and service accounts' roles, what
//!    clients and scopes let into tokens, the roles that every user has
//! 6. identity providers, their mappers one at a time, each after the role that it gives
//! 7. users with their groups and initial passwords in one request, then memberships that differ
//!
//! Facts about Keycloak's behaviour are in `docs/keycloak.md`; "server-behaviour" in comments is its source.

pub mod account;
mod apply;
mod definitions;
pub mod desired;
mod directory;
mod error;
pub mod export;
pub mod names;
pub mod observe;
pub mod plan;
mod protected;
pub mod relation;
pub mod rights;
pub mod server;
mod sight;

use std::{collections::BTreeSet, sync::OnceLock};

use clap::{Args, builder::BoolishValueParser};
use evenkeel_core::{
    memory::{Memory, Ownership, Sight},
    object::{Kind, ObjectId},
    plan::{Change, Note, Plan, PlanError},
    values::{Document, Problems, SecretValue, Values},
};
use evenkeel_engine::{
    export::Exporter,
    request_error::RequestError,
    secrets::SecretResolver,
    target::TargetId,
    task::{Applied, Context, Task},
};
use evenkeel_keycloak_client::{Administrator, Client, Credentials, connect};
use evenkeel_transport::{Secret, Session};

pub use error::Error;

use crate::{
    desired::{Administration, Desired, Login},
    directory::Directory,
    observe::Observed,
    plan::Operation,
    server::ServerInfo,
};

/// The task, logged in to one server.
#[derive(Debug)]
pub struct Keycloak {
    client: Client,
    session: Session,
    realm: String,
    /// Where initial passwords come from.
    context: Context,
    directory: Directory,
    server: OnceLock<ServerInfo>,
}

/// The options that not every task has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct RunOptions {
    /// Try every secret that was handed out, also those that worked before and have not changed since
    // This task hands out none. The option is taken, so that one command line and one environment do for several tasks.
    #[arg(long, env = "EVENKEEL_VERIFY_SECRETS", value_parser = BoolishValueParser::new(), help_heading = "Secrets", display_order = 0)]
    pub verify_secrets: bool,
}

/// The whole of `evenkeel-keycloak`. Here, so that the run of this task is compiled once, for every program that has it.
#[must_use]
pub fn main() -> std::process::ExitCode {
    evenkeel_engine::main_of::<Keycloak>()
}

impl Keycloak {
    /// The realm that is managed.
    fn realm(&self) -> &str {
        &self.realm
    }

    /// Logs in to a server, for one of its realms. The run may ask further addresses.
    async fn log_in(
        administration: &Administration,
        realm: &str,
        further: &[&str],
        context: &Context,
    ) -> Result<Self, Error> {
        let addresses = further.iter().copied().chain([administration.address.as_str()]);
        let session = context.sessions.open(addresses, administration.ca_bundle.as_ref());
        let session = session.map_err(RequestError::Session)?;
        let credentials = match administration.login.clone() {
            Login::Password { username, password } => Credentials::User { username, password: Secret::from(password) },
            Login::Client { client_id, client_secret } => {
                Credentials::Client { client_id, client_secret: Secret::from(client_secret) }
            }
        };
        let administrator = Administrator { realm: administration.realm.clone(), credentials };
        let client = connect(&session, &administration.address, administrator)
            .await
            .map_err(|source| RequestError::Login { address: administration.address.clone(), source })?;
        let (realm, context) = (realm.to_owned(), context.clone());
        Ok(Self { client, session, realm, context, directory: Directory::default(), server: OnceLock::new() })
    }
}

impl Task for Keycloak {
    const NAME: &'static str = "keycloak";
    const ABOUT: &'static str = "Keep a Keycloak realm equal to the values";
    type Desired = Desired;
    type Observed = Observed;
    type Operation = Operation;
    type Error = Error;
    type RunOptions = RunOptions;

    fn definitions() -> Vec<(&'static str, serde_json::Value)> {
        definitions::all()
    }

    fn is_declared(values: &Values) -> bool {
        values.keycloak.is_some()
    }

    fn required_secrets(values: &Values) -> Vec<SecretValue> {
        desired::required_secrets(values)
    }

    fn desired(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Desired, Problems> {
        Desired::from_values(values, document, secrets)
    }

    async fn connect(desired: &Desired, _: &RunOptions, context: &Context) -> Result<Self, Error> {
        let issuers: Vec<&str> = desired.providers().filter_map(|provider| provider.issuer.as_deref()).collect();
        Self::log_in(&desired.administration, &desired.realm, &issuers, context).await
    }

    fn target_id(desired: &Desired) -> TargetId {
        TargetId::new(Self::NAME, [&desired.administration.public_address, &desired.realm])
    }

    fn target(id: &TargetId) -> String {
        match id.parts() {
            [address, realm] => format!("realm `{realm}` at {address}"),
            parts => parts.join(" "),
        }
    }

    fn unversioned_key(id: &TargetId) -> Option<String> {
        let [address, realm] = id.parts() else { return None };
        Some(format!("realm `{realm}` at {address}"))
    }

    async fn observe(&self, desired: &Desired, ownership: &Ownership) -> Result<Observed, Error> {
        self.read(desired, ownership).await
    }

    fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Result<Plan<Operation>, PlanError> {
        plan::plan(desired, observed, memory)
    }

    fn assumed(desired: &Desired) -> Vec<Note> {
        desired.assumed.clone()
    }

    fn declared(desired: &Desired, _: &Observed) -> BTreeSet<ObjectId> {
        desired.objects()
    }

    const RELATIONS: &'static [Kind] = &relation::KINDS;

    fn selectable(desired: &Desired, _: &Observed) -> BTreeSet<ObjectId> {
        let mut objects = desired.objects();
        objects.extend(desired.settings());
        objects
    }

    fn sight(desired: &Desired, observed: &Observed, object: &ObjectId) -> Sight {
        sight::sight(desired, observed, object)
    }

    fn makes_anew(operation: &Operation) -> bool {
        plan::makes_anew(operation)
    }

    async fn apply(&self, desired: &Desired, change: &Change<Operation>) -> Result<Applied, Error> {
        self.write(desired, change).await
    }

    fn server(&self) -> Option<String> {
        self.server.get().and_then(|server| server.version.as_ref()).map(|version| format!("keycloak {version}"))
    }

    fn export() -> Option<Exporter> {
        Some(Exporter::of::<Self>())
    }
}
