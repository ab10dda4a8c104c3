//! Namespaces.

use serde_json::{Value, json};

/// Its own name as a label, so that selectors can name it.
pub(super) fn default(namespace: &mut Value) {
    if let Some(name) = namespace["metadata"]["name"].as_str().map(str::to_owned).filter(|name| !name.is_empty()) {
        namespace["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.into();
    }
}

pub(super) fn prepare(namespace: &mut Value) {
    namespace["spec"] = json!({"finalizers": ["kubernetes"]});
    namespace["status"] = json!({"phase": "Active"});
}

/// Only `finalize` changes the finalizers of the spec.
pub(super) fn keep(old: &Value, new: &mut Value) {
    new["spec"] = old["spec"].clone();
}
