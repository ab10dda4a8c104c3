//! The external identity provider and its mappers.

use evenkeel_core::overlay;
use evenkeel_keycloak_client::{
    KeycloakError,
    types::{IdentityProviderMapperRepresentation, IdentityProviderRepresentation},
};
use evenkeel_transport::{Kind, ResultExt};

use crate::{Error, Keycloak, desired::Desired, error::WithContext, plan::with_endpoints};

impl Keycloak {
    /// A provider is made with its end points or not at all: Keycloak takes it without them, and then
    /// nobody can log in.
    pub(super) async fn create_identity_provider(
        &self,
        provider: &IdentityProviderRepresentation,
        desired: &Desired,
    ) -> Result<(), Error> {
        let alias = provider.alias.as_deref().unwrap_or_default();
        let mut body = provider.clone();
        let config = body.config.get_or_insert_default();
        let issuer = desired.providers().find(|declared| declared.alias == alias);
        let issuer = issuer.and_then(|declared| declared.issuer.as_deref());
        if let Some(issuer) = issuer.filter(|_| !config.contains_key("tokenUrl")) {
            with_endpoints(&mut body, &self.discover(issuer).await?);
        }
        self.check_flows(&body).await?;
        self.client
            .identity_provider_create()
            .realm(self.realm())
            .body(body)
            .send()
            .await
            .api()
            .context("create", "identity provider", alias)
            .map(drop)
    }

    /// An update replaces the whole provider and its configuration. Unless the secret is what changes, its
    /// mask is sent back: the server keeps what it has (server-behaviour 2.5).
    pub(super) async fn update_identity_provider(
        &self,
        declared: &IdentityProviderRepresentation,
        with_secret: bool,
    ) -> Result<(), Error> {
        let alias = declared.alias.as_deref().unwrap_or_default();
        self.check_flows(declared).await?;
        let mut declared = declared.clone();
        if let Some(config) = declared.config.as_mut().filter(|_| !with_secret) {
            config.remove("clientSecret");
        }
        let there = self.client.identity_provider_get().realm(self.realm()).alias(alias).send().await;
        let there = there.api().context("read", "identity provider", alias)?;
        let body = overlay::whole(&there, &declared)?;
        // By the id of the one that was read: another that was made under the alias meanwhile stays as it is.
        let id = internal_id(&there, alias)?;
        let request = self.client.identity_provider_update().realm(self.realm()).alias(id).body(body);
        request.send().await.api().context("update", "identity provider", alias).map(drop)
    }

    /// A second mapper of the same name is a 400 here and not a 409 (server-behaviour 2.3).
    pub(super) async fn create_provider_mapper(
        &self,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Result<(), Error> {
        let alias = mapper.identity_provider_alias.as_deref().unwrap_or_default();
        let name = mapper.name.as_deref().unwrap_or_default();
        let answer = self
            .client
            .identity_provider_mapper_create()
            .realm(self.realm())
            .alias(alias)
            .body(mapper.clone())
            .send()
            .await;
        match answer.api().map_err(KeycloakError::from) {
            Err(KeycloakError::Invalid(refused)) if self.read_provider_mappers(alias).await?.contains_key(name) => {
                Err(refused.as_kind(Kind::Conflict)).context("create", "identity provider mapper", name)
            }
            answer => answer.context("create", "identity provider mapper", name).map(drop),
        }
    }

    /// The id is required in the body, and the configuration is replaced.
    pub(super) async fn update_provider_mapper(
        &self,
        id: &str,
        mapper: &IdentityProviderMapperRepresentation,
    ) -> Result<(), Error> {
        let alias = mapper.identity_provider_alias.as_deref().unwrap_or_default();
        let name = mapper.name.as_deref().unwrap_or_default();
        let there = self.client.identity_provider_mapper_get().realm(self.realm()).alias(alias).id(id).send().await;
        let body = overlay::whole(&there.api().context("read", "identity provider mapper", name)?, mapper)?;
        let request = self.client.identity_provider_mapper_update().realm(self.realm()).alias(alias).id(id).body(body);
        request.send().await.api().context("update", "identity provider mapper", name).map(drop)
    }

    pub(super) async fn delete_provider_mapper(&self, alias: &str, id: &str) -> Result<(), Error> {
        let request = self.client.identity_provider_mapper_delete().realm(self.realm()).alias(alias).id(id);
        request.send().await.optional().context("delete", "identity provider mapper", id).map(drop)
    }
}

/// The id of a provider that was read. Without it an update would be one of whichever provider has the alias by then.
fn internal_id<'p>(there: &'p IdentityProviderRepresentation, alias: &str) -> Result<&'p str, Error> {
    let missing = || Error::Missing { kind: "internal id of identity provider", name: alias.to_owned() };
    there.internal_id.as_deref().filter(|id| !id.is_empty()).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_without_an_internal_id_is_not_updated_by_its_alias() {
        for id in [None, Some(String::new())] {
            let there = IdentityProviderRepresentation { internal_id: id, ..Default::default() };
            let error = internal_id(&there, "google").unwrap_err();
            assert!(matches!(&error, Error::Missing { name, .. } if name == "google"), "{error:?}");
        }
    }
}
