//! Authentication flows, which can be read and made (empty ones), and required actions (read from a real Keycloak 26.7.3).

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body;
use super::context::{Context, roles as right};
use super::ids::uuid;
use super::older;
use super::representations::Shape;
use super::request::Request;
use super::state::{Realm, fresh, text_of};

const ACTION: &str = "RequiredActionProviderRepresentation";

/// Answers below `/authentication`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    context.rights.need(if request.method == Method::GET { right::VIEW_REALM } else { right::MANAGE_REALM })?;
    match (&request.method, rest) {
        (&Method::GET, ["flows"]) => Ok(Answer::found(Value::Array(realm.flows.clone()))),
        (&Method::POST, ["flows"]) => make_flow(realm, context, request),
        (_, ["flows", alias, "executions"]) => steps(realm, request, alias),
        (&Method::GET, ["required-actions"]) => Ok(Answer::found(in_order(realm))),
        (&Method::GET, ["unregistered-required-actions"]) => Ok(Answer::found(unregistered(realm))),
        (&Method::POST, ["register-required-action"]) => register(realm, request),
        (_, ["required-actions", alias]) => one(realm, request, alias),
        _ => Err(Answer::nowhere()),
    }
}

/// A flow without executions (contract `flows-and-components`). One that is not at the top is made, and not listed.
fn make_flow(realm: &mut Realm, context: &Context, request: &Request) -> Reply {
    let mut flow = request.object("AuthenticationFlowRepresentation")?;
    let refuse = |text: String| Err(Answer::exists(text));
    let Some(alias) = text_of(&flow, "alias").filter(|alias| !alias.is_empty()).map(str::to_owned) else {
        return refuse("Failed to create flow with empty alias name".to_owned());
    };
    if realm.flows.iter().any(|flow| flow["alias"] == alias.as_str()) {
        return refuse(format!("Flow {alias} already exists"));
    }
    let id = uuid();
    if flow.get("topLevel") == Some(&json!(true)) {
        flow.insert("id".to_owned(), json!(id));
        flow.insert("authenticationExecutions".to_owned(), json!([]));
        realm.flows.push(Value::Object(flow));
        realm.steps.insert(alias, Vec::new());
    }
    Ok(Answer::created(context.location("authentication/flows", &id)))
}

/// What a flow does. The requirement of a step can be changed, also in a flow that came with the server.
fn steps(realm: &mut Realm, request: &Request, alias: &str) -> Reply {
    if !realm.flows.iter().any(|flow| flow["alias"] == alias) {
        return Err(Answer::not_found("Flow not found"));
    }
    let steps = realm.steps.entry(alias.to_owned()).or_default();
    match request.method {
        Method::GET => Ok(Answer::found(json!(steps))),
        Method::PUT => {
            let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let step = steps.iter_mut().find(|step| step["id"] == sent["id"]);
            let step = step.ok_or_else(|| Answer::not_found("Illegal execution"))?;
            step["requirement"] = sent["requirement"].clone();
            Ok(Answer::done())
        }
        _ => Err(Answer::wrong_method()),
    }
}

fn in_order(realm: &Realm) -> Value {
    let mut actions = realm.actions.clone();
    actions.sort_by_key(|action| action["priority"].as_i64());
    Value::Array(actions)
}

fn one(realm: &mut Realm, request: &Request, alias: &str) -> Reply {
    let position = realm.actions.iter().position(|action| action["alias"] == alias);
    let missing = |text: &str| Answer::not_found(text);
    match request.method {
        Method::GET => {
            let position = position.ok_or_else(|| missing("Failed to find required action"))?;
            Ok(Answer::found(realm.actions[position].clone()))
        }
        Method::PUT => {
            let representation = request.object(ACTION)?;
            let position = position.ok_or_else(|| missing("Failed to find required action"))?;
            let provider = realm.actions[position]["providerId"].clone();
            realm.actions[position] = replaced(&representation, provider);
            Ok(Answer::done())
        }
        Method::DELETE => {
            realm.actions.remove(position.ok_or_else(|| missing("Failed to find required action."))?);
            Ok(Answer::done())
        }
        _ => Err(Answer::wrong_method()),
    }
}

/// Nothing of the old action stays but its provider: what is left out is lost, the alias included.
fn replaced(representation: &Map<String, Value>, provider: Value) -> Value {
    let flag = |name: &str| representation.get(name).and_then(Value::as_bool).unwrap_or(false);
    let mut action = json!({
        "providerId": provider,
        "enabled": flag("enabled"),
        "defaultAction": flag("defaultAction"),
        "priority": representation.get("priority").and_then(Value::as_i64).unwrap_or(0),
        "config": representation.get("config").filter(|config| config.is_object()).cloned().unwrap_or(json!({})),
    });
    for field in ["alias", "name"] {
        if let Some(text) = text_of(representation, field) {
            action[field] = json!(text);
        }
    }
    action
}

/// What the server has and the realm has not.
fn missing(realm: &Realm) -> Vec<Value> {
    let known = |provider: &Value| realm.actions.iter().any(|action| action["providerId"] == *provider);
    let there_is = |action: &Value| older::has_action(realm.version, &action["providerId"]);
    fresh::actions().into_iter().filter(|action| there_is(action) && !known(&action["providerId"])).collect()
}

fn unregistered(realm: &Realm) -> Value {
    let missing = missing(realm).into_iter();
    missing.map(|action| json!({"providerId": action["providerId"], "name": action["name"]})).collect()
}

/// An action that is added is on, and comes after all others.
fn register(realm: &mut Realm, request: &Request) -> Reply {
    let body = body::read(&request.body, &Shape::Map(Box::new(Shape::Text)))?;
    let (provider, name) = (&body["providerId"], &body["name"]);
    let has = older::has_action(realm.version, provider);
    if !has || !fresh::actions().iter().any(|action| action["providerId"] == *provider) {
        let text = "Required Action Provider with given providerId not found";
        return Err(Answer::error(StatusCode::BAD_REQUEST, text));
    }
    if !missing(realm).iter().any(|action| action["providerId"] == *provider) {
        let text = "A Required Action Provider with given alias already exists.";
        return Err(Answer::described(StatusCode::CONFLICT, "conflict", text));
    }
    let last = realm.actions.iter().filter_map(|action| action["priority"].as_i64()).max().unwrap_or(0);
    realm.actions.push(json!({
        "alias": provider, "name": name, "providerId": provider, "enabled": true, "defaultAction": false,
        "priority": last + 1, "config": {},
    }));
    Ok(Answer::done())
}
