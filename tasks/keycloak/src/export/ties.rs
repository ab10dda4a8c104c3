//! The roles that users have directly, and their accounts at identity providers: found by role and by provider, because a realm has
//! many more users than it has of these.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    pin::pin,
};

use evenkeel_keycloak_client::{
    paging,
    types::{FederatedIdentityRepresentation, RealmRepresentation, UserRepresentation},
};
use evenkeel_transport::{ApiError, Page, ResultExt, check_segment, pages};
use futures::{StreamExt, TryStreamExt, stream};

use super::found::Found;
use crate::{Error, Keycloak, error::WithContext, observe::AT_ONCE, relation::RoleName};

/// A role, with the id of the client that has it.
pub(super) type Holder = (RoleName, Option<String>);

/// The roles whose holders are asked for: all but the one that everybody has, and those that no address can carry.
pub(super) fn holders_of_roles(found: &Found) -> Vec<Holder> {
    let default = found.realm.as_ref().and_then(|realm| realm.default_role.as_ref()?.name.as_deref());
    let realm = found.roles.iter().flatten().filter_map(|role| role.name.as_deref());
    let realm = realm.filter(|name| Some(*name) != default).map(|name| (RoleName::of_realm(name), None));
    let clients = found.clients.iter().flatten();
    let ids: HashMap<&str, &str> =
        clients.filter_map(|client| Some((client.client_id.as_deref()?, client.id.as_deref()?))).collect();
    let of_clients = found.client_roles.iter().flat_map(|(client, observed)| {
        let id = ids.get(client.as_str()).map(|id| (*id).to_owned());
        observed.roles.keys().map(move |role| (RoleName::of_client(client, role), id.clone()))
    });
    let of_clients = of_clients.filter(|(_, id)| id.is_some());
    realm.chain(of_clients).filter(|(role, _)| check_segment(&role.role).is_ok()).collect()
}

impl Keycloak {
    /// The roles that users have directly, by the user's id.
    pub(super) async fn roles_of_users(&self, roles: &[Holder]) -> Result<BTreeMap<String, Vec<RoleName>>, Error> {
        let mut reads = Vec::with_capacity(roles.len());
        for (role, client) in roles {
            reads.push(async move { Ok::<_, Error>((role, self.users_with_role(role, client.as_deref()).await?)) });
        }
        let found: Vec<(&RoleName, Vec<String>)> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        let mut by_user: BTreeMap<String, Vec<RoleName>> = BTreeMap::new();
        for (role, users) in found {
            users.into_iter().for_each(|user| by_user.entry(user).or_default().push(role.clone()));
        }
        Ok(by_user)
    }

    /// How many users have not the role that every user has.
    pub(super) async fn without_default_role(
        &self,
        realm: Option<&RealmRepresentation>,
        users: &[UserRepresentation],
    ) -> Result<usize, Error> {
        let default = realm.and_then(|realm| realm.default_role.as_ref()?.name.as_deref());
        let Some(default) = default.filter(|_| !users.is_empty()) else { return Ok(0) };
        let with: BTreeSet<String> =
            self.users_with_role(&RoleName::of_realm(default), None).await?.into_iter().collect();
        Ok(users.iter().filter_map(|user| user.id.as_ref()).filter(|id| !with.contains(*id)).count())
    }

    async fn users_with_role(&self, role: &RoleName, client: Option<&str>) -> Result<Vec<String>, Error> {
        let (realm, name) = (self.realm(), role.role.as_str());
        let users = match client {
            None => {
                let fetch = |page: Page| {
                    let list = self.client.role_user_list().realm(realm).role_name(name).brief_representation(true);
                    let request = list.first(page.first).max(page.max.get());
                    async move { request.send().await.api() }
                };
                ids(fetch).await
            }
            Some(client) => {
                let fetch = |page: Page| {
                    let list = self.client.client_role_user_list().realm(realm).client_uuid(client).role_name(name);
                    let request = list.brief_representation(true).first(page.first).max(page.max.get());
                    async move { request.send().await.api() }
                };
                ids(fetch).await
            }
        };
        users.context("list", "users with role", name)
    }

    /// The accounts of users at identity providers, by the user's id.
    pub(super) async fn identities_of_users(
        &self,
        aliases: &[String],
    ) -> Result<BTreeMap<String, Vec<FederatedIdentityRepresentation>>, Error> {
        let mut users = BTreeSet::new();
        for alias in aliases {
            let fetch = |page: Page| {
                let list = self.client.user_list().realm(self.realm()).idp_alias(alias).brief_representation(true);
                let request = list.first(page.first).max(page.max.get());
                async move { request.send().await.api() }
            };
            users.extend(ids(fetch).await.context("list", "users of identity provider", alias)?);
        }
        let reads = users.into_iter().map(|id| async move {
            let found = self.federated_identities_of_user(&id, &id).await?;
            Ok::<_, Error>((id, found.into_values().collect()))
        });
        let reads: Vec<_> = reads.collect();
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// The ids of all users of a list.
async fn ids<F: Future<Output = Result<Vec<UserRepresentation>, ApiError>>>(
    fetch: impl FnMut(Page) -> F,
) -> Result<Vec<String>, ApiError> {
    let mut pages = pin!(pages(0, paging::PAGE, fetch));
    let mut users = Vec::new();
    while let Some(page) = pages.try_next().await? {
        users.extend(page.into_iter().filter_map(|user| user.id));
    }
    Ok(users)
}
