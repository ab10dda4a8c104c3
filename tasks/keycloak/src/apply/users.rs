//! Users and memberships.

use std::sync::Arc;

use evenkeel_core::overlay;
use evenkeel_keycloak_client::{
    KeycloakError,
    types::{CredentialRepresentation, FederatedIdentityRepresentation, UserRepresentation},
};
use evenkeel_transport::{ResultExt, Secret, location_id};

use crate::{Error, Keycloak, account::UPDATE_PASSWORD, desired::DesiredUser, directory::Named, error::WithContext};

impl Keycloak {
    /// One request makes the user, with groups and a temporary password: there is no moment in which
    /// an account exists whose password nobody knows. The password is resolved here and not before:
    /// a run that makes no user does not need it.
    pub(super) async fn create_user(&self, user: &DesiredUser) -> Result<(), Error> {
        let name = &*user.name;
        let mut body = user.created();
        if let Some(password) = &user.initial_password {
            let value = self.context.secret(password).await;
            let value = value.map_err(|source| Error::Password { user: name.to_owned(), source })?;
            body.credentials = Some(vec![CredentialRepresentation {
                type_: Some("password".to_owned()),
                value: Some(Secret::from(value)),
                temporary: Some(true),
                ..Default::default()
            }]);
        }
        let answer = self.client.user_create().realm(self.realm()).body(body).send().await;
        let id = answer.as_ref().ok().and_then(location_id);
        answer.api().context("create", "user", name)?;
        self.keep(Named::User(Arc::clone(&user.name)), id);
        Ok(())
    }

    /// An account that nobody declares any more stays, and lets nobody in. One that is gone already is as it should be.
    pub(super) async fn disable_user(&self, id: &str) -> Result<(), Error> {
        let there = self.client.user_get().realm(self.realm()).user_id(id).send().await.optional();
        let Some(there) = there.context("read", "user", id)? else { return Ok(()) };
        let body = UserRepresentation { enabled: Some(false), groups: None, credentials: None, ..there };
        let request = self.client.user_update().realm(self.realm()).user_id(id).body(body);
        request.send().await.api().context("update", "user", id).map(drop)
    }

    /// The whole user: as soon as `attributes` is sent, an absent email or name is deleted. Groups and
    /// credentials are left out: the first are ignored, the second would be set anew.
    pub(super) async fn update_user(&self, user: &DesiredUser) -> Result<(), Error> {
        let name = &*user.name;
        let id = self.user_id(&user.name).await?;
        let there =
            self.client.user_get().realm(self.realm()).user_id(&id).send().await.api().context("read", "user", name)?;
        let mut declared = user.declared();
        if user.account.username.is_none() {
            // That of an account that was found by its email is not ours to change.
            declared.username.clone_from(&there.username);
        }
        let asks = |action: &&String| *action == UPDATE_PASSWORD && user.initial_password.is_some();
        if let Some(actions) = &mut declared.required_actions {
            // Whoever has a temporary password still has to choose another.
            actions.extend(there.required_actions.iter().flatten().find(asks).cloned());
        }
        let body = UserRepresentation { credentials: None, ..overlay::whole(&there, &declared)? };
        let is_renamed = body.username != there.username;
        match self.send_user(&id, body.clone()).await {
            // Only the name is not taken: the rest is as it should be.
            Err(KeycloakError::Invalid(_)) if is_renamed => {
                let body = UserRepresentation { username: there.username.clone(), ..body };
                self.send_user(&id, body).await.context("update", "user", name)?;
                let there = there.username.unwrap_or_default();
                Err(Error::NameStays { user: name.to_owned(), there })
            }
            answer => answer.context("update", "user", name),
        }
    }

    async fn send_user(&self, id: &str, body: UserRepresentation) -> Result<(), KeycloakError> {
        let request = self.client.user_update().realm(self.realm()).user_id(id).body(body);
        request.send().await.api().map(drop).map_err(KeycloakError::from)
    }

    /// Ties a user to its account at an identity provider. The server takes any alias, also of a provider that is not there, and
    /// then shows nothing of it.
    pub(super) async fn link_user(
        &self,
        user: &Arc<str>,
        alias: &str,
        identity: &FederatedIdentityRepresentation,
    ) -> Result<(), Error> {
        let there = self.client.identity_provider_get().realm(self.realm()).alias(alias).send().await.optional();
        if there.context("read", "identity provider", alias)?.is_none() {
            return Err(Error::UnknownProvider { alias: alias.to_owned() });
        }
        let id = self.user_id(user).await?;
        let request = self.client.user_federated_identity_add().realm(self.realm()).user_id(id).provider(alias);
        request.body(identity.clone()).send().await.api().context("link", "user", user).map(drop)
    }

    /// Ties a user to another account at an identity provider: there is no update.
    pub(super) async fn relink_user(
        &self,
        user: &Arc<str>,
        alias: &str,
        identity: &FederatedIdentityRepresentation,
    ) -> Result<(), Error> {
        let id = self.user_id(user).await?;
        let request = self.client.user_federated_identity_remove().realm(self.realm()).user_id(id).provider(alias);
        request.send().await.optional().context("unlink", "user", user)?;
        self.link_user(user, alias, identity).await
    }
}
