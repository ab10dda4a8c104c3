//! Values under keys that the schema does not know.

use std::{collections::HashMap, rc::Rc};

use serde_json::Value;

use super::walk::{parts, property, resolved};
use crate::values::tree::{Content, Node};

/// Visits the value of every key that no part of the schema knows.
pub(super) fn values(schema: &Value, root: &Node, visit: &mut impl FnMut(&Node)) {
    Walk { root: schema, flat: HashMap::new(), visit }.value(&[schema], root);
}

struct Walk<'schema, Visit> {
    root: &'schema Value,
    /// Schemas with all their parts, by address: thousands of values have the same schema.
    flat: HashMap<*const Value, Rc<[&'schema Value]>>,
    visit: Visit,
}

impl<'schema, Visit: FnMut(&Node)> Walk<'schema, Visit> {
    fn value(&mut self, schemas: &[&'schema Value], node: &Node) {
        if is_scalar(node) {
            return;
        }
        let all: Vec<Rc<[&Value]>> = schemas.iter().map(|schema| self.flat(schema)).collect();
        let all = || all.iter().flat_map(|parts| parts.iter().copied());
        match &node.content {
            Content::Map(map) => {
                let closed = all().any(|schema| schema.get("additionalProperties") == Some(&Value::Bool(false)));
                for (key, entry) in map.iter() {
                    let mut known = all().filter_map(|schema| property(schema, key)).peekable();
                    if closed && known.peek().is_none() {
                        (self.visit)(&entry.value);
                    } else if !is_scalar(&entry.value) {
                        self.value(&known.collect::<Vec<_>>(), &entry.value);
                    }
                }
            }
            Content::List(items) => {
                let known: Vec<_> = all().filter_map(|schema| schema.get("items")).collect();
                items.iter().for_each(|item| self.value(&known, item));
            }
            _ => {}
        }
    }

    fn flat(&mut self, schema: &'schema Value) -> Rc<[&'schema Value]> {
        let root = self.root;
        let flat = self.flat.entry(std::ptr::from_ref(schema)).or_insert_with(|| {
            let mut all = Vec::new();
            flatten(root, schema, &mut all, 0);
            all.into()
        });
        Rc::clone(flat)
    }
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.content, Content::Map(_) | Content::List(_))
}

/// A schema with all its parts, references resolved.
fn flatten<'schema>(root: &'schema Value, schema: &'schema Value, all: &mut Vec<&'schema Value>, depth: usize) {
    let schema = resolved(root, schema);
    all.push(schema);
    if depth < 8 {
        parts(schema).for_each(|part| flatten(root, part, all, depth + 1));
    }
}
