//! Values under keys that the schema does not know.

use serde_json::Value;

use super::walk::{parts, property, resolved};
use crate::values::tree::{Content, Node};

/// Visits the value of every key that no part of the schema knows.
pub(super) fn values(schema: &Value, root: &Node, visit: &mut impl FnMut(&Node)) {
    walk(schema, &[schema], root, visit);
}

fn walk(root: &Value, schemas: &[&Value], node: &Node, visit: &mut impl FnMut(&Node)) {
    if !matches!(node.content, Content::Map(_) | Content::List(_)) {
        return;
    }
    let mut all = Vec::new();
    schemas.iter().for_each(|schema| flatten(root, schema, &mut all, 0));
    match &node.content {
        Content::Map(map) => {
            let closed = all.iter().any(|schema| schema.get("additionalProperties") == Some(&Value::Bool(false)));
            for (key, entry) in map.iter() {
                let known: Vec<_> = all.iter().filter_map(|schema| property(schema, key)).collect();
                if known.is_empty() && closed {
                    visit(&entry.value);
                } else {
                    walk(root, &known, &entry.value, visit);
                }
            }
        }
        Content::List(items) => {
            let known: Vec<_> = all.iter().filter_map(|schema| schema.get("items")).collect();
            items.iter().for_each(|item| walk(root, &known, item, visit));
        }
        _ => {}
    }
}

/// A schema with all its parts, references resolved.
fn flatten<'schema>(root: &'schema Value, schema: &'schema Value, all: &mut Vec<&'schema Value>, depth: usize) {
    let schema = resolved(root, schema);
    all.push(schema);
    if depth < 8 {
        parts(schema).for_each(|part| flatten(root, part, all, depth + 1));
    }
}
