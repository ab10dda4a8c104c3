//! What is read only where the values say something about it: flows, required actions, roles of clients and of their
//! service accounts, the roles that every user has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use evenkeel_core::memory::Ownership;

use evenkeel_keycloak_client::{
    paging,
    types::{
        GroupRepresentation, MappingsRepresentation, RealmRepresentation, RequiredActionProviderRepresentation,
        RoleRepresentation,
    },
};
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream};

use super::{AT_ONCE, left_behind};
use crate::{
    Error, Keycloak,
    desired::{Desired, DesiredRole},
    directory::Named,
    error::WithContext,
    names::MapperOwner,
    relation::RoleName,
    rights::Part,
};

/// The roles of one client.
#[derive(Clone, Debug, Default)]
pub struct ObservedClientRoles {
    /// The roles, by name.
    pub roles: BTreeMap<String, RoleRepresentation>,
    /// What the declared roles hold, where they list it.
    pub composites: BTreeMap<String, Vec<RoleName>>,
}

impl Keycloak {
    /// The flows of the realm, alias to id, if the values name one.
    pub(super) async fn read_flows(&self, desired: &Desired) -> Result<BTreeMap<String, String>, Error> {
        if desired.flows().is_empty() { Ok(BTreeMap::new()) } else { self.list_flows().await }
    }

    /// The flows of the realm, alias to id.
    pub(crate) async fn list_flows(&self) -> Result<BTreeMap<String, String>, Error> {
        let flows = self.client.authentication_flow_list().realm(self.realm()).send().await.api();
        let flows = flows.context("list", "authentication flows of realm", self.realm())?;
        let flows: BTreeMap<String, String> =
            flows.into_iter().filter_map(|flow| Some((flow.alias?, flow.id?))).collect();
        for (alias, id) in &flows {
            self.directory.insert(Named::Flow(alias.clone()), id.as_str());
        }
        Ok(flows)
    }

    /// The required actions, by alias, if one is declared.
    pub(super) async fn read_required_actions(
        &self,
        desired: &Desired,
    ) -> Result<BTreeMap<String, RequiredActionProviderRepresentation>, Error> {
        if desired.required_actions.is_empty() { Ok(BTreeMap::new()) } else { self.list_required_actions().await }
    }

    /// The required actions, by alias.
    pub(crate) async fn list_required_actions(
        &self,
    ) -> Result<BTreeMap<String, RequiredActionProviderRepresentation>, Error> {
        let actions = self.client.required_action_list().realm(self.realm()).send().await.api();
        let actions = actions.context("list", "required actions of realm", self.realm())?;
        Ok(actions.into_iter().filter_map(|action| Some((action.alias.clone()?, action))).collect())
    }

    /// The roles that every user has: those inside a role that the realm names.
    pub(super) async fn read_default_roles(
        &self,
        desired: &Desired,
        realm: &RealmRepresentation,
    ) -> Result<Vec<RoleName>, Error> {
        let role = realm.default_role.as_ref().filter(|_| !desired.default_roles.is_empty());
        let role = role.and_then(|role| Some((role.name.as_deref()?, role.id.as_deref()?)));
        let Some((name, id)) = role else { return Ok(Vec::new()) };
        self.directory.insert(Named::DefaultRole, name);
        let found = self.roles_inside("roles inside role", name, id).await?;
        self.named(found, desired.default_roles.client_roles.keys()).await
    }

    /// The groups that new users join, with their ids. The realm has them by path, which says nothing for sure: a name can hold
    /// a slash.
    pub(super) async fn read_default_groups(
        &self,
        desired: &Desired,
        realm: &RealmRepresentation,
    ) -> Result<Vec<GroupRepresentation>, Error> {
        if desired.default_groups.is_none() { Ok(Vec::new()) } else { self.list_default_groups(realm).await }
    }

    /// The groups that new users join, of which the realm shows the paths also to who may not view groups.
    pub(crate) async fn list_default_groups(
        &self,
        realm: &RealmRepresentation,
    ) -> Result<Vec<GroupRepresentation>, Error> {
        let shown = realm.default_groups.as_deref().unwrap_or_default().len();
        if shown == 0 {
            return Ok(Vec::new());
        }
        let groups = self.client.default_group_list().realm(self.realm()).send().await.api();
        let mut groups = groups.context("list", "default groups of realm", self.realm())?;
        groups.retain(|group| group.id.is_some());
        if groups.len() < shown {
            return Err(Error::Withheld { kind: "default groups", right: Part::Groups.right() });
        }
        Ok(groups)
    }

    /// The roles inside a role, of the realm or of a client.
    pub(crate) async fn roles_inside(
        &self,
        kind: &'static str,
        name: &str,
        id: &str,
    ) -> Result<Vec<RoleRepresentation>, Error> {
        let found = self.client.role_composite_list().realm(self.realm()).role_id(id).send().await;
        found.api().context("list", kind, name)
    }

    /// The roles of each client that declares some, with what is inside, of those that are left behind, and of those that hold roles
    /// of ours.
    pub(super) async fn read_client_roles(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<BTreeMap<String, ObservedClientRoles>, Error> {
        let by_name: BTreeMap<&str, &[DesiredRole]> = desired
            .clients
            .iter()
            .map(|client| (client.client.value.client_id.as_deref().unwrap_or_default(), &*client.roles))
            .collect();
        let declaring =
            by_name.iter().filter(|(_, roles)| !roles.is_empty()).map(|(client_id, _)| (*client_id).to_owned());
        let left_behind = left_behind::own_clients(ownership).filter(|client_id| !by_name.contains_key(&**client_id));
        let holders: BTreeSet<String> =
            declaring.chain(left_behind).chain(left_behind::holders_of_roles(ownership)).collect();
        let mut reads = Vec::new();
        for client_id in holders {
            if let Some(id) = self.directory.get(&Named::Client(client_id.clone())) {
                let declared = by_name.get(&*client_id).copied().unwrap_or_default();
                reads.push(self.read_roles_of_client(client_id, id, declared));
            }
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn read_roles_of_client(
        &self,
        client_id: String,
        id: String,
        declared: &[DesiredRole],
    ) -> Result<(String, ObservedClientRoles), Error> {
        let brief = declared.iter().all(|role| role.role.value.attributes.is_none());
        let list = paging::client_roles(&self.client, self.realm(), &id, brief).await;
        let mut observed = ObservedClientRoles::default();
        for role in list.context("list", "roles of client", &client_id)? {
            if let (Some(name), Some(role_id)) = (role.name.clone(), role.id.as_deref()) {
                self.directory.insert(Named::ClientRole(client_id.clone(), name.clone()), role_id);
                observed.roles.insert(name, role);
            }
        }
        for holder in declared.iter().filter(|role| role.realm_roles.is_some() || !role.client_roles.is_empty()) {
            let name = holder.role.value.name.as_deref().unwrap_or_default();
            if let Some(role_id) = observed.roles.get(name).and_then(|role| role.id.as_deref()) {
                let found = self.roles_inside("roles inside client role", name, role_id).await?;
                observed.composites.insert(name.to_owned(), self.named(found, holder.client_roles.keys()).await?);
            }
        }
        Ok((client_id, observed))
    }

    /// Roles by name. A role of a client says whose it is by the client's id: the clients that the declaration names
    /// are looked up, roles of others are nobody's business.
    pub(super) async fn named(
        &self,
        roles: Vec<RoleRepresentation>,
        declared: impl Iterator<Item = &String>,
    ) -> Result<Vec<RoleName>, Error> {
        let mut clients = HashMap::new();
        for client_id in declared {
            let known = self.directory.get(&Named::Client(client_id.clone()));
            let id = match known {
                Some(id) => Some(id),
                None => self.find_client(client_id).await?.and_then(|client| client.id),
            };
            clients.extend(id.map(|id| (id, client_id.as_str())));
        }
        let mut named = Vec::with_capacity(roles.len());
        for role in roles {
            let Some(name) = role.name else { continue };
            match (role.client_role, role.container_id.as_ref().and_then(|id| clients.get(id))) {
                (Some(true), Some(client)) => named.push(RoleName::of_client(*client, name)),
                (Some(true), None) => {}
                _ => named.push(RoleName::of_realm(name)),
            }
        }
        Ok(named)
    }

    /// The roles that each client and client scope lets into tokens, of those that are there and declare some.
    pub(super) async fn read_scope_mappings(
        &self,
        desired: &Desired,
    ) -> Result<BTreeMap<MapperOwner, Vec<RoleName>>, Error> {
        let mut reads = Vec::new();
        for declared in desired.client_scopes.iter().filter(|scope| !scope.scope_mappings.is_empty()) {
            let name = declared.scope.value.name.clone().unwrap_or_default();
            if let Some(id) = self.directory.get(&Named::ClientScope(name.clone())) {
                reads.push(self.read_scope_mapping(MapperOwner::ClientScope(name), id));
            }
        }
        for declared in desired.clients.iter().filter(|client| !client.scope_mappings.is_empty()) {
            let client_id = declared.client.value.client_id.clone().unwrap_or_default();
            if let Some(id) = self.directory.get(&Named::Client(client_id.clone())) {
                reads.push(self.read_scope_mapping(MapperOwner::Client(client_id), id));
            }
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// The roles that one client or client scope lets into tokens.
    pub(crate) async fn read_scope_mapping(
        &self,
        owner: MapperOwner,
        id: String,
    ) -> Result<(MapperOwner, Vec<RoleName>), Error> {
        let realm = self.realm();
        let mappings = match &owner {
            MapperOwner::ClientScope(name) => {
                let answer = self.client.client_scope_scope_mapping_get().realm(realm).client_scope_id(id).send().await;
                answer.api().context("read", "scope mappings of client scope", name)?
            }
            MapperOwner::Client(client_id) => {
                let answer = self.client.client_scope_mapping_get().realm(realm).client_uuid(id).send().await;
                answer.api().context("read", "scope mappings of client", client_id)?
            }
        };
        Ok((owner, mapped(mappings)))
    }

    /// The roles of each declared service account that is there and has declared roles: two requests for each.
    pub(super) async fn read_service_accounts(
        &self,
        desired: &Desired,
        enabled: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Vec<RoleName>>, Error> {
        let mut reads = Vec::new();
        for declared in desired.clients.iter().filter(|client| !client.service_account.is_empty()) {
            let client_id = declared.client.value.client_id.as_deref().unwrap_or_default();
            if enabled(client_id) {
                reads.push(self.read_service_account(client_id));
            }
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// The roles of one service account.
    pub(crate) async fn read_service_account(&self, client_id: &str) -> Result<(String, Vec<RoleName>), Error> {
        let user = self.service_account_id(client_id).await?;
        let mappings = self.client.user_role_mapping_get().realm(self.realm()).user_id(user).send().await;
        let mappings = mappings.api().context("read", "roles of the service account of client", client_id)?;
        Ok((client_id.to_owned(), mapped(mappings)))
    }
}

/// The roles of mappings, by name.
pub(super) fn mapped(mappings: MappingsRepresentation) -> Vec<RoleName> {
    let of_realm =
        mappings.realm_mappings.into_iter().flatten().filter_map(|role| Some(RoleName::of_realm(role.name?)));
    let of_clients = mappings.client_mappings.into_iter().flatten().flat_map(|(client, mappings)| {
        let roles = mappings.mappings.into_iter().flatten();
        roles.filter_map(move |role| Some(RoleName::of_client(client.as_str(), role.name?)))
    });
    of_realm.chain(of_clients).collect()
}
