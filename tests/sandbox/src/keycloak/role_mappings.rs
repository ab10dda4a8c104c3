//! Role mappings of groups and users (server-behaviour 2.7). A mapping needs the role's id and name, both right.

use http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::ids::RoleId;
use super::request::Request;
use super::state::Realm;
use super::state::roles::{Owner, Role};

const REPRESENTATION: &str = "RoleRepresentation";
/// The role that is composed of all other rights on a realm, and is no right of its own.
const REALM_ADMIN: &str = "realm-admin";

/// What a mapping request asks to change.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Change {
    pub(crate) map: Vec<RoleId>,
    pub(crate) unmap: Vec<RoleId>,
}

/// Answers below `/role-mappings` of a group or user that has `mapped` itself and `inherited` besides. The change, if any,
/// is left to the caller.
pub(crate) fn answer(
    realm: &Realm,
    context: &Context,
    request: &Request,
    rest: &[&str],
    mapped: &BTreeSet<RoleId>,
    effective: impl FnOnce() -> BTreeSet<RoleId>,
) -> Result<(Answer, Change), Answer> {
    let only = |reply: Reply| reply.map(|answer| (answer, Change::default()));
    let (owner, rest) = match rest {
        [] if request.method == Method::GET => return only(Ok(Answer::found(overview(realm, context, mapped)))),
        [] => return Err(Answer::wrong_method()),
        ["realm", rest @ ..] => (Owner::Realm, rest),
        ["clients", client, rest @ ..] => {
            let client = realm.clients.get(client).ok_or_else(|| Answer::not_found("Client not found"))?;
            (Owner::Client(client.key.clone()), rest)
        }
        _ => return Err(Answer::nowhere()),
    };
    let brief = request.query.flag("briefRepresentation").unwrap_or(true);
    let show = |role: &Role| if brief { role.brief(&realm.id) } else { role.full(&realm.id) };
    let roles = |ids: &BTreeSet<RoleId>| -> Value {
        let found = ids.iter().filter_map(|id| realm.roles.get(id.as_str()));
        found.filter(|role| role.owner == owner).map(show).collect()
    };
    match (&request.method, rest) {
        (&Method::GET, []) => only(Ok(Answer::found(roles(mapped)))),
        (&Method::GET, ["composite"]) => only(Ok(Answer::found(roles(&effective())))),
        (&Method::GET, ["available"]) => {
            let free = realm.roles.of(&owner).filter(|role| !mapped.contains(&role.id));
            only(Ok(Answer::found(free.map(show).collect())))
        }
        (&Method::POST, []) => {
            let map = named(realm, &owner, &request.list(REPRESENTATION)?)?;
            may_map(realm, context, &map)?;
            Ok((Answer::done(), Change { map, unmap: Vec::new() }))
        }
        (&Method::DELETE, []) => {
            let unmap = if request.body.is_empty() {
                all_of(realm, &owner, mapped)
            } else {
                named(realm, &owner, &request.list(REPRESENTATION)?)?
            };
            Ok((Answer::done(), Change { map: Vec::new(), unmap }))
        }
        (_, [] | ["composite" | "available"]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

/// Nobody gives away a right on the realm that he does not have himself.
fn may_map(realm: &Realm, context: &Context, roles: &[RoleId]) -> Result<(), Answer> {
    let Some(management) = realm.clients.named("realm-management") else { return Ok(()) };
    let owner = Owner::Client(management.key.clone());
    let all = realm.roles.expand(roles);
    let rights = all.iter().filter_map(|id| realm.roles.get(id.as_str()));
    let mut rights = rights.filter(|role| role.owner == owner && role.name != REALM_ADMIN);
    rights.try_for_each(|role| context.rights.need(&[role.name.as_str(), REALM_ADMIN]))
}

fn all_of(realm: &Realm, owner: &Owner, mapped: &BTreeSet<RoleId>) -> Vec<RoleId> {
    let owned = |id: &&RoleId| realm.roles.get(id.as_str()).is_some_and(|role| role.owner == *owner);
    mapped.iter().filter(owned).cloned().collect()
}

fn named(realm: &Realm, owner: &Owner, list: &[Map<String, Value>]) -> Result<Vec<RoleId>, Answer> {
    let find = |representation: &Map<String, Value>| {
        let role = realm.roles.named(owner, representation.get("name")?.as_str()?)?;
        (representation.get("id")?.as_str()? == role.id.as_str()).then(|| role.id.clone())
    };
    let found: Option<Vec<RoleId>> = list.iter().map(find).collect();
    found.ok_or_else(|| Answer::not_found("Role not found"))
}

/// All mappings of roles that may be viewed at once; a kind without any has no key.
fn overview(realm: &Realm, context: &Context, mapped: &BTreeSet<RoleId>) -> Value {
    let may_view = |role: &&Role| {
        context.rights.any(if role.owner == Owner::Realm { right::VIEW_REALM } else { right::VIEW_CLIENTS })
    };
    shown(realm, mapped.iter().filter_map(|id| realm.roles.get(id.as_str())).filter(may_view))
}

/// Mappings of a realm's roles and of those of clients; a kind without any has no key.
pub(crate) fn shown<'a>(realm: &Realm, mapped: impl Iterator<Item = &'a Role>) -> Value {
    let mut of_realm = Vec::new();
    let mut of_clients: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for role in mapped {
        match &role.owner {
            Owner::Realm => of_realm.push(role.brief(&realm.id)),
            Owner::Client(key) => of_clients.entry(key.as_str()).or_default().push(role.brief(&realm.id)),
        }
    }
    let mut view = Map::new();
    if !of_realm.is_empty() {
        view.insert("realmMappings".to_owned(), Value::Array(of_realm));
    }
    if !of_clients.is_empty() {
        let clients = of_clients.into_iter().filter_map(|(key, mappings)| {
            let client = realm.clients.get(key)?;
            let entry = json!({"id": key, "client": client.client_id, "mappings": mappings});
            Some((client.client_id.clone(), entry))
        });
        view.insert("clientMappings".to_owned(), Value::Object(clients.collect()));
    }
    Value::Object(view)
}
