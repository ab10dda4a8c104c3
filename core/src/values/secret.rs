//! Secrets as people declare them: a reference to where the secret is, or, in a `secrets.*` file, the secret itself.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::names::NamespaceName;

/// Key of the one-entry map by which the located tree hands over a text from a `secrets.*` file.
/// It never occurs in values: a key that begins with a control character is refused there.
pub(crate) const PLAIN_MARKER: &str = "\u{0}plain";

/// The keys that make a map a reference to a secret.
pub(crate) const REFERENCE_KEYS: [&str; 3] = ["fromEnv", "fromFile", "fromSecret"];

/// A secret that the values declare. The engine's resolver turns it into its text; core never does.
#[derive(Clone)]
pub enum SecretValue {
    /// The secret itself; only sources of kind [`Secrets`](super::SourceKind::Secrets) may hold it.
    Plain(SecretString),
    /// The value of an environment variable.
    FromEnv(String),
    /// The content of a file, without one line break at its end.
    FromFile(String),
    /// A key of a Kubernetes Secret.
    FromSecret(SecretKey),
}

/// A key of a Kubernetes Secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// Namespace of the Secret.
    pub namespace: NamespaceName,
    /// Name of the Secret.
    pub name: String,
    /// Key in its data.
    pub key: String,
}

impl SecretValue {
    /// Whether the values hold the secret itself.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }
}

/// Says where the secret is, never what it is.
impl fmt::Display for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => formatter.write_str("(secret)"),
            Self::FromEnv(name) => write!(formatter, "environment variable `{name}`"),
            Self::FromFile(path) => write!(formatter, "file `{path}`"),
            Self::FromSecret(SecretKey { namespace, name, key }) => {
                write!(formatter, "key `{key}` of Secret `{namespace}/{name}`")
            }
        }
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretValue({self})")
    }
}

impl<'de> Deserialize<'de> for SecretValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a secret reference: `{fromEnv: …}`, `{fromFile: …}` or `{fromSecret: …}`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretValue, E> {
        Ok(SecretValue::Plain(SecretString::from(text)))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<SecretValue, E> {
        Ok(SecretValue::Plain(SecretString::from(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretValue, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let value = secret_from_entry(&key, &mut map)?;
        if map.next_key::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::invalid_length(2, &self));
        }
        Ok(value)
    }
}

/// Reads the value of a reference's only key; `map` stands before that value.
pub(crate) fn secret_from_entry<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<SecretValue, A::Error> {
    match key {
        PLAIN_MARKER => map.next_value::<String>().map(|text| SecretValue::Plain(SecretString::from(text))),
        "fromEnv" => map.next_value().map(SecretValue::FromEnv),
        "fromFile" => map.next_value().map(SecretValue::FromFile),
        "fromSecret" => map.next_value().map(SecretValue::FromSecret),
        _ => Err(de::Error::unknown_field(key, &REFERENCE_KEYS)),
    }
}

impl JsonSchema for SecretValue {
    fn schema_name() -> Cow<'static, str> {
        "SecretValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let reference = generator.subschema_for::<SecretReference>();
        json_schema!({
            "description": "A secret: a reference, or the secret itself in a file whose name starts with `secrets.`.",
            "x-secret": true,
            "x-expected": "a secret reference such as `{fromEnv: NAME}`",
            "anyOf": [{"type": "string", "minLength": 1, "writeOnly": true}, reference],
        })
    }
}

/// Schema of the three reference forms; free representations take one wherever they take a text.
pub(crate) struct SecretReference;

impl JsonSchema for SecretReference {
    fn schema_name() -> Cow<'static, str> {
        "SecretReference".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let key = generator.subschema_for::<SecretKey>();
        json_schema!({
            "type": "object",
            "description": "Where a secret is: an environment variable, a file or a key of a Kubernetes Secret.",
            "x-expected": "a secret reference: one of `{fromEnv: NAME}`, `{fromFile: PATH}`, `{fromSecret: {namespace, name, key}}`",
            "properties": {
                "fromEnv": {"type": "string", "minLength": 1, "description": "Name of an environment variable."},
                "fromFile": {"type": "string", "minLength": 1, "description": "Path of a file; one line break at its end is left out."},
                "fromSecret": key,
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// A text that is no secret, so that it may stand in any values file, or the place of it.
macro_rules! text_or_reference {
    ($(#[$about:meta])* $name:ident, $description:literal, $expected:literal, $text:tt $(,)?) => {
        $(#[$about])*
        #[derive(Debug, Clone)]
        pub struct $name(pub SecretValue);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                SecretValue::deserialize(deserializer).map(Self)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let reference = generator.subschema_for::<SecretReference>();
                json_schema!({"description": $description, "x-expected": $expected, "anyOf": [$text, reference]})
            }
        }
    };
}

text_or_reference! {
    /// Certificates in PEM form that every client trusts, beside the system's: the text itself or where it is.
    ///
    /// Certificates are public, so the text may stand in any values file.
    CaBundle,
    "Certificates in PEM form, or a reference to them.",
    "certificates in PEM form or a reference such as `{fromFile: /etc/ssl/custom/ca.crt}`",
    {"type": "string", "minLength": 1},
}

text_or_reference! {
    /// What a header says, in place or by reference.
    ///
    /// Most headers are no secrets, so the text may stand in any values file; one that is stands somewhere else.
    HeaderText,
    "What a header says, or a reference to it.",
    "a text of one line or a reference such as `{fromEnv: AUTHORIZATION}`",
    {"type": "string", "pattern": r"^[^\x00-\x08\x0a-\x1f\x7f]*$"},
}

/// The address that a webhook calls: in place, or by reference where it is a secret.
#[derive(Debug, Clone)]
pub enum WebhookAddress {
    /// The address itself, which any values file may hold.
    Text(String),
    /// Where it is, or the address from a `secrets.*` file.
    Secret(SecretValue),
}

impl<'de> Deserialize<'de> for WebhookAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AddressVisitor)
    }
}

struct AddressVisitor;

impl<'de> Visitor<'de> for AddressVisitor {
    type Value = WebhookAddress;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an address or a secret reference")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<WebhookAddress, E> {
        Ok(WebhookAddress::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WebhookAddress, A::Error> {
        SecretVisitor.visit_map(map).map(WebhookAddress::Secret)
    }
}

impl JsonSchema for WebhookAddress {
    fn schema_name() -> Cow<'static, str> {
        "WebhookAddress".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let reference = generator.subschema_for::<SecretReference>();
        let pattern = r"^https?://[^\s/?#@\x00-\x1f\x7f]+([/?][^\s\x00-\x1f\x7f]*)?$";
        json_schema!({
            "description": "An address that is called, or a reference to it.",
            "x-expected": "an address such as `https://hooks.example.com/harbor` or a reference such as `{fromEnv: HOOK}`",
            "anyOf": [{"type": "string", "maxLength": 2048, "pattern": pattern}, reference],
        })
    }
}
