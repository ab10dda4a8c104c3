//! Users and memberships.

use std::sync::Arc;

use evenkeel_keycloak_client::types::{CredentialRepresentation, UserRepresentation};
use evenkeel_transport::{ResultExt, Secret, location_id};

use crate::{Error, Keycloak, desired::DesiredUser, directory::Named, error::Doing, overlay};

impl Keycloak {
    /// One request makes the user, with groups and a temporary password: there is no moment in which
    /// an account exists whose password nobody knows. The password is resolved here and not before:
    /// a run that makes no user does not need it.
    pub(super) async fn create_user(&self, user: &DesiredUser) -> Result<(), Error> {
        let email = &*user.email;
        let mut body = user.created();
        if let Some(password) = &user.initial_password {
            let value = self.context.secret(password).await;
            let value = value.map_err(|source| Error::Password { user: email.to_owned(), source })?;
            body.credentials = Some(vec![CredentialRepresentation {
                type_: Some("password".to_owned()),
                value: Some(Secret::from(value)),
                temporary: Some(true),
                ..Default::default()
            }]);
        }
        let answer = self.client.user_create().realm(self.realm()).body(body).send().await;
        let id = answer.as_ref().ok().and_then(location_id);
        answer.api().doing("create", "user", email)?;
        self.keep(Named::User(Arc::clone(&user.email)), id);
        Ok(())
    }

    /// An account that nobody declares any more stays, and lets nobody in. One that is gone already is as it should be.
    pub(super) async fn disable_user(&self, id: &str) -> Result<(), Error> {
        let there = self.client.user_get().realm(self.realm()).user_id(id).send().await.optional();
        let Some(there) = there.doing("read", "user", id)? else { return Ok(()) };
        let body = UserRepresentation { enabled: Some(false), groups: None, credentials: None, ..there };
        let request = self.client.user_update().realm(self.realm()).user_id(id).body(body);
        request.send().await.api().doing("update", "user", id).map(drop)
    }

    /// The whole user: as soon as `attributes` is sent, an absent email or name is deleted. Groups and
    /// credentials are left out: the first are ignored, the second would be set anew.
    pub(super) async fn update_user(&self, user: &DesiredUser) -> Result<(), Error> {
        let email = &*user.email;
        let id = self.user_id(&user.email).await?;
        let there =
            self.client.user_get().realm(self.realm()).user_id(&id).send().await.api().doing("read", "user", email)?;
        // The user name of an account that was found by its email is not ours to change.
        let declared = UserRepresentation { username: there.username.clone(), ..user.declared() };
        let body = UserRepresentation { credentials: None, ..overlay::whole(&there, &declared)? };
        self.client
            .user_update()
            .realm(self.realm())
            .user_id(id)
            .body(body)
            .send()
            .await
            .api()
            .doing("update", "user", email)
            .map(drop)
    }
}
