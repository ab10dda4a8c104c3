//! The external identity providers: what Keycloak holds of each, and what its issuer publishes.

use std::collections::BTreeMap;

use evenkeel_core::memory::Ownership;
use evenkeel_keycloak_client::types::{IdentityProviderMapperRepresentation, IdentityProviderRepresentation};
use evenkeel_transport::{
    ApiError, Kind, ResultExt,
    reqwest::{Method, Request, Url},
};
use futures::{StreamExt, TryStreamExt, stream, try_join};
use serde::Deserialize;

use super::{AT_ONCE, left_behind};
use crate::{Error, Keycloak, desired::Desired, error::WithContext};

/// What is there of a provider.
#[derive(Clone, Debug, Default)]
pub struct ObservedProvider {
    /// The provider; `None` where it does not exist.
    pub provider: Option<IdentityProviderRepresentation>,
    /// Its mappers, by name.
    pub mappers: BTreeMap<String, IdentityProviderMapperRepresentation>,
    /// The end points that the issuer publishes; `None` where it could not be asked, or nobody declares one.
    pub endpoints: Option<BTreeMap<String, String>>,
}

/// The part of an issuer's discovery document that Keycloak's configuration holds
/// (OpenID Connect Discovery 1.0, section 3).
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
}

impl Discovery {
    /// The end points under the names of Keycloak's configuration.
    fn into_config(self) -> BTreeMap<String, String> {
        let optional = [("userInfoUrl", self.userinfo_endpoint), ("logoutUrl", self.end_session_endpoint)];
        let required = [
            ("issuer", self.issuer),
            ("authorizationUrl", self.authorization_endpoint),
            ("tokenUrl", self.token_endpoint),
            ("jwksUrl", self.jwks_uri),
        ];
        let optional = optional.into_iter().filter_map(|(key, value)| Some((key, value?)));
        required.into_iter().chain(optional).map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

impl Keycloak {
    /// An issuer that does not answer spoils nothing else: what is there of its end points stays, and
    /// only a provider that has to be made fails for it.
    pub(super) async fn read_providers(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<BTreeMap<String, ObservedProvider>, Error> {
        let mut sought: BTreeMap<String, Option<String>> =
            left_behind::providers(ownership).map(|alias| (alias, None)).collect();
        sought.extend(desired.providers().map(|declared| (declared.alias.clone(), declared.issuer.clone())));
        let reads = sought.into_iter().map(|(alias, issuer)| self.read_provider(alias, issuer));
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn read_provider(&self, alias: String, issuer: Option<String>) -> Result<(String, ObservedProvider), Error> {
        let endpoints = async {
            match &issuer {
                Some(issuer) => Ok(self.discover(issuer).await.ok()),
                None => Ok(None),
            }
        };
        let (provider, endpoints) = try_join!(self.read_identity_provider(&alias), endpoints)?;
        let mappers = match provider {
            Some(_) => self.read_provider_mappers(&alias).await?,
            None => BTreeMap::new(),
        };
        Ok((alias, ObservedProvider { provider, mappers, endpoints }))
    }

    async fn read_identity_provider(&self, alias: &str) -> Result<Option<IdentityProviderRepresentation>, Error> {
        let answer = self.client.identity_provider_get().realm(self.realm()).alias(alias).send().await;
        answer.optional().context("read", "identity provider", alias)
    }

    pub(crate) async fn read_provider_mappers(
        &self,
        alias: &str,
    ) -> Result<BTreeMap<String, IdentityProviderMapperRepresentation>, Error> {
        let mappers = self.client.identity_provider_mapper_list().realm(self.realm()).alias(alias).send().await.api();
        let mappers = mappers.context("list", "mappers of identity provider", alias)?;
        Ok(mappers.into_iter().filter_map(|mapper| Some((mapper.name.clone()?, mapper))).collect())
    }

    /// The end points of an issuer, from its discovery document.
    pub(crate) async fn discover(&self, issuer: &str) -> Result<BTreeMap<String, String>, Error> {
        let failed = |source: ApiError| Error::Discovery { issuer: issuer.to_owned(), source };
        let address = format!("{issuer}/.well-known/openid-configuration");
        let url = Url::parse(&address).map_err(|_| failed(ApiError::new(Kind::Request, "the issuer is no address")))?;
        // Without a login: the issuer is somebody else's server.
        let answer = self.session.send(Request::new(Method::GET, url), "discovery").await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(failed(ApiError::from_status(answer.status(), "no discovery document")));
        }
        let document = answer.json::<Discovery>().await;
        // The parser's words could quote the document; where it comes from is what helps.
        let document = document
            .map_err(|_| failed(ApiError::new(Kind::Decode, "this is no discovery document of OpenID Connect")))?;
        Ok(document.into_config())
    }
}
