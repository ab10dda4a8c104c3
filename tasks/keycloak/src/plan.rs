//! What has to change: desired × observed → changes. Pure.
//!
//! Read it as a table, in the order of the writes: realm, user profile, client scopes and their
//! mappers, the realm's default scopes, roles, groups and the roles that they give, clients with
//! mappers, scopes and roles, which roles reach tokens, what new users get, identity providers, users, memberships. Nothing is ever removed because it is not declared, except
//! a membership of a declared user in a group whose members the values decide, a name that a declared list
//! leaves out, and what `plan/prune.rs` finds in the inventory.

mod client;
mod client_roles;
mod groups;
mod protected;
mod provider;
mod prune;
mod realm;
mod relations;
mod scope_mappings;
mod scopes;
mod settings;
mod stays;
mod ties;
mod users;

pub(crate) use provider::CLIENT_SECRET;
pub(crate) use realm::SMTP_PASSWORD;

use std::sync::Arc;

pub(crate) use provider::with_endpoints;

use evenkeel_core::{
    memory::Memory,
    plan::{Plan, PlanError},
};
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, FederatedIdentityRepresentation, GroupRepresentation,
    IdentityProviderMapperRepresentation, IdentityProviderRepresentation, ProtocolMapperRepresentation,
    RealmEventsConfigRepresentation, RealmRepresentation, RequiredActionProviderRepresentation, RoleRepresentation,
    UpConfig,
};

pub(crate) use realm::MASK;

use crate::{
    desired::{Desired, DesiredUser},
    names::{self, MapperOwner},
    observe::Observed,
    protected::is_protected,
    relation::Relation,
    rights,
};

/// One write, with everything that it needs beside the ids of the moment.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Make the realm.
    CreateRealm(Box<RealmRepresentation>),
    /// Change declared fields of a realm.
    UpdateRealm(Box<RealmRepresentation>),
    /// Change which events are kept.
    UpdateEvents(Box<RealmEventsConfigRepresentation>),
    /// Change which flows a realm uses.
    UpdateFlowBinding(Box<RealmRepresentation>),
    /// Change declared fields of a required action, which is added where it is not there.
    SetRequiredAction(Box<RequiredActionProviderRepresentation>),
    /// Change declared parts of the user profile.
    UpdateUserProfile(Box<UpConfig>),
    /// Make a client scope, without mappers.
    CreateClientScope(Box<ClientScopeRepresentation>),
    /// Change declared fields of a client scope.
    UpdateClientScope(Box<ClientScopeRepresentation>),
    /// Make a protocol mapper.
    CreateMapper(MapperOwner, Box<ProtocolMapperRepresentation>),
    /// Change declared fields of the protocol mapper with this id.
    UpdateMapper(MapperOwner, String, Box<ProtocolMapperRepresentation>),
    /// Make the protocol mapper anew in place of the one with this id, which speaks another protocol.
    ReplaceMapper(MapperOwner, String, Box<ProtocolMapperRepresentation>),
    /// Keep the protocol mapper with this id, with its declared fields, and remove those with these ids: requests that met made
    /// several of one name.
    SettleMapper(MapperOwner, String, Vec<String>, Box<ProtocolMapperRepresentation>),
    /// Make a realm role.
    CreateRole(Box<RoleRepresentation>),
    /// Change declared fields of a realm role.
    UpdateRole(Box<RoleRepresentation>),
    /// Make the group of this path, without the first slash.
    CreateGroup(String, Box<GroupRepresentation>),
    /// Change declared fields of the group of this path.
    UpdateGroup(String, Box<GroupRepresentation>),
    /// Make a client, without mappers.
    CreateClient(Box<ClientRepresentation>),
    /// Change declared fields of a client.
    UpdateClient(Box<ClientRepresentation>),
    /// Make a role of the client with this `clientId`.
    CreateClientRole(String, Box<RoleRepresentation>),
    /// Change declared fields of a role of the client with this `clientId`.
    UpdateClientRole(String, Box<RoleRepresentation>),
    /// Make an external identity provider.
    CreateIdentityProvider(Box<IdentityProviderRepresentation>),
    /// Change declared fields of an external identity provider.
    UpdateIdentityProvider(Box<IdentityProviderRepresentation>),
    /// Make a mapper of the external identity provider that it names.
    CreateIdentityProviderMapper(Box<IdentityProviderMapperRepresentation>),
    /// Change declared fields of the mapper with this id.
    UpdateIdentityProviderMapper(String, Box<IdentityProviderMapperRepresentation>),
    /// Make a user, with groups and the initial password.
    CreateUser(Arc<DesiredUser>),
    /// Change declared fields of a user.
    UpdateUser(Arc<DesiredUser>),
    /// Tie a user to its account at the identity provider of this alias.
    LinkUser(Arc<str>, String, Box<FederatedIdentityRepresentation>),
    /// Tie a user to another account at the identity provider of this alias.
    RelinkUser(Arc<str>, String, Box<FederatedIdentityRepresentation>),
    /// Make a relation.
    Relate(Relation),
    /// Take a relation away.
    Separate(Relation),
    /// Remove an object that is ours and not declared any more.
    Delete(Removal),
    /// Write nothing and say that the server lets nobody change the client with this `clientId`.
    Refuse(&'static str),
}

/// What is removed, by the id under which it was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// A client's id.
    Client(String),
    /// A client scope's id.
    ClientScope(String),
    /// An identity provider's internal id.
    IdentityProvider(String),
    /// A user's id.
    User(String),
    /// The owner of a protocol mapper, and its id.
    Mapper(MapperOwner, String),
    /// The alias of an identity provider, and the id of one of its mappers.
    ProviderMapper(String, String),
    /// A realm role's id.
    Role(String),
    /// The id of a role of a client.
    ClientRole(String),
    /// The id of a user who is not to log in any more.
    Disable(String),
    /// A group's id.
    Group(String),
}

/// The plan in the making.
pub(crate) type PlanBuilder<'a> = evenkeel_core::plan::PlanBuilder<'a, Operation>;

/// What makes settings managed that nobody declared, of an object that was there before evenkeel.
const HOW_TO_MANAGE: &str = "declare what should change, set a part of `keycloak.implied` to `true`, or make one ours with `apply \
                             --adopt --only KIND/NAME`, which lets `--prune` remove it too";

/// What has to change. See the module's words.
///
/// # Errors
///
/// When changes contradict each other, which is a mistake of this task.
pub fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Result<Plan<Operation>, PlanError> {
    // Keycloak leaves some switches out of its answers while they are off (`authorizationServicesEnabled`).
    let mut builder = PlanBuilder::new(memory).hiding_switches();
    builder.extend_notes(desired.notes.iter().cloned());
    if let Some(message) = observed.server.untested() {
        builder.warn(realm::realm_object(desired), message);
    }
    realm::plan(&mut builder, desired, observed);
    settings::plan(&mut builder, desired, observed);
    scopes::plan(&mut builder, desired, observed);
    groups::plan_roles(&mut builder, desired, observed);
    groups::plan(&mut builder, desired, observed);
    settings::plan_default_groups(&mut builder, desired, observed);
    client::plan(&mut builder, desired, observed);
    client_roles::plan(&mut builder, desired, observed);
    scope_mappings::plan(&mut builder, desired, observed);
    settings::plan_default_roles(&mut builder, desired, observed);
    provider::plan(&mut builder, desired, observed);
    users::plan(&mut builder, desired, observed);
    prune::plan(&mut builder, desired, observed);
    stays::plan(&mut builder, desired);
    let management = observed.clients.get(names::REALM_MANAGEMENT);
    if management.is_some_and(|client| is_protected(client, observed.clients.values())) {
        protected::keep_apart(&mut builder);
    }
    let withheld = &observed.withheld;
    builder.retain(|change| rights::can_be_judged(change, withheld, desired));
    builder.retain_left_alone(|object| !rights::is_hidden(object, withheld, desired));
    builder.note_left_alone(realm::realm_object(desired), HOW_TO_MANAGE);
    for unjudged in rights::unjudged(withheld, desired, &memory.ownership) {
        builder.leave_unjudged(unjudged);
    }
    builder.finish()
}

/// Whether the object is another one afterwards.
#[must_use]
pub(crate) const fn makes_anew(operation: &Operation) -> bool {
    matches!(operation, Operation::ReplaceMapper(..))
}
