//! What was answered to a step.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::present;

/// What was answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All status codes of requests that were sent at once, sorted.
    #[serde(default)]
    pub statuses: Option<Vec<u16>>,
    /// The headers that belong to the contract, in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body; an answer `null` is not the same as no body.
    #[serde(default, deserialize_with = "present")]
    pub body: Option<Value>,
    /// Says that the body is no JSON.
    #[serde(default)]
    pub body_is: Option<BodyIs>,
    /// The only parts that were recorded of the body. Bodies of failures are always whole.
    #[serde(default)]
    pub keep: Option<Keep>,
    /// Whether the body belongs to the contract.
    #[serde(default = "yes")]
    pub keep_body: bool,
    /// The length of the body or of the list at `count_at`; null where the body was null.
    #[serde(default, deserialize_with = "present")]
    pub count: Option<Option<usize>>,
    /// Where the list is that `count` counts.
    #[serde(default)]
    pub count_at: Option<String>,
    /// Seconds that the answer took at least.
    #[serde(default)]
    pub takes: Option<f64>,
    /// The recorded claims of the token in the answer.
    #[serde(default)]
    pub claims: Option<Map<String, Value>>,
    /// Longer texts of the body were cut after that many characters.
    #[serde(default)]
    pub shorten: Option<usize>,
}

fn yes() -> bool {
    true
}

/// What a body is that is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyIs {
    /// Text. Where the content type is that of JSON, a JSON text.
    Text,
}

/// Which parts of a body were recorded: keys of the body or of each of its elements, and pointers, in which `*` is every
/// element of a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Keep(BTreeSet<String>);

impl Keep {
    /// The recorded parts of an answered body, in their places.
    pub(crate) fn of(&self, body: &Value) -> Value {
        match body {
            Value::Array(items) => Value::Array(items.iter().map(|item| self.of_element(body, item)).collect()),
            other => self.of_element(other, other),
        }
    }

    /// Of one element, or of the body itself. Pointers start at the body, so that in a list `*` is their first segment.
    fn of_element(&self, body: &Value, element: &Value) -> Value {
        if !element.is_object() {
            return element.clone();
        }
        let mut kept = Value::Object(Map::new());
        for part in &self.0 {
            let path: Vec<&str> = match part.strip_prefix('/') {
                Some(pointer) => pointer.split('/').skip(usize::from(body.is_array())).collect(),
                None => vec![part.as_str()],
            };
            if let Some(found) = part_at(&path, element) {
                merge(&mut kept, found);
            }
        }
        kept
    }
}

/// What is at `path`, inside of the objects and lists that lead to it.
fn part_at(path: &[&str], value: &Value) -> Option<Value> {
    let Some((segment, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    match value {
        Value::Array(items) if *segment == "*" => {
            let empty = || Value::Object(Map::new());
            Some(Value::Array(items.iter().map(|item| part_at(rest, item).unwrap_or_else(empty)).collect()))
        }
        Value::Object(entries) => {
            let key = segment.replace("~1", "/").replace("~0", "~");
            // what holds the missing part was recorded, empty
            let Some(within) = entries.get(&key) else {
                return Some(Value::Object(Map::new()));
            };
            let found = part_at(rest, within)?;
            Some(Value::Object(Map::from_iter([(key, found)])))
        }
        _ => None,
    }
}

/// Puts two parts of one body together.
fn merge(into: &mut Value, part: Value) {
    match (into, part) {
        (Value::Object(into), Value::Object(part)) => {
            for (key, value) in part {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(part)) if into.len() == part.len() => {
            into.iter_mut().zip(part).for_each(|(into, part)| merge(into, part));
        }
        (into, part) => *into = part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(keep: &Value, body: &Value) -> Value {
        serde_json::from_value::<Keep>(keep.clone()).expect("keys").of(body)
    }

    #[test]
    fn keys_are_kept_of_the_body_or_of_each_element() {
        assert_eq!(kept(&json!(["a"]), &json!({"a": {"x": 1}, "b": 2})), json!({"a": {"x": 1}}));
        assert_eq!(kept(&json!(["a"]), &json!([{"a": 1, "b": 2}, {"b": 3}])), json!([{"a": 1}, {}]));
    }

    #[test]
    fn pointers_are_kept_in_their_places() {
        let body =
            json!({"items": [{"metadata": {"name": "a", "uid": "1"}}, {"metadata": {"uid": "2"}}], "kind": "List"});
        assert_eq!(
            kept(&json!(["kind", "/items/*/metadata/name"]), &body),
            json!({"items": [{"metadata": {"name": "a"}}, {"metadata": {}}], "kind": "List"})
        );
        let list = json!([{"type": "IMAGE", "size": 1, "tags": [{"name": "1", "id": 2}]}]);
        assert_eq!(
            kept(&json!(["/*/type", "/*/tags/*/name"]), &list),
            json!([{"type": "IMAGE", "tags": [{"name": "1"}]}])
        );
        assert_eq!(kept(&json!(["/a/b~1c"]), &json!({"a": {"b/c": 1}})), json!({"a": {"b/c": 1}}));
    }

    #[test]
    fn what_is_not_there_is_not_kept() {
        assert_eq!(kept(&json!(["/a/b", "c"]), &json!({"a": 1})), json!({}));
        assert_eq!(kept(&json!(["/a/b", "c"]), &json!({"a": {"x": 1}})), json!({"a": {}}));
    }
}
