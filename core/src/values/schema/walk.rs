//! The schema and a tree walked side by side.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::values::compose::is_secret_name;
use crate::values::path::{Step, ValuePath};
use crate::values::tree::{Content, Node};

/// Visits every value that stands where the schema, or the name of its key in a representation, wants a secret.
pub(super) fn secrets(schema: &Value, root: &Node, visit: &mut impl FnMut(&Node, &ValuePath)) {
    let mut walk = Walk { root: schema, path: ValuePath::root(), known: HashMap::new(), visit };
    walk.value(schema, root, false);
}

/// The schema that a `$ref` names, or the schema itself.
pub(super) fn resolved<'schema>(root: &'schema Value, schema: &'schema Value) -> &'schema Value {
    let mut schema = schema;
    // a chain longer than this is a circle
    for _ in 0..16 {
        match definition(root, schema) {
            Some(target) => schema = target,
            None => return schema,
        }
    }
    schema
}

/// The definition that a schema refers to.
fn definition<'schema>(root: &'schema Value, schema: &Value) -> Option<&'schema Value> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    root.get("$defs")?.get(name)
}

/// The alternatives and parts of a schema that speak of the same value.
pub(super) fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten()
}

struct Walk<'walk, Visit> {
    root: &'walk Value,
    path: ValuePath,
    /// Whether a secret may be anywhere in what a schema describes, by the schema's address: most values are where none
    /// can be, and there are many of them.
    known: HashMap<*const Value, bool>,
    visit: &'walk mut Visit,
}

impl<Visit: FnMut(&Node, &ValuePath)> Walk<'_, Visit> {
    fn value(&mut self, schema: &Value, node: &Node, in_representation: bool) {
        let root = self.root;
        let schema = resolved(root, schema);
        if flag(schema, "x-secret") {
            (self.visit)(node, &self.path);
            return;
        }
        let in_representation = in_representation || flag(schema, "x-representation");
        match &node.content {
            Content::Map(map) => {
                for (key, entry) in map.iter() {
                    let property = property(schema, key);
                    if !in_representation && !property.is_some_and(|property| self.may_hold_secret(property)) {
                        continue;
                    }
                    self.path.push(Step::Key(key.to_owned()));
                    if in_representation && is_secret_name(key) && is_secret_text(&entry.value) {
                        (self.visit)(&entry.value, &self.path);
                    } else if let Some(property) = property {
                        self.value(property, &entry.value, in_representation);
                    } else if in_representation {
                        self.value(&Value::Bool(true), &entry.value, true);
                    }
                    self.path.pop();
                }
            }
            Content::List(items) => {
                let item_schema = schema.get("items").filter(|items| items.is_object());
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    match item_schema {
                        Some(schema) => self.value(schema, item, in_representation),
                        None if in_representation => self.value(&Value::Bool(true), item, true),
                        None => {}
                    }
                    self.path.pop();
                }
            }
            _ => {}
        }
        for part in parts(schema) {
            self.value(part, node, in_representation);
        }
    }

    /// Whether a value that `schema` describes may be or hold a secret.
    fn may_hold_secret(&mut self, schema: &Value) -> bool {
        let root = self.root;
        *self.known.entry(std::ptr::from_ref(schema)).or_insert_with(|| leads_to_secret(root, schema))
    }
}

/// Whether a secret or a representation is described anywhere in the schema, or in a definition that it refers to.
fn leads_to_secret(root: &Value, schema: &Value) -> bool {
    let mut seen = HashSet::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        match schema {
            Value::Array(items) => open.extend(items),
            Value::Object(_) if flag(schema, "x-secret") || flag(schema, "x-representation") => return true,
            Value::Object(object) => {
                open.extend(definition(root, schema).filter(|found| seen.insert(std::ptr::from_ref(*found))));
                open.extend(object.values());
            }
            _ => {}
        }
    }
    false
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The schema of a property: its own, or that of all others.
pub(super) fn property<'schema>(schema: &'schema Value, key: &str) -> Option<&'schema Value> {
    schema
        .get("properties")
        .and_then(|properties| properties.get(key))
        .or_else(|| schema.get("additionalProperties").filter(|others| others.is_object()))
}

/// A text that is the secret itself; Keycloak's `${vault.…}` only says where it is.
fn is_secret_text(node: &Node) -> bool {
    node.as_text().is_some_and(|text| !text.is_empty() && !text.starts_with("${vault."))
}
