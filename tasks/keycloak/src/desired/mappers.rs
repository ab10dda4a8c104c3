//! The protocol mappers of the team contract.

use std::collections::BTreeMap;

use evenkeel_core::{
    plan::Cause,
    reading::Reading,
    values::{ValuePath, model::ImpliedPart},
};
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;

use super::{Declared, representation};

/// Where a claim goes.
#[derive(Clone, Copy)]
enum Into {
    /// ID token, access token and userinfo.
    Everywhere,
    /// Access token only.
    AccessToken,
}

/// Mappers that the values list in a scope or client, each with its place.
pub(super) fn declared(
    reading: &Reading<'_>,
    mappers: Option<Vec<ProtocolMapperRepresentation>>,
    path: &ValuePath,
) -> Vec<Declared<ProtocolMapperRepresentation>> {
    let path = path.clone().key("protocolMappers");
    let mut known: Vec<Declared<ProtocolMapperRepresentation>> = Vec::new();
    for (index, mut mapper) in mappers.into_iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let Some(name) = representation::name(reading, mapper.name.as_deref(), "name", &path) else { continue };
        if known.iter().any(|known| known.value.name.as_ref() == Some(&name)) {
            reading.twice(&path.key("name"), "protocol mapper", &name);
            continue;
        }
        let says_protocol = mapper.protocol.is_some();
        mapper.protocol.get_or_insert_with(|| "openid-connect".to_owned());
        let mapper = Declared::new(mapper, reading.cause(&path));
        let implied = (!says_protocol).then_some("protocol");
        known.push(mapper.with_built_in(ImpliedPart::InOurs, implied));
    }
    known
}

/// A mapper of which nobody wrote anything.
pub(super) fn implied(
    mapper: Declared<ProtocolMapperRepresentation>,
    part: ImpliedPart,
) -> Declared<ProtocolMapperRepresentation> {
    mapper.with_built_in(part, ["protocol", "protocolMapper", "config"])
}

/// The mappers of scope `openid`. The `groups` claim carries realm *roles*: a team's role shows up as
/// the group of the same name in every application, for local and for external users alike.
pub(super) fn of_scope(cause: &Cause) -> Vec<Declared<ProtocolMapperRepresentation>> {
    const REALM_ROLES: &str = "oidc-usermodel-realm-role-mapper";
    const PROPERTY: &str = "oidc-usermodel-property-mapper";
    vec![
        claim(cause, "groups", REALM_ROLES, "", "groups", Into::Everywhere, true),
        claim(cause, "email", PROPERTY, "email", "email", Into::Everywhere, false),
        claim(cause, "realm roles", REALM_ROLES, "", "realm_access.roles", Into::AccessToken, true),
        claim(
            cause,
            "client roles",
            "oidc-usermodel-client-role-mapper",
            "",
            "resource_access.${client_id}.roles",
            Into::AccessToken,
            true,
        ),
        claim(cause, "username", PROPERTY, "username", "preferred_username", Into::Everywhere, false),
    ]
}

/// The mappers of the client that the applications share.
pub(super) fn of_client(cause: &Cause, client_id: &str) -> Vec<Declared<ProtocolMapperRepresentation>> {
    const ALL: [&str; 4] =
        ["id.token.claim", "access.token.claim", "userinfo.token.claim", "introspection.token.claim"];
    let flags = |names: &[&'static str]| names.iter().map(|name| (*name, "true")).collect::<Vec<_>>();
    let with =
        |more: &[(&'static str, &'static str)]| [flags(&ALL), flags(&["lightweight.claim"]), more.to_vec()].concat();
    let sub = [("user.attribute", "id"), ("claim.name", "sub"), ("jsonType.label", "String")];
    let nickname = [("user.attribute", "nickname"), ("claim.name", "nickname"), ("jsonType.label", "String")];
    let audience = flags(&["id.token.claim", "access.token.claim", "introspection.token.claim", "lightweight.claim"]);
    let mut audience = mapper(cause, &format!("aud-mapper-{client_id}"), "oidc-audience-mapper", audience);
    if let Some(config) = &mut audience.value.config {
        config.insert("included.client.audience".to_owned(), client_id.to_owned());
    }
    vec![
        claim(cause, "email", "oidc-usermodel-property-mapper", "email", "email", Into::Everywhere, false),
        mapper(cause, "sub", "oidc-usermodel-property-mapper", with(&sub)),
        mapper(cause, "name", "oidc-full-name-mapper", flags(&ALL)),
        mapper(cause, "nickname", "oidc-usermodel-attribute-mapper", with(&nickname)),
        audience,
    ]
}

fn claim(
    cause: &Cause,
    name: &str,
    kind: &str,
    attribute: &'static str,
    claim: &'static str,
    into: Into,
    multivalued: bool,
) -> Declared<ProtocolMapperRepresentation> {
    let everywhere = if matches!(into, Into::Everywhere) { "true" } else { "false" };
    let mut config = vec![
        ("user.attribute", attribute),
        ("claim.name", claim),
        ("jsonType.label", "String"),
        ("id.token.claim", everywhere),
        ("access.token.claim", "true"),
        ("userinfo.token.claim", everywhere),
    ];
    if multivalued {
        config.push(("multivalued", "true"));
    }
    mapper(cause, name, kind, config)
}

fn mapper(
    cause: &Cause,
    name: &str,
    kind: &str,
    config: Vec<(&'static str, &'static str)>,
) -> Declared<ProtocolMapperRepresentation> {
    let config: BTreeMap<String, String> =
        config.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let value = ProtocolMapperRepresentation {
        name: Some(name.to_owned()),
        protocol: Some("openid-connect".to_owned()),
        protocol_mapper: Some(kind.to_owned()),
        config: Some(config),
        ..Default::default()
    };
    Declared::new(value, cause.clone())
}
