//! Reading a realm whole: everything that values have a word for, in lists. What the account may not read is a part of
//! the answer, and is never taken for empty.

mod beyond;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
};

use evenkeel_engine::task::{Class, Classified};
use evenkeel_keycloak_client::{
    paging,
    types::{
        ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, RealmRepresentation, RoleRepresentation,
        UpConfig, UserRepresentation,
    },
};
use evenkeel_transport::{ResultExt, check_segment};
use futures::{StreamExt, TryStreamExt, stream};

use super::{found::Found, fresh::built_in_flows, ties::holders_of_roles};
use crate::{
    Error, Keycloak,
    directory::Named,
    error::WithContext,
    names::MapperOwner,
    observe::{AT_ONCE, ObservedClientRoles, ObservedProvider},
    relation::RoleName,
};

impl Keycloak {
    pub(super) async fn look_around(&self, users: bool) -> Result<Found, Error> {
        let mut found = Found::default();
        let unread = &mut found.unread;
        found.realm = part(unread, "the realm's settings", self.settings_of_realm()).await?;
        found.user_profile = part(unread, "the user profile", self.profile_of_realm()).await?;
        found.client_scopes = part(unread, "the client scopes", self.scopes_of_realm()).await?;
        found.default_client_scopes = part(unread, "the default client scopes", self.default_scopes()).await?;
        found.optional_client_scopes = part(unread, "the optional client scopes", self.optional_scopes()).await?;
        found.clients = part(unread, "the clients", self.clients_of_realm()).await?;
        found.roles = part(unread, "the realm roles", self.roles_of_realm()).await?;
        let holders = holders(found.roles.as_deref().unwrap_or_default());
        let clients = client_ids(found.clients.as_deref().unwrap_or_default());
        let composites = part(unread, "the roles inside roles", self.roles_inside_all(&holders, &clients)).await?;
        found.composites = composites.unwrap_or_default();
        let clients = found.clients.as_deref().unwrap_or_default();
        let roles = part(unread, "the roles of clients", self.roles_of_clients(clients)).await?;
        found.client_roles = roles.unwrap_or_default();
        let accounts = part(unread, "the roles of service accounts", self.roles_of_accounts(clients)).await?;
        found.service_accounts = accounts.unwrap_or_default();
        let scopes = found.client_scopes.as_deref().unwrap_or_default();
        let mapped = part(unread, "the scope mappings", self.roles_in_scopes(clients, scopes)).await?;
        found.scope_mappings = mapped.unwrap_or_default();
        let flows = part(unread, "the authentication flows", self.list_flows()).await?;
        found.flows = flows.unwrap_or_default();
        let mut built_in = built_in_flows();
        built_in.retain(|flow| found.flows.contains_key(flow));
        let steps = part(unread, "the steps of authentication flows", self.steps_of(&built_in)).await?;
        found.steps = steps.unwrap_or_default();
        found.components = part(unread, "the components", self.components_of_realm()).await?;
        let locales = part(unread, "the texts of the realm", self.locales_of_realm()).await?;
        found.locales = locales.unwrap_or_default();
        found.required_actions = part(unread, "the required actions", self.list_required_actions()).await?;
        let groups = part(unread, "the groups", self.tree_of_groups()).await?;
        found.odd_groups = groups.as_ref().map(|(_, odd)| odd.clone()).unwrap_or_default();
        found.groups = groups.map(|(groups, _)| groups);
        if let Some(realm) = &found.realm {
            found.default_groups = part(unread, "the default groups", self.list_default_groups(realm)).await?;
        }
        found.providers = part(unread, "the identity providers", self.providers_of_realm()).await?;
        if users {
            found.users = part(unread, "the users", self.users_of_realm()).await?;
            let groups = found.groups.as_ref().map(with_ids).unwrap_or_default();
            let members = part(unread, "the members of groups", self.members_of(&groups)).await?;
            found.members = members.unwrap_or_default();
            let holders = holders_of_roles(&found);
            let roles = part(&mut found.unread, "the roles of users", self.roles_of_users(&holders)).await?;
            found.roles_of_users = roles.unwrap_or_default();
            let without = self.without_default_role(found.realm.as_ref(), found.users.as_deref().unwrap_or_default());
            let without = part(&mut found.unread, "who has the role of every user", without).await?;
            found.without_default_role = without.unwrap_or_default();
            let aliases: Vec<String> = found.providers.iter().flat_map(BTreeMap::keys).cloned().collect();
            let identities = self.identities_of_users(&aliases);
            let identities = part(&mut found.unread, "the accounts of users at identity providers", identities).await?;
            found.federated_identities = identities.unwrap_or_default();
        }
        Ok(found)
    }

    /// Of a realm that the account may not view, Keycloak shows a handful of keys (server-behaviour 2.1).
    async fn settings_of_realm(&self) -> Result<RealmRepresentation, Error> {
        let realm = self.client.realm_get().realm(self.realm()).send().await.api();
        let realm = realm.context("read", "realm", self.realm())?;
        if realm.id.is_none() { Err(Error::CutShort { realm: self.realm().to_owned() }) } else { Ok(realm) }
    }

    async fn profile_of_realm(&self) -> Result<UpConfig, Error> {
        let profile = self.client.user_profile_get().realm(self.realm()).send().await.api();
        profile.context("read", "user profile of realm", self.realm())
    }

    async fn scopes_of_realm(&self) -> Result<Vec<ClientScopeRepresentation>, Error> {
        let scopes = self.client.client_scope_list().realm(self.realm()).send().await.api();
        scopes.context("list", "client scopes of realm", self.realm())
    }

    async fn default_scopes(&self) -> Result<BTreeSet<String>, Error> {
        let scopes = self.client.realm_default_client_scope_list().realm(self.realm()).send().await.api();
        let scopes = scopes.context("list", "default client scopes of realm", self.realm())?;
        Ok(scopes.into_iter().filter_map(|scope| scope.name).collect())
    }

    async fn optional_scopes(&self) -> Result<BTreeSet<String>, Error> {
        let scopes = self.client.realm_optional_client_scope_list().realm(self.realm()).send().await.api();
        let scopes = scopes.context("list", "optional client scopes of realm", self.realm())?;
        Ok(scopes.into_iter().filter_map(|scope| scope.name).collect())
    }

    async fn clients_of_realm(&self) -> Result<Vec<ClientRepresentation>, Error> {
        let clients = self.client.client_list().realm(self.realm()).send().await.api();
        let clients = clients.context("list", "clients of realm", self.realm())?;
        // Every realm has clients, and every client a protocol: fewer than that is a part of the truth.
        let cut_short = clients.is_empty() || clients.iter().any(|client| client.protocol.is_none());
        if cut_short { Err(Error::CutShort { realm: self.realm().to_owned() }) } else { Ok(clients) }
    }

    async fn roles_of_realm(&self) -> Result<Vec<RoleRepresentation>, Error> {
        paging::roles(&self.client, self.realm(), false).await.context("list", "roles of realm", self.realm())
    }

    async fn roles_inside_all(
        &self,
        holders: &[(String, String)],
        clients: &HashMap<String, String>,
    ) -> Result<BTreeMap<String, Vec<RoleName>>, Error> {
        let mut reads = Vec::with_capacity(holders.len());
        for (name, id) in holders {
            reads.push(async move {
                let inside = self.roles_inside("roles inside role", name, id).await?;
                Ok::<_, Error>((name.clone(), names_of(inside, clients)))
            });
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Every group by its path, and the groups that values cannot name.
    async fn tree_of_groups(&self) -> Result<(BTreeMap<String, GroupRepresentation>, Vec<(String, String)>), Error> {
        let top = paging::groups(&self.client, self.realm(), false).await;
        let mut waiting: Vec<(String, GroupRepresentation)> = top
            .context("list", "groups of realm", self.realm())?
            .into_iter()
            .map(|group| (String::new(), group))
            .collect();
        let (mut groups, mut odd) = (BTreeMap::new(), Vec::new());
        while let Some((above, group)) = waiting.pop() {
            let (Some(name), Some(id)) = (group.name.clone(), group.id.clone()) else { continue };
            let path = format!("{above}{name}");
            if let Some(why) = why_unnameable(&name) {
                odd.push((path, why));
                continue;
            }
            if group.sub_group_count.unwrap_or_default() > 0 {
                let children = paging::group_children(&self.client, self.realm(), &id, false).await;
                let children = children.context("list", "groups below group", &path)?;
                waiting.extend(children.into_iter().map(|child| (format!("{path}/"), child)));
            }
            groups.insert(path, group);
        }
        odd.sort();
        Ok((groups, odd))
    }

    async fn providers_of_realm(&self) -> Result<BTreeMap<String, ObservedProvider>, Error> {
        let providers = paging::identity_providers(&self.client, self.realm(), false).await;
        let mut found = BTreeMap::new();
        for provider in providers.context("list", "identity providers of realm", self.realm())? {
            let Some(alias) = provider.alias.clone() else { continue };
            // Of one that no address can carry nothing more can be asked; it is told when the values are written.
            let mut mappers = Vec::new();
            if check_segment(&alias).is_ok() {
                let list = self.client.identity_provider_mapper_list().realm(self.realm()).alias(&alias).send().await;
                mappers = list.api().context("list", "mappers of identity provider", &alias)?;
            }
            let mappers = mappers.into_iter().filter_map(|mapper| Some((mapper.name.clone()?, mapper))).collect();
            found.insert(alias, ObservedProvider { provider: Some(provider), mappers, endpoints: None });
        }
        Ok(found)
    }

    async fn roles_of_clients(
        &self,
        clients: &[ClientRepresentation],
    ) -> Result<BTreeMap<String, ObservedClientRoles>, Error> {
        let ids = client_ids(clients);
        let mut reads = Vec::with_capacity(clients.len());
        for (id, client_id) in &ids {
            reads.push(self.roles_of_one_client(id, client_id, &ids));
        }
        let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().filter(|(_, found)| !found.roles.is_empty()).collect())
    }

    async fn roles_of_one_client(
        &self,
        id: &str,
        client_id: &str,
        clients: &HashMap<String, String>,
    ) -> Result<(String, ObservedClientRoles), Error> {
        let roles = paging::client_roles(&self.client, self.realm(), id, false).await;
        let roles = roles.context("list", "roles of client", client_id)?;
        let mut observed = ObservedClientRoles::default();
        for (name, role_id) in holders(&roles) {
            let inside = self.roles_inside("roles inside client role", &name, &role_id).await?;
            observed.composites.insert(name, names_of(inside, clients));
        }
        observed.roles = roles.into_iter().filter_map(|role| Some((role.name.clone()?, role))).collect();
        Ok((client_id.to_owned(), observed))
    }

    async fn roles_of_accounts(
        &self,
        clients: &[ClientRepresentation],
    ) -> Result<BTreeMap<String, Vec<RoleName>>, Error> {
        let mut reads = Vec::new();
        for client in clients.iter().filter(|client| client.service_accounts_enabled == Some(true)) {
            if let (Some(id), Some(client_id)) = (&client.id, &client.client_id) {
                self.directory.insert(Named::Client(client_id.clone()), id.as_str());
                reads.push(self.read_service_account(client_id));
            }
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn roles_in_scopes(
        &self,
        clients: &[ClientRepresentation],
        scopes: &[ClientScopeRepresentation],
    ) -> Result<BTreeMap<MapperOwner, Vec<RoleName>>, Error> {
        let of_clients = clients.iter().map(|client| (&client.id, client.client_id.clone().map(MapperOwner::Client)));
        let of_scopes = scopes.iter().map(|scope| (&scope.id, scope.name.clone().map(MapperOwner::ClientScope)));
        let mut reads = Vec::with_capacity(clients.len() + scopes.len());
        for (id, owner) in of_clients.chain(of_scopes) {
            if let (Some(id), Some(owner)) = (id, owner) {
                reads.push(self.read_scope_mapping(owner, id.clone()));
            }
        }
        let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().filter(|(_, roles)| !roles.is_empty()).collect())
    }

    async fn users_of_realm(&self) -> Result<Vec<UserRepresentation>, Error> {
        let users = paging::users(&self.client, self.realm(), false).await;
        let mut users = users.context("list", "users of realm", self.realm())?;
        // A service account belongs to its client.
        users.retain(|user| user.service_account_client_id.is_none());
        users.sort_by(|one, two| one.username.cmp(&two.username));
        Ok(users)
    }

    async fn members_of(&self, groups: &[(String, String)]) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let mut reads = Vec::with_capacity(groups.len());
        for (path, id) in groups {
            reads.push(async move {
                let members = paging::group_members(&self.client, self.realm(), id, true).await;
                let members = members.context("list", "members of group", path)?;
                Ok::<_, Error>((path.clone(), members.into_iter().filter_map(|member| member.id).collect()))
            });
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// Why no path of values can hold the name of a group; `None` where one can.
fn why_unnameable(name: &str) -> Option<String> {
    let why = check_segment(name).err().map(|why| why.to_string());
    why.or_else(|| name.contains('/').then(|| "it holds a `/`".to_owned()))
}

/// A part that may be missing, if only because a right is.
async fn part<R>(
    unread: &mut Vec<String>,
    name: &str,
    reading: impl Future<Output = Result<R, Error>>,
) -> Result<Option<R>, Error> {
    match Box::pin(reading).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.class() == Class::NotAuthorised => {
            unread.push(format!("{name}: {error}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Roles by name; one of a client that nobody may see has none.
fn names_of(roles: Vec<RoleRepresentation>, clients: &HashMap<String, String>) -> Vec<RoleName> {
    let names = roles.into_iter().filter_map(|role| match role.client_role {
        Some(true) => Some(RoleName::of_client(clients.get(role.container_id.as_ref()?)?, role.name?)),
        _ => Some(RoleName::of_realm(role.name?)),
    });
    names.collect()
}

/// The roles that hold others, each with its id.
fn holders(roles: &[RoleRepresentation]) -> Vec<(String, String)> {
    let holders = roles.iter().filter(|role| role.composite == Some(true));
    holders.filter_map(|role| Some((role.name.clone()?, role.id.clone()?))).collect()
}

fn client_ids(clients: &[ClientRepresentation]) -> HashMap<String, String> {
    clients.iter().filter_map(|client| Some((client.id.clone()?, client.client_id.clone()?))).collect()
}

/// The groups, with their ids.
fn with_ids(groups: &BTreeMap<String, GroupRepresentation>) -> Vec<(String, String)> {
    groups.iter().filter_map(|(path, group)| Some((path.clone(), group.id.clone()?))).collect()
}
