//! The admin API from its root: the list of realms, one realm, and the way to what is in it.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::access::Caller;
use super::answer::{Answer, Reply};
use super::body::{self, Refusal};
use super::context::{Context, roles as right, segment};
use super::ids::uuid;
use super::options::Version;
use super::representations::Shape;
use super::request::Request;
use super::scopes::Kind;
use super::state::Realm;
use super::state::fresh::{self, MASTER};
use super::state::providers::MASK;
use super::state::roles::Owner;
use super::world::World;
use super::{
    authentication, clients, components, events, groups, older, providers, realm_changes, roles, scopes, users,
};

pub(crate) const REPRESENTATION: &str = "RealmRepresentation";

/// Letters that a realm's name may have.
const LONGEST_NAME: usize = 255;

/// Answers below `/admin/realms`.
pub(crate) fn answer(world: &mut World, request: &Request, rest: &[&str]) -> Reply {
    let caller = world.caller(request)?;
    match rest {
        [] => match request.method {
            Method::GET => list(world, &caller, request),
            Method::POST => create(world, &caller, request),
            _ => Err(Answer::wrong_method()),
        },
        [name, ..] if world.is_unborn(name) => Err(Answer::not_found("Realm not found.")),
        [name, rest @ ..] => in_realm(world, &caller, request, name, rest),
    }
}

fn in_realm(world: &mut World, caller: &Caller, request: &Request, name: &str, rest: &[&str]) -> Reply {
    let realm = world.realm(name).ok_or_else(|| Answer::not_found("Realm not found."))?;
    let rights = world.rights(caller, realm);
    if !world.lets_in(caller, realm) {
        return Err(Answer::forbidden());
    }
    if wants_something_else(request) {
        return Err(Answer::with(
            StatusCode::NOT_ACCEPTABLE,
            super::answer::Content::Html("<!doctype html><html><body>Not Acceptable</body></html>"),
        ));
    }
    let base = format!("{}/admin/realms/{}", world.base, segment(name));
    let context = Context { base, rights, now: world.now() };
    match (&request.method, rest) {
        (&Method::PUT, []) => {
            context.rights.need(right::MANAGE_REALM)?;
            return realm_changes::put(world, name, &request.object(REPRESENTATION)?);
        }
        (&Method::DELETE, []) => {
            context.rights.need(right::MANAGE_REALM)?;
            return delete(world, name);
        }
        (&Method::POST, ["identity-provider", "import-config"]) => {
            context.rights.need(right::MANAGE_PROVIDERS)?;
            return providers::import(world, request);
        }
        _ => {}
    }
    let realm = world.realm_mut(name).ok_or_else(|| Answer::not_found("Realm not found."))?;
    match rest {
        [] if request.method == Method::GET => {
            if !context.rights.may_look() {
                return Err(Answer::forbidden());
            }
            Ok(Answer::found(visible(realm, &context)))
        }
        ["roles", rest @ ..] => roles::answer(realm, &context, request, &Owner::Realm, "roles", rest),
        ["roles-by-id", id, rest @ ..] => roles::by_id(realm, &context, request, id, rest),
        ["groups", rest @ ..] => groups::answer(realm, &context, request, rest),
        ["group-by-path", path @ ..] if request.method == Method::GET => groups::by_path(realm, &context, path),
        ["default-groups", rest @ ..] => groups::defaults(realm, &context, request, rest),
        ["clients", rest @ ..] => clients::answer(realm, &context, request, rest),
        ["client-scopes", rest @ ..] => scopes::answer(realm, &context, request, rest),
        ["default-default-client-scopes", rest @ ..] => scopes::of_realm(realm, &context, request, Kind::Default, rest),
        ["default-optional-client-scopes", rest @ ..] => {
            scopes::of_realm(realm, &context, request, Kind::Optional, rest)
        }
        ["users", rest @ ..] => users::answer(realm, &context, request, rest),
        ["identity-provider", rest @ ..] => providers::answer(realm, &context, request, rest),
        ["authentication", rest @ ..] => authentication::answer(realm, &context, request, rest),
        ["events", rest @ ..] => events::answer(realm, &context, request, rest),
        ["components", rest @ ..] => components::answer(realm, &context, request, rest),
        ["localization", rest @ ..] => components::texts(realm, &context, request, rest),
        _ => Err(Answer::nowhere()),
    }
}

/// Whether the request accepts no JSON.
fn wants_something_else(request: &Request) -> bool {
    let Some(accept) = request.header("accept") else { return false };
    !accept.split(',').any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        matches!(kind, "*/*" | "application/*" | "application/json" | "")
    })
}

fn list(world: &World, caller: &Caller, request: &Request) -> Reply {
    let brief = request.query.flag("briefRepresentation").unwrap_or(false);
    let mut shown = Vec::new();
    for realm in &world.realms {
        let rights = world.rights(caller, realm);
        if !rights.has_roles() {
            continue;
        }
        let view = if !rights.any(right::VIEW_REALM) {
            json!({"realm": realm.name})
        } else if brief {
            brief_view(realm)
        } else {
            view(realm)
        };
        shown.push(view);
    }
    if shown.is_empty() {
        return Err(Answer::forbidden());
    }
    Ok(Answer::found(Value::Array(shown)))
}

/// A body is read before anything is said about the name; whatever is wrong with it, the answer is the same.
fn create(world: &mut World, caller: &Caller, request: &Request) -> Reply {
    if !world.may_create_realms(caller) {
        return Err(Answer::forbidden());
    }
    request.json_expected()?;
    let body = body::read(&request.body, &Shape::Object(REPRESENTATION));
    let body = body.map_err(|_: Refusal| Answer::invalid("unable to read contents from stream"))?;
    let Value::Object(representation) = body else {
        return Err(Answer::invalid("unable to read contents from stream"));
    };
    older::refuse(world.version, REPRESENTATION, &representation)
        .map_err(|_| Answer::invalid("unable to read contents from stream"))?;
    let name = realm_changes::name_of(&representation).ok_or_else(|| Answer::invalid("Realm name cannot be empty"))?;
    realm_changes::check_name(name).map_err(|text| Answer::error(StatusCode::BAD_REQUEST, text))?;
    if name.chars().count() > LONGEST_NAME {
        return Err(Answer::invalid("Database operation failed"));
    }
    if world.unborn.as_ref().is_some_and(|unborn| unborn.name == name) {
        return Err(match world.version {
            Version::V26_0 => Answer::exists("Conflict detected. See logs for details"),
            Version::V26_7 => Answer::invalid("Database operation failed"),
        });
    }
    if world.realm(name).is_some() {
        return Err(Answer::exists(format!("Realm {name} already exists")));
    }
    let id = representation.get("id").and_then(Value::as_str).map_or_else(uuid, str::to_owned);
    if world.realm_by_id(&id).is_some() {
        return Err(Answer::exists("Duplicate resource error"));
    }
    let mut realm = realm_changes::new_realm(&id, name, &representation, world.now())?;
    realm.version = world.version;
    realm.fields.retain(|field, _| older::has_realm_field(world.version, field));
    realm.actions.retain(|action| older::has_action(world.version, &action["providerId"]));
    let location = format!("{}/admin/realms/{}", world.base, segment(name));
    if let Some(unborn) = world.unborn.as_mut().filter(|unborn| unborn.name.is_empty()) {
        unborn.name = realm.name.clone();
    }
    world.realms.push(realm);
    if let Some(master) = world.realm_mut(MASTER) {
        fresh::realm_client(master, name);
    }
    Ok(Answer::created(location))
}

fn delete(world: &mut World, name: &str) -> Reply {
    if name == MASTER {
        return Err(Answer::invalid("Can't remove master realm"));
    }
    world.realms.retain(|realm| realm.name != name);
    if let Some(master) = world.realm_mut(MASTER)
        && let Some(key) = master.clients.named(&format!("{name}-realm")).map(|client| client.key.clone())
    {
        clients::remove(master, &key);
    }
    Ok(Answer::done())
}

/// Who may not view the realm is not told so: he gets a handful of keys.
fn visible(realm: &Realm, context: &Context) -> Value {
    let whole = view(realm);
    if context.rights.any(right::VIEW_REALM) {
        return whole;
    }
    let mut shown = Map::new();
    for field in ["realm", "displayName", "displayNameHtml", "bruteForceProtected", "organizationsEnabled"] {
        if let Some(value) = whole.get(field) {
            shown.insert(field.to_owned(), value.clone());
        }
    }
    shown.insert("supportedLocales".to_owned(), whole.get("supportedLocales").cloned().unwrap_or(json!([])));
    if context.rights.any(right::VIEW_USERS) {
        shown.insert("registrationEmailAsUsername".to_owned(), json!(realm.flag("registrationEmailAsUsername")));
    }
    Value::Object(shown)
}

fn brief_view(realm: &Realm) -> Value {
    let mut view = Map::new();
    view.insert("id".to_owned(), json!(realm.id));
    view.insert("realm".to_owned(), json!(realm.name));
    for field in ["displayName", "displayNameHtml", "enabled"] {
        if let Some(value) = realm.fields.get(field) {
            view.insert(field.to_owned(), value.clone());
        }
    }
    Value::Object(view)
}

/// The whole representation, the SMTP password masked.
pub(crate) fn view(realm: &Realm) -> Value {
    let mut view = stored(realm);
    if let Some(password) = view["smtpServer"].get_mut("password") {
        *password = json!(MASK);
    }
    view
}

/// The same as it is stored, with the SMTP password in clear.
pub(crate) fn stored(realm: &Realm) -> Value {
    let mut view = realm.fields.clone();
    view.insert("id".to_owned(), json!(realm.id));
    view.insert("realm".to_owned(), json!(realm.name));
    view.insert("attributes".to_owned(), json!(realm.attributes));
    view.insert("enabledEventTypes".to_owned(), json!(realm.event_types));
    view.insert("smtpServer".to_owned(), json!(realm.smtp));
    if let Some(role) = realm.roles.get(realm.default_role.as_str()) {
        view.insert("defaultRole".to_owned(), role.brief(&realm.id));
    }
    if !realm.default_groups.is_empty() {
        let groups = realm.default_groups.iter().filter_map(|id| realm.groups.get(id.as_str()));
        view.insert("defaultGroups".to_owned(), groups.map(|group| json!(realm.groups.path(group))).collect());
    }
    Value::Object(view)
}
