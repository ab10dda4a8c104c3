//! Making and changing clients: what a PUT keeps, merges, replaces and recomputes.

use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::ids::{ClientKey, ScopeId, random_word, uuid};
use super::mappers;
use super::request::Request;
use super::state::clients::Client;
use super::state::roles::{Owner, Role};
use super::state::users::User;
use super::state::{Realm, Settings, settings_of, text_of, texts};

const REPRESENTATION: &str = "ClientRepresentation";
const CREATED: &str = "client.secret.creation.time";
/// Letters in a generated secret.
const SECRET: usize = 86;
/// Scope that a client with a service account gets by itself (26.7).
const SERVICE_SCOPE: &str = "service_account";

/// Fields that are taken as they are sent.
const PLAIN: &[&str] = &[
    "name",
    "description",
    "type",
    "rootUrl",
    "adminUrl",
    "baseUrl",
    "surrogateAuthRequired",
    "enabled",
    "alwaysDisplayInConsole",
    "clientAuthenticatorType",
    "redirectUris",
    "webOrigins",
    "notBefore",
    "bearerOnly",
    "consentRequired",
    "standardFlowEnabled",
    "implicitFlowEnabled",
    "directAccessGrantsEnabled",
    "serviceAccountsEnabled",
    "publicClient",
    "frontchannelLogout",
    "protocol",
    "authenticationFlowBindingOverrides",
    "fullScopeAllowed",
    "nodeReRegistrationTimeout",
    "registeredNodes",
    "secret",
];

/// What a client is when nothing is said.
fn defaults() -> Map<String, Value> {
    let defaults = json!({
        "surrogateAuthRequired": false, "enabled": true, "alwaysDisplayInConsole": false,
        "clientAuthenticatorType": "client-secret", "redirectUris": [], "webOrigins": [], "notBefore": 0,
        "bearerOnly": false, "consentRequired": false, "standardFlowEnabled": true, "implicitFlowEnabled": false,
        "directAccessGrantsEnabled": false, "serviceAccountsEnabled": false, "publicClient": false,
        "frontchannelLogout": false, "protocol": "openid-connect", "authenticationFlowBindingOverrides": {},
        "fullScopeAllowed": true, "nodeReRegistrationTimeout": -1,
    });
    defaults.as_object().cloned().unwrap_or_default()
}

/// Answers `POST /clients`. Without a `clientId` the generated id is taken.
pub(crate) fn create(realm: &mut Realm, context: &Context, request: &Request) -> Reply {
    context.rights.need(right::MANAGE_CLIENTS)?;
    let representation = request.object(REPRESENTATION)?;
    let key = new_client(realm, &representation, context.now)?;
    Ok(Answer::created(context.location("clients", key.as_str())))
}

/// Makes a client from its representation.
pub(crate) fn new_client(
    realm: &mut Realm,
    representation: &Map<String, Value>,
    now: i64,
) -> Result<ClientKey, Answer> {
    let key = text_of(representation, "id").map_or_else(uuid, str::to_owned);
    let client_id = text_of(representation, "clientId").unwrap_or(&key).to_owned();
    check(&client_id, representation)?;
    check_flows(realm, representation)?;
    if realm.clients.named(&client_id).is_some() {
        return Err(Answer::exists(format!("Client {client_id} already exists")));
    }
    if realm.clients.get(&key).is_some() {
        return Err(Answer::duplicate());
    }
    let (default_scopes, optional_scopes) = first_scopes(realm, representation);
    let mut client = Client {
        key: ClientKey::from(key.as_str()),
        client_id,
        fields: defaults(),
        attributes: Settings::from([("realm_client".to_owned(), "false".to_owned())]),
        mappers: Vec::new(),
        default_scopes,
        optional_scopes,
        service_user: None,
        roles: BTreeSet::new(),
    };
    change(&mut client, representation, now)?;
    let name = client.client_id.clone();
    client.mappers = mappers::nested(representation, || Answer::exists(format!("Client {name} already exists")))?;
    let key = client.key.clone();
    realm.clients.insert(client);
    follow_up(realm, &key, representation, now);
    Ok(key)
}

/// What an import says of a client that comes with every realm: its own fields are as if it were new, its roles are there anyway.
pub(crate) fn import_built_in(
    realm: &mut Realm,
    key: &ClientKey,
    representation: &Map<String, Value>,
    now: i64,
) -> Result<(), Answer> {
    if let Some(client) = realm.clients.get_mut(key.as_str()) {
        client.fields = defaults();
        change(client, representation, now)?;
    }
    follow_up(realm, key, representation, now);
    Ok(())
}

/// Answers `PUT /clients/{id}`. Scopes and id in the body are ignored.
pub(crate) fn put(realm: &mut Realm, context: &Context, request: &Request, key: &ClientKey) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let Some(client) = realm.clients.get(key.as_str()) else { return Err(Answer::not_found("Could not find client")) };
    let mut client = client.clone();
    let client_id = text_of(&representation, "clientId").unwrap_or(&client.client_id).to_owned();
    check(&client_id, &representation)?;
    check_flows(realm, &representation)?;
    if realm.clients.named(&client_id).is_some_and(|other| other.key != *key) {
        return Err(Answer::duplicate());
    }
    change(&mut client, &representation, context.now)?;
    realm.clients.rename(key, &client_id);
    client.client_id = client_id;
    realm.clients.insert(client);
    follow_up(realm, key, &representation, context.now);
    Ok(Answer::done())
}

/// Refuses what the real server validates: blank names, unknown protocols, addresses.
fn check(client_id: &str, representation: &Map<String, Value>) -> Result<(), Answer> {
    let refuse = |text: String| Err(Answer::described(StatusCode::BAD_REQUEST, "invalid_input", text));
    if client_id.trim().is_empty() {
        return refuse("Client ID cannot be blank".to_owned());
    }
    if let Some(protocol) = text_of(representation, "protocol")
        && !matches!(protocol, "openid-connect" | "saml" | "docker-v2")
    {
        return refuse(format!("Invalid protocol: {protocol}"));
    }
    for (field, name) in [("rootUrl", "Root URL"), ("baseUrl", "Base URL")] {
        let url = text_of(representation, field).unwrap_or_default();
        if illegal_scheme(url) {
            return refuse(format!("{name} uses an illegal scheme"));
        }
        if url.contains(char::is_whitespace) {
            return refuse(format!("{name} is not a valid URL"));
        }
    }
    for uri in representation.get("redirectUris").map(texts).unwrap_or_default() {
        if illegal_scheme(&uri) {
            return refuse("A redirect URI uses an illegal scheme".to_owned());
        }
        if uri.contains('#') {
            return refuse("A redirect URI must not contain an URL fragment".to_owned());
        }
        if uri.contains(char::is_whitespace) {
            return refuse("A redirect URI is not a valid URI".to_owned());
        }
    }
    Ok(())
}

/// Flows are bound by id; one that is not there is an unhandled error.
fn check_flows(realm: &Realm, representation: &Map<String, Value>) -> Result<(), Answer> {
    let bindings = representation.get("authenticationFlowBindingOverrides").map(settings_of).unwrap_or_default();
    let known = |id: &String| id.is_empty() || realm.flows.iter().any(|flow| flow["id"] == id.as_str());
    if bindings.values().all(known) { Ok(()) } else { Err(Answer::unhandled()) }
}

fn illegal_scheme(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "javascript" | "data" | "vbscript"))
}

/// The scopes of a new client: the realm's, or, once either list is sent, exactly what was sent. Unknown names are dropped.
fn first_scopes(realm: &Realm, representation: &Map<String, Value>) -> (BTreeSet<ScopeId>, BTreeSet<ScopeId>) {
    let sent = |list: &str| representation.get(list).filter(|names| names.is_array()).map(texts);
    let (default, optional) = (sent("defaultClientScopes"), sent("optionalClientScopes"));
    if default.is_some() || optional.is_some() {
        let ids = |names: Option<Vec<String>>| -> BTreeSet<ScopeId> {
            let names = names.unwrap_or_default();
            names.iter().filter_map(|name| realm.scopes.named(name)).map(|scope| scope.id.clone()).collect()
        };
        return (ids(default), ids(optional));
    }
    let protocol = text_of(representation, "protocol").unwrap_or("openid-connect");
    let fitting = |ids: &BTreeSet<ScopeId>| -> BTreeSet<ScopeId> {
        let fits = |id: &&ScopeId| realm.scopes.get(id.as_str()).is_some_and(|scope| scope.protocol == protocol);
        ids.iter().filter(fits).cloned().collect()
    };
    (fitting(&realm.default_scopes), fitting(&realm.optional_scopes))
}

/// Applies a representation to a client's own fields: a field left out or null stays.
fn change(client: &mut Client, representation: &Map<String, Value>, now: i64) -> Result<(), Answer> {
    for field in PLAIN {
        if let Some(value) = representation.get(*field).filter(|value| !value.is_null()) {
            if *field == "authenticationFlowBindingOverrides" {
                bind_flows(client, value);
                continue;
            }
            let value = if value.is_array() { unique(value) } else { value.clone() };
            client.fields.insert((*field).to_owned(), value);
        }
    }
    if representation.get("directGrantsOnly").and_then(Value::as_bool) == Some(true) {
        client.fields.insert("standardFlowEnabled".to_owned(), json!(false));
        client.fields.insert("directAccessGrantsEnabled".to_owned(), json!(true));
    }
    if representation.get("authorizationServicesEnabled").and_then(Value::as_bool) == Some(true) {
        client.fields.insert("authorizationServicesEnabled".to_owned(), json!(true));
    }
    if representation.get("authorizationServicesEnabled").and_then(Value::as_bool) == Some(false) {
        client.fields.remove("authorizationServicesEnabled");
    }
    for (name, value) in representation.get("attributes").and_then(Value::as_object).into_iter().flatten() {
        match value.as_str().filter(|value| !value.is_empty()) {
            Some(value) => client.attributes.insert(name.clone(), value.to_owned()),
            None => client.attributes.remove(name),
        };
    }
    if let Some(list) = representation.get("protocolMappers").filter(|list| list.is_array()) {
        client.mappers = mappers::sync(&client.mappers, list)?;
    }
    derive_web_origins(client, representation);
    settle_secret(client, now);
    Ok(())
}

/// Bindings are merged; an empty text takes one away.
fn bind_flows(client: &mut Client, sent: &Value) {
    let mut bound = client.fields.get("authenticationFlowBindingOverrides").cloned().unwrap_or(json!({}));
    if let Some(bound) = bound.as_object_mut() {
        for (usage, flow) in sent.as_object().into_iter().flatten() {
            match flow.as_str().filter(|flow| !flow.is_empty()) {
                Some(flow) => bound.insert(usage.clone(), json!(flow)),
                None => bound.remove(usage),
            };
        }
    }
    client.fields.insert("authenticationFlowBindingOverrides".to_owned(), bound);
}

/// A list without nulls and without doubles.
fn unique(list: &Value) -> Value {
    let mut seen = BTreeSet::new();
    texts(list).into_iter().filter(|text| seen.insert(text.clone())).map(Value::String).collect()
}

/// Web origins that are not sent are derived from the redirect URIs while none are stored.
fn derive_web_origins(client: &mut Client, representation: &Map<String, Value>) {
    let sent = representation.get("webOrigins").is_some_and(Value::is_array);
    let stored = client.fields.get("webOrigins").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if sent || stored {
        return;
    }
    let uris = client.fields.get("redirectUris").map(texts).unwrap_or_default();
    let origins: BTreeSet<&str> = uris.iter().filter_map(|uri| origin(uri)).collect();
    client.fields.insert("webOrigins".to_owned(), json!(origins));
}

/// Scheme, host and port of a web address.
fn origin(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let host = rest.split('/').next().unwrap_or(rest);
    Some(&uri[..uri.len() - rest.len() + host.len()])
}

/// A public client has no secret; any other gets one when it has none.
fn settle_secret(client: &mut Client, now: i64) {
    if client.flag("publicClient") {
        client.fields.remove("secret");
    } else if client.secret().is_none() {
        generate_secret(client, now);
    }
}

/// Gives a client a new secret.
pub(crate) fn generate_secret(client: &mut Client, now: i64) {
    client.fields.insert("secret".to_owned(), json!(random_word(SECRET)));
    client.attributes.insert(CREATED.to_owned(), (now / 1000).to_string());
}

/// What changes around a client: its service account, the scope that comes with it, the roles of authorization services.
fn follow_up(realm: &mut Realm, key: &ClientKey, representation: &Map<String, Value>, now: i64) {
    let Some(client) = realm.clients.get(key.as_str()) else { return };
    let name = format!("service-account-{}", client.client_id.to_lowercase());
    match (client.flag("serviceAccountsEnabled"), client.service_user.clone()) {
        (true, None) => add_service_account(realm, key, &name, now),
        (true, Some(user)) => realm.users.change(&user, |user| user.username = name),
        (false, Some(user)) if representation.get("serviceAccountsEnabled") == Some(&json!(false)) => {
            realm.users.remove(&user);
            let scope = realm.scopes.named(SERVICE_SCOPE).map(|scope| scope.id.clone());
            if let Some(client) = realm.clients.get_mut(key.as_str()) {
                client.service_user = None;
                client.default_scopes.retain(|id| Some(id) != scope.as_ref());
            }
        }
        (false, _) => {}
    }
    let authorization = representation.get("authorizationServicesEnabled") == Some(&json!(true));
    let owner = Owner::Client(key.clone());
    if authorization && realm.roles.named(&owner, "uma_protection").is_none() {
        let role = realm.roles.insert(Role::new("uma_protection", owner));
        if let Some(user) = realm.clients.get(key.as_str()).and_then(|client| client.service_user.clone()) {
            realm.users.change(&user, |user| {
                user.roles.insert(role);
            });
        }
    }
}

fn add_service_account(realm: &mut Realm, key: &ClientKey, name: &str, now: i64) {
    let mut user = User::new(name, now);
    user.enabled = true;
    user.service_of = Some(key.clone());
    user.roles.insert(realm.default_role.clone());
    user.groups.extend(realm.default_groups.iter().cloned());
    let id = user.id.clone();
    realm.users.store(user);
    let scope = realm.scopes.named(SERVICE_SCOPE).map(|scope| scope.id.clone());
    if let Some(client) = realm.clients.get_mut(key.as_str()) {
        client.service_user = Some(id);
        client.default_scopes.extend(scope);
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin("https://h:443/z"), Some("https://h:443"));
        assert_eq!(origin("http://a:8080/x"), Some("http://a:8080"));
        assert_eq!(origin("https://h"), Some("https://h"));
        assert_eq!(origin("/relative"), None);
        assert_eq!(origin("app://callback"), None);
        assert_eq!(origin("*"), None);
    }
}
