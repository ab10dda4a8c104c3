//! Clients: the one that the applications share, and those that the values declare.

use std::collections::BTreeMap;

use evenkeel_core::{
    plan::Cause,
    reading::Reading,
    values::{ValuePath, model::Keycloak},
};
use evenkeel_keycloak_client::types::{ClientRepresentation, RoleRepresentation};
use evenkeel_transport::Secret;
use serde::Deserialize;

use super::{
    Declared, DesiredClient, Related, RelatedRoles, mappers, platform,
    related::{RoleLists, refuse_in_both},
    representation, roles,
    scopes::OPENID,
};
use crate::definitions::BESIDE_CLIENT;

/// Fields of the shared client that have another place in the values.
const REFUSED: [(&str, &str); 2] = [("id", "Keycloak chooses it"), ("clientId", "set `platform.names.client`")];

/// The field of a client that lists the scopes which it always gets.
pub(crate) const DEFAULT_SCOPES: &str = "defaultClientScopes";

/// What the values say of a client that Keycloak keeps at end points of its own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Beside {
    roles: Option<Vec<RoleRepresentation>>,
    service_account: Option<RoleLists>,
    scope_mappings: Option<RoleLists>,
}

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredClient> {
    let mut clients = if keycloak.implied.client.is_implied() { vec![shared(reading, keycloak)] } else { Vec::new() };
    let path = ValuePath::root().key("keycloak").key("clients");
    for (index, declared) in keycloak.clients.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let (client, beside): (Declared<ClientRepresentation>, Beside) =
            reading.declared_beside(declared, &path, &BESIDE_CLIENT);
        let Some(client_id) = representation::name(reading, client.value.client_id.as_deref(), "clientId", &path)
        else {
            continue;
        };
        if clients.iter().any(|known| known.client.value.client_id.as_ref() == Some(&client_id)) {
            reading.twice(&path.key("clientId"), "client", &client_id);
            continue;
        }
        let mappers = mappers::declared(reading, client.value.protocol_mappers.clone(), &path);
        let client = with_roles(reading, taken_apart(client, mappers), beside, &path);
        refuse_contradictions(reading, &client, path);
        clients.push(client);
    }
    clients
}

fn refuse_contradictions(reading: &Reading<'_>, client: &DesiredClient, path: ValuePath) {
    let ClientRepresentation { public_client, secret, .. } = &client.client.value;
    // Keycloak forgets it without a word, so that no run would ever find what is declared.
    if *public_client == Some(true) && secret.is_some() {
        let problem = reading.problem(&path.clone().key("secret"), "a public client has no secret");
        reading.report(problem.with_hint("leave `secret` out, or set `publicClient: false`"));
    }
    if let (Some(defaults), Some(optional)) = (&client.default_scopes, &client.optional_scopes) {
        refuse_in_both(reading, defaults, optional, &path.key("optionalClientScopes"));
    }
}

/// A service account has to be there to have roles.
fn with_roles(reading: &Reading<'_>, client: DesiredClient, beside: Beside, path: &ValuePath) -> DesiredClient {
    let mut client = client;
    client.roles = roles::of_client(reading, beside.roles, path);
    client.service_account = beside.service_account.map(RelatedRoles::exactly).unwrap_or_default();
    client.scope_mappings = beside.scope_mappings.map(RelatedRoles::exactly).unwrap_or_default();
    let enabled = &mut client.client.value.service_accounts_enabled;
    if !client.service_account.is_empty() && !*enabled.get_or_insert(true) {
        let problem = reading.problem(&path.clone().key("serviceAccount"), "the client has no service account");
        reading.report(problem.with_hint("set `serviceAccountsEnabled: true`, or leave `serviceAccount` out"));
    }
    client
}

/// An update of a client ignores its scopes, and one with mappers deletes those of other people: both
/// are objects of their own. A declared list of scopes is managed as a whole.
fn taken_apart(
    mut client: Declared<ClientRepresentation>,
    mappers: Vec<Declared<evenkeel_keycloak_client::types::ProtocolMapperRepresentation>>,
) -> DesiredClient {
    client.value.protocol_mappers = None;
    let default_scopes = client.value.default_client_scopes.take().map(Related::exactly);
    let optional_scopes = client.value.optional_client_scopes.take().map(Related::exactly);
    DesiredClient {
        client,
        mappers,
        default_scopes,
        optional_scopes,
        roles: Vec::new(),
        service_account: RelatedRoles::default(),
        scope_mappings: RelatedRoles::default(),
    }
}

/// Any field of `keycloak.client`; browsers may call from Keycloak's own address unless web origins
/// are declared. Without a declared secret Keycloak makes one, and it is left as it is.
fn shared(reading: &Reading<'_>, keycloak: &Keycloak) -> DesiredClient {
    let path = ValuePath::root().key("keycloak").key("client");
    let cause = reading.cause(&ValuePath::root().key("platform").key("names").key("client"));
    let declared = keycloak.client.clone().unwrap_or_default();
    let client_id = reading.values.platform.names.client.to_string();
    reading.refuse_fields(&declared.fields, &path, &REFUSED);
    let (Declared { value: fields, .. }, beside): (Declared<ClientRepresentation>, Beside) =
        reading.declared_beside(&declared.fields, &path, &BESIDE_CLIENT);
    let part = keycloak.implied.client;
    let mappers = mappers::of_client(&cause, &client_id).into_iter();
    let mut mappers: Vec<_> = mappers.map(|mapper| mappers::implied(mapper, part)).collect();
    for mapper in mappers::declared(reading, fields.protocol_mappers.clone(), &path) {
        mappers.retain(|ours| ours.value.name != mapper.value.name);
        mappers.push(mapper);
    }
    let own = ["secret", "redirectUris", "webOrigins"].into_iter();
    let names = own.chain(declared.fields.fields().keys().map(String::as_str));
    let mut field_causes: BTreeMap<String, Cause> =
        names.map(|field| (field.to_owned(), reading.cause(&path.clone().key(field)))).collect();
    if declared.web_origins.is_none() {
        field_causes.insert("webOrigins".to_owned(), reading.cause(&platform::address_path(keycloak)));
    }
    let secret = declared.secret.as_ref().map(|secret| reading.secret(secret, &path.clone().key("secret")));
    let built_in = reading.built_in(&declared.fields, &path);
    let web_origins = declared.web_origins.is_none().then_some("webOrigins");
    let built_in: Vec<&str> = built_in.chain(web_origins).chain([DEFAULT_SCOPES]).collect();
    let web_origins =
        declared.web_origins.unwrap_or_else(|| platform::public_address(reading, keycloak).into_iter().collect());
    let value = ClientRepresentation {
        client_id: Some(client_id),
        secret: secret.map(Secret::from),
        redirect_uris: declared.redirect_uris,
        web_origins: Some(web_origins),
        ..fields
    };
    let client = Declared { field_causes, ..Declared::new(value, cause) }.with_built_in(part, built_in);
    let client = taken_apart(client, mappers);
    let client = with_roles(reading, client, beside, &path);
    let implied =
        || keycloak.implied.openid_scope.is_implied().then(|| Related::at_least([OPENID, "email", "profile"]));
    let client = DesiredClient { default_scopes: client.default_scopes.clone().or_else(implied), ..client };
    refuse_contradictions(reading, &client, path);
    client
}
