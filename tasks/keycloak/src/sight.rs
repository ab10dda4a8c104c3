//! What was seen of an object, and which one it is: pure. What nobody has looked for, and what the account may not see, is unknown
//! and not absent.
//!
//! Every object that is declared or ours has been looked for, or is among those that are told apart here: mappers, roles and
//! mappers of identity providers whose owner was not read, and names that could be meant of several objects.

use evenkeel_core::{memory::Sight, object::ObjectId};

use crate::{
    desired::Desired,
    names::{
        self, CLIENT, CLIENT_ROLE, CLIENT_SCOPE, GROUP, IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER, MapperOwner,
        PROTOCOL_MAPPER, REALM, ROLE, USER,
    },
    observe::Observed,
    relation::MEMBERSHIP,
    rights,
};

pub(crate) fn sight(desired: &Desired, observed: &Observed, object: &ObjectId) -> Sight {
    let look = Look { desired, observed };
    match object.kind() {
        kind if *kind == REALM => look.at_realm(object),
        // What lived in a realm that is gone is seen to be gone once there is one again, whoever makes that: a gateway's 404 does
        // not make us forget everything.
        _ if observed.realm.is_none() || look.is_hidden(object) => Sight::Unknown,
        kind if *kind == CLIENT_SCOPE => {
            Sight::among(observed.client_scopes.get(object.name()), |scope| scope.id.as_deref())
        }
        kind if *kind == ROLE => Sight::among(observed.roles.get(object.name()), |role| role.id.as_deref()),
        kind if *kind == GROUP => look.at_group(object),
        kind if *kind == CLIENT => look.at_client(object.name()),
        kind if *kind == CLIENT_ROLE => look.at_client_role(object),
        kind if *kind == PROTOCOL_MAPPER => look.at_mapper(object),
        kind if *kind == IDENTITY_PROVIDER => look.at_provider(object.name()),
        kind if *kind == IDENTITY_PROVIDER_MAPPER => look.at_provider_mapper(object),
        kind if *kind == USER => look.at_user(object.name()),
        kind if *kind == MEMBERSHIP => look.at_membership(object),
        // Other relations have no id, and nothing is ever deleted because one of them is ours.
        _ => Sight::Unknown,
    }
}

#[derive(Clone, Copy)]
struct Look<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
}

impl Look<'_> {
    fn is_hidden(self, object: &ObjectId) -> bool {
        rights::is_hidden(object, &self.observed.withheld, self.desired)
    }

    /// The administrators' realm is never ours.
    fn at_realm(self, realm: &ObjectId) -> Sight {
        if realm.name() != self.desired.realm || self.is_hidden(realm) {
            return Sight::Unknown;
        }
        Sight::among(self.observed.realm.as_ref(), |realm| realm.id.as_deref())
    }

    /// An older inventory knows a group by its path as one name.
    fn at_group(self, group: &ObjectId) -> Sight {
        if group.names().any(|name| name.contains('/')) {
            return Sight::Unknown;
        }
        Sight::among(self.observed.groups.get(&names::group_path(group)), |group| group.id.as_deref())
    }

    fn at_client(self, client_id: &str) -> Sight {
        match self.observed.clients.get(client_id) {
            Some(client) => Sight::of(client.id.as_deref()),
            None if self.observed.absent_clients.contains(client_id) => Sight::Absent,
            None => Sight::Unknown,
        }
    }

    fn at_client_role(self, role: &ObjectId) -> Sight {
        let Some((client_id, name)) = role.in_parent() else { return Sight::Unknown };
        match self.at_client(client_id) {
            Sight::There | Sight::This(_) => {}
            without => return without,
        }
        let roles = self.observed.client_roles.get(client_id);
        roles.map_or(Sight::Unknown, |there| Sight::among(there.roles.get(name), |role| role.id.as_deref()))
    }

    /// Requests that met may have made several of one name: which of them it is nobody knows.
    fn at_mapper(self, mapper: &ObjectId) -> Sight {
        let Some((owner, name)) = MapperOwner::of_mapper(mapper) else { return Sight::Unknown };
        let mappers = match &owner {
            _ if self.is_hidden(&owner.object()) => return Sight::Unknown,
            MapperOwner::ClientScope(scope) => {
                self.observed.client_scopes.get(scope).map(|scope| &scope.protocol_mappers).ok_or(Sight::Absent)
            }
            MapperOwner::Client(client_id) => {
                let client = self.observed.clients.get(client_id).map(|client| &client.protocol_mappers);
                client.ok_or_else(|| self.at_client(client_id))
            }
        };
        let mappers = match mappers {
            Ok(mappers) => mappers.iter().flatten(),
            Err(without) => return without,
        };
        let mut named = mappers.filter(|mapper| mapper.name.as_deref() == Some(name));
        match (named.next(), named.next()) {
            (Some(_), Some(_)) => Sight::There,
            (found, _) => Sight::among(found, |mapper| mapper.id.as_deref()),
        }
    }

    fn at_provider(self, alias: &str) -> Sight {
        let found = self.observed.providers.get(alias);
        found.map_or(Sight::Unknown, |found| {
            Sight::among(found.provider.as_ref(), |provider| provider.internal_id.as_deref())
        })
    }

    fn at_provider_mapper(self, mapper: &ObjectId) -> Sight {
        let Some((alias, name)) = mapper.in_parent() else { return Sight::Unknown };
        if self.is_hidden(&ObjectId::new(IDENTITY_PROVIDER, alias)) {
            return Sight::Unknown;
        }
        let found = self.observed.providers.get(alias);
        found.map_or(Sight::Unknown, |found| Sight::among(found.mappers.get(name), |mapper| mapper.id.as_deref()))
    }

    /// With an external identity provider nobody looks for local accounts.
    fn at_user(self, name: &str) -> Sight {
        if self.desired.provider.is_some() {
            return Sight::Unknown;
        }
        let found = self.observed.users.get(name).or_else(|| self.observed.former_users.get(name));
        Sight::among(found, |user| Some(&*user.id))
    }

    fn at_membership(self, membership: &ObjectId) -> Sight {
        let found = membership.in_parent().and_then(|(group, user)| Some((group, self.observed.users.get(user)?)));
        let read = found.filter(|(group, user)| {
            let all_groups = user.ties.as_ref().and_then(|ties| ties.groups.as_ref());
            all_groups.is_some() || self.observed.read_memberships.contains(*group)
        });
        read.map_or(Sight::Unknown, |(group, user)| {
            if user.groups.iter().any(|other| **other == *group) { Sight::There } else { Sight::Absent }
        })
    }
}
