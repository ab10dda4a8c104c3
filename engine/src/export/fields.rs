//! The fields of a representation that values may declare.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names of the fields that a representation's schema has.
#[must_use]
pub fn declarable(schema: Option<&Value>) -> BTreeSet<String> {
    let properties = schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}
