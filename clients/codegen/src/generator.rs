//! Progenitor, as it is set for our clients.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heck::ToPascalCase;
use openapiv3::{AdditionalProperties, OpenAPI, ReferenceOr, Schema, SchemaKind, Type};
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl, TypePatch};
use quote::quote;
use schemars08::schema::{InstanceType, SchemaObject};

use crate::references;

/// Runs progenitor. It reports part of what it cannot express by panicking.
pub(crate) fn tokens(document: &OpenAPI) -> Result<TokenStream, String> {
    let generated = catch_unwind(AssertUnwindSafe(|| Generator::new(&settings(document)).generate_tokens(document)));
    match generated {
        Ok(Ok(tokens)) => Ok(tokens),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "the generator panicked".to_owned())),
    }
}

/// Builders, because positional arguments are sorted by name: a new query parameter would shift
/// every caller. Ordered maps, because bodies must be the same from run to run.
fn settings(document: &OpenAPI) -> GenerationSettings {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_inner_type(quote! { ::evenkeel_transport::Session })
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq")
        .with_conversion(text("password"), "::evenkeel_transport::Secret", [TypeImpl::Default].into_iter())
        .with_conversion(text("date-time"), "::jiff::Timestamp", [TypeImpl::Display, TypeImpl::FromStr].into_iter());
    // A struct with flattened unknown fields gets no Default of its own.
    let default = TypePatch::default().with_derive("Default").clone();
    for (name, schema) in references::components(document) {
        if keeps_unknown_fields(schema) {
            // patches go by the name in Rust: `UPConfig` becomes `UpConfig`
            settings.with_patch(name.to_pascal_case(), &default);
        }
    }
    settings
}

fn text(format: &str) -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some(format.to_owned()),
        ..SchemaObject::default()
    }
}

/// Whether the schema is an object with `additionalProperties: {}` beside its properties.
fn keeps_unknown_fields(schema: &Schema) -> bool {
    let SchemaKind::Type(Type::Object(object)) = &schema.schema_kind else {
        return false;
    };
    !object.properties.is_empty()
        && matches!(
            &object.additional_properties,
            Some(AdditionalProperties::Schema(value)) if is_free(value)
        )
}

/// Whether a schema is `{}`.
pub(crate) fn is_free(schema: &ReferenceOr<Schema>) -> bool {
    schema.as_item().is_some_and(
        |schema| matches!(&schema.schema_kind, SchemaKind::Any(any) if *any == openapiv3::AnySchema::default()),
    )
}
