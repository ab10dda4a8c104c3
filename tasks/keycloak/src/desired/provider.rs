//! The external identity provider and the mappers that turn its groups into realm roles.

use std::collections::BTreeMap;

use evenkeel_core::{
    object::ObjectId,
    plan::{Cause, Note},
    reading::Reading,
    values::{
        ValuePath,
        model::{IdentityProvider, ImpliedPart, Keycloak},
    },
};
use evenkeel_keycloak_client::types::{IdentityProviderMapperRepresentation, IdentityProviderRepresentation};
use secrecy::{ExposeSecret, SecretString};

use super::{Declared, platform};
use crate::names::ROLE;

/// An external identity provider. Its end points come from the issuer's discovery document, which is
/// observed and not declared.
#[derive(Clone, Debug)]
pub struct DesiredProvider {
    /// The alias.
    pub alias: String,
    /// The issuer, without a slash at the end; `None` where the end points are declared.
    pub issuer: Option<String>,
    /// The provider's own fields, without its end points; `alias` is set.
    pub provider: Declared<IdentityProviderRepresentation>,
    /// Its mappers; `name` is set in each.
    pub mappers: Vec<Declared<IdentityProviderMapperRepresentation>>,
}

/// What the values never ask for in so many words: a provider that other people made has its own.
const BUILT_IN: [&str; 10] = [
    "displayName",
    "enabled",
    "trustEmail",
    "firstBrokerLoginFlowAlias",
    "config.clientAuthMethod",
    "config.defaultScope",
    "config.syncMode",
    "config.useJwksUrl",
    "config.validateSignature",
    "providerId",
];

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Option<DesiredProvider> {
    let declared = keycloak.identity_provider.as_ref()?;
    let path = ValuePath::root().key("keycloak").key("identityProvider");
    let secret = reading.secret(&declared.client_secret, &path.clone().key("clientSecret"));
    let value = IdentityProviderRepresentation {
        alias: Some(declared.alias.to_string()),
        display_name: Some(declared.alias.to_string()),
        provider_id: Some("oidc".to_owned()),
        enabled: Some(true),
        trust_email: Some(true),
        first_broker_login_flow_alias: Some("first broker login".to_owned()),
        config: Some(config(declared, &secret)),
        ..Default::default()
    };
    Some(DesiredProvider {
        alias: declared.alias.to_string(),
        issuer: Some(declared.issuer.to_string().trim_end_matches('/').to_owned()),
        provider: Declared::new(value, reading.cause(&path)).with_built_in(ImpliedPart::InOurs, BUILT_IN),
        mappers: mappers(reading, declared, &path),
    })
}

/// Teams that nobody can get into: their role is there, but no external group leads to it.
pub(super) fn notes(reading: &Reading<'_>) -> Vec<Note> {
    let teams = reading.values.teams.iter().filter(|(_, team)| team.identity_group.is_none());
    teams
        .map(|(id, _)| Note {
            object: ObjectId::new(ROLE, reading.values.platform.names.team(id)),
            message: format!(
                "team `{id}` has no `identityGroup`, so that nobody gets its role from the identity provider"
            ),
        })
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "Keycloak takes the secret as one text of the configuration map")]
fn config(declared: &IdentityProvider, secret: &SecretString) -> BTreeMap<String, String> {
    [
        ("clientId", declared.client_id.as_str()),
        ("clientSecret", secret.expose_secret()),
        ("clientAuthMethod", "client_secret_post"),
        ("defaultScope", "openid email profile"),
        ("syncMode", "FORCE"),
        ("useJwksUrl", "true"),
        ("validateSignature", "true"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

/// A mapper of which nobody wrote anything.
fn implied(mapper: Declared<IdentityProviderMapperRepresentation>) -> Declared<IdentityProviderMapperRepresentation> {
    mapper.with_built_in(ImpliedPart::InOurs, ["identityProviderMapper", "config"])
}

/// One mapper for each team with an external group and each administrators' group, and those that
/// fill in the account.
fn mappers(
    reading: &Reading<'_>,
    declared: &IdentityProvider,
    path: &ValuePath,
) -> Vec<Declared<IdentityProviderMapperRepresentation>> {
    const ATTRIBUTE: &str = "oidc-user-attribute-idp-mapper";
    let cause = reading.cause(path);
    let mapper = |cause: &Cause, name: &str, kind: &str, config: &[(&str, &str)]| {
        let config = std::iter::once(&("syncMode", "INHERIT"))
            .chain(config)
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let value = IdentityProviderMapperRepresentation {
            name: Some(name.to_owned()),
            identity_provider_alias: Some(declared.alias.to_string()),
            identity_provider_mapper: Some(kind.to_owned()),
            config: Some(config.collect()),
            ..Default::default()
        };
        Declared::new(value, cause.clone())
    };
    let role_mapper = |cause: &Cause, role: &str, group: &str| {
        let config = [("claim", "groups"), ("claim.value", group), ("role", role)];
        mapper(cause, &format!("{role} group to role"), "oidc-role-idp-mapper", &config)
    };
    // Those of which nobody wrote anything are for a provider that evenkeel makes.
    let written = reading.document.part(path);
    let unless_written = |key: &str, mapper: Declared<IdentityProviderMapperRepresentation>| {
        if written.has(key) { mapper } else { implied(mapper) }
    };
    let username = [("template", declared.username_template.as_str())];
    let sub = [("claim", declared.sub_claim.as_str()), ("user.attribute", "sub")];
    let mut mappers = vec![
        implied(mapper(&cause, "upn to email", ATTRIBUTE, &[("claim", "upn"), ("user.attribute", "email")])),
        unless_written("usernameTemplate", mapper(&cause, "username mapping", "oidc-username-idp-mapper", &username)),
        unless_written("subClaim", mapper(&cause, "sub", ATTRIBUTE, &sub)),
    ];
    let groups = &declared.groups;
    let administrators = [&groups.platform_admin, &groups.all_teams_admin, &groups.team_admin];
    for ((key, role), group) in platform::administrator_names(reading).into_iter().zip(administrators) {
        if let Some(group) = group {
            mappers.push(role_mapper(&reading.cause(&path.clone().key("groups").key(key)), &role, group));
        }
    }
    for (id, team) in &reading.values.teams {
        if let Some(group) = &team.identity_group {
            let cause = reading.cause(&ValuePath::root().key("teams").key(id.as_str()).key("identityGroup"));
            mappers.push(
                role_mapper(&cause, &reading.values.platform.names.team(id), group).of_team(Some(id.as_str().into())),
            );
        }
    }
    mappers
}
