//! Lists and maps with nothing in them: a server may write null for each, wherever it stands.
//!
//! A field of its own is optional (the lint asks for `nullable`). Inside of a map, progenitor knows no null: there the generated
//! code is made to read it as empty. An answer that is a list says in its operation's description what it is when it is null.

use heck::ToPascalCase;
use openapiv3::{AdditionalProperties, OpenAPI, Schema, SchemaKind, Type};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Value, json};
use syn::{Field, File, GenericArgument, Item, ItemMod, PathArguments, PathSegment, parse_quote};

use crate::{
    operations::Place,
    references::{self, Node},
};

/// What the answer of an operation is when it holds nothing; empty where it is no list and no map.
pub(crate) fn answer(document: &OpenAPI, place: &Place<'_>) -> &'static str {
    let responses = place.operation.responses.responses.iter();
    let succeeded = responses.filter(|(status, _)| status.to_string().starts_with('2'));
    let contents = succeeded.filter_map(|(_, response)| references::response(document, response));
    let mut schemas = contents.flat_map(|response| response.content.values()).filter_map(|media| media.schema.as_ref());
    match schemas.next().map(Node::from) {
        Some(Node::Inline(schema)) if is_list(schema) => "[]",
        Some(Node::Inline(schema)) if map_of(schema).is_some() => "{}",
        _ => "",
    }
}

/// Makes every map of lists or maps read null inside of it.
pub(crate) fn rewrite(file: &mut File) {
    let types = file.items.iter_mut().filter_map(|item| match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == "types" => Some(items),
        _ => None,
    });
    let structs = types.flatten().filter_map(|item| match item {
        Item::Struct(structure) => Some(structure),
        _ => None,
    });
    for field in structs.flat_map(|structure| structure.fields.iter_mut()).filter(|field| holds_collections(field)) {
        field.attrs.push(
            parse_quote!(#[serde(default, deserialize_with = "::evenkeel_transport::nothing::null_inside_is_empty")]),
        );
    }
}

/// Whether a field is `Option<BTreeMap<String, V>>` where V is a list or a map.
fn holds_collections(field: &Field) -> bool {
    let map = last(&field.ty).filter(|segment| segment.ident == "Option").and_then(|option| argument(option, 0));
    let value = map.and_then(last).filter(|segment| segment.ident == "BTreeMap").and_then(|map| argument(map, 1));
    value.and_then(last).is_some_and(|segment| ["Vec", "BTreeMap", "Map"].iter().any(|name| segment.ident == name))
}

fn last(kind: &syn::Type) -> Option<&PathSegment> {
    match kind {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn argument(segment: &PathSegment, position: usize) -> Option<&syn::Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.iter().nth(position)? {
        GenericArgument::Type(kind) => Some(kind),
        _ => None,
    }
}

/// A macro for tests: calls another one with each type, and with the JSON of it in which one list or map is null.
pub(crate) fn cases(document: &OpenAPI) -> TokenStream {
    let mut calls = Vec::new();
    for (name, schema) in references::components(document) {
        let kind = format_ident!("{}", name.to_pascal_case());
        for value in within(schema) {
            let text = value.to_string();
            calls.push(quote! { $check!(#kind, #text); });
        }
    }
    quote! {
        #[doc(hidden)]
        #[macro_export]
        macro_rules! for_each_nothing {
            ($check:ident) => { #(#calls)* };
        }
    }
}

/// Values of a schema, each with null for one of the lists and maps inside of it.
fn within(schema: &Schema) -> Vec<Value> {
    let inside = |node: Node<'_>| match node {
        Node::Inline(schema) => within(schema),
        Node::Reference(_) => Vec::new(),
    };
    if let SchemaKind::Type(Type::Array(array)) = &schema.schema_kind {
        let items = array.items.iter().flat_map(|items| inside(items.into()));
        return std::iter::once(Value::Null).chain(items.map(|value| json!([value]))).collect();
    }
    if let Some(values) = map_of(schema) {
        let values = values.into_iter().flat_map(inside);
        return std::iter::once(Value::Null).chain(values.map(|value| json!({"a": value}))).collect();
    }
    let SchemaKind::Type(Type::Object(object)) = &schema.schema_kind else { return Vec::new() };
    let properties = object.properties.iter().map(|(name, property)| (name, inside(property.into())));
    properties.flat_map(|(name, values)| values.into_iter().map(move |value| json!({name: value}))).collect()
}

fn is_list(schema: &Schema) -> bool {
    matches!(&schema.schema_kind, SchemaKind::Type(Type::Array(_)))
}

/// The schema of the values of a map, where one is said; `None` for what is no map.
fn map_of(schema: &Schema) -> Option<Option<Node<'_>>> {
    let SchemaKind::Type(Type::Object(object)) = &schema.schema_kind else { return None };
    if !object.properties.is_empty() {
        return None;
    }
    Some(match &object.additional_properties {
        Some(AdditionalProperties::Schema(values)) => Some(values.as_ref().into()),
        _ => None,
    })
}
