//! What of an export is secret.

use evenkeel_core::field::Field;
use secrecy::SecretString;

use crate::plan::MASK;

/// Ends of names under which settings keep secrets in the clear, such as the key of a SAML client.
const SECRET_ENDS: [&str; 8] =
    ["password", "passwd", "secret", "token", "credential", "passphrase", "privatekey", "private.key"];

/// Marks what is secret by the name of its key, and what Keycloak hides: `Secret` with an empty text.
pub(super) fn marked(field: Field) -> Field {
    match field {
        Field::Map(fields) => {
            let mark = |(key, field): (String, Field)| match field {
                Field::Text(text) if text == MASK => (key, Field::Secret(SecretString::default())),
                Field::Text(text) if is_secret(&key) && may_be_secret(&text) => (key, Field::Secret(text.into())),
                field => (key, marked(field)),
            };
            Field::Map(fields.into_iter().map(mark).collect())
        }
        Field::List(items) => Field::List(items.into_iter().map(marked).collect()),
        field => field,
    }
}

/// Whether a key is by its name that of a secret.
pub(super) fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET_ENDS.iter().any(|end| key.ends_with(end))
}

/// Whether a text can be one: `client_credentials.use_refresh_token` is on or off.
fn may_be_secret(text: &str) -> bool {
    !["", "true", "false"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_about_tokens_is_no_secret() {
        let attributes =
            serde_json::json!({"attributes": {"client_credentials.use_refresh_token": "false", "a.token": "x"}});
        let marked = marked(Field::of(&attributes).unwrap());
        let attributes = marked.get("attributes").unwrap();
        assert!(matches!(attributes.get("client_credentials.use_refresh_token"), Some(Field::Text(_))));
        assert!(matches!(attributes.get("a.token"), Some(Field::Secret(_))));
    }

    #[test]
    fn a_private_key_among_the_attributes_of_a_client_is_a_secret() {
        let attributes = serde_json::json!({"attributes": {"saml.signing.private.key": "MII", "saml.signature": "x"}});
        let marked = marked(Field::of(&attributes).unwrap());
        let attributes = marked.get("attributes").unwrap();
        assert!(matches!(attributes.get("saml.signing.private.key"), Some(Field::Secret(_))));
        assert!(matches!(attributes.get("saml.signature"), Some(Field::Text(_))));
    }
}
