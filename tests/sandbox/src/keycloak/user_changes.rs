//! Making and changing users (server-behaviour 2.4 and 2.5, contract `users`).

use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Content, Reply};
use super::context::Context;
use super::ids::UserId;
use super::options::Version;
use super::request::Request;
use super::state::users::User;
use super::state::{Attributes, Realm, fresh, text_of, texts};
use super::user_profile::{self, Complaint};
use super::{credentials, federated_identities, older};

const REPRESENTATION: &str = "UserRepresentation";

/// The fields of a user that the user profile governs, as lists of values.
type Profile = BTreeMap<String, Vec<String>>;

/// Answers `POST /users`. Groups are given by path and join; roles and an id of one's own are ignored.
pub(crate) fn create(realm: &mut Realm, context: &Context, request: &Request) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let id = new_user(realm, &representation, context.now)?;
    Ok(Answer::created(context.location("users", id.as_str())))
}

/// Makes a user from its representation.
pub(crate) fn new_user(realm: &mut Realm, representation: &Map<String, Value>, now: i64) -> Result<UserId, Answer> {
    let by_email = realm.flag("registrationEmailAsUsername");
    let name = match text_of(representation, "email").filter(|email| by_email && !email.is_empty()) {
        Some(email) => Some(email),
        None => text_of(representation, "username"),
    };
    let name = name.filter(|name| !name.trim().is_empty()).ok_or_else(|| Answer::invalid("User name is missing"))?;
    let mut user = User::new(&name.to_lowercase(), now);
    let mut profile = sent_profile(representation);
    profile.insert("username".to_owned(), vec![user.username.clone()]);
    check(realm, &user, &profile)?;
    take_profile(realm, &mut user, &profile);
    let asked_of_all =
        realm.actions.iter().filter(|action| action["enabled"] == true && action["defaultAction"] == true);
    user.required_actions.extend(asked_of_all.filter_map(|action| action["alias"].as_str().map(str::to_owned)));
    take_flags(realm.version, &mut user, representation);
    user.roles.insert(realm.default_role.clone());
    user.groups.extend(realm.default_groups.iter().cloned());
    for path in representation.get("groups").map(texts).unwrap_or_default() {
        let group = realm.groups.at_path(&path).ok_or_else(Answer::unhandled)?;
        user.groups.insert(group.id.clone());
    }
    credentials::take(realm, &mut user, representation, now)?;
    federated_identities::take(&mut user, representation);
    let id = user.id.clone();
    realm.users.store(user);
    Ok(id)
}

/// Answers `PUT /users/{id}`. Once `attributes` is there, names and email that are not sent are deleted.
pub(crate) fn put(realm: &mut Realm, context: &Context, request: &Request, id: &UserId) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let Some(user) = realm.users.get(id.as_str()) else { return Err(Answer::not_found("User not found")) };
    let mut user = user.clone();
    let mut profile = sent_profile(&representation);
    if !representation.get("attributes").is_some_and(Value::is_object) {
        for (name, value) in stored_profile(&user) {
            profile.entry(name).or_insert(value);
        }
    }
    if let Some(name) = text_of(&representation, "username") {
        if name.trim().is_empty() {
            return Err(Answer::invalid("User name is missing"));
        }
        let name = name.to_lowercase();
        if name != user.username && !realm.flag("editUsernameAllowed") {
            return Err(complain(vec![Complaint::read_only("username")]));
        }
        profile.insert("username".to_owned(), vec![name]);
    } else {
        profile.insert("username".to_owned(), vec![user.username.clone()]);
    }
    if let Some(email) = email_as_name(realm, &profile) {
        profile.insert("username".to_owned(), vec![email]);
    }
    check(realm, &user, &profile)?;
    take_profile(realm, &mut user, &profile);
    take_flags(realm.version, &mut user, &representation);
    credentials::take(realm, &mut user, &representation, context.now)?;
    realm.users.store(user);
    Ok(Answer::done())
}

fn email_as_name(realm: &Realm, profile: &Profile) -> Option<String> {
    let email = profile.get("email").and_then(|values| values.first()).filter(|email| !email.is_empty());
    email.filter(|_| realm.flag("registrationEmailAsUsername")).cloned()
}

/// What the representation says of profile fields: attributes, with the fields of the top level before them. An email
/// among the attributes does not count.
fn sent_profile(representation: &Map<String, Value>) -> Profile {
    let mut profile = Profile::new();
    for (name, values) in representation.get("attributes").and_then(Value::as_object).into_iter().flatten() {
        profile.insert(name.clone(), texts(values));
    }
    profile.remove("email");
    profile.remove("username");
    for name in ["email", "firstName", "lastName"] {
        if let Some(text) = text_of(representation, name) {
            let text = if name == "email" { text.trim().to_lowercase() } else { text.to_owned() };
            profile.insert(name.to_owned(), vec![text]);
        }
    }
    profile
}

fn stored_profile(user: &User) -> Profile {
    let mut profile = user.attributes.clone();
    let names = [("email", &user.email), ("firstName", &user.first_name), ("lastName", &user.last_name)];
    for (name, value) in names {
        if let Some(value) = value {
            profile.insert(name.to_owned(), vec![value.clone()]);
        }
    }
    profile
}

/// Refuses a profile: names and emails that are taken first, then what the user profile's validations say.
fn check(realm: &Realm, user: &User, profile: &Profile) -> Result<(), Answer> {
    let first = |name: &str| profile.get(name).and_then(|values| values.first()).filter(|text| !text.is_empty());
    let other = |found: Option<&User>| found.is_some_and(|found| found.id != user.id);
    if let Some(email) = first("email")
        && !realm.flag("duplicateEmailsAllowed")
        && other(realm.users.with_email(email))
    {
        return Err(Answer::exists("User exists with same email"));
    }
    if let Some(name) = first("username")
        && other(realm.users.named(name))
    {
        return Err(Answer::exists("User exists with same username"));
    }
    let complaints = user_profile::complaints(realm, profile);
    if complaints.is_empty() { Ok(()) } else { Err(complain(complaints)) }
}

/// One complaint stands alone, several are a list.
fn complain(mut complaints: Vec<Complaint>) -> Answer {
    let body = if complaints.len() == 1 {
        complaints.remove(0).view()
    } else {
        let all: Value = complaints.iter().map(Complaint::view).collect();
        json!({ "errors": all })
    };
    Answer::with(StatusCode::BAD_REQUEST, Content::PlainJson(body))
}

/// Stores what an administrator may edit; undeclared attributes only where the profile's policy lets them pass.
fn take_profile(realm: &Realm, user: &mut User, profile: &Profile) {
    let mut attributes = Attributes::new();
    for (name, values) in &user.attributes {
        if !user_profile::editable(realm, name) {
            attributes.insert(name.clone(), values.clone());
        }
    }
    let value = |name: &str| {
        let text = profile.get(name).and_then(|values| values.first()).filter(|text| !text.is_empty());
        text.filter(|_| user_profile::editable(realm, name)).cloned()
    };
    user.email = value("email");
    user.first_name = value("firstName");
    user.last_name = value("lastName");
    if let Some(name) = profile.get("username").and_then(|values| values.first()) {
        user.username.clone_from(name);
    }
    for (name, values) in profile {
        let ours = matches!(name.as_str(), "username" | "email" | "firstName" | "lastName");
        let values: Vec<String> = values.iter().filter(|text| !text.trim().is_empty()).cloned().collect();
        if !ours && !values.is_empty() && user_profile::editable(realm, name) {
            attributes.insert(name.clone(), values);
        }
    }
    user.attributes = attributes;
}

fn take_flags(version: Version, user: &mut User, representation: &Map<String, Value>) {
    let flag = |name: &str| representation.get(name).and_then(Value::as_bool);
    user.enabled = flag("enabled").unwrap_or(user.enabled);
    user.email_verified = flag("emailVerified").unwrap_or(user.email_verified);
    if let Some(actions) = representation.get("requiredActions").filter(|actions| actions.is_array()) {
        let known: BTreeSet<String> = fresh::required_actions().into_iter().collect();
        let has = |action: &String| known.contains(action) && older::has_action(version, &Value::from(action.as_str()));
        user.required_actions = texts(actions).into_iter().filter(has).collect();
    }
}
