//! The declared objects by name: what prune keeps, and what `--adopt` makes ours.

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::object::{Kind, ObjectId};

use super::{Declared, Desired};
use crate::names::{
    self, CLIENT, CLIENT_ROLE, CLIENT_SCOPE, EVENTS, FLOW_BINDING, IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER,
    MapperOwner, REALM, REQUIRED_ACTION, ROLE, USER, USER_PROFILE,
};

impl Desired {
    /// Every declared object that has a name of its own; relations are not among them.
    #[must_use]
    pub fn objects(&self) -> BTreeSet<ObjectId> {
        let mut objects = self.objects_but_users();
        objects.extend(self.users.iter().map(|user| ObjectId::new(USER, Arc::clone(&user.name))));
        objects
    }

    /// The declared parts of the realm that are planned like objects, and can neither be adopted nor removed.
    pub(crate) fn settings(&self) -> Vec<ObjectId> {
        let of_realm = |kind: Kind| ObjectId::new(kind, self.realm.as_str());
        let actions = self.required_actions.iter().filter_map(|action| action.value.alias.as_deref());
        let mut settings: Vec<ObjectId> = actions.map(|alias| ObjectId::new(REQUIRED_ACTION, alias)).collect();
        settings.push(of_realm(USER_PROFILE));
        settings.extend(self.events.as_ref().map(|_| of_realm(EVENTS)));
        settings.extend(self.flow_binding.as_ref().map(|_| of_realm(FLOW_BINDING)));
        let admin = self.admin_realm.as_ref().and_then(|realm| realm.value.realm.as_deref());
        settings.extend(admin.map(|realm| ObjectId::new(REALM, realm)));
        settings
    }

    /// Every declared object that has a name of its own, without the users, of whom there may be very many.
    #[must_use]
    pub fn objects_but_users(&self) -> BTreeSet<ObjectId> {
        let mut objects = BTreeSet::from([ObjectId::new(REALM, self.realm.as_str())]);
        for scope in &self.client_scopes {
            let name = scope.scope.value.name.clone().unwrap_or_default();
            objects.insert(ObjectId::new(CLIENT_SCOPE, name.as_str()));
            add_mappers(&mut objects, &MapperOwner::ClientScope(name), &scope.mappers);
        }
        for client in &self.clients {
            let name = client.client.value.client_id.clone().unwrap_or_default();
            objects.insert(ObjectId::new(CLIENT, name.as_str()));
            let roles = client.roles.iter().filter_map(|role| role.role.value.name.as_deref());
            objects.extend(roles.map(|role| ObjectId::within(CLIENT_ROLE, &name, role)));
            add_mappers(&mut objects, &MapperOwner::Client(name), &client.mappers);
        }
        for provider in self.providers() {
            objects.insert(ObjectId::new(IDENTITY_PROVIDER, provider.alias.as_str()));
            let names = provider.mappers.iter().filter_map(|mapper| mapper.value.name.as_deref());
            objects.extend(names.map(|name| ObjectId::within(IDENTITY_PROVIDER_MAPPER, &provider.alias, name)));
        }
        let roles = self.roles.iter().filter_map(|role| role.role.value.name.as_deref());
        objects.extend(roles.map(|name| ObjectId::new(ROLE, name)));
        objects.extend(self.groups.iter().map(|group| names::group(&group.path)));
        objects
    }
}

fn add_mappers(
    objects: &mut BTreeSet<ObjectId>,
    owner: &MapperOwner,
    mappers: &[Declared<evenkeel_keycloak_client::types::ProtocolMapperRepresentation>],
) {
    objects.extend(mappers.iter().filter_map(|mapper| Some(owner.mapper(mapper.value.name.as_deref()?))));
}
