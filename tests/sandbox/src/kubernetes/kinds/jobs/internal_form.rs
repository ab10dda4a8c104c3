//! Parts of a job as messages show them that come from the server's own types: Go's names of fields, in Go's order, and
//! absent fields too.

use serde_json::Value;

use crate::kubernetes::json::quoted;

/// A field of one of the server's own types.
pub(super) struct Field {
    key: &'static str,
    /// What is shown where it is absent.
    absent: &'static str,
    /// The fields of the objects in it, as far as they are known here; others follow as they come.
    fields: &'static [Field],
}

const fn field(key: &'static str, absent: &'static str) -> Field {
    Field { key, absent, fields: &[] }
}

const fn objects(key: &'static str, fields: &'static [Field]) -> Field {
    Field { key, absent: "null", fields }
}

const CONTAINER: &[Field] = &[
    field("name", "\"\""),
    field("image", "\"\""),
    field("command", "null"),
    field("args", "null"),
    field("workingDir", "\"\""),
    field("ports", "null"),
];

/// A pod's spec.
pub(super) const POD_SPEC: &[Field] =
    &[field("volumes", "null"), objects("initContainers", CONTAINER), objects("containers", CONTAINER)];

/// A policy for failures of pods.
pub(super) const POD_FAILURE_POLICY: &[Field] = &[objects(
    "rules",
    &[
        field("action", "\"\""),
        objects("onExitCodes", &[field("containerName", "null"), field("operator", "\"\""), field("values", "null")]),
        field("onPodConditions", "null"),
    ],
)];

/// A policy for successes.
pub(super) const SUCCESS_POLICY: &[Field] =
    &[objects("rules", &[field("succeededIndexes", "null"), field("succeededCount", "null")])];

/// A value of that type.
pub(super) fn shown(value: &Value, fields: &[Field]) -> String {
    let object = match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(item, fields)).collect();
            return format!("[{}]", items.join(","));
        }
        Value::Object(object) if !fields.is_empty() => object,
        other => return other.to_string(),
    };
    let known = fields.iter().map(|field| {
        let value = object.get(field.key).map_or_else(|| field.absent.to_owned(), |value| shown(value, field.fields));
        format!("{}:{value}", quoted(&capitalised(field.key)))
    });
    let others = object.iter().filter(|(key, _)| fields.iter().all(|field| field.key != key.as_str()));
    let others = others.map(|(key, value)| format!("{}:{value}", quoted(&capitalised(key))));
    format!("{{{}}}", known.chain(others).collect::<Vec<_>>().join(","))
}

fn capitalised(key: &str) -> String {
    let mut characters = key.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}
