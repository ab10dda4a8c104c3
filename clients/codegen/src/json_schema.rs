//! Component schemas as JSON Schema (draft 2020-12), for what people declare.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{
    AdditionalProperties, ArrayType, IntegerFormat, ObjectType, OpenAPI, Schema, SchemaData, SchemaKind, StringFormat,
    StringType, Type, VariantOrUnknownOrEmpty,
};
use serde_json::{Map, Value, json};

use crate::{
    Error,
    generator::is_free,
    parse,
    references::{self, Node},
};

/// The extension that marks a component whose schema is wanted.
const DECLARABLE: &str = "x-declarable";
/// The word for the properties of an object that nobody can declare, since the application derives them.
const DERIVED: &str = "x-derived";

/// One JSON object: for each component marked `x-declarable: true` its name and its JSON Schema.
///
/// Each schema stands alone, with what it refers to under `$defs`. It describes values that people
/// declare, not answers: an object takes its named properties only, even where the client keeps
/// unknown ones (`additionalProperties: {}`), and no property that is `readOnly`: those are named under `x-derived`. A secret
/// (`format: password`) is marked `"x-secret": true`; other `x-` words are kept.
///
/// # Errors
/// [`Error::Parse`], and [`Error::Generate`] for a reference that leads nowhere.
pub fn declared_schemas(spec_text: &str, name: &str) -> Result<String, Error> {
    let document = parse(spec_text, name)?;
    let schemas: Result<BTreeMap<&String, Value>, String> = references::components(&document)
        .filter(|(_, schema)| is_declarable(schema))
        .map(|(name, schema)| Ok((name, standing_alone(&document, schema)?)))
        .collect();
    schemas
        .and_then(|schemas| serde_json::to_string(&schemas).map_err(|error| error.to_string()))
        .map_err(|message| Error::Generate { name: name.to_owned(), message })
}

fn is_declarable(schema: &Schema) -> bool {
    schema.schema_data.extensions.get(DECLARABLE) == Some(&Value::Bool(true))
}

fn standing_alone(document: &OpenAPI, schema: &Schema) -> Result<Value, String> {
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.extend(convert(schema));
    let definitions = definitions(document, schema)?;
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Ok(Value::Object(root))
}

/// Everything that a schema refers to, at any depth.
fn definitions(document: &OpenAPI, schema: &Schema) -> Result<Map<String, Value>, String> {
    let mut found = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<Node<'_>> = declared(schema);
    while let Some(node) = waiting.pop() {
        match node {
            Node::Inline(schema) => waiting.extend(declared(schema)),
            Node::Reference(reference) => {
                let (name, schema) = references::schema_name(reference)
                    .and_then(|name| Some((name, references::component(document, name)?)))
                    .ok_or_else(|| format!("`$ref` {reference} leads nowhere"))?;
                if seen.insert(name) {
                    found.insert(name.to_owned(), Value::Object(convert(schema)));
                    waiting.extend(declared(schema));
                }
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// The schemas inside a schema that people can declare values of.
fn declared(schema: &Schema) -> Vec<Node<'_>> {
    references::inner(schema).into_iter().map(|(_, node)| node).filter(|node| !is_read_only(*node)).collect()
}

fn is_read_only(node: Node<'_>) -> bool {
    matches!(node, Node::Inline(schema) if schema.schema_data.read_only)
}

fn node(node: Node<'_>) -> Value {
    match node {
        Node::Inline(schema) => Value::Object(convert(schema)),
        Node::Reference(reference) => {
            json!({"$ref": reference.replacen(references::SCHEMAS, "#/$defs/", 1)})
        }
    }
}

fn convert(schema: &Schema) -> Map<String, Value> {
    let mut to = Map::new();
    annotate(&mut to, &schema.schema_data);
    match &schema.schema_kind {
        SchemaKind::Type(kind) => typed(&mut to, kind),
        SchemaKind::OneOf { one_of } => combine(&mut to, "oneOf", one_of.iter().map(Node::from)),
        SchemaKind::AllOf { all_of } => combine(&mut to, "allOf", all_of.iter().map(Node::from)),
        SchemaKind::AnyOf { any_of } => combine(&mut to, "anyOf", any_of.iter().map(Node::from)),
        SchemaKind::Not { not } => {
            to.insert("not".to_owned(), node(not.as_ref().into()));
        }
        SchemaKind::Any(_) => {}
    }
    if schema.schema_data.nullable {
        allow_null(&mut to);
    }
    to
}

fn annotate(to: &mut Map<String, Value>, data: &SchemaData) {
    for (name, text) in [("title", &data.title), ("description", &data.description)] {
        if let Some(text) = text {
            to.insert(name.to_owned(), json!(text));
        }
    }
    if data.deprecated {
        to.insert("deprecated".to_owned(), json!(true));
    }
    to.extend(
        data.extensions
            .iter()
            .filter(|(name, _)| *name != DECLARABLE)
            .map(|(name, value)| (name.clone(), value.clone())),
    );
}

fn typed(to: &mut Map<String, Value>, kind: &Type) {
    match kind {
        Type::String(kind) => string(to, kind),
        Type::Integer(kind) => {
            to.insert("type".to_owned(), json!("integer"));
            let narrow = kind.format == VariantOrUnknownOrEmpty::Item(IntegerFormat::Int32);
            let minimum = kind.minimum.or(narrow.then_some(i64::from(i32::MIN)));
            let maximum = kind.maximum.or(narrow.then_some(i64::from(i32::MAX)));
            insert(to, "minimum", minimum);
            insert(to, "maximum", maximum);
            insert_list(to, "enum", &kind.enumeration);
        }
        Type::Number(kind) => {
            to.insert("type".to_owned(), json!("number"));
            insert(to, "minimum", kind.minimum);
            insert(to, "maximum", kind.maximum);
            insert_list(to, "enum", &kind.enumeration);
        }
        Type::Boolean(kind) => {
            to.insert("type".to_owned(), json!("boolean"));
            insert_list(to, "enum", &kind.enumeration);
        }
        Type::Array(kind) => array(to, kind),
        Type::Object(kind) => object(to, kind),
    }
}

fn string(to: &mut Map<String, Value>, kind: &StringType) {
    to.insert("type".to_owned(), json!("string"));
    match &kind.format {
        VariantOrUnknownOrEmpty::Item(StringFormat::Password) => {
            to.insert("x-secret".to_owned(), json!(true));
        }
        VariantOrUnknownOrEmpty::Item(StringFormat::DateTime) => {
            to.insert("format".to_owned(), json!("date-time"));
        }
        VariantOrUnknownOrEmpty::Item(StringFormat::Date) => {
            to.insert("format".to_owned(), json!("date"));
        }
        VariantOrUnknownOrEmpty::Unknown(format) => {
            to.insert("format".to_owned(), json!(format));
        }
        VariantOrUnknownOrEmpty::Item(_) | VariantOrUnknownOrEmpty::Empty => {}
    }
    insert(to, "pattern", kind.pattern.clone());
    insert(to, "minLength", kind.min_length);
    insert(to, "maxLength", kind.max_length);
    insert_list(to, "enum", &kind.enumeration);
}

fn array(to: &mut Map<String, Value>, kind: &ArrayType) {
    to.insert("type".to_owned(), json!("array"));
    if let Some(items) = &kind.items {
        to.insert("items".to_owned(), node(items.into()));
    }
    insert(to, "minItems", kind.min_items);
    insert(to, "maxItems", kind.max_items);
}

fn object(to: &mut Map<String, Value>, kind: &ObjectType) {
    to.insert("type".to_owned(), json!("object"));
    if !kind.properties.is_empty() {
        let properties: Map<String, Value> = kind
            .properties
            .iter()
            .map(|(name, property)| (name, Node::from(property)))
            .filter(|(_, property)| !is_read_only(*property))
            .map(|(name, property)| (name.clone(), node(property)))
            .collect();
        to.insert("properties".to_owned(), Value::Object(properties));
    }
    let derived = kind.properties.iter().filter(|(_, property)| is_read_only(Node::from(*property)));
    insert_list(to, DERIVED, &derived.map(|(name, _)| Value::from(name.as_str())).collect::<Vec<_>>());
    insert_list(to, "required", &kind.required);
    let named_only = !kind.properties.is_empty();
    match &kind.additional_properties {
        Some(AdditionalProperties::Schema(values)) if !is_free(values) => {
            to.insert("additionalProperties".to_owned(), node(values.as_ref().into()));
        }
        Some(AdditionalProperties::Any(false)) => {
            to.insert("additionalProperties".to_owned(), json!(false));
        }
        _ if named_only => {
            to.insert("additionalProperties".to_owned(), json!(false));
        }
        _ => {}
    }
}

fn combine<'a>(to: &mut Map<String, Value>, word: &str, nodes: impl Iterator<Item = Node<'a>>) {
    to.insert(word.to_owned(), nodes.map(node).collect());
}

/// OpenAPI's `nullable` in the words of JSON Schema.
fn allow_null(to: &mut Map<String, Value>) {
    if let Some(kind) = to.get("type").cloned() {
        to.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some(Value::Array(values)) = to.get_mut("enum") {
        values.push(Value::Null);
    }
}

fn insert(to: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        to.insert(name.to_owned(), value.into());
    }
}

fn insert_list<T: Clone + Into<Value>>(to: &mut Map<String, Value>, name: &str, values: &[T]) {
    if !values.is_empty() {
        to.insert(name.to_owned(), values.to_vec().into());
    }
}
