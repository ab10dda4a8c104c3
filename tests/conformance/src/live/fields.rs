//! Fields of representations by the paths that a plan shows, and how a field is spoiled.

use serde_json::{Value, json};

/// The field at a plan's path: `config.claim.name`, `attributes[email].permissions.view`. A key may itself have dots: the
/// longest that is there counts. An element of a list is named by its `name`, or by its position.
pub fn field<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('[') {
        let (name, rest) = rest.split_once(']')?;
        let items = value.as_array_mut()?;
        let named = items.iter().position(|item| item["name"] == name);
        let position = named.or_else(|| name.parse().ok())?;
        return field(items.get_mut(position)?, rest.strip_prefix('.').unwrap_or(rest));
    }
    let fields = value.as_object_mut()?;
    let starts = |key: &&String| {
        path.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let key = fields.keys().filter(starts).max_by_key(|key| key.len())?.clone();
    let rest = &path[key.len()..];
    field(&mut fields[&key], rest.strip_prefix('.').unwrap_or(rest))
}

/// The name of the field at the top of the representation.
#[must_use]
pub fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// Another value of the same type.
///
/// A map is no field: it stays as it is.
#[must_use]
pub fn spoiled(value: &Value) -> Value {
    match value {
        Value::Bool(value) => (!value).into(),
        Value::Number(number) => (number.as_i64().unwrap_or_default() + 1).into(),
        Value::String(text) if text == "true" => "false".into(),
        Value::String(text) if text == "false" => "true".into(),
        Value::Array(items) if items.is_empty() => json!(["spoiled"]),
        Value::Array(items) => items[1..].into(),
        Value::String(_) | Value::Null => "spoiled".into(),
        Value::Object(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_plan_leads_to_its_field() {
        let mut value = json!({
            "config": {"claim": {}, "claim.name": "sub"},
            "attributes": [{"name": "email", "permissions": {"view": ["admin"]}}],
            "urls": ["a"],
        });
        for (path, expected) in [
            ("config.claim.name", json!("sub")),
            ("attributes[email].permissions.view", json!(["admin"])),
            ("urls[0]", json!("a")),
        ] {
            assert_eq!(field(&mut value, path), Some(&mut expected.clone()), "{path}");
        }
        for path in ["config.name", "attributes[sub]", "urls[1]", "url"] {
            assert_eq!(field(&mut value, path), None, "{path}");
        }
    }

    #[test]
    fn a_spoiled_value_is_another_one() {
        for value in [json!(true), json!(7), json!("a"), json!("true"), json!([]), json!(["a"]), json!(null)] {
            assert_ne!(spoiled(&value), value);
        }
    }
}
