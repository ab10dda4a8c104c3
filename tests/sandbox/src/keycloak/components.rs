//! Components and texts of a realm: they can be read and added, and components removed (contract `flows-and-components`; texts as read from
//! a real Keycloak 26.7.3).

use http::Method;
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::ids::uuid;
use super::request::Request;
use super::state::providers::MASK;
use super::state::{Realm, settings_of, text_of};

const REPRESENTATION: &str = "ComponentRepresentation";

/// Settings that the server never shows.
const HIDDEN: [&str; 3] = ["bindCredential", "privateKey", "keystorePassword"];

/// Answers below `/components`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    context.rights.need(if request.method == Method::GET { right::VIEW_REALM } else { right::MANAGE_REALM })?;
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(realm.components.iter().map(shown).collect())),
        (&Method::POST, []) => create(realm, context, request),
        (&Method::DELETE, [id]) => {
            let at = realm.components.iter().position(|component| component["id"] == *id);
            let id = json!(id);
            realm.components.remove(at.ok_or_else(|| Answer::not_found("Could not find component"))?);
            realm.components.retain(|component| component["parentId"] != id);
            Ok(Answer::done())
        }
        _ => Err(Answer::nowhere()),
    }
}

fn create(realm: &mut Realm, context: &Context, request: &Request) -> Reply {
    let mut component = request.object(REPRESENTATION)?;
    if text_of(&component, "providerType").is_none() || text_of(&component, "providerId").is_none() {
        return Err(Answer::invalid("Invalid provider type or no such provider"));
    }
    let id = uuid();
    component.insert("id".to_owned(), json!(id));
    component.entry("parentId").or_insert_with(|| json!(realm.id));
    realm.components.push(Value::Object(component));
    Ok(Answer::created(context.location("components", &id)))
}

fn shown(component: &Value) -> Value {
    let mut shown = component.clone();
    for hidden in HIDDEN {
        if let Some(secret) = shown["config"].get_mut(hidden) {
            *secret = json!([MASK]);
        }
    }
    shown
}

/// Answers below `/localization`.
pub(crate) fn texts(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    context.rights.need(if request.method == Method::GET { right::VIEW_REALM } else { right::MANAGE_REALM })?;
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(realm.texts.keys().cloned().collect())),
        (&Method::GET, [locale]) => Ok(Answer::found(json!(realm.texts.get(*locale)))),
        (&Method::POST, [locale]) => {
            let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            realm.texts.entry((*locale).to_owned()).or_default().extend(settings_of(&sent));
            Ok(Answer::done())
        }
        _ => Err(Answer::nowhere()),
    }
}
