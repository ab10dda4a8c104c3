//! Scope mappings: the roles that a client or client scope lets into tokens (measured on 26.7.3). Unlike with role mappings, a
//! role counts by its id alone below `realm`, whoever has it, and by its name alone below `clients`.

use http::Method;
use serde_json::Value;
use std::collections::BTreeSet;

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::ids::RoleId;
use super::request::Request;
use super::role_mappings;
use super::state::roles::{Owner, Role};
use super::state::{Realm, text_of};

const REPRESENTATION: &str = "RoleRepresentation";

/// Whose scope it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holder<'a> {
    Client(&'a str),
    Scope(&'a str),
}

/// Answers below `/scope-mappings` of a client or client scope, which the caller may view.
pub(crate) fn answer(
    realm: &mut Realm,
    context: &Context,
    request: &Request,
    holder: Holder<'_>,
    rest: &[&str],
) -> Reply {
    let mapped = mapped(realm, holder).cloned().unwrap_or_default();
    let (owner, rest) = match rest {
        [] if request.method == Method::GET => {
            let roles = mapped.iter().filter_map(|id| realm.roles.get(id.as_str()));
            return Ok(Answer::found(role_mappings::shown(realm, roles)));
        }
        ["realm", rest @ ..] => (Owner::Realm, rest),
        ["clients", client, rest @ ..] => {
            let client = realm.clients.get(client).ok_or_else(|| Answer::not_found("Could not find client"))?;
            (Owner::Client(client.key.clone()), rest)
        }
        _ => return Err(Answer::nowhere()),
    };
    let shown = |ids: &BTreeSet<RoleId>| -> Value {
        let found = ids.iter().filter_map(|id| realm.roles.get(id.as_str()));
        found.filter(|role| role.owner == owner).map(|role| role.brief(&realm.id)).collect()
    };
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(shown(&mapped))),
        (&Method::GET, ["composite"]) => Ok(Answer::found(shown(&effective(realm, holder, &mapped)))),
        (&Method::GET, ["available"]) => {
            let free = realm.roles.of(&owner).filter(|role| !mapped.contains(&role.id));
            Ok(Answer::found(free.map(|role| role.brief(&realm.id)).collect()))
        }
        (&Method::POST, []) => {
            may_map(context, &owner)?;
            let roles = named(realm, &owner, request)?;
            change(realm, holder, |mapped| mapped.extend(roles))
        }
        (&Method::DELETE, []) if request.body.is_empty() => {
            context.rights.need(right::MANAGE_CLIENTS)?;
            // What the caller may not take away stays, and nobody is told.
            let owned = |role: &Role| role.owner == owner && may_map(context, &owner).is_ok();
            let roles: Vec<RoleId> =
                mapped.into_iter().filter(|id| realm.roles.get(id.as_str()).is_some_and(owned)).collect();
            change(realm, holder, |mapped| mapped.retain(|id| !roles.contains(id)))
        }
        (&Method::DELETE, []) => {
            may_map(context, &owner)?;
            let roles = named(realm, &owner, request)?;
            change(realm, holder, |mapped| mapped.retain(|id| !roles.contains(id)))
        }
        (_, [] | ["composite" | "available"]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

fn mapped<'a>(realm: &'a Realm, holder: Holder<'_>) -> Option<&'a BTreeSet<RoleId>> {
    match holder {
        Holder::Client(key) => realm.clients.get(key).map(|client| &client.roles),
        Holder::Scope(id) => realm.scopes.get(id).map(|scope| &scope.roles),
    }
}

fn change(realm: &mut Realm, holder: Holder<'_>, change: impl FnOnce(&mut BTreeSet<RoleId>)) -> Reply {
    let mapped = match holder {
        Holder::Client(key) => realm.clients.get_mut(key).map(|client| &mut client.roles),
        Holder::Scope(id) => realm.scopes.get_mut(id).map(|scope| &mut scope.roles),
    };
    change(mapped.ok_or_else(Answer::nowhere)?);
    Ok(Answer::done())
}

/// A client with the full scope lets every role into its tokens.
fn effective(realm: &Realm, holder: Holder<'_>, mapped: &BTreeSet<RoleId>) -> BTreeSet<RoleId> {
    let is_full = |key| realm.clients.get(key).is_some_and(|client| client.flag("fullScopeAllowed"));
    match holder {
        Holder::Client(key) if is_full(key) => realm.roles.all().map(|role| role.id.clone()).collect(),
        _ => realm.roles.expand(mapped),
    }
}

/// Realm roles also need the right to manage the realm.
fn may_map(context: &Context, owner: &Owner) -> Result<(), Answer> {
    context.rights.need(right::MANAGE_CLIENTS)?;
    if *owner == Owner::Realm { context.rights.need(right::MANAGE_REALM) } else { Ok(()) }
}

fn named(realm: &Realm, owner: &Owner, request: &Request) -> Result<Vec<RoleId>, Answer> {
    let mut found = Vec::new();
    for representation in request.list(REPRESENTATION)? {
        let role = match owner {
            Owner::Realm => realm.roles.get(text_of(&representation, "id").ok_or_else(Answer::unhandled)?),
            Owner::Client(_) => text_of(&representation, "name").and_then(|name| realm.roles.named(owner, name)),
        };
        found.push(role.ok_or_else(|| Answer::not_found("Role not found"))?.id.clone());
    }
    Ok(found)
}
