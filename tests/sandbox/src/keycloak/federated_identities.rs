//! Accounts of users at identity providers (seen on 26.7.3 and 26.0.7): any alias is taken, and what is at a provider that is not there
//! is not shown.

use http::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::ids::UserId;
use super::request::Request;
use super::state::users::{FederatedIdentity, User};
use super::state::{Realm, text_of};

/// Answers below `/users/{id}/federated-identity`.
pub(crate) fn answer(realm: &mut Realm, request: &Request, id: &UserId, rest: &[&str]) -> Reply {
    let Some(user) = realm.users.get(id.as_str()) else { return Err(Answer::nowhere()) };
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(shown(realm, user))),
        (&Method::POST, [alias]) => {
            if user.federated_identities.contains_key(*alias) {
                return Err(Answer::exists("User is already linked with provider"));
            }
            let identity = identity(&request.object("FederatedIdentityRepresentation")?);
            realm.users.change(id, |user| drop(user.federated_identities.insert((*alias).to_owned(), identity)));
            Ok(Answer::done())
        }
        (&Method::DELETE, [alias]) => {
            if !user.federated_identities.contains_key(*alias) {
                return Err(Answer::not_found("Link not found"));
            }
            realm.users.change(id, |user| drop(user.federated_identities.remove(*alias)));
            Ok(Answer::done())
        }
        (_, [] | [_]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

/// Those at providers that are there.
pub(crate) fn shown(realm: &Realm, user: &User) -> Value {
    let there = user.federated_identities.iter().filter(|(alias, _)| realm.providers.by_alias.contains_key(*alias));
    let view = |(alias, identity): (&String, &FederatedIdentity)| {
        let mut view = json!({"identityProvider": alias, "userId": identity.user_id});
        if let Some(name) = &identity.user_name {
            view["userName"] = json!(name);
        }
        view
    };
    there.map(view).collect()
}

/// What a new user's representation says of accounts elsewhere.
pub(crate) fn take(user: &mut User, representation: &Map<String, Value>) {
    let sent = representation.get("federatedIdentities").and_then(Value::as_array);
    for fields in sent.into_iter().flatten().filter_map(Value::as_object) {
        if let Some(alias) = text_of(fields, "identityProvider") {
            user.federated_identities.insert(alias.to_owned(), identity(fields));
        }
    }
}

fn identity(fields: &Map<String, Value>) -> FederatedIdentity {
    let text = |key: &str| text_of(fields, key).map(str::to_owned);
    FederatedIdentity { user_id: text("userId").unwrap_or_default(), user_name: text("userName") }
}
