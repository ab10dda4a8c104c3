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
mod provider;
mod prune;
mod realm;
mod scope_mappings;
mod scopes;
mod settings;
mod stays;
mod ties;
mod users;

pub(crate) use provider::CLIENT_SECRET;
pub(crate) use realm::SMTP_PASSWORD;

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

pub(crate) use provider::with_endpoints;

use evenkeel_core::{
    diff::{Difference, FieldChange, Recollection, Rules},
    field::Field,
    memory::{Memory, Ownership, Secrets},
    object::ObjectId,
    plan::{Action, Cause, Change, ChangeDocument, LeftAlone, Note, Plan, PlanError},
};
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, FederatedIdentityRepresentation, GroupRepresentation,
    IdentityProviderMapperRepresentation, IdentityProviderRepresentation, ProtocolMapperRepresentation,
    RealmEventsConfigRepresentation, RealmRepresentation, RequiredActionProviderRepresentation, RoleRepresentation,
    UpConfig,
};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use realm::MASK;

use crate::{
    desired::{Declared, Desired, DesiredUser, Related},
    names::{self, MapperOwner},
    observe::Observed,
    overlay,
    protected::{is_protected, keep_apart},
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

/// What makes settings managed that nobody declared, of an object that was there before evenkeel.
const HOW_TO_MANAGE: &str = "declare what should change, set a part of `keycloak.implied` to `true`, or make one ours with `apply \
                             --adopt --only KIND/NAME`, which lets `--prune` remove it too";

/// What has to change. See the module's words.
///
/// # Errors
///
/// When changes contradict each other, which is a mistake of this task.
pub fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Result<Plan<Operation>, PlanError> {
    let mut draft = Draft {
        changes: Vec::new(),
        notes: desired.notes.clone(),
        warnings: Vec::new(),
        left_alone: LeftAlone::default(),
        ownership: &memory.ownership,
        secrets: &memory.secrets,
        paths: Shared::default(),
        waits_for: Shared::default(),
    };
    let untested = observed.server.untested();
    draft.warnings.extend(untested.map(|message| Note { object: realm::realm_object(desired), message }));
    realm::plan(&mut draft, desired, observed);
    settings::plan(&mut draft, desired, observed);
    scopes::plan(&mut draft, desired, observed);
    groups::plan_roles(&mut draft, desired, observed);
    groups::plan(&mut draft, desired, observed);
    settings::plan_default_groups(&mut draft, desired, observed);
    client::plan(&mut draft, desired, observed);
    client_roles::plan(&mut draft, desired, observed);
    scope_mappings::plan(&mut draft, desired, observed);
    settings::plan_default_roles(&mut draft, desired, observed);
    provider::plan(&mut draft, desired, observed);
    users::plan(&mut draft, desired, observed);
    prune::plan(&mut draft, desired, observed, &memory.ownership);
    stays::plan(&mut draft, desired);
    let management = observed.clients.get(names::REALM_MANAGEMENT);
    let is_protected = management.is_some_and(|client| is_protected(client, observed.clients.values()));
    keep_apart(&mut draft.changes, &mut draft.notes, is_protected);
    rights::keep_what_can_be_judged(&mut draft.changes, &observed.withheld, desired);
    draft.left_alone.retain(|object| !rights::is_hidden(object, &observed.withheld, desired));
    draft.notes.extend(draft.left_alone.note(realm::realm_object(desired), HOW_TO_MANAGE));
    let plan = Plan::new(draft.changes, draft.notes)?.with_warnings(draft.warnings);
    Ok(plan.with_unjudged(rights::unjudged(&observed.withheld, desired, &memory.ownership)))
}

/// Whether the object is another one afterwards.
#[must_use]
pub(crate) const fn makes_anew(operation: &Operation) -> bool {
    matches!(operation, Operation::ReplaceMapper(..))
}

/// The plan in the making.
struct Draft<'a> {
    changes: Vec<Change<Operation>>,
    notes: Vec<Note>,
    warnings: Vec<Note>,
    left_alone: LeftAlone,
    ownership: &'a Ownership,
    secrets: &'a Secrets,
    /// The paths of fields.
    paths: Shared<str>,
    /// The lists of what changes wait for.
    waits_for: Shared<[ObjectId]>,
}

/// Equal values, held once: tens of thousands of changes have the same few.
struct Shared<T: ?Sized>(BTreeSet<Arc<T>>);

impl<T: ?Sized + Ord> Default for Shared<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: ?Sized + Ord> Shared<T> {
    fn share(&mut self, value: Arc<T>) -> Arc<T> {
        if let Some(known) = self.0.get(&value) {
            return Arc::clone(known);
        }
        self.0.insert(Arc::clone(&value));
        value
    }
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

impl Draft<'_> {
    /// Adds a change if the fields that are managed differ from what is there, and a note if some cannot be seen. The
    /// operation gets those fields.
    fn compare<T: Serialize + DeserializeOwned + Clone>(
        &mut self,
        object: ObjectId,
        declared: &Declared<T>,
        observed: Option<&T>,
        rules: Rules,
        place: Place,
        operation: impl FnOnce(Action, Box<T>) -> Operation,
    ) {
        let Some(value) = self.managed(&object, declared, observed, rules) else { return };
        let found = self.difference(&object, &*value, observed, rules);
        let Some((action, mut difference)) = found else { return };
        for change in &mut difference.changes {
            let field = change.path.split(['.', '[']).next().unwrap_or_default();
            change.cause = declared.field_causes.get(field).cloned().map(Box::new);
        }
        let document = ChangeDocument {
            object,
            action,
            fields: difference.changes,
            cause: declared.cause.clone(),
            waits_for: self.waits_for.share(place.waits_for.into()),
        };
        self.changes.push(Change {
            document: document.into(),
            exclusive: place.exclusive,
            team: declared.team.clone(),
            removes_data: false,
            takes_along: Vec::new(),
            removes_relation: false,
            is_needed: false,
            secrets: difference.secrets,
            operation: operation(action, Box::new(value.into_owned())),
        });
    }

    /// Says of the change that was added for an object that what waits for it can do nothing without it.
    fn is_needed(&mut self, object: &ObjectId) {
        if let Some(change) = self.changes.last_mut().filter(|change| change.object == *object) {
            change.is_needed = true;
        }
    }

    /// Whether evenkeel made the object or was told to adopt it.
    fn is_ours(&self, object: &ObjectId) -> bool {
        self.ownership.contains(object)
    }

    /// The fields that are managed: all of an object that is ours or about to be made, of another one those that people wrote
    /// (law 11). `None`, with a note, for a representation that cannot be told apart so, which no generated type can cause.
    fn managed<'d, T: Serialize + DeserializeOwned + Clone>(
        &mut self,
        object: &ObjectId,
        declared: &'d Declared<T>,
        observed: Option<&T>,
        rules: Rules,
    ) -> Option<Cow<'d, T>> {
        let Some(there) = observed.filter(|_| !declared.built_in.is_empty() && !self.is_ours(object)) else {
            return Some(Cow::Borrowed(&declared.value));
        };
        let whole = without_what_is_off(Difference::between(&fields(&declared.value), Some(&fields(there)), rules));
        let differing = whole.changes.iter().filter_map(|change| declared.built_in_at(&change.path));
        self.left_alone.add(object, differing);
        let asked = overlay::without(&declared.value, &declared.built_in);
        if asked.is_err() {
            let message = "cannot be compared".to_owned();
            self.notes.push(Note { object: object.clone(), message });
        }
        asked.ok().map(Cow::Owned)
    }

    /// What has to happen to an object so that its declared fields are as declared, if anything; and a note
    /// for each field that cannot be seen.
    fn difference<T: Serialize>(
        &mut self,
        object: &ObjectId,
        declared: &T,
        observed: Option<&T>,
        rules: Rules,
    ) -> Option<(Action, Difference)> {
        let recollection = Recollection { secrets: self.secrets, object };
        let mut difference =
            Difference::recalling(&fields(declared), observed.map(fields).as_ref(), rules, recollection);
        if observed.is_some() {
            difference = without_what_is_off(difference);
        }
        self.notes.extend(difference.notes(object));
        for change in &mut difference.changes {
            change.path = self.paths.share(Arc::clone(&change.path));
        }
        match observed {
            None => Some((Action::Create, difference)),
            Some(_) if difference.is_empty() => None,
            Some(_) => Some((Action::Update, difference)),
        }
    }

    /// Adds what makes the relations of an owner as they are declared: `related` is what the values say,
    /// `is_there` and `there` what the application holds.
    fn relate(&mut self, owner: &Owner<'_>, related: &Related, there: &[&str], relation: impl Fn(&str) -> Relation) {
        for name in related.names.iter().filter(|name| !there.contains(&name.as_str())) {
            self.relation(owner, relation(name), true);
        }
        let foreign = there.iter().filter(|name| !related.names.iter().any(|wanted| wanted == *name));
        for name in foreign.filter(|name| related.exact && !IMPLIED_BY_THE_SERVER.contains(name)) {
            self.relation(owner, relation(name), false);
        }
    }

    /// Adds the change that makes a relation, or takes it away. That is an update, and no prune: the
    /// values name both ends, or declare the whole list.
    fn relation(&mut self, owner: &Owner<'_>, relation: Relation, wanted: bool) {
        let field = FieldChange {
            path: relation.word().into(),
            before: Some(Box::new((!wanted).into())),
            after: Some(wanted.into()),
            secret: false,
            cause: None,
        };
        let exclusive = relation.exclusive(owner.realm);
        let mut waits_for = relation.ends();
        // What belongs to the realm itself has no other end that would wait for it.
        waits_for.extend(exclusive.iter().filter(|object| *object.kind() == names::REALM).cloned());
        let document = ChangeDocument {
            object: relation.object(),
            action: if wanted { Action::Create } else { Action::Update },
            fields: if wanted { Vec::new() } else { vec![field] },
            cause: owner.cause.clone(),
            waits_for: waits_for.into(),
        };
        self.changes.push(Change {
            document: document.into(),
            exclusive,
            team: owner.team.cloned(),
            removes_data: false,
            takes_along: Vec::new(),
            removes_relation: !wanted,
            is_needed: false,
            secrets: Vec::new(),
            operation: if wanted { Operation::Relate(relation) } else { Operation::Separate(relation) },
        });
    }
}

/// Keycloak 26.7 gives this scope to every client with a service account, and this role to that of a client with
/// authorization services; nobody declares them, and taking them away would not last.
const IMPLIED_BY_THE_SERVER: [&str; 2] = ["service_account", "uma_protection"];

/// In whose name relations are made.
struct Owner<'a> {
    realm: &'a str,
    cause: &'a Cause,
    team: Option<&'a Arc<str>>,
}

impl<'a> Owner<'a> {
    /// The owner's declaration says why, and for which team.
    fn of<T>(desired: &'a Desired, declared: &'a Declared<T>) -> Self {
        Self { realm: &desired.realm, cause: &declared.cause, team: declared.team.as_ref() }
    }
}

/// Keycloak leaves some switches out of its answers while they are off (`authorizationServicesEnabled`), and a version that does not
/// know one has it off: what is declared as `false` and not shown is no difference.
fn without_what_is_off(mut difference: Difference) -> Difference {
    let is_shown = |change: &FieldChange| change.before.as_ref().is_some_and(|before| !before.is_null());
    difference.changes.retain(|change| is_shown(change) || change.after != Some(false.into()));
    difference
}

/// A representation as fields. One that cannot be read as such, which no generated type can cause,
/// counts as unknown: it is reported and never written.
fn fields<T: Serialize>(representation: &T) -> Field {
    Field::of(representation).unwrap_or(Field::Unknown)
}
