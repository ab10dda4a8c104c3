//! JSON Schemas of the representations that people declare.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

/// Made by the build script from the same document as the client.
static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/schemas.json"));
    // The build script has just written it as JSON; a test holds that nothing is missing.
    serde_json::from_str(text).unwrap_or_default()
});

/// The JSON Schema (draft 2020-12) of a representation that people declare, such as `Configurations`, or `None` for any other
/// name.
///
/// It stands alone (`$defs` is inside) and takes named properties only. A secret is marked `"x-secret": true`.
#[must_use]
pub fn json_schema(name: &str) -> Option<Value> {
    SCHEMAS.get(name).cloned()
}
