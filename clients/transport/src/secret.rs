//! The newtype for secret material on the wire.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;

/// A value that must never be shown: what a specification calls `format: password`, tokens, passwords.
///
/// `Debug` is redacted, there is no `Display`, the memory is overwritten on drop, and equality takes the same time
/// wherever the first difference is. It is serialised as the plain string, under the newtype name
/// [`Secret::MARKER`], by which a diff recognises a secret field without looking at its value.
#[derive(Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// The newtype name that [`Serialize`] announces.
    pub const MARKER: &'static str = "evenkeel::Secret";

    /// The plain text, for the moment when it leaves for the server.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one door out of the wire's secret type")]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The same in the type that is used elsewhere.
    #[must_use]
    pub fn into_inner(self) -> SecretString {
        self.0
    }

    /// Whether the secret is the empty string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<SecretString> for Secret {
    fn from(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Self::MARKER, self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretString::deserialize(deserializer).map(Self)
    }
}
