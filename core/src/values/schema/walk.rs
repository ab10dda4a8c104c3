//! The schema and a tree walked side by side, for what must not be shown.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use serde_json::Value;

use super::shape::{Shape, Shapes, definition, flag};
use crate::values::{
    compose::is_secret_name,
    path::{Step, ValuePath},
    tree::{Content, Node},
};

/// The schema of what a representation holds and its schema does not know.
const ANYTHING: Value = Value::Bool(true);

/// Visits every value that stands where the schema, or the name of its key in a representation, wants a secret.
pub(super) fn secrets(schema: &Value, root: &Node, visit: &mut impl FnMut(&Node, &ValuePath)) {
    let shapes = Shapes::new(schema);
    Walk { root: schema, shapes, path: ValuePath::root(), known: HashMap::new(), visit }.value(schema, root, false);
}

struct Walk<'schema, Visit> {
    root: &'schema Value,
    shapes: Shapes<'schema>,
    path: ValuePath,
    /// Whether a secret may be anywhere in what a schema describes, by the schema's address: most values are where none
    /// can be.
    known: HashMap<*const Value, bool>,
    visit: Visit,
}

impl<'schema, Visit: FnMut(&Node, &ValuePath)> Walk<'schema, Visit> {
    fn value(&mut self, schema: &'schema Value, node: &Node, in_representation: bool) {
        let shape = self.shapes.of(schema);
        if shape.secret {
            (self.visit)(node, &self.path);
            return;
        }
        let in_representation = in_representation || shape.representation;
        match &node.content {
            Content::Map(map) => {
                for (key, entry) in map.iter() {
                    self.entry(&shape, key, &entry.value, in_representation);
                }
            }
            Content::List(items) => {
                let schema = shape.items.filter(|items| items.is_object());
                for (index, item) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    match schema {
                        Some(schema) => self.value(schema, item, in_representation),
                        None if in_representation => self.value(&ANYTHING, item, true),
                        None => {}
                    }
                    self.path.pop();
                }
            }
            _ => {}
        }
        for part in &shape.parts {
            self.value(part, node, in_representation);
        }
    }

    fn entry(&mut self, shape: &Shape<'schema>, key: &str, value: &Node, in_representation: bool) {
        let property = shape.property(key);
        if !in_representation && !property.is_some_and(|property| self.may_hold_secret(property)) {
            return;
        }
        self.path.push(Step::Key(key.to_owned()));
        if in_representation && is_secret_name(key) && is_secret_text(value) {
            (self.visit)(value, &self.path);
        } else if let Some(property) = property {
            self.value(property, value, in_representation);
        } else if in_representation {
            self.value(&ANYTHING, value, true);
        }
        self.path.pop();
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

/// Visits the value of every key that no part of the schema knows.
pub(super) fn unknown_values(schema: &Value, root: &Node, visit: &mut impl FnMut(&Node)) {
    Unknown { shapes: Shapes::new(schema), visit }.value(&[schema], root);
}

struct Unknown<'schema, Visit> {
    shapes: Shapes<'schema>,
    visit: Visit,
}

impl<'schema, Visit: FnMut(&Node)> Unknown<'schema, Visit> {
    fn value(&mut self, schemas: &[&'schema Value], node: &Node) {
        if is_scalar(node) {
            return;
        }
        let mut all = Vec::new();
        schemas.iter().for_each(|schema| self.flatten(schema, &mut all, 0));
        match &node.content {
            Content::Map(map) => {
                let closed = all.iter().any(|shape| shape.closed);
                for (key, entry) in map.iter() {
                    let mut known = all.iter().filter_map(|shape| shape.property(key)).peekable();
                    if closed && known.peek().is_none() {
                        (self.visit)(&entry.value);
                    } else if !is_scalar(&entry.value) {
                        self.value(&known.collect::<Vec<_>>(), &entry.value);
                    }
                }
            }
            Content::List(items) => {
                let known: Vec<_> = all.iter().filter_map(|shape| shape.items).collect();
                items.iter().for_each(|item| self.value(&known, item));
            }
            _ => {}
        }
    }

    /// A schema with all its parts.
    fn flatten(&mut self, schema: &'schema Value, all: &mut Vec<Rc<Shape<'schema>>>, depth: usize) {
        let shape = self.shapes.of(schema);
        all.push(Rc::clone(&shape));
        if depth < 8 {
            shape.parts.iter().for_each(|part| self.flatten(part, all, depth + 1));
        }
    }
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.content, Content::Map(_) | Content::List(_))
}

/// A text that is the secret itself; Keycloak's `${vault.…}` only says where it is, and `client_credentials.use_refresh_token` is a
/// switch.
fn is_secret_text(node: &Node) -> bool {
    let says_more = |text: &str| !["", "true", "false"].contains(&text) && !text.starts_with("${vault.");
    node.as_text().is_some_and(says_more)
}
