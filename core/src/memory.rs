//! What an inventory remembers between runs: which objects are ours (law 5), and what was written where
//! an application shows nothing (law 3).
//!
//! Of a secret that an application hides, a keyed digest is kept and never the secret: a declared value
//! with the same digest is what was written last, another one is a change. Whoever can read the key and a
//! digest can try guesses, so that both live where only their owner reads.

mod ownership;

use std::{collections::BTreeMap, fmt};

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

pub use ownership::{Claim, Identity, Judgement, Ownership, Sight};

use crate::{field_path::FieldPath, object::ObjectId};

/// What is remembered of one target.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Which objects are ours.
    pub ownership: Ownership,
    /// What was written where the application shows nothing.
    pub secrets: Secrets,
}

impl From<Ownership> for Memory {
    fn from(ownership: Ownership) -> Self {
        Self { ownership, secrets: Secrets::default() }
    }
}

/// What was written to the hidden fields of one object, by the field's path.
pub type WrittenFields = BTreeMap<FieldPath, Written>;

/// What was written to hidden fields.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    key: Option<DigestKey>,
    written: BTreeMap<ObjectId, WrittenFields>,
    adopting: bool,
}

/// What is known of one hidden field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Written {
    /// A write of it may have been sent, and nobody knows how it ended.
    Announced,
    /// The value with this digest was written.
    Digest(Digest),
}

/// How a declared value stands to what was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// It is the value that was written last.
    Same,
    /// It is not, or the last write's end is not known: it has to be written.
    Different,
    /// Nothing is remembered: the value that is there may be anybody's.
    Nothing,
}

impl Secrets {
    /// What was written, with the key of its digests.
    #[must_use]
    pub const fn new(key: Option<DigestKey>, written: BTreeMap<ObjectId, WrittenFields>) -> Self {
        Self { key, written, adopting: false }
    }

    /// From now on a hidden field of which nothing is remembered has to be written: somebody has said
    /// that the declared value is the right one.
    #[must_use]
    pub fn adopting(mut self, adopting: bool) -> Self {
        self.adopting = adopting;
        self
    }

    /// Whether somebody has said so in this run.
    #[must_use]
    pub const fn is_adopting(&self) -> bool {
        self.adopting
    }

    /// How a declared value of a hidden field stands to what was written there last.
    #[must_use]
    pub fn recall(&self, object: &ObjectId, path: &str, declared: &SecretString) -> Recall {
        let written = self.written.get(object).or_else(|| self.written.get(&object.joined()?));
        match (&self.key, written.and_then(|fields| fields.get(path))) {
            (Some(key), Some(Written::Digest(digest))) if key.digest(object, path, declared) == *digest => Recall::Same,
            (_, Some(_)) => Recall::Different,
            (_, None) if self.adopting => Recall::Different,
            (_, None) => Recall::Nothing,
        }
    }
}

/// The key of all digests of an inventory: a random text of 64 hexadecimal digits, made once.
#[derive(Clone, Debug)]
pub struct DigestKey(SecretString);

impl DigestKey {
    /// A key made of random bytes.
    #[must_use]
    pub fn new(random: &[u8; 32]) -> Self {
        Self(hexadecimal(random).into())
    }

    /// The digest of a value in its place: the same value in another place has another digest.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the secret goes into a keyed digest, the key into its computation")]
    pub fn digest(&self, object: &ObjectId, path: &str, secret: &SecretString) -> Digest {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        for part in [&object.to_string(), path, secret.expose_secret()] {
            // Lengths keep the parts apart.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Digest(hexadecimal(context.sign().as_ref()))
    }
}

/// The only place that a key is written to is the inventory.
impl Serialize for DigestKey {
    #[expect(clippy::disallowed_methods, reason = "the inventory keeps the key beside its digests")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for DigestKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.into()))
        } else {
            Err(D::Error::custom("a key has 64 hexadecimal digits"))
        }
    }
}

/// HMAC-SHA256 of a secret in its place, in hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

/// Without the digits: a log is read by more people than an inventory.
impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest")
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A secret that a change writes, and that the application hides from then on.
#[derive(Clone, Debug)]
pub struct HiddenSecret {
    /// The field's path in the representation, such as `config.clientSecret`.
    pub path: FieldPath,
    /// The value that is written.
    pub value: SecretString,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Kind;

    const PATH: &str = "config.clientSecret";

    fn object(name: &str) -> ObjectId {
        ObjectId::new(Kind::new("identity-provider"), name)
    }

    fn key() -> DigestKey {
        DigestKey::new(&[7; 32])
    }

    fn remembering(written: Written) -> Secrets {
        let fields = WrittenFields::from([(PATH.into(), written)]);
        Secrets::new(Some(key()), BTreeMap::from([(object("a"), fields)]))
    }

    #[test]
    fn the_value_that_was_written_last_is_the_same_and_another_is_different() {
        let secrets = remembering(Written::Digest(key().digest(&object("a"), PATH, &"one".into())));
        assert_eq!(secrets.recall(&object("a"), PATH, &"one".into()), Recall::Same);
        assert_eq!(secrets.recall(&object("a"), PATH, &"two".into()), Recall::Different);
    }

    #[test]
    fn a_write_whose_end_nobody_knows_is_done_again() {
        assert_eq!(remembering(Written::Announced).recall(&object("a"), PATH, &"one".into()), Recall::Different);
    }

    #[test]
    fn what_was_never_written_is_written_only_when_somebody_says_so() {
        let secrets = Secrets::default();
        assert_eq!(secrets.recall(&object("a"), PATH, &"one".into()), Recall::Nothing);
        assert_eq!(secrets.adopting(true).recall(&object("a"), PATH, &"one".into()), Recall::Different);
    }

    #[test]
    fn one_value_has_another_digest_in_another_place_and_under_another_key() {
        let one = key().digest(&object("a"), PATH, &"one".into());
        assert_ne!(one, key().digest(&object("b"), PATH, &"one".into()));
        assert_ne!(one, key().digest(&object("a"), "config.other", &"one".into()));
        assert_ne!(one, DigestKey::new(&[8; 32]).digest(&object("a"), PATH, &"one".into()));
    }

    #[test]
    fn a_digest_under_another_key_is_a_difference_and_not_nothing() {
        let fields = WrittenFields::from([(
            PATH.into(),
            Written::Digest(DigestKey::new(&[8; 32]).digest(&object("a"), PATH, &"one".into())),
        )]);
        let secrets = Secrets::new(Some(key()), BTreeMap::from([(object("a"), fields)]));
        assert_eq!(secrets.recall(&object("a"), PATH, &"one".into()), Recall::Different);
    }

    #[test]
    fn neither_a_key_nor_a_digest_shows_itself() {
        let shown = format!("{:?}", remembering(Written::Digest(key().digest(&object("a"), PATH, &"one".into()))));
        assert!(!shown.contains("0707") && shown.contains("Digest"), "{shown}");
    }

    #[test]
    fn a_key_reads_back_and_a_damaged_one_does_not() {
        let text = serde_json::to_string(&key()).unwrap();
        let back: DigestKey = serde_json::from_str(&text).unwrap();
        assert_eq!(back.digest(&object("a"), PATH, &"one".into()), key().digest(&object("a"), PATH, &"one".into()));
        assert!(serde_json::from_str::<DigestKey>("\"07\"").is_err());
    }
}
