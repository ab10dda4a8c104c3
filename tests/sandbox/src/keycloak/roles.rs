//! Realm and client roles (server-behaviour 2.4 to 2.7, contract `realm-roles`).

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right, segment};
use super::groups;
use super::ids::RoleId;
use super::paging::Window;
use super::request::Request;
use super::state::roles::{Owner, Role};
use super::state::{Realm, attributes_of, text_of, texts};
use super::users;

const REPRESENTATION: &str = "RoleRepresentation";

/// Letters that a role's name may have.
const LONGEST_NAME: usize = 255;

fn viewers(owner: &Owner) -> &'static [&'static str] {
    if *owner == Owner::Realm { right::VIEW_REALM } else { right::LIST_CLIENTS }
}

fn managers(owner: &Owner) -> &'static [&'static str] {
    if *owner == Owner::Realm { right::MANAGE_REALM } else { right::MANAGE_CLIENTS }
}

/// Answers below `/roles` of the realm or of a client; `path` is the list's own path below the realm.
pub(crate) fn answer(
    realm: &mut Realm,
    context: &Context,
    request: &Request,
    owner: &Owner,
    path: &str,
    rest: &[&str],
) -> Reply {
    let listed = rest.is_empty() && request.method == Method::GET;
    if !(listed && *owner == Owner::Realm && context.rights.any(right::MANAGE_PROVIDERS)) {
        let reading = request.method == Method::GET;
        context.rights.need(if reading { viewers(owner) } else { managers(owner) })?;
    }
    match rest {
        [] => match request.method {
            Method::GET => list(realm, request, owner),
            Method::POST => create(realm, context, request, owner, path),
            _ => Err(Answer::wrong_method()),
        },
        [name, rest @ ..] => {
            if !known(rest) {
                return Err(Answer::nowhere());
            }
            let role = realm.roles.named(owner, name).map(|role| role.id.clone());
            let role = role.ok_or_else(|| Answer::not_found("Could not find role"))?;
            one(realm, context, request, &role, rest)
        }
    }
}

/// Answers below `/roles-by-id/{id}`.
pub(crate) fn by_id(realm: &mut Realm, context: &Context, request: &Request, id: &str, rest: &[&str]) -> Reply {
    let role = realm.roles.get(id).map(|role| (role.id.clone(), role.owner.clone()));
    let (role, owner) = role.ok_or_else(|| Answer::not_found("Could not find role with id"))?;
    context.rights.need(viewers(&owner))?;
    match rest {
        [] | ["composites", ..] => one(realm, context, request, &role, rest),
        _ => Err(Answer::nowhere()),
    }
}

fn known(rest: &[&str]) -> bool {
    matches!(rest, [] | ["users" | "groups" | "composites"] | ["composites", "realm"] | ["composites", "clients", _])
}

fn one(realm: &mut Realm, context: &Context, request: &Request, id: &RoleId, rest: &[&str]) -> Reply {
    let Some(role) = realm.roles.get(id.as_str()) else { return Err(Answer::not_found("Could not find role")) };
    let owner = role.owner.clone();
    if request.method != Method::GET {
        context.rights.need(managers(&owner))?;
    }
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(role.full(&realm.id))),
        (&Method::PUT, []) => put(realm, request, id),
        (&Method::DELETE, []) => delete(realm, id),
        (&Method::GET, ["users" | "groups"]) if !context.rights.any(right::VIEW_USERS) => Err(Answer::forbidden()),
        (&Method::GET, ["users"]) => users::holding(realm, context, request, id),
        (&Method::GET, ["groups"]) => groups::holding(realm, request, id),
        (_, ["composites", rest @ ..]) => composites(realm, request, id, rest),
        _ => Err(Answer::wrong_method()),
    }
}

/// Roles matching the request: unpaged unless `first` and `max` are both sent, but with `search` either alone pages.
fn list(realm: &Realm, request: &Request, owner: &Owner) -> Reply {
    let query = &request.query;
    let search = query.get("search").map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let window = if search.is_some() { Window::of(query, None)? } else { Window::of_both(query)? };
    let brief = query.flag("briefRepresentation").unwrap_or(true);
    let matches = |role: &&Role| {
        let within = |text: &str, part: &str| text.to_lowercase().contains(part);
        search.as_deref().is_none_or(|part| {
            within(&role.name, part) || role.description.as_deref().is_some_and(|text| within(text, part))
        })
    };
    let rows = window.cut(realm.roles.of(owner).filter(matches));
    Ok(Answer::found(rows.map(|role| if brief { role.brief(&realm.id) } else { role.full(&realm.id) }).collect()))
}

fn create(realm: &mut Realm, context: &Context, request: &Request, owner: &Owner, path: &str) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let mut role = new_role(realm, owner, &representation)?;
    role.composites.extend(new_parts(realm, &representation)?);
    let location = context.location(path, &role.name);
    realm.roles.insert(role);
    Ok(Answer::created(location))
}

/// A role from its representation, without what it is composed of.
pub(crate) fn new_role(realm: &Realm, owner: &Owner, representation: &Map<String, Value>) -> Result<Role, Answer> {
    let name = text_of(representation, "name").ok_or_else(no_name)?;
    if realm.roles.named(owner, name).is_some() {
        return Err(Answer::exists(format!("Role with name {name} already exists")));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Answer::unhandled());
    }
    let mut role = Role::new(name, owner.clone());
    role.description = text_of(representation, "description").map(str::to_owned);
    if let Some(attributes) = representation.get("attributes") {
        role.attributes = attributes_of(attributes);
    }
    Ok(role)
}

/// The roles that a new role is composed of: given by name, and only where it says that it is composite.
pub(crate) fn new_parts(realm: &Realm, representation: &Map<String, Value>) -> Result<Vec<RoleId>, Answer> {
    if representation.get("composite").and_then(Value::as_bool) != Some(true) {
        return Ok(Vec::new());
    }
    named_parts(realm, representation.get("composites"))
}

/// The roles that a POST names as composites.
fn named_parts(realm: &Realm, composites: Option<&Value>) -> Result<Vec<RoleId>, Answer> {
    let Some(composites) = composites else { return Ok(Vec::new()) };
    let mut parts = Vec::new();
    let mut add = |owner: &Owner, names: &Value| {
        let kind = if *owner == Owner::Realm { "Realm" } else { "Client" };
        for name in texts(names) {
            let missing =
                || Answer::message(StatusCode::NOT_FOUND, format!("{kind} Role with name {name} does not exist"));
            parts.push(realm.roles.named(owner, &name).ok_or_else(missing)?.id.clone());
        }
        Ok::<(), Answer>(())
    };
    add(&Owner::Realm, &composites["realm"])?;
    for (client, names) in composites["client"].as_object().into_iter().flatten() {
        let Some(client) = realm.clients.named(client) else { continue };
        add(&Owner::Client(client.key.clone()), names)?;
    }
    Ok(parts)
}

fn no_name() -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, "role has no name")
}

/// A PUT without a description deletes it; attributes left out stay, composites are ignored.
fn put(realm: &mut Realm, request: &Request, id: &RoleId) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let name = text_of(&representation, "name").filter(|name| !name.is_empty()).ok_or_else(no_name)?;
    let Some(role) = realm.roles.get(id.as_str()) else { return Err(Answer::not_found("Could not find role")) };
    if realm.roles.named(&role.owner, name).is_some_and(|other| other.id != *id) {
        return Err(Answer::duplicate());
    }
    realm.roles.rename(id, name);
    if let Some(role) = realm.roles.get_mut(id.as_str()) {
        role.description = text_of(&representation, "description").map(str::to_owned);
        if let Some(attributes) = representation.get("attributes").filter(|map| map.is_object()) {
            role.attributes = attributes_of(attributes);
        }
    }
    Ok(Answer::done())
}

fn delete(realm: &mut Realm, id: &RoleId) -> Reply {
    if *id == realm.default_role {
        let name = realm.roles.get(id.as_str()).map(|role| role.name.clone()).unwrap_or_default();
        return Err(Answer::invalid(format!("{name} is default role of the realm and cannot be removed.")));
    }
    realm.remove_role(id);
    Ok(Answer::done())
}

fn composites(realm: &mut Realm, request: &Request, id: &RoleId, rest: &[&str]) -> Reply {
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(parts(realm, id, |_| true))),
        (&Method::GET, ["realm"]) => Ok(Answer::found(parts(realm, id, |role| role.owner == Owner::Realm))),
        (&Method::GET, ["clients", client]) => {
            let client = realm.clients.get(client).ok_or_else(|| Answer::not_found("Could not find client"))?;
            let owner = Owner::Client(client.key.clone());
            Ok(Answer::found(parts(realm, id, |role| role.owner == owner)))
        }
        (&Method::POST | &Method::DELETE, []) => {
            let named = request.list(REPRESENTATION)?;
            let found: Option<Vec<RoleId>> = named.iter().map(|part| role_with_id(realm, part)).collect();
            for part in found.ok_or_else(|| Answer::not_found("Could not find composite role"))? {
                if request.method == Method::POST {
                    realm.roles.compose(id, &part);
                } else {
                    realm.roles.decompose(id, &part);
                }
            }
            Ok(Answer::done())
        }
        (_, _) if !matches!(rest, [] | ["realm"] | ["clients", _]) => Err(Answer::nowhere()),
        _ => Err(Answer::wrong_method()),
    }
}

fn role_with_id(realm: &Realm, representation: &Map<String, Value>) -> Option<RoleId> {
    realm.roles.get(text_of(representation, "id")?).map(|role| role.id.clone())
}

fn parts(realm: &Realm, id: &RoleId, wanted: impl Fn(&Role) -> bool) -> Value {
    let Some(role) = realm.roles.get(id.as_str()) else { return json!([]) };
    let parts = role.composites.iter().filter_map(|part| realm.roles.get(part.as_str()));
    parts.filter(|part| wanted(part)).map(|part| part.brief(&realm.id)).collect()
}

/// The path of a client's roles below the realm.
pub(crate) fn path_of_client(key: &str) -> String {
    format!("clients/{}/roles", segment(key))
}
