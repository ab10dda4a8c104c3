//! Reading a JSON body as the real server does: unknown keys and nulls are dropped, scalars are not coerced, and the first
//! value of another type is named by its struct and path.

use serde_json::error::Category;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// One object of the API: what the server calls it, and its fields.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [(&'static str, Shape)],
}

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Shape {
    Text,
    Whole,
    Flag,
    Any,
    List(&'static Shape),
    /// Values of one shape under any keys.
    Map(&'static Shape),
    Object(&'static Model),
}

impl Shape {
    /// The type's name in the server's language.
    fn name(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Whole => "int64".to_owned(),
            Self::Flag => "bool".to_owned(),
            Self::Any => "interface {}".to_owned(),
            Self::List(element) => format!("[]{}", element.name()),
            Self::Map(element) => format!("map[string]{}", element.name()),
            Self::Object(model) => format!("models.{}", model.name),
        }
    }
}

/// Reads the body, or says why it cannot be read.
pub(crate) fn read(body: &[u8], model: &'static Model) -> Result<Map<String, Value>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| syntax(body, &error))?;
    match fitted(value, &Shape::Object(model), model, "")? {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

/// The value without what the model lacks; `None` for null.
fn fitted(value: Value, shape: &Shape, owner: &Model, path: &str) -> Result<Option<Value>, String> {
    let fits = match (&value, shape) {
        (Value::Null, _) => return Ok(None),
        (_, Shape::Any) | (Value::String(_), Shape::Text) | (Value::Bool(_), Shape::Flag) => true,
        (Value::Number(number), Shape::Whole) => number.is_i64(),
        _ => false,
    };
    if fits {
        return Ok(Some(value));
    }
    match (value, shape) {
        (Value::Object(entries), Shape::Object(model)) => {
            let mut fields = Map::new();
            for (key, value) in entries {
                let Some((_, shape)) = model.fields.iter().find(|(name, _)| *name == key) else { continue };
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if let Some(value) = fitted(value, shape, model, &below)? {
                    fields.insert(key, value);
                }
            }
            Ok(Some(Value::Object(fields)))
        }
        (Value::Object(entries), Shape::Map(shape)) => {
            let mut fields = Map::new();
            for (key, value) in entries {
                fields.insert(key, fitted(value, shape, owner, path)?.unwrap_or(Value::Null));
            }
            Ok(Some(Value::Object(fields)))
        }
        (Value::Array(items), Shape::List(shape)) => {
            let mut list = Vec::with_capacity(items.len());
            for item in items {
                list.extend(fitted(item, shape, owner, path)?);
            }
            Ok(Some(Value::Array(list)))
        }
        (value, shape) => Err(mismatch(&value, shape, owner, path)),
    }
}

fn mismatch(value: &Value, shape: &Shape, owner: &Model, path: &str) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let mut text = format!("json: cannot unmarshal {kind} into Go ");
    // writing into a String cannot fail
    let _ = if path.is_empty() {
        write!(text, "value of type {}", shape.name())
    } else {
        write!(text, "struct field {}.{path} of type {}", owner.name, shape.name())
    };
    text
}

/// What the server's parser says where ours stopped.
fn syntax(body: &[u8], error: &serde_json::Error) -> String {
    if error.classify() == Category::Eof {
        return "unexpected EOF".to_owned();
    }
    let text = error.to_string();
    let place = [
        ("key must be a string", "looking for beginning of object key string"),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("trailing characters", "after top-level value"),
    ];
    let place =
        place.iter().find(|(ours, _)| text.starts_with(ours)).map_or("looking for beginning of value", |place| place.1);
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    let line = lines.get(error.line().saturating_sub(1)).copied().unwrap_or_default();
    let character = line.get(error.column().saturating_sub(1)).map_or('?', |byte| char::from(*byte));
    format!("invalid character '{character}' {place}")
}

/// A text field.
pub(crate) fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number; absent is 0.
pub(crate) fn whole(fields: &Map<String, Value>, name: &str) -> i64 {
    fields.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// A boolean; absent is false.
pub(crate) fn flag(fields: &Map<String, Value>, name: &str) -> bool {
    fields.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// An object; absent is empty.
pub(crate) fn object<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    fields.get(name).and_then(Value::as_object)
}

/// The elements of a list; absent is empty.
pub(crate) fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    fields.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The fields that are not empty: the server leaves out empty texts, false and zero where it marks them so.
pub(crate) fn without_empty(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    let filled = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0),
        _ => true,
    };
    fields.into_iter().filter(|(_, value)| filled(value)).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Model = Model { name: "Inner", fields: &[("flag", Shape::Flag), ("name", Shape::Text)] };
    const OUTER: Model = Model {
        name: "Outer",
        fields: &[
            ("inner", Shape::Object(&INNER)),
            ("sizes", Shape::Map(&Shape::Whole)),
            ("list", Shape::List(&Shape::Object(&INNER))),
        ],
    };

    fn refusal(body: &str) -> String {
        read(body.as_bytes(), &OUTER).expect_err("not read")
    }

    #[test]
    fn a_value_of_another_type_is_named_by_struct_and_path() {
        assert_eq!(
            refusal(r#"{"inner": {"name": true}}"#),
            "json: cannot unmarshal bool into Go struct field Inner.inner.name of type string"
        );
        assert_eq!(
            refusal(r#"{"sizes": {"a": "1"}}"#),
            "json: cannot unmarshal string into Go struct field Outer.sizes of type int64"
        );
        assert_eq!(refusal("[]"), "json: cannot unmarshal array into Go value of type models.Outer");
    }

    #[test]
    fn what_is_no_json_is_told_as_the_server_tells_it() {
        assert_eq!(refusal("["), "unexpected EOF");
        assert_eq!(refusal("{not json"), "invalid character 'n' looking for beginning of object key string");
        assert_eq!(refusal("x"), "invalid character 'x' looking for beginning of value");
    }

    #[test]
    fn unknown_keys_and_nulls_are_dropped() {
        let read = read(br#"{"colour": 1, "inner": {"flag": null, "name": "x", "y": 1}}"#, &OUTER).expect("read");
        assert_eq!(Value::Object(read), serde_json::json!({"inner": {"name": "x"}}));
    }
}
