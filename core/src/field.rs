//! A representation as a tree of fields: what [`diff`](crate::diff) compares.
//!
//! Typed representations, ours and the generated clients', become trees through `serde`. A secret
//! stays one on the way: a type that serialises itself as the newtype struct [`SECRET_MARKER`]
//! arrives as [`Field::Secret`] and can be compared, but not shown.

mod deserializer;
mod serializer;

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use deserializer::Misfit;

/// The newtype struct name by which a serialised value says that it is secret. The clients'
/// transport uses the same name; to JSON and forms it means nothing.
pub const SECRET_MARKER: &str = "evenkeel::Secret";

/// One field of a representation, with everything below it.
#[derive(Clone, Debug)]
pub enum Field {
    /// JSON `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text that may be shown.
    Text(String),
    /// A text that may never be shown.
    Secret(SecretString),
    /// There is a value, but the server hides it: neither equal nor different (law 3).
    Unknown,
    /// A list, in the order in which it came.
    List(Vec<Field>),
    /// A map; keys that are absent are not declared.
    Map(BTreeMap<String, Field>),
}

/// A representation that cannot become a tree of fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a representation cannot be compared: {0}")]
pub struct NotFields(String);

impl Field {
    /// The tree of a typed representation. Fields that it skips when serialised are not in the tree.
    ///
    /// # Errors
    ///
    /// When the type serialises into something that JSON has no word for, such as a map with keys
    /// that are not texts.
    pub fn of<T: Serialize + ?Sized>(representation: &T) -> Result<Self, NotFields> {
        representation.serialize(serializer::FieldSerializer)
    }

    /// The same, of a representation that is only compared. One that cannot become a tree, which no generated type can cause, counts as
    /// unknown: it is told and never written.
    #[must_use]
    pub fn of_compared<T: Serialize + ?Sized>(representation: &T) -> Self {
        Self::of(representation).unwrap_or(Self::Unknown)
    }

    /// The tree as a type, which takes its secrets without a plain copy of them in between. Null is an absent option.
    ///
    /// # Errors
    ///
    /// When the tree does not fit the type, or something in it is unknown.
    pub fn into_typed<T: DeserializeOwned>(self) -> Result<T, Misfit> {
        T::deserialize(deserializer::FieldDeserializer(self))
    }

    /// The fields of this map; none where it is none.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<String, Self> {
        match self {
            Self::Map(fields) => fields,
            _ => BTreeMap::new(),
        }
    }

    /// The field at a JSON Pointer (RFC 6901).
    pub fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        pointer.split('/').skip(1).try_fold(self, |field, part| match field {
            Self::Map(fields) => fields.get_mut(&part.replace("~1", "/").replace("~0", "~")),
            Self::List(items) => items.get_mut(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The field under a key of this map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.get(key),
            _ => None,
        }
    }

    /// Whether this stands for nothing: `null`, an empty text, list or map.
    ///
    /// Applications answer with any of these, or leave the key out, where nothing was set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(fields) => fields.values().all(Self::is_empty),
            Self::Bool(_) | Self::Number(_) | Self::Secret(_) | Self::Unknown => false,
        }
    }

    /// The field as JSON for people and reports; `None` where any part of it is secret or unknown.
    #[must_use]
    pub fn shown(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::Secret(_) | Self::Unknown => return None,
            Self::List(items) => {
                // No longer than it has to be: a plan keeps tens of thousands of them.
                let mut shown = Vec::with_capacity(items.len());
                for item in items {
                    shown.push(item.shown()?);
                }
                Value::Array(shown)
            }
            Self::Map(fields) => Value::Object(
                fields.iter().map(|(key, field)| Some((key.clone(), field.shown()?))).collect::<Option<_>>()?,
            ),
        })
    }

    /// Whether this holds a secret anywhere.
    #[must_use]
    pub fn holds_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(Self::holds_secret),
            Self::Map(fields) => fields.values().any(Self::holds_secret),
            _ => false,
        }
    }
}

/// JSON that holds no secret.
impl From<Value> for Field {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Map(fields.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
        }
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Number(one), Self::Number(two)) => one == two || one.as_f64() == two.as_f64(),
            (Self::Text(one), Self::Text(two)) => one == two,
            (Self::List(one), Self::List(two)) => one == two,
            (Self::Map(one), Self::Map(two)) => one == two,
            // An application may answer with a plain type where we declare a secret one.
            (Self::Secret(one), Self::Secret(two)) => exposed(one) == exposed(two),
            (Self::Secret(secret), Self::Text(text)) | (Self::Text(text), Self::Secret(secret)) => {
                exposed(secret) == text
            }
            _ => false,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "two secrets are compared; neither leaves this function's caller")]
fn exposed(secret: &SecretString) -> &str {
    secret.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Marked(&'static str);

    impl Serialize for Marked {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_newtype_struct(SECRET_MARKER, self.0)
        }
    }

    #[derive(Serialize)]
    struct Client {
        name: &'static str,
        secret: Option<Marked>,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'static str>,
        lifetimes: Vec<u32>,
    }

    #[test]
    fn a_marked_value_arrives_as_a_secret_and_is_never_shown() {
        let field = Field::of(&Client {
            name: "otomi",
            secret: Some(Marked("canary")),
            description: None,
            lifetimes: vec![60],
        })
        .unwrap();
        assert!(matches!(field.get("secret"), Some(Field::Secret(_))));
        assert!(field.holds_secret());
        assert_eq!(field.shown(), None);
        assert!(!format!("{field:?}").contains("canary"));
        assert_eq!(field.get("name").and_then(Field::shown), Some("otomi".into()));
    }

    #[test]
    fn a_skipped_field_is_not_declared() {
        let field = Field::of(&Client { name: "otomi", secret: None, description: None, lifetimes: vec![] }).unwrap();
        assert!(field.get("description").is_none());
        assert_eq!(field.get("lifetimes"), Some(&Field::List(vec![])));
    }

    #[test]
    fn a_declared_secret_equals_the_plain_text_that_a_server_answers() {
        assert_eq!(Field::Secret("a".into()), Field::Text("a".into()));
        assert_ne!(Field::Secret("a".into()), Field::Text("b".into()));
    }

    #[test]
    fn the_unknown_equals_nothing_not_even_itself() {
        assert_ne!(Field::Unknown, Field::Unknown);
    }

    #[test]
    fn one_and_one_point_zero_are_the_same_number() {
        assert_eq!(Field::of(&1_u8).unwrap(), Field::of(&1.0_f64).unwrap());
    }
}
