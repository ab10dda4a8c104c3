//! What has to change: desired × observed → changes. Pure.
//!
//! Read it as a table, in the order of the writes: realm, user profile, client scopes and their
//! mappers, the realm's default scopes, roles, groups and the roles that they give, clients with
//! mappers and scopes, users, memberships. Nothing is ever removed because it is not declared, except
//! a membership of a declared user in a group whose members the values decide, and what
//! [`prune`] finds in the inventory.

mod client;
mod groups;
mod provider;
mod prune;
mod realm;
mod scopes;
mod users;

use std::sync::Arc;

use evenkeel_core::values::SecretValue;
use evenkeel_core::{
    diff::{Difference, Rules},
    field::Field,
    object::{ObjectId, Ownership},
    plan::{Action, Cause, Change, Note, Plan, PlanError},
};
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, IdentityProviderMapperRepresentation,
    IdentityProviderRepresentation, ProtocolMapperRepresentation, RealmRepresentation, RoleRepresentation, UpConfig,
    UserRepresentation,
};
use serde::Serialize;

use crate::{
    desired::{Declared, Desired},
    names::{self, MapperOwner},
    observe::Observed,
};

/// One write, with everything that it needs beside the ids of the moment.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Make the realm.
    CreateRealm(Box<RealmRepresentation>),
    /// Change declared fields of a realm.
    UpdateRealm(Box<RealmRepresentation>),
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
    /// Give the scope of this name to new clients of the realm.
    AddDefaultClientScope(String),
    /// Make a realm role.
    CreateRole(Box<RoleRepresentation>),
    /// Change declared fields of a realm role.
    UpdateRole(Box<RoleRepresentation>),
    /// Make a top-level group.
    CreateGroup(Box<GroupRepresentation>),
    /// Let a group give a realm role to its members.
    AddGroupRealmRole {
        /// The group.
        group: String,
        /// The role.
        role: String,
    },
    /// Let a group give a client's role to its members.
    AddGroupClientRole {
        /// The group.
        group: String,
        /// The client, by `clientId`.
        client: String,
        /// The role.
        role: String,
    },
    /// Make a client, without mappers.
    CreateClient(Box<ClientRepresentation>),
    /// Change declared fields of a client.
    UpdateClient(Box<ClientRepresentation>),
    /// Give a client a default scope.
    AddClientDefaultScope {
        /// The client, by `clientId`.
        client: String,
        /// The scope.
        scope: String,
    },
    /// Make an external identity provider.
    CreateIdentityProvider(Box<IdentityProviderRepresentation>),
    /// Change declared fields of an external identity provider.
    UpdateIdentityProvider(Box<IdentityProviderRepresentation>),
    /// Make a mapper of the external identity provider that it names.
    CreateIdentityProviderMapper(Box<IdentityProviderMapperRepresentation>),
    /// Change declared fields of the mapper with this id.
    UpdateIdentityProviderMapper(String, Box<IdentityProviderMapperRepresentation>),
    /// Make a user, with groups and the initial password.
    CreateUser(Box<UserRepresentation>, Option<SecretValue>),
    /// Change declared fields of a user, named by the folded email.
    UpdateUser(String, Box<UserRepresentation>),
    /// Put a user, named by the folded email, into a group.
    JoinGroup {
        /// The group.
        group: String,
        /// The user.
        user: String,
    },
    /// Take a user, named by the folded email, out of a group.
    LeaveGroup {
        /// The group.
        group: String,
        /// The user.
        user: String,
    },
    /// Remove an object that is ours and not declared any more.
    Delete(Removal),
}

/// What is removed, by the id under which it was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// A client scope's id.
    ClientScope(String),
    /// A protocol mapper's owner and id.
    Mapper(MapperOwner, String),
    /// A realm role's name.
    Role(String),
    /// A group's id.
    Group(String),
}

/// What has to change. See the module's words.
///
/// # Errors
///
/// When changes contradict each other, which is a mistake of this task.
pub fn plan(desired: &Desired, observed: &Observed, ownership: &Ownership) -> Result<Plan<Operation>, PlanError> {
    let mut draft = Draft { notes: desired.notes.clone(), ..Draft::default() };
    realm::plan(&mut draft, desired, observed);
    scopes::plan(&mut draft, desired, observed);
    groups::plan_roles(&mut draft, desired, observed);
    groups::plan(&mut draft, desired, observed);
    client::plan(&mut draft, desired, observed);
    provider::plan(&mut draft, desired, observed);
    users::plan(&mut draft, desired, observed);
    prune::plan(&mut draft, desired, observed, ownership);
    Plan::new(draft.changes, draft.notes)
}

/// The declared objects that are there: what `--adopt` makes ours.
#[must_use]
pub fn existing(desired: &Desired, observed: &Observed) -> Vec<ObjectId> {
    let realm = observed.realm.iter().map(|_| ObjectId::new(names::REALM, desired.realm.as_str()));
    let scopes = observed
        .client_scopes
        .keys()
        .filter(|name| desired.client_scopes.iter().any(|scope| scope.scope.value.name.as_deref() == Some(name)));
    realm
        .chain(scopes.map(|name| ObjectId::new(names::CLIENT_SCOPE, name.as_str())))
        .chain(observed.roles.keys().map(|name| ObjectId::new(names::ROLE, name.as_str())))
        .chain(observed.groups.keys().map(|name| ObjectId::new(names::GROUP, name.as_str())))
        .chain(observed.clients.keys().map(|name| ObjectId::new(names::CLIENT, name.as_str())))
        .chain(observed.users.keys().map(|email| ObjectId::new(names::USER, email.as_str())))
        .collect()
}

/// The plan in the making.
#[derive(Default)]
struct Draft {
    changes: Vec<Change<Operation>>,
    notes: Vec<Note>,
}

/// Where a change stands among others.
#[derive(Default)]
struct Place {
    waits_for: Vec<ObjectId>,
    exclusive: Option<ObjectId>,
}

impl Place {
    /// A change that waits for others.
    fn after(waits_for: impl IntoIterator<Item = ObjectId>) -> Self {
        Self { waits_for: waits_for.into_iter().collect(), exclusive: None }
    }

    /// No two changes of `object` at the same time: Keycloak makes duplicates or loses updates
    /// (server-behaviour 2.9).
    fn alone_in(mut self, object: ObjectId) -> Self {
        self.exclusive = Some(object);
        self
    }
}

impl Draft {
    /// Adds a change if the declared fields differ from what is there, and a note if some cannot be seen.
    fn compare<T: Serialize>(
        &mut self,
        object: ObjectId,
        declared: &Declared<T>,
        observed: Option<&T>,
        rules: Rules,
        place: Place,
        operation: impl FnOnce(Action) -> Operation,
    ) {
        let difference = Difference::between(&fields(&declared.value), observed.map(fields).as_ref(), rules);
        for path in &difference.unknown {
            let message = format!("`{path}` is hidden by the server, so that a difference cannot be seen");
            self.notes.push(Note { object: object.clone(), message });
        }
        if observed.is_some() && difference.is_empty() {
            return;
        }
        let action = if observed.is_some() { Action::Update } else { Action::Create };
        let mut changes = difference.changes;
        for change in &mut changes {
            let field = change.path.split(['.', '[']).next().unwrap_or_default();
            change.cause = declared.field_causes.get(field).cloned();
        }
        self.changes.push(Change {
            object,
            action,
            fields: changes,
            cause: declared.cause.clone(),
            waits_for: place.waits_for,
            exclusive: place.exclusive,
            team: declared.team.clone(),
            removes_data: false,
            operation: operation(action),
        });
    }

    /// Adds the change that makes a relation: it has no fields of its own.
    fn relate(&mut self, object: ObjectId, cause: &Cause, team: Option<&Arc<str>>, place: Place, operation: Operation) {
        self.changes.push(Change {
            object,
            action: Action::Create,
            fields: Vec::new(),
            cause: cause.clone(),
            waits_for: place.waits_for,
            exclusive: place.exclusive,
            team: team.cloned(),
            removes_data: false,
            operation,
        });
    }
}

/// A representation as fields. One that cannot be read as such, which no generated type can cause,
/// counts as unknown: it is reported and never written.
fn fields<T: Serialize>(representation: &T) -> Field {
    Field::of(representation).unwrap_or(Field::Unknown)
}
