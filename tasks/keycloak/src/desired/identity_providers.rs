//! Identity providers beside the one of the team contract, as the values declare them, with their mappers.

use evenkeel_core::{
    reading::Reading,
    values::{ValuePath, model::Keycloak},
};
use evenkeel_keycloak_client::types::{IdentityProviderMapperRepresentation, IdentityProviderRepresentation};
use serde::Deserialize;

use super::{Declared, DesiredProvider, representation};
use crate::definitions::BESIDE_PROVIDER;

/// What the values say of a provider that Keycloak keeps elsewhere, or not at all.
#[derive(Default, Deserialize)]
struct Beside {
    issuer: Option<String>,
    mappers: Option<Vec<IdentityProviderMapperRepresentation>>,
}

const REFUSED: [(&str, &str); 1] = [("internalId", "Keycloak chooses it")];

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredProvider> {
    let path = ValuePath::root().key("keycloak").key("identityProviders");
    let implied = keycloak.identity_provider.as_ref().map(|provider| provider.alias.as_str());
    let mut providers: Vec<DesiredProvider> = Vec::new();
    for (index, declared) in keycloak.identity_providers.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        reading.refuse_fields(declared, &path, &REFUSED);
        let (mut provider, beside): (Declared<IdentityProviderRepresentation>, Beside) =
            reading.declared_beside(declared, &path, &BESIDE_PROVIDER);
        let Some(alias) = representation::name(reading, provider.value.alias.as_deref(), "alias", &path) else {
            continue;
        };
        if implied == Some(alias.as_str()) || providers.iter().any(|known| known.alias == alias) {
            reading.twice(&path.key("alias"), "identity provider", &alias);
            continue;
        }
        // Keycloak refuses a provider without one; any issuer with a discovery document is of this kind.
        if provider.value.provider_id.is_none() {
            provider.value.provider_id = Some("oidc".to_owned());
            provider.built_in.insert("providerId".to_owned());
        }
        if beside.issuer.is_some() {
            trust(&mut provider);
        }
        let mappers = mappers(reading, beside.mappers, &alias, &path);
        let issuer = beside.issuer.map(|issuer| issuer.trim_end_matches('/').to_owned());
        providers.push(DesiredProvider { alias, issuer, provider, mappers });
    }
    providers
}

/// Signatures of a discovered issuer are checked with the keys that it publishes, unless declared otherwise.
fn trust(provider: &mut Declared<IdentityProviderRepresentation>) {
    let config = provider.value.config.get_or_insert_default();
    for key in ["validateSignature", "useJwksUrl"] {
        if !config.contains_key(key) {
            config.insert(key.to_owned(), "true".to_owned());
            provider.built_in.insert(format!("config.{key}"));
        }
    }
}

fn mappers(
    reading: &Reading<'_>,
    declared: Option<Vec<IdentityProviderMapperRepresentation>>,
    alias: &str,
    path: &ValuePath,
) -> Vec<Declared<IdentityProviderMapperRepresentation>> {
    let path = path.clone().key("mappers");
    let mut mappers: Vec<Declared<IdentityProviderMapperRepresentation>> = Vec::new();
    for (index, mut mapper) in declared.into_iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let Some(name) = representation::name(reading, mapper.name.as_deref(), "name", &path) else { continue };
        if mappers.iter().any(|known| known.value.name.as_ref() == Some(&name)) {
            reading.twice(&path.key("name"), "identity provider mapper", &name);
            continue;
        }
        mapper.identity_provider_alias = Some(alias.to_owned());
        mappers.push(Declared::new(mapper, reading.cause(&path)));
    }
    mappers
}
