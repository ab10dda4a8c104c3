//! A change → requests. The only room that writes.
//!
//! Every update reads the object again right before it writes, lays the declared fields over what is
//! there, and sends what Keycloak needs so that the rest stays (server-behaviour 2.4). When somebody
//! else was faster with a create, the answer is a conflict: the engine observes and plans once more.

mod ids;
mod mappers;
mod provider;
mod updates;
mod users;

use evenkeel_core::plan::Change;
use evenkeel_engine::task::Applied;
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, RealmRepresentation, RoleRepresentation,
};
use evenkeel_transport::{ResultExt, location_id, repeatable};

use crate::{
    Error, Keycloak,
    desired::Desired,
    directory::Named,
    error::Doing,
    plan::{Operation, Removal},
};

impl Keycloak {
    /// Makes one change.
    pub(crate) async fn write(&self, desired: &Desired, change: &Change<Operation>) -> Result<Applied, Error> {
        match &change.operation {
            Operation::CreateRealm(realm) => self.create_realm(realm).await,
            Operation::UpdateRealm(realm) => self.update_realm(realm).await,
            Operation::UpdateUserProfile(profile) => self.update_user_profile(profile).await,
            Operation::CreateClientScope(scope) => self.create_client_scope(scope).await,
            Operation::UpdateClientScope(scope) => self.update_client_scope(scope).await,
            Operation::CreateMapper(owner, mapper) => self.create_mapper(owner, mapper).await,
            Operation::UpdateMapper(owner, id, mapper) => self.update_mapper(owner, id, mapper).await,
            Operation::AddDefaultClientScope(scope) => self.add_default_client_scope(scope).await,
            Operation::CreateRole(role) => self.create_role(role).await,
            Operation::UpdateRole(role) => self.update_role(role).await,
            Operation::CreateGroup(group) => self.create_group(group).await,
            Operation::AddGroupRealmRole { group, role } => self.add_group_realm_role(group, role).await,
            Operation::AddGroupClientRole { group, client, role } => {
                self.add_group_client_role(group, client, role).await
            }
            Operation::CreateClient(client) => self.create_client(client, desired).await,
            Operation::UpdateClient(client) => self.update_client(client).await,
            Operation::AddClientDefaultScope { client, scope } => self.add_client_default_scope(client, scope).await,
            Operation::CreateIdentityProvider(provider) => self.create_identity_provider(provider, desired).await,
            Operation::UpdateIdentityProvider(provider) => self.update_identity_provider(provider).await,
            Operation::CreateIdentityProviderMapper(mapper) => self.create_provider_mapper(mapper).await,
            Operation::UpdateIdentityProviderMapper(id, mapper) => self.update_provider_mapper(id, mapper).await,
            Operation::CreateUser(user, password) => self.create_user(user, password.as_ref()).await,
            Operation::UpdateUser(email, user) => self.update_user(email, user).await,
            Operation::JoinGroup { group, user } => self.join_group(group, user).await,
            Operation::LeaveGroup { group, user } => self.leave_group(group, user).await,
            Operation::Delete(removal) => self.delete(removal).await,
        }?;
        Ok(Applied::default())
    }

    async fn create_realm(&self, realm: &RealmRepresentation) -> Result<(), Error> {
        self.client
            .realm_create()
            .body(realm.clone())
            .send()
            .await
            .api()
            .doing("create", "realm", self.realm())
            .map(drop)
    }

    async fn create_client_scope(&self, scope: &ClientScopeRepresentation) -> Result<(), Error> {
        let name = scope.name.as_deref().unwrap_or_default();
        let answer = self.client.client_scope_create().realm(self.realm()).body(scope.clone()).send().await;
        let id = answer.as_ref().ok().and_then(location_id);
        answer.api().doing("create", "client scope", name)?;
        self.keep(Named::ClientScope(name.to_owned()), id);
        Ok(())
    }

    /// 409 is also the answer where the scope is a default already (server-behaviour 2.3): then all is well.
    async fn add_default_client_scope(&self, scope: &str) -> Result<(), Error> {
        let id = self.client_scope_id(scope).await?;
        let answer = self.client.realm_default_client_scope_add().realm(self.realm()).client_scope_id(id).send().await;
        answer.unless_conflict().doing("add", "default client scope", scope).map(drop)
    }

    async fn create_role(&self, role: &RoleRepresentation) -> Result<(), Error> {
        let name = role.name.as_deref().unwrap_or_default();
        self.client
            .role_create()
            .realm(self.realm())
            .body(role.clone())
            .send()
            .await
            .api()
            .doing("create", "role", name)
            .map(drop)
    }

    async fn create_group(&self, group: &GroupRepresentation) -> Result<(), Error> {
        let name = group.name.as_deref().unwrap_or_default();
        let answer = self.client.group_create().realm(self.realm()).body(group.clone()).send().await;
        let id = answer.as_ref().ok().and_then(location_id);
        answer.api().doing("create", "group", name)?;
        self.keep(Named::Group(name.to_owned()), id);
        Ok(())
    }

    async fn add_group_realm_role(&self, group: &str, role: &str) -> Result<(), Error> {
        let group_id = self.group_id(group).await?;
        let mapping = RoleRepresentation {
            id: Some(self.role_id(role).await?),
            name: Some(role.to_owned()),
            ..Default::default()
        };
        let request = self.client.group_realm_role_add().realm(self.realm()).group_id(group_id).body(vec![mapping]);
        // Giving a role twice is no error (server-behaviour 2.7), so that the request may be repeated.
        repeatable(request.send()).await.api().doing("give a role to", "group", group).map(drop)
    }

    async fn add_group_client_role(&self, group: &str, client: &str, role: &str) -> Result<(), Error> {
        let group_id = self.group_id(group).await?;
        let client_uuid = self.client_id(client).await?;
        let id = self.client_role_id(client, &client_uuid, role).await?;
        let mapping = RoleRepresentation { id: Some(id), name: Some(role.to_owned()), ..Default::default() };
        let request = self
            .client
            .group_client_role_add()
            .realm(self.realm())
            .group_id(group_id)
            .client_id(client_uuid)
            .body(vec![mapping]);
        repeatable(request.send()).await.api().doing("give a role to", "group", group).map(drop)
    }

    /// The scopes go along with a new client, so that it never has the realm's own set for a moment.
    async fn create_client(&self, client: &ClientRepresentation, desired: &Desired) -> Result<(), Error> {
        let name = client.client_id.as_deref().unwrap_or_default();
        let declared = desired.clients.iter().find(|declared| declared.client.value.client_id.as_deref() == Some(name));
        let scopes = declared.map(|declared| declared.default_scopes.clone()).filter(|scopes| !scopes.is_empty());
        let body = ClientRepresentation { default_client_scopes: scopes, ..client.clone() };
        let answer = self.client.client_create().realm(self.realm()).body(body).send().await;
        let id = answer.as_ref().ok().and_then(location_id);
        answer.api().doing("create", "client", name)?;
        self.keep(Named::Client(name.to_owned()), id);
        Ok(())
    }

    async fn add_client_default_scope(&self, client: &str, scope: &str) -> Result<(), Error> {
        let client_id = self.client_id(client).await?;
        let scope_id = self.client_scope_id(scope).await?;
        let request =
            self.client.client_default_scope_add().realm(self.realm()).client_uuid(client_id).client_scope_id(scope_id);
        request.send().await.api().doing("add a default scope to", "client", client).map(drop)
    }

    /// What is gone already is as it should be: a delete may have worked although its answer was lost.
    async fn delete(&self, removal: &Removal) -> Result<(), Error> {
        let realm = self.realm();
        match removal {
            Removal::ClientScope(id) => self
                .client
                .client_scope_delete()
                .realm(realm)
                .client_scope_id(id)
                .send()
                .await
                .optional()
                .doing("delete", "client scope", id)
                .map(drop),
            Removal::Mapper(owner, id) => self.delete_mapper(owner, id).await,
            Removal::Role(name) => self
                .client
                .role_delete()
                .realm(realm)
                .role_name(name)
                .send()
                .await
                .optional()
                .doing("delete", "role", name)
                .map(drop),
            Removal::Group(id) => self
                .client
                .group_delete()
                .realm(realm)
                .group_id(id)
                .send()
                .await
                .optional()
                .doing("delete", "group", id)
                .map(drop),
        }
    }
}
