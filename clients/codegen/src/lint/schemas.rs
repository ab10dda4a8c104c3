//! Schemas: of components, and inside operations.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{AdditionalProperties, AnySchema, ObjectType, OpenAPI, Schema, SchemaKind, Type};

use super::{Problem, rust_name};
use crate::{
    operations::{Place, operations},
    references::{self, Node},
};

pub(super) fn check(document: &OpenAPI, problems: &mut Vec<Problem>) {
    let answers = answered(document);
    let mut walk = Walk { document, answer: false, problems };
    for place in operations(document) {
        for (node, answer) in inline(document, place) {
            walk.answer = answer;
            walk.node(&place.to_string(), node);
        }
    }
    for (name, schema) in references::components(document) {
        walk.answer = answers.contains(name.as_str());
        walk.schema(&format!("components: {name}"), schema);
    }
}

/// Schemas written inside an operation, and whether they are answers.
fn inline<'a>(document: &'a OpenAPI, place: Place<'a>) -> impl Iterator<Item = (Node<'a>, bool)> + 'a {
    let requests = place
        .operation
        .request_body
        .iter()
        .filter_map(|body| references::request_body(document, body))
        .flat_map(|body| body.content.values())
        .map(|media| (media, false));
    let responses = place
        .operation
        .responses
        .responses
        .values()
        .filter_map(|response| references::response(document, response))
        .flat_map(|response| response.content.values())
        .map(|media| (media, true));
    requests.chain(responses).filter_map(|(media, answer)| Some((Node::from(media.schema.as_ref()?), answer)))
}

/// Names of the component schemas that answers hold, at any depth.
fn answered(document: &OpenAPI) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<Node<'_>> = operations(document)
        .flat_map(|place| inline(document, place).filter(|(_, answer)| *answer))
        .map(|(node, _)| node)
        .collect();
    while let Some(node) = waiting.pop() {
        let schema = match node {
            Node::Inline(schema) => Some(schema),
            Node::Reference(reference) => references::schema_name(reference)
                .filter(|name| found.insert(*name))
                .and_then(|name| references::component(document, name)),
        };
        waiting.extend(schema.into_iter().flat_map(references::inner).map(|(_, node)| node));
    }
    found
}

struct Walk<'a> {
    document: &'a OpenAPI,
    /// Whether what is walked over is part of an answer.
    answer: bool,
    problems: &'a mut Vec<Problem>,
}

impl Walk<'_> {
    fn add(&mut self, place: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(place, message));
    }

    fn node(&mut self, place: &str, node: Node<'_>) {
        match node {
            Node::Inline(schema) => self.schema(place, schema),
            Node::Reference(reference) => {
                let found =
                    references::schema_name(reference).and_then(|name| references::component(self.document, name));
                if found.is_none() {
                    self.add(place, format!("`$ref` {reference} leads nowhere"));
                }
            }
        }
    }

    fn schema(&mut self, place: &str, schema: &Schema) {
        if schema.schema_data.default.is_some() {
            self.add(place, "`default` makes the field always sent; say it in the description");
        }
        if self.answer && is_enum(schema) {
            self.add(place, "an enum in an answer fails to decode at the first new word; use a plain type");
        }
        match &schema.schema_kind {
            SchemaKind::Any(any) if *any != AnySchema::default() => self.add(
                place,
                match &any.typ {
                    Some(kind) => format!("`type: {kind}` is unknown or does not fit the rest"),
                    None => "no `type`, or several kinds of schemas in one".to_owned(),
                },
            ),
            SchemaKind::Not { .. } => self.add(place, "`not` cannot be generated"),
            SchemaKind::Type(Type::Array(array)) => match array.items.as_ref().map(Node::from) {
                None => self.add(place, "a list without `items`"),
                Some(Node::Inline(items)) if is_collection(items) => {
                    self.add(place, "a list or map in a list cannot be read as null; give it a name")
                }
                Some(_) => {}
            },
            SchemaKind::Type(Type::Object(object)) => self.object(place, object),
            _ => {}
        }
        for (step, node) in references::inner(schema) {
            self.node(&format!("{place}{step}"), node);
        }
    }

    fn object(&mut self, place: &str, object: &ObjectType) {
        if object.properties.is_empty() {
            return;
        }
        match &object.additional_properties {
            Some(AdditionalProperties::Any(true)) => {
                self.add(place, "`additionalProperties: true` drops unknown fields; `{}` keeps them")
            }
            Some(AdditionalProperties::Any(false)) if self.answer => {
                self.add(place, "`additionalProperties: false` fails to decode a newer server's answer; leave it out")
            }
            Some(AdditionalProperties::Schema(_)) if object.properties.contains_key("extra") => {
                self.add(place, "property `extra` collides with the field that keeps unknown fields")
            }
            _ => {}
        }
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for (name, property) in &object.properties {
            if let Some(other) = names.insert(rust_name(name), name) {
                self.add(place, format!("properties `{other}` and `{name}` become one field"));
            }
            if let Node::Inline(schema) = Node::from(property)
                && is_collection(schema)
                && !schema.schema_data.nullable
            {
                self.add(
                    &format!("{place}.{name}"),
                    "a list or map can neither be sent empty nor read as null; say `nullable: true`",
                );
            }
        }
        for name in &object.required {
            if !object.properties.contains_key(name) {
                self.add(place, format!("required `{name}` is no property"));
            }
        }
    }
}

fn is_enum(schema: &Schema) -> bool {
    match &schema.schema_kind {
        SchemaKind::Type(Type::String(kind)) => !kind.enumeration.is_empty(),
        SchemaKind::Type(Type::Integer(kind)) => !kind.enumeration.is_empty(),
        SchemaKind::Type(Type::Number(kind)) => !kind.enumeration.is_empty(),
        SchemaKind::Type(Type::Boolean(kind)) => !kind.enumeration.is_empty(),
        _ => false,
    }
}

/// A list, or an object that is a map.
fn is_collection(schema: &Schema) -> bool {
    match &schema.schema_kind {
        SchemaKind::Type(Type::Array(_)) => true,
        SchemaKind::Type(Type::Object(object)) => object.properties.is_empty(),
        _ => false,
    }
}
