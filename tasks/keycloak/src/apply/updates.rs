//! Updates of objects that Keycloak changes with one PUT.

use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, RealmRepresentation, RoleRepresentation, UpAttribute, UpConfig,
};
use evenkeel_transport::ResultExt;

use crate::{Error, Keycloak, error::Doing, overlay};

impl Keycloak {
    /// Omitted fields stay, but maps (`attributes`, `smtpServer`) are replaced. Unless the SMTP password is
    /// what changes, its mask is sent back: the server keeps what it has (server-behaviour 2.5).
    pub(super) async fn update_realm(&self, declared: &RealmRepresentation, with_password: bool) -> Result<(), Error> {
        let name = declared.realm.as_deref().unwrap_or_default();
        let mut declared = declared.clone();
        if let Some(mail) = declared.smtp_server.as_mut().filter(|_| !with_password) {
            mail.remove("password");
        }
        let there = self.client.realm_get().realm(name).send().await.api().doing("read", "realm", name)?;
        let body = overlay::partial(&there, &declared)?;
        self.client.realm_update().realm(name).body(body).send().await.api().doing("update", "realm", name).map(drop)
    }

    /// An update replaces the whole profile: attributes and groups of other people go along.
    pub(super) async fn update_user_profile(&self, declared: &UpConfig) -> Result<(), Error> {
        let realm = self.realm();
        let there = self.client.user_profile_get().realm(realm).send().await.api().doing(
            "read",
            "user profile of realm",
            realm,
        )?;
        let attributes = with_attributes(
            there.attributes.clone().unwrap_or_default(),
            declared.attributes.as_deref().unwrap_or_default(),
        )?;
        let rest = UpConfig { attributes: None, ..declared.clone() };
        let body = UpConfig { attributes: Some(attributes), ..overlay::whole(&there, &rest)? };
        self.client
            .user_profile_update()
            .realm(realm)
            .body(body)
            .send()
            .await
            .api()
            .doing("update", "user profile of realm", realm)
            .map(drop)
    }

    /// The name is required; attributes are merged, and mappers stay.
    pub(super) async fn update_client_scope(&self, declared: &ClientScopeRepresentation) -> Result<(), Error> {
        let name = declared.name.as_deref().unwrap_or_default();
        let id = self.client_scope_id(name).await?;
        let there = self.client.client_scope_get().realm(self.realm()).client_scope_id(&id).send().await.api().doing(
            "read",
            "client scope",
            name,
        )?;
        let body = ClientScopeRepresentation { protocol_mappers: None, ..overlay::whole(&there, declared)? };
        let request = self.client.client_scope_update().realm(self.realm()).client_scope_id(id).body(body);
        request.send().await.api().doing("update", "client scope", name).map(drop)
    }

    /// The whole role: without a name Keycloak 26.0 loses it, and an absent description is deleted.
    pub(super) async fn update_role(&self, declared: &RoleRepresentation) -> Result<(), Error> {
        let name = declared.name.as_deref().unwrap_or_default();
        let there = self
            .client
            .role_get()
            .realm(self.realm())
            .role_name(name)
            .send()
            .await
            .api()
            .doing("read", "role", name)?;
        let body = overlay::whole(&there, declared)?;
        self.client
            .role_update()
            .realm(self.realm())
            .role_name(name)
            .body(body)
            .send()
            .await
            .api()
            .doing("update", "role", name)
            .map(drop)
    }

    /// Declared fields only, and always the web origins: a PUT without them derives them anew from the
    /// redirect URIs where none are stored. The mappers must not go along: a list of them is a full sync.
    pub(super) async fn update_client(&self, declared: &ClientRepresentation) -> Result<(), Error> {
        let name = declared.client_id.as_deref().unwrap_or_default();
        let id = self.client_id(name).await?;
        let there = self
            .client
            .client_get()
            .realm(self.realm())
            .client_uuid(&id)
            .send()
            .await
            .api()
            .doing("read", "client", name)?;
        let body = overlay::partial(&there, declared)?;
        let web_origins = body.web_origins.clone().or(there.web_origins);
        let body = ClientRepresentation { web_origins, protocol_mappers: None, ..body };
        self.client
            .client_update()
            .realm(self.realm())
            .client_uuid(id)
            .body(body)
            .send()
            .await
            .api()
            .doing("update", "client", name)
            .map(drop)
    }
}

/// The attributes that are there, in their order, with the declared ones laid over their namesakes.
fn with_attributes(mut there: Vec<UpAttribute>, declared: &[UpAttribute]) -> Result<Vec<UpAttribute>, Error> {
    for attribute in declared {
        match there.iter_mut().find(|there| there.name == attribute.name) {
            Some(namesake) => *namesake = overlay::whole(namesake, attribute)?,
            None => there.push(attribute.clone()),
        }
    }
    Ok(there)
}
