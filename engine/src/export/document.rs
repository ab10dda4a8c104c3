//! Values to be written: a tree that knows where secrets are, and becomes YAML that reads back as the same.

use std::collections::BTreeMap;

use evenkeel_core::field::Field;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_saphyr::{FlowMap, FlowSeq};

/// A file of values.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The file's name, such as `40-keycloak.yaml`.
    pub name: &'static str,
    /// What is in it, as a comment at its top.
    pub title: &'static str,
    /// What is there and not in this file, as comments.
    pub remarks: Vec<String>,
    /// The values.
    pub content: Node,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Nothing: takes away what is implied.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// A secret, in the environment variable of this name.
    Secret(String),
    /// A list.
    List(Vec<Self>),
    /// A map. The keys by which an object is known come first, the others by name.
    Map(BTreeMap<String, Self>),
}

/// The keys by which people know an object, in the order in which they come first in its map.
const FIRST: [&str; 8] = ["platform", "clientId", "alias", "email", "name", "displayName", "firstName", "lastName"];

/// A list of short texts stands in one line up to this many characters.
const LINE: usize = 80;

impl Node {
    /// A map of these; `None` values are left out.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Option<Self>)>) -> Self {
        Self::Map(entries.into_iter().filter_map(|(key, value)| Some((key.into(), value?))).collect())
    }

    /// A list that is not empty.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Option<Self> {
        (!items.is_empty()).then_some(Self::List(items))
    }

    /// A text that is not empty.
    #[must_use]
    pub fn text(text: Option<&String>) -> Option<Self> {
        text.filter(|text| !text.is_empty()).cloned().map(Self::Text)
    }

    /// A list of texts.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// A field tree as a value; `secret` gives the variable for a secret at a path, and whatever holds no value is
    /// left out.
    pub fn of(
        field: &Field,
        path: &str,
        secret: &mut impl FnMut(&str, &secrecy::SecretString) -> String,
    ) -> Option<Self> {
        Some(match field {
            Field::Null | Field::Unknown => return None,
            Field::Bool(value) => Self::Bool(*value),
            Field::Number(number) => Self::Number(number.clone()),
            Field::Text(text) => Self::Text(text.clone()),
            Field::Secret(text) => Self::Secret(secret(path, text)),
            Field::List(items) => Self::List(items.iter().filter_map(|item| Self::of(item, path, secret)).collect()),
            Field::Map(fields) => {
                let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                let entries =
                    fields.iter().filter_map(|(key, field)| Some((key.clone(), Self::of(field, &below(key), secret)?)));
                Self::Map(entries.collect())
            }
        })
    }

    /// This value, unless there is nothing in it.
    #[must_use]
    pub fn filled(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// This map with the entries of another, at every depth.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        match (self, other) {
            (Self::Map(mut entries), Self::Map(others)) => {
                for (key, value) in others {
                    let value = match entries.remove(&key) {
                        Some(there) => there.merged(value),
                        None => value,
                    };
                    entries.insert(key, value);
                }
                Self::Map(entries)
            }
            (_, other) => other,
        }
    }

    /// The values as YAML.
    ///
    /// # Errors
    ///
    /// When the serializer has no form for a value.
    pub fn yaml(&self) -> Result<String, serde_saphyr::ser_error::Error> {
        let options = serde_saphyr::ser_options! { compact_list_indent: false, folded_wrap_chars: usize::MAX };
        serde_saphyr::to_string_with_options(self, options)
    }

    fn is_short_list(items: &[Self]) -> bool {
        let length = |item: &Self| match item {
            Self::Text(text) if !text.contains(char::is_control) => Some(text.chars().count() + 2),
            _ => None,
        };
        let lengths: Option<Vec<usize>> = items.iter().map(length).collect();
        lengths.is_some_and(|lengths| lengths.iter().sum::<usize>() <= LINE)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Secret(variable) => FlowMap(BTreeMap::from([("fromEnv", variable)])).serialize(serializer),
            Self::List(items) if Self::is_short_list(items) => FlowSeq(items).serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for key in FIRST {
                    if let Some(value) = entries.get(key) {
                        map.serialize_entry(key, value)?;
                    }
                }
                for (key, value) in entries.iter().filter(|(key, _)| !FIRST.contains(&key.as_str())) {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Node {
        Node::Text(text.into())
    }

    #[test]
    fn keys_that_name_an_object_come_first_and_the_rest_by_name() {
        let node = Node::map([
            ("attributes", Some(Node::map([("b", Some(text("2"))), ("a", Some(text("no")))]))),
            ("clientId", Some(text("shop"))),
            ("secret", Some(Node::Secret("SHOP".into()))),
            ("redirectUris", Some(Node::texts(["https://a.example/*", "https://b.example/*"]))),
            ("none", None),
        ]);
        insta::assert_snapshot!(node.yaml().unwrap());
    }

    #[test]
    fn later_entries_are_laid_over_earlier_ones_at_every_depth() {
        let one = Node::map([("a", Some(Node::map([("x", Some(text("1"))), ("y", Some(text("2")))])))]);
        let two = Node::map([("a", Some(Node::map([("y", Some(text("3")))])))]);
        let both = Node::map([("a", Some(Node::map([("x", Some(text("1"))), ("y", Some(text("3")))])))]);
        assert_eq!(one.merged(two), both);
    }
}
