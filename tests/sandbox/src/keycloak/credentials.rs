//! Passwords of users, and the realm's password policy.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::context::Context;
use super::ids::UserId;
use super::request::Request;
use super::state::users::{Password, User};
use super::state::{Realm, text_of};

/// The action that a temporary password asks of its user.
const UPDATE_PASSWORD: &str = "UPDATE_PASSWORD";

/// How the real server says that it keeps a password.
const HASHING: &str = concat!(
    r#"{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["7168"],"#,
    r#""type":["id"],"version":["1.3"],"parallelism":["1"]}}"#
);

/// Answers below `/users/{id}/credentials` and `/users/{id}/reset-password`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, id: &UserId, rest: &[&str]) -> Reply {
    let Some(user) = realm.users.get(id.as_str()) else { return Err(Answer::nowhere()) };
    match (&request.method, rest) {
        (&Method::GET, ["credentials"]) => Ok(Answer::found(user.password.iter().map(view).collect())),
        (&Method::DELETE, ["credentials", credential]) => {
            if user.password.as_ref().is_none_or(|password| password.id != *credential) {
                return Err(Answer::not_found("Credential not found"));
            }
            realm.users.change(id, |user| user.password = None);
            Ok(Answer::done())
        }
        (&Method::PUT, ["reset-password"]) => {
            let mut user = user.clone();
            let credential = request.object("CredentialRepresentation")?;
            reset(realm, &mut user, &credential, context.now)?;
            realm.users.store(user);
            Ok(Answer::done())
        }
        _ => Err(Answer::nowhere()),
    }
}

fn view(password: &Password) -> Value {
    let mut view = json!({
        "id": password.id,
        "type": "password",
        "createdDate": password.created,
        "credentialData": HASHING,
    });
    if let Some(label) = &password.label {
        view["userLabel"] = json!(label);
    }
    view
}

fn reset(realm: &Realm, user: &mut User, credential: &Map<String, Value>, now: i64) -> Result<(), Answer> {
    let refuse = |text: &str| Err(Answer::error(StatusCode::BAD_REQUEST, text));
    match text_of(credential, "value") {
        None => refuse("No password provided"),
        Some("") => refuse("Empty password not allowed"),
        Some(value) => set(realm, user, credential, value, now),
    }
}

/// Sets what a user's representation has as password among its credentials.
pub(crate) fn take(
    realm: &Realm,
    user: &mut User,
    representation: &Map<String, Value>,
    now: i64,
) -> Result<(), Answer> {
    let credentials = representation.get("credentials").and_then(Value::as_array);
    for credential in credentials.into_iter().flatten().filter_map(Value::as_object) {
        let is_password = text_of(credential, "type") == Some("password");
        if let Some(value) = text_of(credential, "value").filter(|value| is_password && !value.is_empty()) {
            set(realm, user, credential, value, now)?;
        }
    }
    Ok(())
}

/// A temporary password asks for another one, a permanent one takes that question back.
fn set(realm: &Realm, user: &mut User, credential: &Map<String, Value>, value: &str, now: i64) -> Result<(), Answer> {
    check(realm, user, value)?;
    let old = user.password.take();
    let mut password = Password::new(value, now);
    if let Some(old) = old {
        password.id = old.id;
    }
    user.password = Some(password);
    if credential.get("temporary").and_then(Value::as_bool) == Some(true) {
        user.required_actions.insert(UPDATE_PASSWORD.to_owned());
    } else {
        user.required_actions.remove(UPDATE_PASSWORD);
    }
    Ok(())
}

/// Whether a policy can be set on a realm. An empty one is none.
pub(crate) fn check_policy(policy: &str) -> Result<(), Answer> {
    const NUMBERS: &[&str] = &["length", "maxLength", "digits", "lowerCase", "upperCase", "specialChars"];
    const OTHERS: &[&str] = &[
        "forceExpiredPasswordChange",
        "hashAlgorithm",
        "hashIterations",
        "maxAuthAge",
        "notContainsUsername",
        "notEmail",
        "notUsername",
        "passwordAge",
        "passwordBlacklist",
        "passwordHistory",
        "recoveryCodesWarningThreshold",
        "regexPattern",
    ];
    for (name, config) in rules(policy) {
        if NUMBERS.contains(&name) {
            if config.is_some_and(|text| text.parse::<u32>().is_err()) {
                return Err(Answer::invalid(format!("Invalid config for {name}: Not a valid number")));
            }
        } else if !OTHERS.contains(&name) {
            return Err(Answer::invalid("Password policy not found"));
        }
    }
    Ok(())
}

/// The rules of a policy such as `length(8) and notUsername`, each with its config.
fn rules(policy: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    policy.split(" and ").map(str::trim).filter(|rule| !rule.is_empty()).map(|rule| match rule.split_once('(') {
        Some((name, config)) => {
            let config = config.strip_suffix(')').unwrap_or(config);
            (name.trim(), Some(config).filter(|config| !config.is_empty() && *config != "undefined"))
        }
        None => (rule, None),
    })
}

/// A policy as the server writes it back: each rule once, with what it said last.
pub(crate) fn written_policy(policy: &str) -> String {
    let mut written: Vec<(String, String)> = Vec::new();
    for rule in policy.split(" and ").map(str::trim).filter(|rule| !rule.is_empty()) {
        let (name, config) = rule.split_once('(').map_or((rule, ""), |(name, config)| (name.trim(), config));
        let config = if config.trim() == ")" { String::new() } else { config.to_owned() };
        match written.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = config,
            None => written.push((name.to_owned(), config)),
        }
    }
    let rule = |(name, config): (String, String)| if config.is_empty() { name } else { format!("{name}({config}") };
    written.into_iter().map(rule).collect::<Vec<_>>().join(" and ")
}

/// Refuses a password that the realm's policy does not allow. Patterns, blacklists and histories are not judged.
fn check(realm: &Realm, user: &User, value: &str) -> Result<(), Answer> {
    for (name, config) in rules(realm.text("passwordPolicy").unwrap_or_default()) {
        let number = |default: usize| config.and_then(|text| text.parse().ok()).unwrap_or(default);
        let least = |wanted: fn(char) -> bool| value.chars().filter(|letter| wanted(*letter)).count() < number(1);
        let length = value.chars().count();
        let refused = match name {
            "length" if length < number(8) => ("MinLength", format!("minimum length {}", number(8))),
            "maxLength" if length > number(64) => ("MaxLength", format!("maximum length {}", number(64))),
            "digits" if least(char::is_numeric) => ("MinDigits", contains(number(1), "numerical digits")),
            "lowerCase" if least(char::is_lowercase) => {
                ("MinLowerCaseChars", contains(number(1), "lower case characters"))
            }
            "upperCase" if least(char::is_uppercase) => {
                ("MinUpperCaseChars", contains(number(1), "upper case characters"))
            }
            "specialChars" if least(|letter| !letter.is_alphanumeric()) => {
                ("MinSpecialChars", contains(number(1), "special characters"))
            }
            "notUsername" if value.eq_ignore_ascii_case(&user.username) => {
                ("NotUsername", "must not be equal to the username".to_owned())
            }
            "notEmail" if user.email.as_ref().is_some_and(|email| value.eq_ignore_ascii_case(email)) => {
                ("NotEmail", "must not be equal to the email".to_owned())
            }
            _ => continue,
        };
        let (kind, text) = refused;
        let error = format!("invalidPassword{kind}Message");
        return Err(Answer::described(StatusCode::BAD_REQUEST, &error, format!("Invalid password: {text}.")));
    }
    Ok(())
}

fn contains(number: usize, what: &str) -> String {
    format!("must contain at least {number} {what}")
}
