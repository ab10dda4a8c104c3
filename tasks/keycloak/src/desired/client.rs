//! The client that the applications share.

use evenkeel_core::values::{Problems, ValuePath, model::Keycloak};
use evenkeel_keycloak_client::types::ClientRepresentation;
use evenkeel_transport::Secret;

use super::{Declared, DesiredClient, Reading, mappers, scopes::OPENID};

/// Any field of `keycloak.client`; browsers may call from Keycloak's own address unless web origins
/// are declared. Without a declared secret Keycloak makes one, and it is left as it is.
pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Result<DesiredClient, Problems> {
    let path = ValuePath::root().key("keycloak").key("client");
    let name_cause = reading.cause(&ValuePath::root().key("platform").key("names").key("client"));
    let declared = keycloak.client.clone().unwrap_or_default();
    let client_id = reading.values.platform.names.client.to_string();
    let secret = declared.secret.as_ref().map(|secret| reading.secret(secret, &path.clone().key("secret"))).transpose()?;
    let web_origins = match declared.web_origins {
        Some(origins) => origins,
        None => vec![reading.public_address(keycloak)?],
    };
    let value = ClientRepresentation {
        client_id: Some(client_id.clone()),
        secret: secret.map(Secret::from),
        redirect_uris: declared.redirect_uris,
        web_origins: Some(web_origins),
        ..reading.typed(&declared.fields, &path)?
    };
    let own = ["secret", "redirectUris", "webOrigins"].into_iter();
    let fields = own.chain(declared.fields.fields().keys().map(String::as_str));
    let field_causes = fields.map(|field| (field.to_owned(), reading.cause(&path.clone().key(field)))).collect();
    Ok(DesiredClient {
        mappers: mappers::of_client(&name_cause, &client_id),
        client: Declared { value, cause: name_cause, field_causes, team: None },
        default_scopes: [OPENID, "email", "profile"].map(str::to_owned).into(),
    })
}
