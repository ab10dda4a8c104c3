//! The configuration: login by OpenID Connect, and the keys that differ from those of a fresh server.

use std::collections::BTreeMap;

use evenkeel_core::values::HttpUrl;
use evenkeel_engine::export::{declarable, document::Node};
use evenkeel_harbor_client::json_schema;
use serde_json::Value;

use super::composing::Composing;
use crate::{
    names::{AUTH_MODE, OIDC_AUTH, ROBOT_NAME_PREFIX},
    observe::Configuration,
};

/// Recorded from a fresh server.
const RECORDED: &str = include_str!("fresh-2.15.json");

const CLIENT_SECRET: &str = "oidc_client_secret";

/// Secrets that the server never shows, each with the key that says whether there is one.
const HIDDEN: [(&str, &str); 3] = [
    (CLIENT_SECRET, "oidc_client_id"),
    ("ldap_search_password", "ldap_search_dn"),
    ("uaa_client_secret", "uaa_client_id"),
];

/// Keys that the values take above zero only.
const ABOVE_ZERO: [&str; 3] = ["robot_token_duration", "token_expiration", "session_timeout"];

/// What a key of the section `oidc` stands for, and what it means when it is absent.
const TEXTS: [(&str, &str, &str); 3] = [
    ("groupsClaim", "oidc_groups_claim", "groups"),
    ("scope", "oidc_scope", "openid"),
    ("userClaim", "oidc_user_claim", "email"),
];
const FLAGS: [(&str, &str); 2] = [("verifyCert", "oidc_verify_cert"), ("autoOnboard", "oidc_auto_onboard")];

/// Login through OpenID Connect, where the server is in that mode.
pub(super) fn oidc(composing: &mut Composing<'_>) -> Option<Node> {
    if !has_section(composing) {
        return None;
    }
    let there = &composing.observed.configuration;
    let text = |key: &str| Some(Node::Text(there.text(key).to_owned()));
    let client = composing.place.names.client.as_str();
    let mut entries = vec![
        ("endpoint", text("oidc_endpoint")),
        ("clientId", text("oidc_client_id").filter(|_| there.text("oidc_client_id") != client)),
    ];
    entries.extend(TEXTS.map(|(name, key, implied)| (name, text(key).filter(|_| there.text(key) != implied))));
    entries.extend(FLAGS.map(|(name, key)| (name, (!flag(there, key)).then_some(Node::Bool(false)))));
    entries.push(("clientSecret", Some(composing.composer.secrets.variable("login", "", "client_secret", None))));
    Some(Node::map(entries))
}

/// All other keys that a fresh server does not have like this.
pub(super) fn keys(composing: &mut Composing<'_>) -> Option<Node> {
    let implied = implied(composing);
    let mut entries = BTreeMap::new();
    for key in declarable(json_schema("Configurations").as_ref()) {
        let Some(value) = composing.observed.configuration.values.get(&key) else { continue };
        let is_hidden = HIDDEN.iter().any(|(hidden, _)| *hidden == key);
        if is_hidden || implied.get(&key) == Some(value) || !composing.may_declare_key(&key) {
            continue;
        }
        if let Some(trouble) = trouble(&key, value) {
            composing.composer.remark(format!("key `{key}` of the configuration, {trouble}"));
            continue;
        }
        entries.extend(node(value).map(|node| (key, node)));
    }
    let has_section = has_section(composing);
    for (hidden, shown) in HIDDEN {
        let is_there = !composing.observed.configuration.text(shown).is_empty();
        let is_said = hidden == CLIENT_SECRET && has_section;
        if is_there && !is_said && composing.may_declare_key(hidden) {
            let variable = composing.composer.secrets.variable("configuration", "", hidden, None);
            entries.insert(hidden.to_owned(), variable);
        }
    }
    (!entries.is_empty()).then_some(Node::Map(entries))
}

/// Whether the section `oidc` says how people log in.
fn has_section(composing: &Composing<'_>) -> bool {
    let there = &composing.observed.configuration;
    let says = ["oidc_endpoint", "oidc_client_id", CLIENT_SECRET, AUTH_MODE].into_iter();
    let mut says = says.chain(TEXTS.map(|(_, key, _)| key)).chain(FLAGS.map(|(_, key)| key));
    composing.auth_mode() == OIDC_AUTH
        && HttpUrl::parse(there.text("oidc_endpoint")).is_ok()
        && trouble("oidc_scope", &there.text("oidc_scope").into()).is_none()
        && says.all(|key| composing.may_declare_key(key))
}

/// The keys as they are without a word in the section `configuration`.
fn implied(composing: &Composing<'_>) -> BTreeMap<String, Value> {
    let mut implied: BTreeMap<String, Value> = serde_json::from_str(RECORDED).unwrap_or_default();
    let there = &composing.observed.configuration;
    match composing.prefix() {
        Some(prefix) => implied.insert(ROBOT_NAME_PREFIX.to_owned(), prefix.into()),
        None => implied.remove(ROBOT_NAME_PREFIX),
    };
    if has_section(composing) {
        let names = &composing.place.names;
        let said = ["oidc_endpoint", "oidc_client_id"].into_iter();
        let said = said.chain(TEXTS.map(|(_, key, _)| key)).chain(FLAGS.map(|(_, key)| key));
        implied.extend(said.filter_map(|key| Some((key.to_owned(), there.values.get(key)?.clone()))));
        implied.extend([
            (AUTH_MODE.to_owned(), OIDC_AUTH.into()),
            ("primary_auth_mode".to_owned(), true.into()),
            ("oidc_name".to_owned(), names.client.as_str().into()),
            ("oidc_admin_group".to_owned(), names.platform_admin.as_str().into()),
        ]);
    }
    implied
}

/// Why the values would not take a key as it is.
fn trouble(key: &str, value: &Value) -> Option<&'static str> {
    let text = value.as_str().unwrap_or_default();
    if ABOVE_ZERO.contains(&key) && value.as_i64().is_some_and(|number| number <= 0) {
        return Some("which values take above zero only");
    }
    match key {
        "oidc_scope" if !text.split(',').any(|one| one.trim() == "openid") => Some("which lacks `openid`"),
        "oidc_endpoint" if HttpUrl::parse(text).is_err() => Some("which is no address"),
        _ => None,
    }
}

fn flag(there: &Configuration, key: &str) -> bool {
    there.values.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn node(value: &Value) -> Option<Node> {
    match value {
        Value::Bool(value) => Some(Node::Bool(*value)),
        Value::Number(number) => Some(Node::Number(number.clone())),
        Value::String(text) => Some(Node::Text(text.clone())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
