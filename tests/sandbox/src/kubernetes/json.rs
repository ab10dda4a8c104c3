//! JSON and YAML bodies as the API server reads them: keys that stand twice are noticed, and what cannot be read is explained
//! in the words of its decoder, which clients show to people.

mod syntax;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

pub(crate) use syntax::{quoted, why_not_json};

/// A body that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    /// Paths of keys that stood more than once, such as `data.a`; the last one counts.
    pub(crate) twice: Vec<String>,
}

/// Reads JSON. The error is what the real server says of it.
pub(crate) fn parse(text: &[u8]) -> Result<Parsed, String> {
    let twice = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_slice(text);
    let place = Place { path: String::new(), twice: &twice };
    let value = place.deserialize(&mut reader).ok().filter(|_| reader.end().is_ok());
    match value {
        Some(value) => Ok(Parsed { value, twice: twice.into_inner() }),
        None => Err(why_not_json(text)),
    }
}

/// Reads YAML, of which JSON is a part.
pub(crate) fn parse_yaml(text: &[u8]) -> Result<Parsed, String> {
    if let Ok(parsed) = parse(text) {
        return Ok(parsed);
    }
    let text = std::str::from_utf8(text).map_err(|_| "yaml: invalid UTF-8".to_owned())?;
    serde_saphyr::from_str::<Value>(text)
        .map(|value| Parsed { value, twice: Vec::new() })
        .map_err(|_| "error converting YAML to JSON: yaml: did not find expected node content".to_owned())
}

/// Where in the document a value stands.
struct Place<'a> {
    path: String,
    twice: &'a RefCell<Vec<String>>,
}

impl Place<'_> {
    fn key(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Place { path, twice: self.twice }
    }

    fn index(&self, index: usize) -> Self {
        Place { path: format!("{}[{index}]", self.path), twice: self.twice }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.index(list.len()))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = self.key(&key);
            if object.contains_key(&key) {
                self.twice.borrow_mut().push(place.path.clone());
            }
            let value = entries.next_value_seed(place)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_of_two_equal_keys_counts_and_is_named() {
        let parsed = parse(br#"{"data":{"a":"1","b":[{"x":1,"x":2}],"a":"2"}}"#).unwrap();
        assert_eq!(parsed.value, json!({"data": {"a": "2", "b": [{"x": 2}]}}));
        assert_eq!(parsed.twice, ["data.b[0].x", "data.a"]);
    }

    #[test]
    fn yaml_is_read_as_json_is() {
        let parsed = parse_yaml(b"metadata:\n  name: yaml\ndata:\n  a: b25l\n").unwrap();
        assert_eq!(parsed.value, json!({"metadata": {"name": "yaml"}, "data": {"a": "b25l"}}));
    }
}
