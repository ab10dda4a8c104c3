//! What is ours, still there, and not declared any more.
//!
//! Only objects of the inventory are looked at, by the ids that it knows (law 5); the engine keeps the deletes out of the plan
//! unless the run may prune, and where they would take along what is not ours. An account is data that people made: removing it
//! needs a second word.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use evenkeel_core::{
    diff::FieldChange,
    memory::{Claim, Identity, Ownership},
    object::{Kind, ObjectId},
    plan::Dependencies,
    values::model::RemovedUsers,
};
use evenkeel_keycloak_client::types::{ClientRepresentation, ProtocolMapperRepresentation};

use super::{Operation, PlanBuilder, Removal, relations::IMPLIED_BY_THE_SERVER};
use crate::{
    desired::Desired,
    names::{
        self, CLIENT, CLIENT_ROLE, CLIENT_SCOPE, GROUP, IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER, MapperOwner,
        PROTOCOL_MAPPER, ROLE, USER,
    },
    observe::{Member, Observed, ObservedUser},
    relation::Relation,
};

/// Keycloak 26.0 gives these mappers to every client with a service account.
const MAPPERS_OF_SERVICE_ACCOUNTS: [&str; 3] = ["Client ID", "Client Host", "Client IP Address"];
const NOTE_OF_SESSION: &str = "oidc-usersessionmodel-note-mapper";

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let declared = desired.objects();
    let mut prune = Prune { ownership: plan.ownership(), declared: &declared, observed, plan };
    prune.clients();
    prune.client_roles();
    prune.providers();
    prune.users(desired.removed_users);
    prune.groups();
    prune.roles();
    prune.mappers();
    prune.provider_mappers();
    prune.client_scopes();
}

struct Prune<'a, 'b> {
    ownership: &'a Ownership,
    declared: &'a BTreeSet<ObjectId>,
    observed: &'a Observed,
    plan: &'a mut PlanBuilder<'b>,
}

impl<'a> Prune<'a, '_> {
    fn is_left_behind(&self, object: &ObjectId) -> bool {
        self.ownership.contains(object) && !self.declared.contains(object)
    }

    /// The names of what is left behind of a kind whose objects live in nothing but the realm.
    fn left_behind(&self, kind: &Kind) -> Vec<String> {
        let ours = self.ownership.of_kind(kind).filter(|object| !self.declared.contains(object));
        ours.map(|object| object.name().to_owned()).collect()
    }

    fn remove(&mut self, object: ObjectId, removal: Option<Removal>, takes_along: Vec<ObjectId>) {
        let Some(removal) = removal.filter(|_| self.is_left_behind(&object)) else { return };
        let removes_data = matches!(removal, Removal::User(_) | Removal::Disable(_));
        // What happens to an account that stays.
        let disabled = matches!(removal, Removal::Disable(_))
            .then(|| FieldChange::new("enabled", Some(true.into()), Some(false.into())));
        // The innermost first.
        let dependencies = Dependencies::after(takes_along.iter().cloned());
        let added = self.plan.delete(object, dependencies, Operation::Delete(removal));
        added.takes_along(takes_along).removes_data(removes_data).showing(disabled);
    }

    fn clients(&mut self) {
        for client_id in self.left_behind(&CLIENT) {
            let Some(there) = self.observed.clients.get(&client_id) else { continue };
            let roles = self.observed.client_roles.get(&client_id).into_iter().flat_map(|there| there.roles.keys());
            let roles = roles.filter(|role| !IMPLIED_BY_THE_SERVER.contains(&role.as_str()));
            let roles = roles.map(|role| ObjectId::within(CLIENT_ROLE, &client_id, role));
            let mappers = mappers_made_in(there).filter_map(|mapper| mapper.name.as_deref());
            let owner = MapperOwner::Client(client_id.clone());
            let takes_along = mappers.map(|mapper| owner.mapper(mapper)).chain(roles).collect();
            self.remove(owner.object(), there.id.clone().map(Removal::Client), takes_along);
        }
    }

    fn client_roles(&mut self) {
        let roles: BTreeSet<ObjectId> = self.ownership.of_kind(&CLIENT_ROLE).map(ObjectId::apart).collect();
        for role in roles {
            let Some((client_id, name)) = role.in_parent() else { continue };
            let there = self.observed.client_roles.get(client_id).and_then(|there| there.roles.get(name));
            let removal = there.and_then(|role| role.id.clone()).map(Removal::ClientRole);
            self.remove(role, removal, Vec::new());
        }
    }

    fn providers(&mut self) {
        for alias in self.left_behind(&IDENTITY_PROVIDER) {
            let Some(found) = self.observed.providers.get(&alias) else { continue };
            let id = found.provider.as_ref().and_then(|provider| provider.internal_id.clone());
            let mappers = found.mappers.keys().map(|name| ObjectId::within(IDENTITY_PROVIDER_MAPPER, &alias, name));
            let takes_along = mappers.collect();
            self.remove(ObjectId::new(IDENTITY_PROVIDER, alias), id.map(Removal::IdentityProvider), takes_along);
        }
    }

    fn users(&mut self, removed: RemovedUsers) {
        // One that got another name in the values is declared: by its id it is the same account.
        let declared: HashSet<&str> = self.observed.users.values().map(|user| &*user.id).collect();
        let gone = self.observed.former_users.iter().filter(|(_, user)| !declared.contains(&*user.id));
        for (name, user) in gone {
            self.remove(ObjectId::new(USER, name.clone()), of_user(user, removed), Vec::new());
        }
    }

    /// Deleting a group deletes those below it, whoever made them, and ends what its members have by it.
    fn groups(&mut self) {
        let ours = match self.observed.inside_groups.is_empty() {
            true => OurUsers::default(),
            false => self.our_users(),
        };
        let groups: BTreeSet<String> = self.ownership.of_kind(&GROUP).map(names::group_path).collect();
        for path in groups {
            let (object, there) = (names::group(&path), self.observed.groups.get(&path));
            let removal = there.and_then(|group| group.id.clone()).map(Removal::Group);
            let takes_along = self.inside_group(&object, &ours);
            self.remove(object, removal, takes_along);
        }
    }

    /// The groups below a group, and the members of all of them that we have not put there.
    fn inside_group(&self, group: &ObjectId, ours: &OurUsers<'_>) -> Vec<ObjectId> {
        let (mut inside, mut ahead) = (Vec::new(), vec![group]);
        while let Some(group) = ahead.pop() {
            let Some(found) = self.observed.inside_groups.get(group) else { continue };
            let path = names::group_path(group);
            let joined = |member: &Member| {
                Relation::Membership { group: path.as_str().into(), user: member.name.as_str().into() }.object()
            };
            let foreign = found.members.iter().filter(|member| !ours.contains(member)).map(joined);
            inside.extend(foreign.filter(|membership| !self.ownership.contains(membership)));
            inside.extend(found.groups.iter().cloned());
            ahead.extend(&found.groups);
        }
        inside
    }

    /// The users whose memberships the values decide or have decided, and those that came with a client of ours: they join the groups
    /// of new users.
    fn our_users(&self) -> OurUsers<'a> {
        let observed = self.observed;
        let is_ours = |object: &ObjectId| self.ownership.contains(object) || self.declared.contains(object);
        let former = observed.former_users.iter();
        let former = former.filter(|(name, _)| is_ours(&ObjectId::new(USER, (*name).clone())));
        let users = observed.users.values().chain(former.map(|(_, user)| user));
        let clients = observed.clients.keys();
        let clients = clients.filter(|client_id| is_ours(&ObjectId::new(CLIENT, client_id.as_str())));
        OurUsers {
            ids: users.map(|user| &*user.id).collect(),
            accounts: clients.map(|client_id| format!("service-account-{}", client_id.to_lowercase())).collect(),
        }
    }

    fn roles(&mut self) {
        for name in self.left_behind(&ROLE) {
            let id = self.observed.roles.get(&name).and_then(|role| role.id.clone());
            self.remove(ObjectId::new(ROLE, name), id.map(Removal::Role), Vec::new());
        }
    }

    /// An owner that goes takes its mappers with it.
    fn mappers(&mut self) {
        if self.ownership.of_kind(&PROTOCOL_MAPPER).next().is_none() {
            return;
        }
        let observed = self.observed;
        let scopes = observed
            .client_scopes
            .iter()
            .map(|(name, scope)| (MapperOwner::ClientScope(name.clone()), &scope.protocol_mappers));
        let clients =
            observed.clients.iter().map(|(name, client)| (MapperOwner::Client(name.clone()), &client.protocol_mappers));
        for (owner, mappers) in scopes.chain(clients) {
            if self.is_left_behind(&owner.object()) {
                continue;
            }
            // Requests that meet can make several of one name.
            let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for mapper in mappers.iter().flatten() {
                named.entry(mapper.name.as_deref().unwrap_or_default()).or_default().extend(mapper.id.as_deref());
            }
            for (name, ids) in named {
                let object = owner.mapper(name);
                let ours = match self.ownership.claim(&object) {
                    Some(Claim::This(known)) => ids.into_iter().find(|id| Identity::new(*id) == *known),
                    _ => ids.first().copied(),
                };
                self.remove(object, ours.map(|id| Removal::Mapper(owner.clone(), id.to_owned())), Vec::new());
            }
        }
    }

    fn provider_mappers(&mut self) {
        for (alias, found) in &self.observed.providers {
            if self.is_left_behind(&ObjectId::new(IDENTITY_PROVIDER, alias.as_str())) {
                continue;
            }
            for (name, mapper) in &found.mappers {
                let removal = mapper.id.clone().map(|id| Removal::ProviderMapper(alias.clone(), id));
                self.remove(ObjectId::within(IDENTITY_PROVIDER_MAPPER, alias, name), removal, Vec::new());
            }
        }
    }

    fn client_scopes(&mut self) {
        for name in self.left_behind(&CLIENT_SCOPE) {
            let Some(scope) = self.observed.client_scopes.get(&name) else { continue };
            let owner = MapperOwner::ClientScope(name);
            let mappers = scope.protocol_mappers.iter().flatten().filter_map(|mapper| mapper.name.as_deref());
            let takes_along = mappers.map(|mapper| owner.mapper(mapper)).collect();
            self.remove(owner.object(), scope.id.clone().map(Removal::ClientScope), takes_along);
        }
    }
}

/// Users whose memberships are no business of others.
#[derive(Default)]
struct OurUsers<'a> {
    ids: HashSet<&'a str>,
    /// The names of service accounts.
    accounts: HashSet<String>,
}

impl OurUsers<'_> {
    fn contains(&self, member: &Member) -> bool {
        self.ids.contains(&*member.id) || self.accounts.contains(&member.name)
    }
}

/// The mappers of a client without those that its service account brought along.
fn mappers_made_in(client: &ClientRepresentation) -> impl Iterator<Item = &ProtocolMapperRepresentation> {
    let has_account = client.service_accounts_enabled == Some(true);
    let is_implied = move |mapper: &&ProtocolMapperRepresentation| {
        let is_named_so = mapper.name.as_deref().is_some_and(|name| MAPPERS_OF_SERVICE_ACCOUNTS.contains(&name));
        has_account && is_named_so && mapper.protocol_mapper.as_deref() == Some(NOTE_OF_SESSION)
    };
    client.protocol_mappers.iter().flatten().filter(move |mapper| !is_implied(mapper))
}

/// What the values want to become of a user that they do not name any more; nothing for one that is disabled already.
fn of_user(user: &ObservedUser, removed: RemovedUsers) -> Option<Removal> {
    match removed {
        RemovedUsers::Keep => None,
        RemovedUsers::Disable => (user.account.enabled != Some(false)).then(|| Removal::Disable(user.id.to_string())),
        RemovedUsers::Delete => Some(Removal::User(user.id.to_string())),
    }
}
