//! Secrets and ConfigMaps (server-behaviour 9; contracts `secrets`, `configmaps`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::default_to;
use crate::kubernetes::invalid::FieldError;
use crate::kubernetes::json::why_not_json;

/// How many bytes of data there may be, decoded.
const LIMIT: usize = 1 << 20;
const BAD_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// The type, and `stringData` folded into `data`, where it wins.
pub(super) fn default(secret: &mut Value) {
    default_to(secret, "type", "Opaque");
    let texts = secret.as_object_mut().and_then(|object| object.remove("stringData"));
    for (key, text) in texts.as_ref().and_then(Value::as_object).into_iter().flatten() {
        secret["data"][key] = STANDARD.encode(text.as_str().unwrap_or_default()).into();
    }
}

fn decoded(secret: &Value, key: &str) -> Vec<u8> {
    STANDARD.decode(secret["data"][key].as_str().unwrap_or_default()).unwrap_or_default()
}

pub(super) fn validate(secret: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut size = 0;
    for (key, value) in secret["data"].as_object().into_iter().flatten() {
        errors.extend(bad_key(key, "data"));
        size += length(value);
    }
    if size > LIMIT {
        errors.push(FieldError::too_long("data", LIMIT));
    }
    let has = |key: &str| secret["data"].get(key).is_some();
    let missing = |key: &str| FieldError::required(format!("data[{key}]"), "");
    match secret["type"].as_str().unwrap_or_default() {
        "kubernetes.io/service-account-token" => {
            let account = "kubernetes.io/service-account.name";
            if secret["metadata"]["annotations"][account].as_str().unwrap_or_default().is_empty() {
                errors.push(FieldError::required(format!("metadata.annotations[{account}]"), ""));
            }
        }
        "kubernetes.io/dockercfg" => errors.extend(json_key(secret, ".dockercfg")),
        "kubernetes.io/dockerconfigjson" => errors.extend(json_key(secret, ".dockerconfigjson")),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            errors.extend([missing("username"), missing("password")]);
        }
        "kubernetes.io/ssh-auth" if decoded(secret, "ssh-privatekey").is_empty() => {
            errors.push(missing("ssh-privatekey"))
        }
        "kubernetes.io/tls" => errors.extend(["tls.crt", "tls.key"].into_iter().filter(|key| !has(key)).map(missing)),
        _ => {}
    }
    errors
}

/// A key whose content must be JSON; the content is never repeated.
fn json_key(secret: &Value, key: &str) -> Option<FieldError> {
    let field = format!("data[{key}]");
    if secret["data"].get(key).is_none() {
        return Some(FieldError::required(field, ""));
    }
    let content = decoded(secret, key);
    match serde_json::from_slice::<serde_json::Map<String, Value>>(&content) {
        Ok(_) => None,
        Err(_) if serde_json::from_slice::<Value>(&content).is_ok() => {
            let why = "json: cannot unmarshal into Go value of type map[string]interface {}";
            Some(FieldError::invalid(field, &json!("<secret contents redacted>"), why))
        }
        Err(_) => Some(FieldError::invalid(field, &json!("<secret contents redacted>"), &why_not_json(&content))),
    }
}

pub(super) fn validate_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if old["type"] != new["type"] {
        errors.push(FieldError::immutable("type", &new["type"]));
    }
    errors.extend(frozen(old, new, &["data"]));
    errors.extend(validate(new));
    errors
}

fn frozen(old: &Value, new: &Value, keys: &[&str]) -> Vec<FieldError> {
    if old["immutable"] != true {
        return Vec::new();
    }
    let mut errors = Vec::new();
    if new["immutable"] != true {
        errors.push(FieldError::forbidden("immutable", IMMUTABLE));
    }
    let changed = keys.iter().filter(|key| old[**key] != new[**key]);
    errors.extend(changed.map(|key| FieldError::forbidden(*key, IMMUTABLE)));
    errors
}

/// A certificate that is none is taken all the same.
pub(super) fn warnings(secret: &Value) -> Vec<String> {
    if secret["type"] != "kubernetes.io/tls" {
        return Vec::new();
    }
    let has = |key: &str, marker: &str| String::from_utf8_lossy(&decoded(secret, key)).contains(marker);
    let why = if !has("tls.crt", "-----BEGIN ") {
        "tls: failed to find any PEM data in certificate input"
    } else if !has("tls.key", "-----BEGIN ") {
        "tls: failed to find any PEM data in key input"
    } else {
        return Vec::new();
    };
    vec![why.to_owned()]
}

pub(super) fn validate_config_map(map: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut size = 0;
    for (key, value) in map["data"].as_object().into_iter().flatten() {
        errors.extend(bad_key(key, "data"));
        if map["binaryData"].get(key).is_some() {
            let why = "duplicate of key present in binaryData";
            errors.push(FieldError::invalid(format!("data[{key}]"), &key.as_str().into(), why));
        }
        size += value.as_str().unwrap_or_default().len();
    }
    for (key, value) in map["binaryData"].as_object().into_iter().flatten() {
        errors.extend(bad_key(key, "binaryData"));
        size += length(value);
    }
    if size > LIMIT {
        // As if an index were missing (contract `limits-and-locks`).
        errors.push(FieldError::too_long("[]", LIMIT));
    }
    errors
}

pub(super) fn validate_config_map_update(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = frozen(old, new, &["data", "binaryData"]);
    errors.extend(validate_config_map(new));
    errors
}

/// The length of base64 when it is decoded.
fn length(value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default();
    text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count()
}

fn bad_key(key: &str, field: &str) -> Option<FieldError> {
    let place = format!("{field}[{key}]");
    let wrong = |why: &str| Some(FieldError::invalid(&place, &key.into(), why));
    match key {
        "." => wrong("may not be '.'"),
        ".." => wrong("may not be '..'"),
        _ if key.starts_with("..") => wrong("may not start with '..'"),
        _ if key.len() > 253 => wrong("must be no more than 253 bytes"),
        _ if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) => {
            wrong(BAD_KEY)
        }
        _ => None,
    }
}
