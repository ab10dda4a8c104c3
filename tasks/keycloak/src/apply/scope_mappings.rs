//! Roles that clients and client scopes let into tokens. Both writes are idempotent.

use evenkeel_transport::{ResultExt, repeatable};

use crate::{Error, Keycloak, error::WithContext, names::MapperOwner, relation::RoleName};

impl Keycloak {
    /// Lets a role into tokens.
    pub(super) async fn map_role(&self, owner: &MapperOwner, role: &RoleName) -> Result<(), Error> {
        let (realm, body) = (self.realm(), vec![self.role(role).await?]);
        let answer = match (owner, &role.client) {
            (MapperOwner::ClientScope(scope), None) => {
                let request = self.client.client_scope_scope_mapping_realm_role_add().realm(realm);
                repeatable(request.client_scope_id(self.client_scope_id(scope).await?).body(body).send()).await
            }
            (MapperOwner::ClientScope(scope), Some(client)) => {
                let request = self.client.client_scope_scope_mapping_client_role_add().realm(realm);
                let request = request.client_scope_id(self.client_scope_id(scope).await?);
                repeatable(request.client(self.client_id(client).await?).body(body).send()).await
            }
            (MapperOwner::Client(owner), None) => {
                let request = self.client.client_scope_mapping_realm_role_add().realm(realm);
                repeatable(request.client_uuid(self.client_id(owner).await?).body(body).send()).await
            }
            (MapperOwner::Client(owner), Some(client)) => {
                let request = self.client.client_scope_mapping_client_role_add().realm(realm);
                let request = request.client_uuid(self.client_id(owner).await?);
                repeatable(request.client(self.client_id(client).await?).body(body).send()).await
            }
        };
        answer.api().context("map a role to", "scope of", owner.object().name()).map(drop)
    }

    /// Lets a role no longer into tokens.
    pub(super) async fn unmap_role(&self, owner: &MapperOwner, role: &RoleName) -> Result<(), Error> {
        let (realm, body) = (self.realm(), vec![self.role(role).await?]);
        let answer = match (owner, &role.client) {
            (MapperOwner::ClientScope(scope), None) => {
                let request = self.client.client_scope_scope_mapping_realm_role_remove().realm(realm);
                request.client_scope_id(self.client_scope_id(scope).await?).body(body).send().await
            }
            (MapperOwner::ClientScope(scope), Some(client)) => {
                let request = self.client.client_scope_scope_mapping_client_role_remove().realm(realm);
                let request = request.client_scope_id(self.client_scope_id(scope).await?);
                request.client(self.client_id(client).await?).body(body).send().await
            }
            (MapperOwner::Client(owner), None) => {
                let request = self.client.client_scope_mapping_realm_role_remove().realm(realm);
                request.client_uuid(self.client_id(owner).await?).body(body).send().await
            }
            (MapperOwner::Client(owner), Some(client)) => {
                let request = self.client.client_scope_mapping_client_role_remove().realm(realm);
                let request = request.client_uuid(self.client_id(owner).await?);
                request.client(self.client_id(client).await?).body(body).send().await
            }
        };
        answer.optional().context("unmap a role from", "scope of", owner.object().name()).map(drop)
    }
}
