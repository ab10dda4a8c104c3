//! Roles of clients, and the roles inside them.

use evenkeel_keycloak_client::types::{RoleRepresentation, UserRepresentation};
use evenkeel_transport::{ApiError, Kind, ResultExt, repeatable};

use crate::{Error, Keycloak, error::WithContext, relation::RoleName};

impl Keycloak {
    pub(super) async fn create_client_role(&self, client: &str, role: &RoleRepresentation) -> Result<(), Error> {
        let (id, name) = (self.client_id(client).await?, role.name.as_deref().unwrap_or_default());
        let request = self.client.client_role_create().realm(self.realm()).client_uuid(id).body(role.clone());
        request.send().await.api().context("create", "client role", &format!("{client}/{name}")).map(drop)
    }

    /// The whole role: the name is required, and an absent description is deleted.
    pub(super) async fn update_client_role(&self, client: &str, role: &RoleRepresentation) -> Result<(), Error> {
        let (owner, name) = (self.client_id(client).await?, role.name.as_deref().unwrap_or_default());
        let id = self.client_role_id(client, &owner, name).await?;
        self.overlay_role(&id, role, "client role", &format!("{client}/{name}")).await
    }

    /// Puts a role into another.
    pub(super) async fn add_composite(&self, holder: &RoleName, child: &RoleName) -> Result<(), Error> {
        let (id, body) = (self.id_of_role(holder).await?, vec![self.role(child).await?]);
        let request = self.client.role_composite_add().realm(self.realm()).role_id(id).body(body);
        repeatable(request.send()).await.api().context("add a role to", "role", &holder.role).map(drop)
    }

    /// Takes a role out of another.
    pub(super) async fn remove_composite(&self, holder: &RoleName, child: &RoleName) -> Result<(), Error> {
        let (id, body) = (self.id_of_role(holder).await?, vec![self.role(child).await?]);
        let answer = self.client.role_composite_remove().realm(self.realm()).role_id(id).body(body).send().await;
        answer.optional().context("remove a role from", "role", &holder.role).map(drop)
    }

    /// The role that holds what every user has, which the realm names.
    pub(super) async fn default_role(&self) -> Result<RoleName, Error> {
        if let Some(name) = self.directory.get(&crate::directory::Named::DefaultRole) {
            return Ok(RoleName::of_realm(name));
        }
        let realm = self.client.realm_get().realm(self.realm()).send().await.api();
        let realm = realm.context("read", "realm", self.realm())?;
        let name = realm.default_role.and_then(|role| role.name);
        let missing = || Error::Missing { kind: "default role of realm", name: self.realm().to_owned() };
        let name = name.ok_or_else(missing)?;
        self.directory.insert(crate::directory::Named::DefaultRole, name.as_str());
        Ok(RoleName::of_realm(name))
    }

    /// The user behind a client's service account.
    pub(crate) async fn service_account_id(&self, client: &str) -> Result<String, Error> {
        let id = self.client_id(client).await?;
        let user = self.client.client_service_account_get().realm(self.realm()).client_uuid(id).send().await;
        let user = user.api().and_then(|user| of_client(user, client));
        let user = user.context("read", "service account of client", client)?;
        user.id.ok_or_else(|| Error::Missing { kind: "service account of client", name: client.to_owned() })
    }

    /// Gives a role to a service account.
    pub(super) async fn give_to_account(&self, client: &str, role: &RoleName) -> Result<(), Error> {
        let user = self.service_account_id(client).await?;
        self.give_to_user(user, ("service account of client", client), role).await
    }

    /// Gives a role to a user, of whom a message says who it is.
    pub(super) async fn give_to_user(
        &self,
        user: String,
        (kind, name): (&'static str, &str),
        role: &RoleName,
    ) -> Result<(), Error> {
        let (realm, body) = (self.realm(), vec![self.role(role).await?]);
        let answer = match &role.client {
            None => repeatable(self.client.user_realm_role_add().realm(realm).user_id(user).body(body).send()).await,
            Some(owner) => {
                let owner = self.client_id(owner).await?;
                let request = self.client.user_client_role_add().realm(realm).user_id(user).client_id(owner);
                repeatable(request.body(body).send()).await
            }
        };
        answer.api().context("give a role to", kind, name).map(drop)
    }

    /// Takes a role from a service account.
    pub(super) async fn take_from_account(&self, client: &str, role: &RoleName) -> Result<(), Error> {
        let user = self.service_account_id(client).await?;
        self.take_from_user(user, ("service account of client", client), role).await
    }

    /// Takes a role from a user.
    pub(super) async fn take_from_user(
        &self,
        user: String,
        (kind, name): (&'static str, &str),
        role: &RoleName,
    ) -> Result<(), Error> {
        let (realm, body) = (self.realm(), vec![self.role(role).await?]);
        let answer = match &role.client {
            None => self.client.user_realm_role_remove().realm(realm).user_id(user).body(body).send().await,
            Some(owner) => {
                let owner = self.client_id(owner).await?;
                let request = self.client.user_client_role_remove().realm(realm).user_id(user).client_id(owner);
                request.body(body).send().await
            }
        };
        answer.optional().context("take a role from", kind, name).map(drop)
    }
}

/// The user, if it is the client's: Keycloak calls it after the client, in small letters.
fn of_client(user: UserRepresentation, client: &str) -> Result<UserRepresentation, ApiError> {
    let owner = user.username.as_deref().and_then(|name| name.strip_prefix("service-account-"));
    if owner.is_some_and(|owner| owner.to_lowercase() == client.to_lowercase()) {
        return Ok(user);
    }
    let message = "the answer is about another user: its `username` is not that of the client's service account";
    Err(ApiError::new(Kind::OtherObject, message))
}
