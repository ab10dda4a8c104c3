//! Realm roles, and what the declared ones hold.

use std::collections::BTreeMap;

use evenkeel_keycloak_client::{paging, types::RoleRepresentation};
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{
    Error, Keycloak,
    desired::{Desired, DesiredRole},
    directory::Named,
    error::WithContext,
    relation::RoleName,
};

impl Keycloak {
    /// All realm roles; with attributes only if somebody declares one.
    pub(super) async fn read_roles(&self, desired: &Desired) -> Result<BTreeMap<String, RoleRepresentation>, Error> {
        let brief = desired.roles.iter().all(|role| role.role.value.attributes.is_none());
        let roles = paging::roles(&self.client, self.realm(), brief).await;
        let mut named = BTreeMap::new();
        for role in roles.context("list", "roles of realm", self.realm())? {
            if let (Some(name), Some(id)) = (role.name.clone(), role.id.clone()) {
                self.directory.insert(Named::Role(name.clone()), id);
                named.insert(name, role);
            }
        }
        Ok(named)
    }

    /// The roles inside each declared role that lists some: one request for each of them.
    pub(super) async fn read_composites(
        &self,
        desired: &Desired,
        roles: &BTreeMap<String, RoleRepresentation>,
    ) -> Result<BTreeMap<String, Vec<RoleName>>, Error> {
        let holders = desired.roles.iter().filter(|role| role.realm_roles.is_some() || !role.client_roles.is_empty());
        let mut reads = Vec::new();
        for holder in holders {
            let name = holder.role.value.name.as_deref().unwrap_or_default();
            if let Some(id) = roles.get(name).and_then(|role| role.id.as_deref()) {
                reads.push(self.read_composites_of(name, id, holder));
            }
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn read_composites_of(
        &self,
        name: &str,
        id: &str,
        holder: &DesiredRole,
    ) -> Result<(String, Vec<RoleName>), Error> {
        let found = self.roles_inside("roles inside role", name, id).await?;
        Ok((name.to_owned(), self.named(found, holder.client_roles.keys()).await?))
    }
}
