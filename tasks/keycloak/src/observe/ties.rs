//! The groups, roles and accounts at identity providers of single users: read for those that declare some, a request for each of
//! the three.

use std::{collections::BTreeMap, pin::pin, sync::Arc};

use evenkeel_keycloak_client::{
    paging,
    types::{FederatedIdentityRepresentation, GroupRepresentation},
};
use evenkeel_transport::{Page, ResultExt, pages};
use futures::{StreamExt, TryStreamExt, stream};

use super::{AT_ONCE, ObservedTies, ObservedUser, optional::mapped};
use crate::{
    Error, Keycloak,
    desired::{Desired, DesiredTies},
    directory::Named,
    error::WithContext,
    relation::RoleName,
};

/// The declared users that are there, by name.
type Users = BTreeMap<Arc<str>, ObservedUser>;

impl Keycloak {
    /// Adds to each user what it is tied to, of what the values declare.
    pub(super) async fn read_ties(&self, desired: &Desired, mut users: Users) -> Result<Users, Error> {
        let mut reads = Vec::new();
        for user in &desired.users {
            if let (Some(declared), Some(there)) = (&user.ties, users.get(&user.name)) {
                reads.push(self.read_ties_of(Arc::clone(&user.name), Arc::clone(&there.id), declared));
            }
        }
        let mut reads = stream::iter(reads).buffer_unordered(AT_ONCE);
        let mut found: Vec<(Arc<str>, ObservedTies)> = Vec::new();
        while let Some(ties) = reads.try_next().await? {
            found.push(ties);
        }
        drop(reads);
        for (name, ties) in found {
            if let Some(user) = users.get_mut(&name) {
                let unknown = ties.groups.iter().flatten().filter(|group| !user.groups.contains(group)).cloned();
                let unknown: Vec<Arc<str>> = unknown.collect();
                user.groups.extend(unknown);
                user.ties = Some(Box::new(ties));
            }
        }
        Ok(users)
    }

    async fn read_ties_of(
        &self,
        name: Arc<str>,
        id: Arc<str>,
        declared: &DesiredTies,
    ) -> Result<(Arc<str>, ObservedTies), Error> {
        let groups = if declared.groups { Some(self.groups_of_user(&name, &id).await?) } else { None };
        let roles = if declared.roles.is_empty() { Vec::new() } else { self.roles_of_user(&name, &id).await? };
        let identities = if declared.federated_identities.is_empty() {
            BTreeMap::new()
        } else {
            self.federated_identities_of_user(&name, &id).await?
        };
        Ok((name, ObservedTies { groups, roles, federated_identities: identities }))
    }

    /// The paths of the groups that a user is in, but for those whose name the values cannot say: it would be read as two.
    pub(crate) async fn groups_of_user(&self, name: &str, id: &str) -> Result<Vec<Arc<str>>, Error> {
        let fetch = |page: Page| {
            let list = self.client.user_group_list().realm(self.realm()).user_id(id).brief_representation(true);
            let request = list.first(page.first).max(page.max.get());
            async move { request.send().await.api() }
        };
        let mut pages = pin!(pages(0, paging::PAGE, fetch));
        let mut groups = Vec::new();
        while let Some(page) = pages.try_next().await.context("list", "groups of user", name)? {
            groups.extend(page.into_iter().filter_map(|group| self.known_group(group)));
        }
        Ok(groups)
    }

    fn known_group(&self, group: GroupRepresentation) -> Option<Arc<str>> {
        let path = group.path.as_deref().filter(|_| group.name.as_deref().is_some_and(|name| !name.contains('/')))?;
        let path: Arc<str> = path.strip_prefix('/').unwrap_or(path).into();
        self.directory.insert(Named::Group(path.to_string()), group.id?);
        Some(path)
    }

    /// The roles that a user has directly.
    pub(crate) async fn roles_of_user(&self, name: &str, id: &str) -> Result<Vec<RoleName>, Error> {
        let mappings = self.client.user_role_mapping_get().realm(self.realm()).user_id(id).send().await;
        Ok(mapped(mappings.api().context("read", "roles of user", name)?))
    }

    /// The accounts that a user has at identity providers, by alias.
    pub(crate) async fn federated_identities_of_user(
        &self,
        name: &str,
        id: &str,
    ) -> Result<BTreeMap<String, FederatedIdentityRepresentation>, Error> {
        let found = self.client.user_federated_identity_list().realm(self.realm()).user_id(id).send().await;
        let found = found.api().context("list", "federated identities of user", name)?;
        Ok(found.into_iter().filter_map(|identity| Some((identity.identity_provider.clone()?, identity))).collect())
    }
}
