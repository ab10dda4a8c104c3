//! Names by which fields, query parameters and headers say that what they hold is a secret.

use serde_json::Value;

/// Words in any name.
const WORDS: [&str; 9] =
    ["password", "passwd", "secret", "token", "credential", "apikey", "private", "auth_header", "authorization"];

/// Words in the names of query parameters and headers. In a field they may mean something else: `signatureAlgorithm`.
const WORDS_OUTSIDE: [&str; 7] = ["pwd", "api_key", "api-key", "signature", "session", "cookie", "jwt"];

/// Whole names of query parameters and headers.
const SHORT_NAMES: [&str; 10] = ["key", "sig", "code", "pass", "pw", "auth", "sas", "otp", "assertion", "x-auth"];

/// Whole names of fields: what Keycloak's credentials, Gitea's secrets and image pull secrets use.
const FIELDS: [&str; 3] = ["value", "data", "auth"];

/// With what the name of a field ends that says something about a secret and holds none: `token_type`, `tokenUrl`.
const ABOUT: [&str; 7] = ["type", "url", "uri", "endpoint", "method", "name", "policy"];

/// Whether a query parameter or header of this name holds a secret, as far as a name tells.
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let has_word_outside = || WORDS_OUTSIDE.iter().any(|word| name.contains(word));
    has_word(&name) || has_word_outside() || SHORT_NAMES.contains(&name.as_str())
}

/// Whether a field of this name is confidential.
pub(crate) fn is_confidential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_about_one = || ABOUT.iter().any(|word| name.ends_with(word));
    (has_word(&name) && !is_about_one()) || FIELDS.contains(&name.as_str())
}

fn has_word(name: &str) -> bool {
    WORDS.iter().any(|word| name.contains(word))
}

/// Adds the texts in the confidential fields of a document.
pub(crate) fn collect(value: &Value, confidential: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if confidential => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, confidential, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, is_confidential(name), found);
            }
        }
        _ => {}
    }
}
