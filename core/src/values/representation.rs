//! Free representations: objects of an application's own API that the values carry through as they are written.
//!
//! Which fields such an object may have is the application's matter: a task contributes the JSON Schema of each
//! (see [`Schema::with_definition`](super::Schema::with_definition)). Secrets may stand anywhere in them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};

use super::secret::{PLAIN_MARKER, REFERENCE_KEYS, SecretReference, SecretValue, secret_from_entry};

/// An object of an application's API as the values declare it; an absent field is not managed.
#[derive(Clone, Default)]
pub struct Representation {
    fields: Map<String, Value>,
    secrets: Vec<(String, SecretValue)>,
}

impl Representation {
    /// The declared fields. Every place of a secret holds `null`; [`Representation::secrets`] names those places.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The secrets, each with the JSON Pointer (RFC 6901) of its place, in the order of the fields.
    #[must_use]
    pub fn secrets(&self) -> &[(String, SecretValue)] {
        &self.secrets
    }

    /// The secret at a JSON Pointer.
    #[must_use]
    pub fn secret(&self, pointer: &str) -> Option<&SecretValue> {
        self.secrets.iter().find(|(place, _)| place == pointer).map(|(_, secret)| secret)
    }

    /// One declared field; `None` where it is absent or a secret.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Whether nothing at all is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Takes the representation apart: fields (with `null` at the secrets' places) and secrets.
    #[must_use]
    pub fn into_parts(self) -> (Map<String, Value>, Vec<(String, SecretValue)>) {
        (self.fields, self.secrets)
    }

    /// The representation without these fields at its top.
    #[must_use]
    pub fn without(&self, fields: &[&str]) -> Self {
        let mut rest = self.clone();
        rest.fields.retain(|field, _| !fields.contains(&field.as_str()));
        let top = |place: &str| place.split('/').nth(1).unwrap_or_default().to_owned();
        rest.secrets
            .retain(|(place, _)| !fields.iter().any(|field| pointer_of("", field) == format!("/{}", top(place))));
        rest
    }

    /// Takes a field out of the representation, for a type that has a place of its own for it.
    fn take(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field)
    }

    /// Takes the secret of a top-level field out of the representation.
    pub(crate) fn take_secret(&mut self, field: &str) -> Option<SecretValue> {
        let pointer = pointer_of("", field);
        let index = self.secrets.iter().position(|(place, _)| *place == pointer)?;
        self.take(field);
        Some(self.secrets.remove(index).1)
    }

    /// Takes a list of texts out of the representation; secrets among them make it stay.
    pub(crate) fn take_texts(&mut self, field: &str) -> Result<Option<Vec<String>>, serde_json::Error> {
        self.take(field).map(serde_json::from_value).transpose()
    }
}

impl fmt::Debug for Representation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Representation").field("fields", &self.fields).field("secrets", &self.secrets).finish()
    }
}

impl<'de> Deserialize<'de> for Representation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut secrets = Vec::new();
        let content = Content { pointer: String::new(), secrets: &mut secrets }.deserialize(deserializer)?;
        match content {
            Value::Object(fields) => Ok(Self { fields, secrets }),
            _ => Err(de::Error::custom("expected a map")),
        }
    }
}

/// One step of a JSON Pointer appended to another (RFC 6901: `~` is written `~0`, `/` is written `~1`).
fn pointer_of(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Reads any value and collects the secrets on the way.
struct Content<'secrets> {
    pointer: String,
    secrets: &'secrets mut Vec<(String, SecretValue)>,
}

impl<'de> DeserializeSeed<'de> for Content<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Content<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("expected a finite number"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let pointer = format!("{}/{}", self.pointer, items.len());
            match sequence.next_element_seed(Content { pointer, secrets: &mut *self.secrets })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if fields.is_empty() && (key == PLAIN_MARKER || REFERENCE_KEYS.contains(&key.as_str())) {
                let secret = secret_from_entry(&key, &mut map)?;
                if map.next_key::<de::IgnoredAny>()?.is_some() {
                    return Err(de::Error::custom("expected a secret reference with one key"));
                }
                self.secrets.push((self.pointer, secret));
                return Ok(Value::Null);
            }
            let content = Content { pointer: pointer_of(&self.pointer, &key), secrets: &mut *self.secrets };
            let value = map.next_value_seed(content)?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

/// Schema of any value in which a map with the key of a secret reference is a whole reference.
pub(crate) struct FreeValue;

impl JsonSchema for FreeValue {
    fn schema_name() -> Cow<'static, str> {
        "FreeValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let reference = generator.subschema_for::<SecretReference>();
        let own = json!({"$ref": "#/$defs/FreeValue"});
        let keys: Vec<_> = REFERENCE_KEYS.iter().map(|key| json!({"required": [key]})).collect();
        json_schema!({
            "description": "Any value; a secret reference may stand anywhere in it.",
            "if": {"type": "object", "anyOf": keys},
            "then": reference,
            "else": {"items": own, "additionalProperties": own},
        })
    }
}

/// Declares a representation whose schema a task contributes under the type's name.
macro_rules! representation {
    ($(#[$meta:meta] $name:ident),+ $(,)?) => {$(
        #[$meta]
        #[derive(Debug, Clone, Default)]
        pub struct $name(pub Representation);

        impl std::ops::Deref for $name {
            type Target = Representation;

            fn deref(&self) -> &Representation {
                &self.0
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Representation::deserialize(deserializer).map(Self)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let value = generator.subschema_for::<$crate::values::representation::FreeValue>();
                schemars::json_schema!({"type": "object", "x-representation": true, "additionalProperties": value})
            }
        }
    )+};
}

pub(crate) use representation;
