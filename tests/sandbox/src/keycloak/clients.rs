//! Clients (server-behaviour 2.4 and 2.5, contract `clients`). Making and changing them is in `client_changes`.

use http::{Method, StatusCode};
use serde_json::json;

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::ids::ClientKey;
use super::paging::Window;
use super::request::Request;
use super::scope_mappings::Holder;
use super::scopes::{self, Kind};
use super::state::Realm;
use super::state::clients::Client;
use super::state::roles::Owner;
use super::{client_changes, mappers, roles, scope_mappings, users};

/// Clients that come with a realm and stay.
const BUILT_IN: &[&str] =
    &["account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"];

/// Answers below `/clients`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    match rest {
        [] => match request.method {
            Method::GET => {
                context.rights.need(right::LIST_CLIENTS)?;
                list(realm, context, request)
            }
            Method::POST => client_changes::create(realm, context, request),
            _ => Err(Answer::wrong_method()),
        },
        [key, rest @ ..] => {
            context.rights.need(right::LIST_CLIENTS)?;
            let client = realm.clients.get(key).map(|client| client.key.clone());
            let client = client.ok_or_else(|| Answer::not_found("Could not find client"))?;
            context.rights.need(right::VIEW_CLIENTS)?;
            one(realm, context, request, &client, rest)
        }
    }
}

/// Clients in order of `clientId`; `first` and `max` each work alone.
fn list(realm: &Realm, context: &Context, request: &Request) -> Reply {
    let query = &request.query;
    let window = Window::of(query, None)?;
    if !context.rights.any(right::VIEW_CLIENTS) {
        return Ok(Answer::found(json!([])));
    }
    if let Some(pairs) = query.get("q").filter(|pairs| !pairs.is_empty()) {
        let names: Vec<&str> = pairs.split_whitespace().filter_map(|pair| Some(pair.split_once(':')?.0)).collect();
        let text = format!("Attributes [{}] not allowed for search", names.join(", "));
        return Err(Answer::described(StatusCode::BAD_REQUEST, "invalid_request", text));
    }
    let show = |client: &Client| client.view(&realm.scopes);
    let wanted = query.get("clientId").map(str::trim).filter(|text| !text.is_empty());
    let found = match wanted {
        None => window.cut(realm.clients.all()).map(show).collect(),
        Some(text) if query.flag("search") == Some(true) => {
            let text = text.to_lowercase();
            let matching = realm.clients.all().filter(|client| client.client_id.to_lowercase().contains(&text));
            window.cut(matching).map(show).collect()
        }
        Some(text) => realm.clients.named(text).into_iter().map(show).collect(),
    };
    Ok(Answer::found(found))
}

fn one(realm: &mut Realm, context: &Context, request: &Request, key: &ClientKey, rest: &[&str]) -> Reply {
    let Some(client) = realm.clients.get(key.as_str()) else { return Err(Answer::not_found("Could not find client")) };
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(client.view(&realm.scopes))),
        (&Method::PUT, []) => {
            may_manage(context, client)?;
            client_changes::put(realm, context, request, key)
        }
        (&Method::DELETE, []) => {
            may_manage(context, client)?;
            delete(realm, key)
        }
        (_, []) => Err(Answer::wrong_method()),
        (_, ["client-secret"]) => secret(realm, context, request, key),
        (&Method::GET, ["service-account-user"]) => service_account_user(realm, client),
        (_, ["default-client-scopes", rest @ ..]) => {
            scopes::of_client(realm, context, request, key.as_str(), Kind::Default, rest)
        }
        (_, ["optional-client-scopes", rest @ ..]) => {
            scopes::of_client(realm, context, request, key.as_str(), Kind::Optional, rest)
        }
        (_, ["protocol-mappers", rest @ ..]) => {
            let path = mappers::path_of("clients", key.as_str());
            let Some(client) = realm.clients.get_mut(key.as_str()) else { return Err(Answer::nowhere()) };
            mappers::answer(&mut client.mappers, context, request, &path, right::MANAGE_CLIENTS, rest)
        }
        (_, ["scope-mappings", rest @ ..]) => {
            scope_mappings::answer(realm, context, request, Holder::Client(key.as_str()), rest)
        }
        (_, ["roles", rest @ ..]) => {
            let path = roles::path_of_client(key.as_str());
            roles::answer(realm, context, request, &Owner::Client(key.clone()), &path, rest)
        }
        (_, ["service-account-user"]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

fn may_manage(context: &Context, client: &Client) -> Result<(), Answer> {
    context.rights.need(right::MANAGE_CLIENTS)?;
    if client.client_id == "realm-management" || client.is_realm_client() {
        return Err(Answer::forbidden());
    }
    Ok(())
}

/// Whether every realm has a client of this name.
pub(crate) fn is_built_in(client_id: &str) -> bool {
    BUILT_IN.contains(&client_id)
}

fn delete(realm: &mut Realm, key: &ClientKey) -> Reply {
    if realm.clients.get(key.as_str()).is_some_and(|client| is_built_in(&client.client_id)) {
        return Err(Answer::described(StatusCode::BAD_REQUEST, "invalid_request", "Could not delete client"));
    }
    remove(realm, key);
    Ok(Answer::done())
}

/// Removes a client with its roles and its service account.
pub(crate) fn remove(realm: &mut Realm, key: &ClientKey) {
    let owned: Vec<_> = realm.roles.of(&Owner::Client(key.clone())).map(|role| role.id.clone()).collect();
    for role in owned {
        realm.remove_role(&role);
    }
    if let Some(client) = realm.clients.remove(key)
        && let Some(user) = client.service_user
    {
        realm.users.remove(&user);
    }
}

/// A GET reads the secret in clear, a POST makes another one.
fn secret(realm: &mut Realm, context: &Context, request: &Request, key: &ClientKey) -> Reply {
    let Some(client) = realm.clients.get_mut(key.as_str()) else { return Err(Answer::nowhere()) };
    match request.method {
        Method::GET => {}
        Method::POST => {
            may_manage(context, client)?;
            client_changes::generate_secret(client, context.now);
        }
        _ => return Err(Answer::wrong_method()),
    }
    let mut view = json!({"type": "secret"});
    if let Some(secret) = client.secret() {
        view["value"] = json!(secret);
    }
    Ok(Answer::found(view))
}

fn service_account_user(realm: &Realm, client: &Client) -> Reply {
    let user = client.service_user.as_ref().filter(|_| client.flag("serviceAccountsEnabled"));
    match user.and_then(|id| realm.users.get(id.as_str())) {
        Some(user) => Ok(Answer::found(users::service_account(realm, user))),
        None => Err(Answer::error(
            StatusCode::BAD_REQUEST,
            format!("Service account not enabled for the client '{}'", client.client_id),
        )),
    }
}
