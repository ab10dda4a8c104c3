//! Following `$ref` into the components of a document.

use openapiv3::{
    AdditionalProperties, OpenAPI, Parameter, ReferenceOr, RequestBody, Response, Schema, SchemaKind, Type,
};

/// A schema, written out or named. The document's own types for the two differ between boxed and
/// unboxed places.
#[derive(Clone, Copy)]
pub(crate) enum Node<'a> {
    Inline(&'a Schema),
    Reference(&'a str),
}

impl<'a> From<&'a ReferenceOr<Schema>> for Node<'a> {
    fn from(schema: &'a ReferenceOr<Schema>) -> Self {
        match schema {
            ReferenceOr::Item(schema) => Self::Inline(schema),
            ReferenceOr::Reference { reference } => Self::Reference(reference),
        }
    }
}

impl<'a> From<&'a ReferenceOr<Box<Schema>>> for Node<'a> {
    fn from(schema: &'a ReferenceOr<Box<Schema>>) -> Self {
        match schema {
            ReferenceOr::Item(schema) => Self::Inline(schema),
            ReferenceOr::Reference { reference } => Self::Reference(reference),
        }
    }
}

/// The schemas right inside a schema, with what leads to them: `.name`, `[]`, `{}` or nothing.
pub(crate) fn inner(schema: &Schema) -> Vec<(String, Node<'_>)> {
    match &schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) => {
            let mut inner: Vec<(String, Node<'_>)> =
                object.properties.iter().map(|(name, schema)| (format!(".{name}"), schema.into())).collect();
            if let Some(AdditionalProperties::Schema(values)) = &object.additional_properties {
                inner.push(("{}".to_owned(), values.as_ref().into()));
            }
            inner
        }
        SchemaKind::Type(Type::Array(array)) => {
            array.items.iter().map(|items| ("[]".to_owned(), items.into())).collect()
        }
        SchemaKind::OneOf { one_of: list }
        | SchemaKind::AllOf { all_of: list }
        | SchemaKind::AnyOf { any_of: list } => list.iter().map(|schema| (String::new(), schema.into())).collect(),
        SchemaKind::Not { not } => vec![(String::new(), not.as_ref().into())],
        SchemaKind::Any(_) | SchemaKind::Type(_) => Vec::new(),
    }
}

/// Where schemas are kept in a document.
pub(crate) const SCHEMAS: &str = "#/components/schemas/";

/// The response meant, or `None` where the reference leads nowhere.
pub(crate) fn response<'a>(document: &'a OpenAPI, reference: &'a ReferenceOr<Response>) -> Option<&'a Response> {
    match reference {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { reference } => {
            let name = reference.strip_prefix("#/components/responses/")?;
            document.components.as_ref()?.responses.get(name)?.as_item()
        }
    }
}

/// The parameter meant, or `None` where the reference leads nowhere.
pub(crate) fn parameter<'a>(document: &'a OpenAPI, reference: &'a ReferenceOr<Parameter>) -> Option<&'a Parameter> {
    match reference {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { reference } => {
            let name = reference.strip_prefix("#/components/parameters/")?;
            document.components.as_ref()?.parameters.get(name)?.as_item()
        }
    }
}

/// The request body meant, or `None` where the reference leads nowhere.
pub(crate) fn request_body<'a>(
    document: &'a OpenAPI,
    reference: &'a ReferenceOr<RequestBody>,
) -> Option<&'a RequestBody> {
    match reference {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { reference } => {
            let name = reference.strip_prefix("#/components/requestBodies/")?;
            document.components.as_ref()?.request_bodies.get(name)?.as_item()
        }
    }
}

/// The component schema of this name.
pub(crate) fn component<'a>(document: &'a OpenAPI, name: &str) -> Option<&'a Schema> {
    document.components.as_ref()?.schemas.get(name)?.as_item()
}

/// All component schemas that are written out, in document order.
pub(crate) fn components(document: &OpenAPI) -> impl Iterator<Item = (&String, &Schema)> {
    document
        .components
        .iter()
        .flat_map(|components| &components.schemas)
        .filter_map(|(name, schema)| schema.as_item().map(|schema| (name, schema)))
}

/// The name of the component schema that a reference means.
pub(crate) fn schema_name(reference: &str) -> Option<&str> {
    reference.strip_prefix(SCHEMAS)
}
