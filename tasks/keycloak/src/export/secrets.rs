//! The variables that stand for the secrets of an export.

use std::collections::BTreeSet;

use evenkeel_core::field::Field;
use evenkeel_engine::export::{NeededSecret, document::Node};
use secrecy::SecretString;

use crate::plan::MASK;

/// Ends of names under which settings keep secrets in the clear, such as the key of a SAML client.
const SECRET_ENDS: [&str; 8] =
    ["password", "passwd", "secret", "token", "credential", "passphrase", "privatekey", "private.key"];

/// The secrets named so far.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    needed: Vec<NeededSecret>,
    taken: BTreeSet<String>,
}

impl Secrets {
    /// The variable for a secret of an object, as a value.
    pub(super) fn variable(&mut self, kind: &str, name: &str, path: &str, value: Option<SecretString>) -> Node {
        let base = format!("KEYCLOAK_{}", upper(&[kind, name, path].join("_")));
        let numbered = (2..).map(|number: u32| format!("{base}_{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|variable| !self.taken.contains(variable));
        let variable = free.unwrap_or(base);
        self.taken.insert(variable.clone());
        let what = match &value {
            Some(_) => format!("`{path}` of {kind} `{name}`"),
            None => format!("`{path}` of {kind} `{name}`, which keycloak hides"),
        };
        self.needed.push(NeededSecret { variable: variable.clone(), what, value });
        Node::Secret(variable)
    }

    pub(super) fn into_needed(self) -> Vec<NeededSecret> {
        self.needed
    }
}

/// Letters, digits and single underscores.
fn upper(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_uppercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name.trim_matches('_').to_owned()
}

/// Marks what is secret by the name of its key, and what Keycloak hides: `Secret` with an empty text.
pub(super) fn marked(field: Field) -> Field {
    match field {
        Field::Map(fields) => {
            let mark = |(key, field): (String, Field)| match field {
                Field::Text(text) if text == MASK => (key, Field::Secret(SecretString::default())),
                Field::Text(text) if is_secret(&key) && !text.is_empty() => (key, Field::Secret(text.into())),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_never_share_a_variable() {
        let mut secrets = Secrets::default();
        let mut variable = |name: &str| secrets.variable("client", name, "secret", None);
        assert_eq!(variable("my-app"), Node::Secret("KEYCLOAK_CLIENT_MY_APP_SECRET".into()));
        assert_eq!(variable("my_app"), Node::Secret("KEYCLOAK_CLIENT_MY_APP_SECRET_2".into()));
        assert_eq!(variable("Ünï"), Node::Secret("KEYCLOAK_CLIENT_N_SECRET".into()));
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
