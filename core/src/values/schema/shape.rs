//! What a walk asks of a schema. Thousands of values have the same schema: it is asked once.

use std::{collections::HashMap, rc::Rc};

use serde_json::{Map, Value};

/// One schema, its reference resolved.
pub(super) struct Shape<'schema> {
    properties: Option<&'schema Map<String, Value>>,
    /// The schema of all other properties.
    others: Option<&'schema Value>,
    /// Whether there are no other properties.
    pub(super) closed: bool,
    pub(super) items: Option<&'schema Value>,
    /// The alternatives and parts that speak of the same value.
    pub(super) parts: Vec<&'schema Value>,
    pub(super) secret: bool,
    pub(super) representation: bool,
}

impl<'schema> Shape<'schema> {
    fn of(schema: &'schema Value) -> Self {
        let others = schema.get("additionalProperties");
        Self {
            properties: schema.get("properties").and_then(Value::as_object),
            others: others.filter(|others| others.is_object()),
            closed: others == Some(&Value::Bool(false)),
            items: schema.get("items"),
            parts: parts(schema).collect(),
            secret: flag(schema, "x-secret"),
            representation: flag(schema, "x-representation"),
        }
    }

    /// The schema of a property: its own, or that of all others.
    pub(super) fn property(&self, key: &str) -> Option<&'schema Value> {
        self.properties.and_then(|properties| properties.get(key)).or(self.others)
    }
}

/// The shapes that were asked for, by the addresses of their schemas.
pub(super) struct Shapes<'schema> {
    root: &'schema Value,
    known: HashMap<*const Value, Rc<Shape<'schema>>>,
}

impl<'schema> Shapes<'schema> {
    pub(super) fn new(root: &'schema Value) -> Self {
        Self { root, known: HashMap::new() }
    }

    pub(super) fn of(&mut self, schema: &'schema Value) -> Rc<Shape<'schema>> {
        let root = self.root;
        let shape = || Rc::new(Shape::of(resolved(root, schema)));
        Rc::clone(self.known.entry(std::ptr::from_ref(schema)).or_insert_with(shape))
    }
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
pub(super) fn definition<'schema>(root: &'schema Value, schema: &Value) -> Option<&'schema Value> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    root.get("$defs")?.get(name)
}

/// The alternatives and parts of a schema that speak of the same value.
pub(super) fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten()
}

pub(super) fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool).unwrap_or(false)
}
