//! Client scopes, and which of them new clients get (contract `client-scopes-and-mappers`).

use http::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::ids::ScopeId;
use super::mappers;
use super::request::Request;
use super::scope_mappings::{self, Holder};
use super::state::scopes::Scope;
use super::state::{Realm, settings_of, text_of};

const REPRESENTATION: &str = "ClientScopeRepresentation";

/// Answers below `/client-scopes`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    context.rights.need(right::LIST_CLIENTS)?;
    match rest {
        [] => match request.method {
            Method::GET => {
                let may_view = context.rights.any(right::VIEW_CLIENTS);
                Ok(Answer::found(realm.scopes.all().filter(|_| may_view).map(Scope::view).collect()))
            }
            Method::POST => create(realm, context, request),
            _ => Err(Answer::wrong_method()),
        },
        [id, rest @ ..] => {
            let scope = realm.scopes.get(id).map(|scope| scope.id.clone());
            let scope = scope.ok_or_else(|| Answer::not_found("Could not find client scope"))?;
            one(realm, context, request, &scope, rest)
        }
    }
}

fn one(realm: &mut Realm, context: &Context, request: &Request, id: &ScopeId, rest: &[&str]) -> Reply {
    context.rights.need(if request.method == Method::GET { right::VIEW_CLIENTS } else { right::MANAGE_CLIENTS })?;
    let Some(scope) = realm.scopes.get_mut(id.as_str()) else { return Err(Answer::nowhere()) };
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(scope.view())),
        (&Method::PUT, []) => put(realm, request, id),
        (&Method::DELETE, []) => {
            realm.default_scopes.remove(id);
            realm.optional_scopes.remove(id);
            realm.clients.forget_scope(id);
            realm.scopes.remove(id);
            Ok(Answer::done())
        }
        (_, []) => Err(Answer::wrong_method()),
        (_, ["protocol-mappers", rest @ ..]) => {
            let path = mappers::path_of("client-scopes", id.as_str());
            mappers::answer(&mut scope.mappers, context, request, &path, right::MANAGE_CLIENTS, rest)
        }
        (_, ["scope-mappings", rest @ ..]) => {
            scope_mappings::answer(realm, context, request, Holder::Scope(id.as_str()), rest)
        }
        _ => Err(Answer::nowhere()),
    }
}

fn create(realm: &mut Realm, context: &Context, request: &Request) -> Reply {
    context.rights.need(right::MANAGE_CLIENTS)?;
    let scope = new_scope(&request.object(REPRESENTATION)?)?;
    if realm.scopes.named(&scope.name).is_some() || realm.scopes.get(scope.id.as_str()).is_some() {
        return Err(exists(&scope.name));
    }
    let location = context.location("client-scopes", scope.id.as_str());
    realm.scopes.insert(scope);
    Ok(Answer::created(location))
}

/// A scope from its representation. A fixed id is honoured; the types of nested mappers are not checked.
pub(crate) fn new_scope(representation: &Map<String, Value>) -> Result<Scope, Answer> {
    let name = text_of(representation, "name").ok_or_else(Answer::unhandled)?;
    check_name(name)?;
    let protocol =
        text_of(representation, "protocol").filter(|protocol| matches!(*protocol, "openid-connect" | "saml"));
    let protocol = protocol.ok_or_else(|| Answer::invalid("Unexpected protocol"))?;
    Ok(Scope {
        id: text_of(representation, "id").map_or_else(ScopeId::fresh, ScopeId::from),
        name: name.to_owned(),
        description: text_of(representation, "description").map(str::to_owned),
        protocol: protocol.to_owned(),
        attributes: representation.get("attributes").map(settings_of).unwrap_or_default(),
        mappers: mappers::nested(representation, || exists(name))?,
        roles: BTreeSet::new(),
    })
}

fn check_name(name: &str) -> Result<(), Answer> {
    // RFC 6749, scope-token
    let fine = |letter: char| letter.is_ascii_graphic() && letter != '"' && letter != '\\';
    if name.is_empty() || !name.chars().all(fine) {
        return Err(Answer::invalid(format!("Unexpected name \"{name}\" for ClientScope")));
    }
    Ok(())
}

fn exists(name: &str) -> Answer {
    Answer::exists(format!("Client Scope {name} already exists"))
}

/// The name is required; attributes are merged (null deletes), mappers ignored, the rest kept when left out.
fn put(realm: &mut Realm, request: &Request, id: &ScopeId) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let name = text_of(&representation, "name").ok_or_else(Answer::unhandled)?;
    check_name(name)?;
    if realm.scopes.named(name).is_some_and(|other| other.id != *id) {
        return Err(exists(name));
    }
    realm.scopes.rename(id, name);
    let Some(scope) = realm.scopes.get_mut(id.as_str()) else { return Err(Answer::nowhere()) };
    if let Some(description) = text_of(&representation, "description") {
        scope.description = Some(description.to_owned());
    }
    if let Some(protocol) = text_of(&representation, "protocol") {
        protocol.clone_into(&mut scope.protocol);
    }
    for (name, value) in representation.get("attributes").and_then(Value::as_object).into_iter().flatten() {
        match value.as_str() {
            Some(value) => scope.attributes.insert(name.clone(), value.to_owned()),
            None => scope.attributes.remove(name),
        };
    }
    Ok(Answer::done())
}

/// Which of the realm's two lists of scopes for new clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Default,
    Optional,
}

/// Answers below `/default-default-client-scopes` and `/default-optional-client-scopes`. Adding what is in either list
/// already is refused, unlike the same call on a client.
pub(crate) fn of_realm(realm: &mut Realm, context: &Context, request: &Request, kind: Kind, rest: &[&str]) -> Reply {
    match (&request.method, rest) {
        (&Method::GET, []) => {
            context.rights.need(right::VIEW_CLIENTS)?;
            let list = if kind == Kind::Default { &realm.default_scopes } else { &realm.optional_scopes };
            let scopes = list.iter().filter_map(|id| realm.scopes.get(id.as_str()));
            Ok(Answer::found(scopes.map(mention).collect()))
        }
        (&Method::PUT | &Method::DELETE, [id]) => {
            context.rights.need(right::MANAGE_CLIENTS)?;
            let scope = realm.scopes.get(id).ok_or_else(|| Answer::not_found("Client scope not found"))?.id.clone();
            if request.method == Method::DELETE {
                let list = if kind == Kind::Default { &mut realm.default_scopes } else { &mut realm.optional_scopes };
                list.remove(&scope);
                return Ok(Answer::done());
            }
            if realm.default_scopes.contains(&scope) || realm.optional_scopes.contains(&scope) {
                return Err(Answer::duplicate());
            }
            let list = if kind == Kind::Default { &mut realm.default_scopes } else { &mut realm.optional_scopes };
            list.insert(scope);
            Ok(Answer::done())
        }
        _ => Err(Answer::nowhere()),
    }
}

fn mention(scope: &Scope) -> Value {
    json!({"id": scope.id.as_str(), "name": scope.name, "protocol": scope.protocol})
}

/// Answers below a client's `/default-client-scopes` and `/optional-client-scopes`. A scope that is in one list is not
/// moved to the other: 204, and nothing changes.
pub(crate) fn of_client(
    realm: &mut Realm,
    context: &Context,
    request: &Request,
    key: &str,
    kind: Kind,
    rest: &[&str],
) -> Reply {
    let scopes = &realm.scopes;
    let Some(client) = realm.clients.get_mut(key) else { return Err(Answer::not_found("Could not find client")) };
    match (&request.method, rest) {
        (&Method::GET, []) => {
            let list = if kind == Kind::Default { &client.default_scopes } else { &client.optional_scopes };
            let found = list.iter().filter_map(|id| scopes.get(id.as_str()));
            Ok(Answer::found(found.map(|scope| json!({"id": scope.id.as_str(), "name": scope.name})).collect()))
        }
        (&Method::PUT | &Method::DELETE, [id]) => {
            context.rights.need(right::MANAGE_CLIENTS)?;
            let scope = scopes.get(id).ok_or_else(|| Answer::not_found("Client scope not found"))?.id.clone();
            // a scope of another protocol than the client's is not taken, and nobody is told
            let protocol = scopes.get(scope.as_str()).map(|scope| scope.protocol.as_str());
            let fits = protocol == text_of(&client.fields, "protocol");
            let held = client.default_scopes.contains(&scope) || client.optional_scopes.contains(&scope);
            let list = if kind == Kind::Default { &mut client.default_scopes } else { &mut client.optional_scopes };
            if request.method == Method::DELETE {
                list.remove(&scope);
            } else if !held && fits {
                list.insert(scope);
            }
            Ok(Answer::done())
        }
        (_, []) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}
