//! [`Field`] into a type, by `serde`: what `serializer` does, the other way round.
//!
//! A secret goes from its place in the tree straight into the visitor of the type, which the secret types of the clients take it
//! from. Where the type wants a plain text, such as a key of an application's own map of settings, it gets one.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::de::{
    self, Deserializer, IntoDeserializer, Visitor,
    value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer, StringDeserializer},
};

use super::Field;

/// The tree does not fit the type. The parser's own words are dropped, because they quote values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the fields do not fit the type")]
pub struct Misfit;

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// One tree, to be taken apart.
pub(super) struct FieldDeserializer(pub(super) Field);

impl IntoDeserializer<'_, Misfit> for FieldDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for FieldDeserializer {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Field::Null => visitor.visit_unit(),
            Field::Bool(value) => visitor.visit_bool(value),
            Field::Number(number) => visit_number(&number, visitor),
            Field::Text(text) => visitor.visit_string(text),
            Field::Secret(secret) => visit_secret(&secret, visitor),
            // Nobody can say what a type would hold there.
            Field::Unknown => Err(Misfit),
            Field::List(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(FieldDeserializer));
                let read = visitor.visit_seq(&mut items)?;
                items.end().map(|()| read)
            }
            Field::Map(fields) => {
                let mut fields = MapDeserializer::new(entries(fields));
                let read = visitor.visit_map(&mut fields)?;
                fields.end().map(|()| read)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Field::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Field::Text(variant) => visitor.visit_enum(StringDeserializer::new(variant)),
            Field::Map(fields) => visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(entries(fields)))),
            _ => Err(Misfit),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier
    }
}

fn entries(fields: BTreeMap<String, Field>) -> impl Iterator<Item = (String, FieldDeserializer)> {
    fields.into_iter().map(|(key, field)| (key, FieldDeserializer(field)))
}

fn visit_number<'de, V: Visitor<'de>>(number: &serde_json::Number, visitor: V) -> Result<V::Value, Misfit> {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(number), _, _) => visitor.visit_u64(number),
        (None, Some(number), _) => visitor.visit_i64(number),
        (None, None, Some(number)) => visitor.visit_f64(number),
        (None, None, None) => Err(Misfit),
    }
}

#[expect(clippy::disallowed_methods, reason = "the text goes into the type that is sent")]
fn visit_secret<'de, V: Visitor<'de>>(secret: &SecretString, visitor: V) -> Result<V::Value, Misfit> {
    visitor.visit_str(secret.expose_secret())
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// As the clients' secret type: known by its name when it is written, an ordinary text when it is read.
    #[derive(Debug, Deserialize)]
    struct Secret(SecretString);

    impl Serialize for Secret {
        #[expect(clippy::disallowed_methods, reason = "the test looks at what it made up itself")]
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_newtype_struct(super::super::SECRET_MARKER, self.0.expose_secret())
        }
    }

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Client {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        secret: Option<Secret>,
        #[serde(skip_serializing_if = "Option::is_none")]
        lifetime: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ratio: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        scopes: Option<Vec<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        config: Option<BTreeMap<String, String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        anything: Option<serde_json::Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Public,
    }

    fn map<const N: usize>(fields: [(&str, Field); N]) -> Field {
        Field::Map(fields.map(|(key, field)| (key.to_owned(), field)).into())
    }

    #[test]
    fn a_secret_is_one_from_the_tree_to_the_type_and_back() {
        let client: Client = map([("secret", Field::Secret("canary".into()))]).into_typed().unwrap();
        let tree = Field::of(&client).unwrap();
        assert!(matches!(tree.get("secret"), Some(Field::Secret(_))));
        assert_eq!(tree.get("secret"), Some(&Field::Text("canary".to_owned())));
    }

    #[test]
    fn a_type_that_wants_a_plain_text_gets_the_text_of_a_secret() {
        let config = map([("clientSecret", Field::Secret("canary".into()))]);
        let client: Client = map([("name", Field::Secret("a".into())), ("config", config)]).into_typed().unwrap();
        assert_eq!(client.name.as_deref(), Some("a"));
        assert_eq!(client.config.unwrap()["clientSecret"], "canary");
    }

    #[test]
    fn what_a_type_is_written_as_is_what_it_is_read_from() {
        let fields = serde_json::json!({
            "name": "otomi", "lifetime": -1, "ratio": 0.5, "scopes": ["a"], "config": {"a": "b"}, "kind": "public",
            "anything": [null, {"a": true, "b": 1}],
        });
        let client: Client = Field::from(fields.clone()).into_typed().unwrap();
        assert_eq!(serde_json::to_value(&client).unwrap(), fields);
        assert_eq!(Field::of(&client).unwrap(), Field::from(fields));
        let whole: Client = map([("ratio", Field::Number(1.into())), ("name", Field::Null)]).into_typed().unwrap();
        assert_eq!((whole.ratio, whole.name), (Some(1.0), None));
    }

    #[test]
    fn what_does_not_fit_is_told_without_what_it_was() {
        let misfit = map([("lifetime", Field::Secret("canary".into()))]).into_typed::<Client>().unwrap_err();
        assert_eq!(format!("{misfit} {misfit:?}"), "the fields do not fit the type Misfit");
        assert!(map([("name", Field::Unknown)]).into_typed::<Client>().is_err());
    }
}
