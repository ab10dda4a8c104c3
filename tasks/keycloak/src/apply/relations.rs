//! Relations: made and taken away at end points of their own.
//!
//! Nearly all of them are idempotent (server-behaviour 2.3, 2.7), so that a request whose answer was
//! lost may be sent again; what is gone already counts as taken away.

use evenkeel_keycloak_client::types::RoleRepresentation;
use evenkeel_transport::{ResultExt, repeatable};

use super::boxed;
use crate::{
    Error, Keycloak,
    error::WithContext,
    relation::{Relation, RoleName},
};

impl Keycloak {
    /// Makes a relation.
    pub(super) async fn relate(&self, relation: &Relation) -> Result<(), Error> {
        let realm = self.realm();
        let relating = match relation {
            // 409 is the answer where it is a default already, and also where it is optional (server-behaviour 2.3). The plan takes
            // it out of the other list first; what only a realm of this run has is seen by the next look.
            Relation::DefaultClientScope(scope) => boxed(|| async move {
                let id = self.client_scope_id(scope).await?;
                let request = self.client.realm_default_client_scope_add().realm(realm).client_scope_id(id);
                request.send().await.unless_conflict().context("add", "default client scope", scope).map(drop)
            }),
            Relation::OptionalClientScope(scope) => boxed(|| async move {
                let id = self.client_scope_id(scope).await?;
                let request = self.client.realm_optional_client_scope_add().realm(realm).client_scope_id(id);
                request.send().await.unless_conflict().context("add", "optional client scope", scope).map(drop)
            }),
            Relation::DefaultGroup { group, id } => boxed(|| async move {
                let id = self.default_group_id(group, id.as_ref()).await?;
                let request = self.client.default_group_add().realm(realm).group_id(id);
                request.send().await.api().context("add", "default group", &group.path()).map(drop)
            }),
            Relation::DefaultRole(role) => {
                boxed(|| async move { self.add_composite(&self.default_role().await?, role).await })
            }
            Relation::Composite { role, child } => boxed(|| self.add_composite(role, child)),
            Relation::ServiceAccountRole { client, role } => boxed(|| self.give_to_account(client, role)),
            Relation::ScopeMapping { owner, role } => boxed(|| self.map_role(owner, role)),
            Relation::GroupRole { group, role } => boxed(|| self.give_role(group, role)),
            Relation::ClientDefaultScope { client, scope } => boxed(|| async move {
                let (client_id, scope_id) = (self.client_id(client).await?, self.client_scope_id(scope).await?);
                let request = self
                    .client
                    .client_default_scope_add()
                    .realm(realm)
                    .client_uuid(client_id)
                    .client_scope_id(scope_id);
                request.send().await.api().context("add a default scope to", "client", client).map(drop)
            }),
            Relation::ClientOptionalScope { client, scope } => boxed(|| async move {
                let (client_id, scope_id) = (self.client_id(client).await?, self.client_scope_id(scope).await?);
                let request = self
                    .client
                    .client_optional_scope_add()
                    .realm(realm)
                    .client_uuid(client_id)
                    .client_scope_id(scope_id);
                request.send().await.api().context("add an optional scope to", "client", client).map(drop)
            }),
            Relation::Membership { group, user } => boxed(|| async move {
                let (user_id, group_id) = (self.user_id(user).await?, self.group_id(group).await?);
                let request = self.client.user_group_join().realm(realm).user_id(user_id).group_id(group_id);
                request.send().await.api().context("add a member to", "group", group).map(drop)
            }),
            Relation::UserRole { user, role } => boxed(|| async move {
                let id = self.user_id(user).await?;
                self.give_to_user(id, ("user", user), role).await
            }),
        };
        relating.await
    }

    /// Takes a relation away.
    pub(super) async fn separate(&self, relation: &Relation) -> Result<(), Error> {
        let realm = self.realm();
        let relating = match relation {
            Relation::DefaultClientScope(scope) => boxed(|| async move {
                let id = self.client_scope_id(scope).await?;
                let request = self.client.realm_default_client_scope_remove().realm(realm).client_scope_id(id);
                request.send().await.optional().context("remove", "default client scope", scope).map(drop)
            }),
            Relation::OptionalClientScope(scope) => boxed(|| async move {
                let id = self.client_scope_id(scope).await?;
                let request = self.client.realm_optional_client_scope_remove().realm(realm).client_scope_id(id);
                request.send().await.optional().context("remove", "optional client scope", scope).map(drop)
            }),
            Relation::DefaultGroup { group, id } => boxed(|| async move {
                let id = self.default_group_id(group, id.as_ref()).await?;
                let request = self.client.default_group_remove().realm(realm).group_id(id);
                request.send().await.optional().context("remove", "default group", &group.path()).map(drop)
            }),
            Relation::DefaultRole(role) => {
                boxed(|| async move { self.remove_composite(&self.default_role().await?, role).await })
            }
            Relation::Composite { role, child } => boxed(|| self.remove_composite(role, child)),
            Relation::ServiceAccountRole { client, role } => boxed(|| self.take_from_account(client, role)),
            Relation::ScopeMapping { owner, role } => boxed(|| self.unmap_role(owner, role)),
            Relation::GroupRole { group, role } => boxed(|| self.take_role(group, role)),
            Relation::ClientDefaultScope { client, scope } => boxed(|| async move {
                let (client_id, scope_id) = (self.client_id(client).await?, self.client_scope_id(scope).await?);
                let request = self
                    .client
                    .client_default_scope_remove()
                    .realm(realm)
                    .client_uuid(client_id)
                    .client_scope_id(scope_id);
                request.send().await.optional().context("remove a default scope from", "client", client).map(drop)
            }),
            Relation::ClientOptionalScope { client, scope } => boxed(|| async move {
                let (client_id, scope_id) = (self.client_id(client).await?, self.client_scope_id(scope).await?);
                let request = self
                    .client
                    .client_optional_scope_remove()
                    .realm(realm)
                    .client_uuid(client_id)
                    .client_scope_id(scope_id);
                request.send().await.optional().context("remove an optional scope from", "client", client).map(drop)
            }),
            Relation::Membership { group, user } => boxed(|| async move {
                let (user_id, group_id) = (self.user_id(user).await?, self.group_id(group).await?);
                let request = self.client.user_group_leave().realm(realm).user_id(user_id).group_id(group_id);
                request.send().await.optional().context("remove a member from", "group", group).map(drop)
            }),
            Relation::UserRole { user, role } => boxed(|| async move {
                let id = self.user_id(user).await?;
                self.take_from_user(id, ("user", user), role).await
            }),
        };
        relating.await
    }

    async fn give_role(&self, group: &str, role: &RoleName) -> Result<(), Error> {
        let (realm, group_id, body) = (self.realm(), self.group_id(group).await?, vec![self.role(role).await?]);
        let answer = match &role.client {
            None => {
                repeatable(self.client.group_realm_role_add().realm(realm).group_id(group_id).body(body).send()).await
            }
            Some(client) => {
                let client_id = self.client_id(client).await?;
                let request =
                    self.client.group_client_role_add().realm(realm).group_id(group_id).client_id(client_id).body(body);
                repeatable(request.send()).await
            }
        };
        answer.api().context("give a role to", "group", group).map(drop)
    }

    async fn take_role(&self, group: &str, role: &RoleName) -> Result<(), Error> {
        let (realm, group_id, body) = (self.realm(), self.group_id(group).await?, vec![self.role(role).await?]);
        let answer = match &role.client {
            None => self.client.group_realm_role_remove().realm(realm).group_id(group_id).body(body).send().await,
            Some(client) => {
                let client_id = self.client_id(client).await?;
                self.client
                    .group_client_role_remove()
                    .realm(realm)
                    .group_id(group_id)
                    .client_id(client_id)
                    .body(body)
                    .send()
                    .await
            }
        };
        answer.optional().context("take a role from", "group", group).map(drop)
    }

    /// A role as relations name it: Keycloak needs the id, and for groups the name as well
    /// (server-behaviour 2.7).
    pub(super) async fn role(&self, role: &RoleName) -> Result<RoleRepresentation, Error> {
        let id = self.id_of_role(role).await?;
        Ok(RoleRepresentation { id: Some(id), name: Some(role.role.clone()), ..Default::default() })
    }
}
