//! The three ways to patch an object that are no apply.

mod json_patch;
mod strategic;

use serde_json::{Map, Value};

use super::answer::Failure;
use super::json::parse;
use super::schema::Shape;

/// A patch by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl Style {
    pub(crate) fn of(content_type: &str) -> Option<Self> {
        match content_type {
            "application/json-patch+json" => Some(Self::Json),
            "application/merge-patch+json" => Some(Self::Merge),
            "application/strategic-merge-patch+json" => Some(Self::Strategic),
            "application/apply-patch+yaml" => Some(Self::Apply),
            _ => None,
        }
    }
}

/// A patch that was read, and the keys that stood in it twice.
#[derive(Debug)]
pub(crate) struct Patch {
    style: Style,
    value: Value,
    pub(crate) twice: Vec<String>,
}

impl Patch {
    pub(crate) fn read(style: Style, body: &[u8]) -> Result<Self, Failure> {
        let parsed = parse(body).map_err(|why| Failure::bad_request(format!("error decoding patch: {why}")))?;
        let fits = if style == Style::Json { parsed.value.is_array() } else { parsed.value.is_object() };
        if !fits {
            let wanted = if style == Style::Json { "jsonpatch.Patch" } else { "map[string]interface {}" };
            let found = if parsed.value.is_array() { "array" } else { "object" };
            let why = format!("json: cannot unmarshal {found} into Go value of type {wanted}");
            return Err(Failure::bad_request(format!("error decoding patch: {why}")));
        }
        Ok(Self { style, value: parsed.value, twice: parsed.twice })
    }

    /// The patched object.
    pub(crate) fn apply(&self, shape: &Shape, object: Value) -> Result<Value, Failure> {
        match self.style {
            Style::Json => json_patch::apply(object, &self.value).ok_or_else(Failure::unprocessable),
            Style::Strategic => Ok(strategic::apply(shape, object, &self.value)),
            Style::Merge | Style::Apply => Ok(merged(object, &self.value)),
        }
    }

    /// The patch as messages about its result show it.
    pub(crate) fn shown(&self, patched: &Value) -> String {
        match self.style {
            Style::Strategic => self.value.to_string(),
            _ => patched.to_string(),
        }
    }
}

/// RFC 7396.
fn merged(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Value::Object(entries) => entries,
        _ => Map::new(),
    };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            let before = target.remove(key).unwrap_or_default();
            target.insert(key.clone(), merged(before, value));
        }
    }
    target.into()
}
