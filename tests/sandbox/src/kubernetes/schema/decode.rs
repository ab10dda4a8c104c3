//! Reads a body as an object of its type: refuses values that do not fit, collects fields that are not known, and brings the
//! rest into the form in which it is stored and shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Field, Shape};
use crate::kubernetes::time::{Precision, canonical};

/// An object in its stored form.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) value: Value,
    /// Paths of fields that the type does not have, such as `imagePullSecrets[0].$patch`.
    pub(crate) unknown: Vec<String>,
}

/// Reads `value` as an object of the type. The error is the first thing that does not fit, in the real server's words.
pub(crate) fn decode(name: &str, value: Value) -> Result<Decoded, String> {
    let mut decoder = Decoder { unknown: Vec::new() };
    let place = Place { of: name, path: String::new(), fields: String::new() };
    let value = decoder.value(&Shape::of(name), value, &place, false)?;
    Ok(Decoded { value: value.unwrap_or_else(|| json!({})), unknown: decoder.unknown })
}

struct Decoder {
    unknown: Vec<String>,
}

/// Where a value stands.
struct Place<'a> {
    /// The innermost type.
    of: &'a str,
    /// With indices.
    path: String,
    /// Names of fields only.
    fields: String,
}

impl Place<'_> {
    fn misfit(&self, value: &Value, shape: &Shape) -> String {
        let found = match value {
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if matches!(shape, Shape::Integer { .. }) => format!("number {number}"),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) | Value::Null => "object".to_owned(),
        };
        let dot = if self.fields.is_empty() { "" } else { "." };
        let wanted = shape.type_name();
        format!("json: cannot unmarshal {found} into Go struct field {}{dot}{} of type {wanted}", self.of, self.fields)
    }
}

fn dotted(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Decoder {
    /// The value in its stored form, or `None` where it says nothing.
    fn value(
        &mut self,
        shape: &Shape,
        value: Value,
        place: &Place<'_>,
        optional: bool,
    ) -> Result<Option<Value>, String> {
        let kept = |value: Value, zero: bool| Ok((optional || !zero).then_some(value));
        match (shape, value) {
            (_, Value::Null) => Ok(None),
            (Shape::Any, value) => Ok(Some(value)),
            (Shape::Text, Value::String(text)) => {
                let zero = text.is_empty();
                kept(text.into(), zero)
            }
            (Shape::Bool, Value::Bool(flag)) => kept(flag.into(), !flag),
            (Shape::Integer { bits }, Value::Number(number)) => {
                let fits = number.as_i64().is_some_and(|number| *bits == 64 || i32::try_from(number).is_ok());
                let zero = number.as_i64() == Some(0);
                let value = Value::Number(number);
                if fits { kept(value, zero) } else { Err(place.misfit(&value, shape)) }
            }
            (Shape::IntegerOrText, value @ (Value::String(_) | Value::Number(_))) => Ok(Some(value)),
            (Shape::Bytes, Value::String(text)) => bytes(&text).map(|text| Some(text.into())),
            (Shape::Time, Value::String(text)) => canonical(&text, Precision::Seconds).map(|time| Some(time.into())),
            (Shape::MicroTime, Value::String(text)) => {
                canonical(&text, Precision::Microseconds).map(|time| Some(time.into()))
            }
            (Shape::Map { values, .. }, Value::Object(entries)) => {
                let entries = self.map(values, entries, place)?;
                let zero = entries.is_empty();
                kept(entries.into(), zero)
            }
            (Shape::List { items, .. }, Value::Array(list)) => {
                let list = self.list(items, list, place)?;
                let zero = list.is_empty();
                kept(list.into(), zero)
            }
            (Shape::Object { name, .. }, Value::Object(entries)) => {
                self.object(shape, name, entries, place).map(|object| Some(object.into()))
            }
            (shape, value) => Err(place.misfit(&value, shape)),
        }
    }

    fn map(
        &mut self,
        shape: &Shape,
        entries: Map<String, Value>,
        place: &Place<'_>,
    ) -> Result<Map<String, Value>, String> {
        let mut read = Map::new();
        for (key, value) in entries {
            let below = Place { of: place.of, path: dotted(&place.path, &key), fields: place.fields.clone() };
            // an entry with a zero is an entry
            if let Some(value) = self.value(shape, value, &below, true)? {
                read.insert(key, value);
            } else if matches!(shape, Shape::Text | Shape::Bytes) {
                read.insert(key, "".into());
            }
        }
        Ok(read)
    }

    fn list(&mut self, shape: &Shape, list: Vec<Value>, place: &Place<'_>) -> Result<Vec<Value>, String> {
        let mut read = Vec::with_capacity(list.len());
        for (index, value) in list.into_iter().enumerate() {
            let path = format!("{}[{index}]", place.path);
            let below = Place { of: place.of, path, fields: place.fields.clone() };
            read.extend(self.value(shape, value, &below, true)?);
        }
        Ok(read)
    }

    fn object(
        &mut self,
        shape: &Shape,
        name: &str,
        mut entries: Map<String, Value>,
        place: &Place<'_>,
    ) -> Result<Map<String, Value>, String> {
        let mut read = Map::new();
        let Some(fields) = shape.fields() else { return Ok(entries) };
        for (key, field) in fields.iter().filter(|(key, _)| *key != "*") {
            let below = Place { of: name, path: dotted(&place.path, key), fields: dotted(&place.fields, key) };
            let value = entries.remove(key).unwrap_or_default();
            match self.value(&field.shape, value, &below, field.optional)? {
                Some(value) => {
                    read.insert(key.clone(), value);
                }
                None if field.always => {
                    read.insert(key.clone(), self.nothing(field, &below)?);
                }
                None => {}
            }
        }
        match fields.contains_key("*") {
            true => read.extend(entries.into_iter().filter(|(_, value)| !value.is_null())),
            // kind and version of the whole object are looked at elsewhere
            false => self.unknown.extend(
                entries
                    .keys()
                    .filter(|key| !place.path.is_empty() || !["kind", "apiVersion"].contains(&key.as_str()))
                    .map(|key| dotted(&place.path, key)),
            ),
        }
        Ok(read)
    }

    /// What is shown of a field that is always shown and has no value.
    fn nothing(&mut self, field: &Field, place: &Place<'_>) -> Result<Value, String> {
        match &field.shape {
            Shape::Object { name, .. } => self.object(&field.shape, name, Map::new(), place).map(Value::Object),
            Shape::Any => Ok(json!({})),
            Shape::Text => Ok("".into()),
            Shape::Bool => Ok(false.into()),
            _ => Ok(Value::Null),
        }
    }
}

/// Base64 in its one form.
fn bytes(text: &str) -> Result<String, String> {
    let clean: String = text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
    match STANDARD.decode(&clean) {
        Ok(_) => Ok(clean),
        Err(error) => {
            let place = match error {
                base64::DecodeError::InvalidByte(place, _) | base64::DecodeError::InvalidLastSymbol(place, _) => place,
                _ => clean.len() - clean.len() % 4,
            };
            Err(format!("illegal base64 data at input byte {place}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, value: Value) -> String {
        decode(name, value).unwrap_err()
    }

    #[test]
    fn what_says_nothing_is_left_out_and_a_zero_behind_a_pointer_is_not() {
        let secret = decode("Secret", json!({"metadata": {"labels": {}}, "data": {}, "type": "", "immutable": false}));
        assert_eq!(secret.unwrap().value, json!({"metadata": {}, "immutable": false}));
        let lease = decode("Lease", json!({"spec": {"holderIdentity": "", "leaseTransitions": 0}})).unwrap();
        assert_eq!(lease.value, json!({"metadata": {}, "spec": {"holderIdentity": "", "leaseTransitions": 0}}));
    }

    #[test]
    fn a_misfit_is_told_in_the_words_of_the_server() {
        let went = "json: cannot unmarshal string into Go struct field Secret.data of type map[string][]uint8";
        assert_eq!(refused("Secret", json!({"data": "text"})), went);
        let went = "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string";
        assert_eq!(refused("Secret", json!({"metadata": {"labels": {"a": 1}}})), went);
        assert_eq!(refused("Secret", json!({"data": {"x": "not base64!"}})), "illegal base64 data at input byte 3");
    }

    #[test]
    fn unknown_fields_are_named_by_their_place() {
        let account =
            decode("ServiceAccount", json!({"imagePullSecrets": [{"$patch": "delete", "name": "a"}], "x": 1}));
        assert_eq!(account.unwrap().unknown, ["imagePullSecrets[0].$patch", "x"]);
    }
}
