//! What a Secret holds, in a form that is small and shows nothing: 10,000 Secrets are compared without being kept.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use evenkeel_kubernetes_client::secret::{SecretBytes, SecretObject, TLS};
use ring::digest::{SHA256, digest};

use crate::certificate::{CERTIFICATE_KEY, PRIVATE_KEY};

/// SHA-256 of a value. It lives as long as the run and is never written anywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    fn of(value: &SecretBytes) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, value.expose()).as_ref());
        Self(bytes)
    }
}

/// Without the digits: short values could be guessed by them.
impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest")
    }
}

/// Type and data of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The type.
    pub secret_type: Arc<str>,
    /// The keys in their order, with what is under each.
    pub data: Box<[(Arc<str>, Digest)]>,
    /// Whether there is something to copy.
    pub is_filled: bool,
}

impl Content {
    /// What a Secret holds; `texts` makes equal texts one.
    #[must_use]
    pub fn of(secret: &SecretObject, texts: &Texts) -> Self {
        let data = secret.data.iter().map(|(key, value)| (texts.shared(key), Digest::of(value)));
        Self { secret_type: texts.shared(&secret.secret_type), data: data.collect(), is_filled: is_filled(secret) }
    }

    /// What is under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Digest> {
        self.data.iter().find(|(other, _)| &**other == key).map(|(_, digest)| *digest)
    }
}

/// Whoever asks for a certificate often makes the Secret first, with nothing under its keys: a copy of that would put an end to one
/// that works.
fn is_filled(secret: &SecretObject) -> bool {
    let has = |key: &str| secret.data.get(key).is_some_and(|value| !value.is_empty());
    match secret.secret_type.as_str() {
        TLS => has(CERTIFICATE_KEY) && has(PRIVATE_KEY),
        _ => secret.data.values().any(|value| !value.is_empty()),
    }
}

/// Texts that many Secrets have in common: types, keys, namespaces.
#[derive(Debug, Default)]
pub struct Texts(Mutex<BTreeSet<Arc<str>>>);

impl Texts {
    /// The text, as everybody has it.
    #[must_use]
    pub fn shared(&self, text: &str) -> Arc<str> {
        // What a panicking thread left behind is a complete set.
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        texts.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn secret(secret_type: &str, data: &[(&str, &str)]) -> SecretObject {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec().into()));
        SecretObject { secret_type: secret_type.to_owned(), data: BTreeMap::from_iter(data), ..SecretObject::default() }
    }

    #[test]
    fn a_secret_that_waits_for_its_certificate_is_not_filled() {
        for (secret_type, data, filled) in [
            (TLS, &[("tls.crt", ""), ("tls.key", "")][..], false),
            (TLS, &[("ca.crt", "ca"), ("tls.crt", ""), ("tls.key", "key")], false),
            (TLS, &[("tls.crt", "certificate"), ("tls.key", "key")], true),
            ("Opaque", &[], false),
            ("Opaque", &[("password", "")], false),
            ("Opaque", &[("password", "p"), ("empty", "")], true),
        ] {
            let content = Content::of(&secret(secret_type, data), &Texts::default());
            assert_eq!(content.is_filled, filled, "{secret_type} {data:?}");
        }
    }

    #[test]
    fn equal_contents_are_equal_and_nothing_of_them_shows() {
        let texts = Texts::default();
        let one = Content::of(&secret("Opaque", &[("password", "canary")]), &texts);
        assert_eq!(one, Content::of(&secret("Opaque", &[("password", "canary")]), &texts));
        for other in
            [("Opaque", [("password", "other")]), ("Opaque", [("key", "canary")]), (TLS, [("password", "canary")])]
        {
            assert_ne!(one, Content::of(&secret(other.0, &other.1), &texts), "{other:?}");
        }
        assert!(!format!("{one:?}").contains("canary"));
    }
}
