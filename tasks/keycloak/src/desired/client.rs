//! The client that the applications share.

use std::collections::BTreeMap;

use evenkeel_core::{
    plan::Cause,
    values::{Problems, ValuePath, model::Keycloak},
};
use evenkeel_keycloak_client::types::ClientRepresentation;
use evenkeel_transport::Secret;

use super::{Declared, DesiredClient, Reading, mappers, scopes::OPENID};

/// Fields that have another place in the values, or that this version cannot keep equal.
const REFUSED: [(&str, &str); 3] = [
    ("id", "Keycloak chooses it"),
    ("clientId", "set `platform.names.client`"),
    ("optionalClientScopes", "this version manages default scopes only"),
];

/// Any field of `keycloak.client`; browsers may call from Keycloak's own address unless web origins
/// are declared. Without a declared secret Keycloak makes one, and it is left as it is.
pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Result<DesiredClient, Problems> {
    let path = ValuePath::root().key("keycloak").key("client");
    let name_cause = reading.cause(&ValuePath::root().key("platform").key("names").key("client"));
    let declared = keycloak.client.clone().unwrap_or_default();
    let client_id = reading.values.platform.names.client.to_string();
    let secret =
        declared.secret.as_ref().map(|secret| reading.secret(secret, &path.clone().key("secret"))).transpose()?;
    let derived_origins = declared.web_origins.is_none();
    let web_origins = match declared.web_origins {
        Some(origins) => origins,
        None => vec![reading.public_address(keycloak)?],
    };
    reading.refuse_fields(&declared.fields, &path, &REFUSED)?;
    let fields: ClientRepresentation = reading.typed(&declared.fields, &path)?;
    // An update ignores the scopes, and one with mappers deletes those of other people: both are
    // objects of their own.
    let default_scopes = fields.default_client_scopes.clone();
    let mut mappers = mappers::of_client(&name_cause, &client_id);
    for mapper in fields.protocol_mappers.iter().flatten() {
        mappers.retain(|ours| ours.value.name != mapper.name);
        mappers.push(Declared::new(mapper.clone(), reading.cause(&path.clone().key("protocolMappers"))));
    }
    let value = ClientRepresentation {
        client_id: Some(client_id.clone()),
        secret: secret.map(Secret::from),
        redirect_uris: declared.redirect_uris,
        web_origins: Some(web_origins),
        default_client_scopes: None,
        protocol_mappers: None,
        ..fields
    };
    let own = ["secret", "redirectUris", "webOrigins"].into_iter();
    let fields = own.chain(declared.fields.fields().keys().map(String::as_str));
    let mut field_causes: BTreeMap<String, Cause> =
        fields.map(|field| (field.to_owned(), reading.cause(&path.clone().key(field)))).collect();
    if derived_origins {
        field_causes.insert("webOrigins".to_owned(), reading.cause(&reading.address_path(keycloak)));
    }
    Ok(DesiredClient {
        mappers,
        client: Declared { value, cause: name_cause, field_causes, team: None },
        default_scopes: default_scopes.unwrap_or_else(|| [OPENID, "email", "profile"].map(str::to_owned).into()),
    })
}
