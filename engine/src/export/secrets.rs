//! The variables that stand for the secrets of an export.

use std::collections::BTreeSet;

use evenkeel_core::values::SecretValue;
use secrecy::SecretString;

use super::{NeededSecret, document::Node};

/// The secrets named so far, for one application.
#[derive(Debug)]
pub struct Secrets {
    application: &'static str,
    needed: Vec<NeededSecret>,
    taken: BTreeSet<String>,
}

impl Secrets {
    /// None yet. The application's name begins every variable.
    #[must_use]
    pub const fn of(application: &'static str) -> Self {
        Self { application, needed: Vec::new(), taken: BTreeSet::new() }
    }

    /// The variable for a secret of an object, as a value. A kind of which there is only one needs no name.
    pub fn variable(&mut self, kind: &str, name: &str, path: &str, value: Option<SecretString>) -> Node {
        let application = self.application;
        let base = upper(&[application, kind, name, path].join("_"));
        let numbered = (2..).map(|number: u32| format!("{base}_{number}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|variable| !self.taken.contains(variable));
        let variable = free.unwrap_or(base);
        self.taken.insert(variable.clone());
        let owner = if name.is_empty() { format!("the {kind}") } else { format!("{kind} `{name}`") };
        let what = match &value {
            Some(_) => format!("`{path}` of {owner}"),
            None => format!("`{path}` of {owner}, which {application} hides"),
        };
        self.needed.push(NeededSecret { variable: variable.clone(), what, value });
        Node::Secret(variable)
    }

    /// All of them.
    #[must_use]
    pub fn into_needed(self) -> Vec<NeededSecret> {
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

/// Where values for the login have a secret from, as a value. One that stands in the values themselves is not repeated.
#[must_use]
pub fn reference(secret: &SecretValue) -> Option<Node> {
    match secret {
        SecretValue::Plain(_) => None,
        SecretValue::FromEnv(variable) => Some(Node::Secret(variable.clone())),
        SecretValue::FromFile(path) => Some(Node::map([("fromFile", Some(Node::Text(path.clone())))])),
        SecretValue::FromSecret(key) => {
            let parts =
                [("namespace", key.namespace.to_string()), ("name", key.name.clone()), ("key", key.key.clone())];
            let key = Node::map(parts.map(|(name, text)| (name, Some(Node::Text(text)))));
            Some(Node::map([("fromSecret", Some(key))]))
        }
    }
}

/// Where an administrator's secret is, as a value: in this variable where it stands in the values themselves.
#[must_use]
pub fn reference_or(secret: &SecretValue, variable: &str) -> Node {
    reference(secret).unwrap_or_else(|| Node::Secret(variable.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_never_share_a_variable() {
        let mut secrets = Secrets::of("keycloak");
        let mut variable = |name: &str| secrets.variable("client", name, "secret", None);
        assert_eq!(variable("my-app"), Node::Secret("KEYCLOAK_CLIENT_MY_APP_SECRET".into()));
        assert_eq!(variable("my_app"), Node::Secret("KEYCLOAK_CLIENT_MY_APP_SECRET_2".into()));
        assert_eq!(variable("Ünï"), Node::Secret("KEYCLOAK_CLIENT_N_SECRET".into()));
    }
}
