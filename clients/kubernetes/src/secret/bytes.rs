//! The type of what Secrets hold.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use evenkeel_transport::{Mask, Secret};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use subtle::ConstantTimeEq;

/// A value of a Secret: text most of the time, but any bytes may be there.
///
/// `Debug` is redacted, there is no `Display`, the memory is overwritten on drop, and equality takes the same time
/// wherever the first difference is. On the wire it is base64.
#[derive(Clone)]
pub struct SecretBytes(SecretSlice<u8>);

impl SecretBytes {
    /// The plain bytes, for the moment when they are compared or sent.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one door out of the type of what Secrets hold")]
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// The value as text; `None` when it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<Secret> {
        std::str::from_utf8(self.expose()).ok().map(Secret::from)
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.expose().len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn base64(&self) -> String {
        STANDARD.encode(self.expose())
    }

    /// Makes the mask know it, from when on it may be quoted in the answer to any request.
    pub fn teach(&self, mask: &Mask) {
        self.spellings().for_each(|spelling| mask.learn(spelling.expose()));
    }

    /// The forms in which an answer can repeat it.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = Secret> + use<> {
        [Some(Secret::from(self.base64())), self.text()].into_iter().flatten()
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&Secret> for SecretBytes {
    fn from(secret: &Secret) -> Self {
        Self::from(secret.expose().as_bytes().to_vec())
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Secret::MARKER, &self.base64())
    }
}

impl<'de> Deserialize<'de> for SecretBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Base64;
        impl de::Visitor<'_> for Base64 {
            type Value = SecretBytes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("base64")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretBytes, E> {
                // What is wrong with it is not said: it would show a part of it.
                STANDARD.decode(text).map(SecretBytes::from).map_err(|_| E::custom("no base64"))
            }

            // An empty value may be written as none.
            fn visit_unit<E: de::Error>(self) -> Result<SecretBytes, E> {
                Ok(SecretBytes::from(Vec::new()))
            }
        }
        deserializer.deserialize_any(Base64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_shows_nothing_and_travels_as_base64() {
        let value = SecretBytes::from(&Secret::from("canary"));
        assert_eq!(format!("{value:?}"), "(secret)");
        assert_eq!(serde_json::to_string(&value).unwrap(), r#""Y2FuYXJ5""#);
        assert_eq!(serde_json::from_str::<SecretBytes>(r#""Y2FuYXJ5""#).unwrap(), value);
        assert_eq!(value.text(), Some(Secret::from("canary")));
        assert_eq!(SecretBytes::from(vec![0xff]).text(), None);
    }
}
