//! Events config (server-behaviour 2.4). No event is ever recorded here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::provider_types;
use super::request::Request;
use super::state::{Realm, fresh, texts};

/// Answers below `/events`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    match (&request.method, rest) {
        (&Method::GET, []) => {
            context.rights.need(right::VIEW_EVENTS)?;
            Ok(Answer::found(json!([])))
        }
        (&Method::DELETE, []) => {
            context.rights.need(right::MANAGE_EVENTS)?;
            Ok(Answer::done())
        }
        (&Method::GET, ["config"]) => {
            context.rights.need(right::VIEW_EVENTS)?;
            Ok(Answer::found(view(realm)))
        }
        (&Method::PUT, ["config"]) => {
            context.rights.need(right::MANAGE_EVENTS)?;
            put(realm, request)
        }
        _ => Err(Answer::nowhere()),
    }
}

/// A realm that never set them lists all event types.
fn view(realm: &Realm) -> Value {
    let types = if realm.event_types.is_empty() { fresh::event_types() } else { realm.event_types.clone() };
    let mut view = json!({
        "eventsEnabled": realm.flag("eventsEnabled"),
        "eventsListeners": realm.fields.get("eventsListeners").cloned().unwrap_or(json!([])),
        "enabledEventTypes": types,
        "adminEventsEnabled": realm.flag("adminEventsEnabled"),
        "adminEventsDetailsEnabled": realm.flag("adminEventsDetailsEnabled"),
    });
    if realm.number("eventsExpiration") > 0 {
        view["eventsExpiration"] = json!(realm.number("eventsExpiration"));
    }
    view
}

/// Partial only in part: left out, `eventsEnabled` becomes false and the expiration vanishes; the rest is kept.
fn put(realm: &mut Realm, request: &Request) -> Reply {
    let representation = request.object("RealmEventsConfigRepresentation")?;
    let listeners = representation.get("eventsListeners").filter(|list| list.is_array());
    if listeners.is_some_and(|list| !texts(list).iter().all(|name| provider_types::is_events_listener(name))) {
        return Err(Answer::error(StatusCode::BAD_REQUEST, "Unknown event listener"));
    }
    let enabled = representation.get("eventsEnabled").and_then(Value::as_bool).unwrap_or(false);
    realm.fields.insert("eventsEnabled".to_owned(), json!(enabled));
    match representation.get("eventsExpiration").and_then(Value::as_i64).filter(|seconds| *seconds > 0) {
        Some(seconds) => realm.fields.insert("eventsExpiration".to_owned(), json!(seconds)),
        None => realm.fields.remove("eventsExpiration"),
    };
    for field in ["eventsListeners", "adminEventsEnabled", "adminEventsDetailsEnabled"] {
        if let Some(value) = representation.get(field).filter(|value| !value.is_null()) {
            realm.fields.insert(field.to_owned(), value.clone());
        }
    }
    if let Some(types) = representation.get("enabledEventTypes").filter(|types| types.is_array()) {
        realm.event_types = texts(types);
    }
    Ok(Answer::done())
}
