//! Parameters: of the path, the query and headers.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{
    OpenAPI, Parameter, ParameterData, ParameterSchemaOrContent, QueryStyle, ReferenceOr, SchemaKind, Type,
};

use super::{Problem, rust_name};
use crate::{operations::Place, references};

pub(super) fn check(document: &OpenAPI, place: Place<'_>, problems: &mut Vec<Problem>) {
    let mut add = |message: String| problems.push(Problem::new(place, message));
    let mut in_path = BTreeSet::new();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for reference in place.item.parameters.iter().chain(&place.operation.parameters) {
        let Some(parameter) = references::parameter(document, reference) else {
            add("a parameter's `$ref` leads nowhere".to_owned());
            continue;
        };
        let data = parameter.parameter_data_ref();
        if let Some(message) = style_problem(parameter) {
            add(format!("parameter `{}`: {message}", data.name));
        }
        if let Some(message) = shape_problem(document, data) {
            add(format!("parameter `{}`: {message}", data.name));
        }
        if matches!(parameter, Parameter::Path { .. }) {
            in_path.insert(data.name.as_str());
        }
        if let Some(other) = names.insert(rust_name(&data.name), &data.name) {
            add(format!("parameters `{other}` and `{}` become one argument", data.name));
        }
    }
    let template = template_names(place.path);
    for name in template.difference(&in_path) {
        add(format!("path parameter `{name}` is not declared"));
    }
    for name in in_path.difference(&template) {
        add(format!("path parameter `{name}` is not in the path"));
    }
}

/// Names between braces of a path.
fn template_names(path: &str) -> BTreeSet<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
}

fn style_problem(parameter: &Parameter) -> Option<&'static str> {
    match parameter {
        Parameter::Cookie { .. } => Some("cookies are not sent"),
        Parameter::Query { style, .. } if *style != QueryStyle::Form => Some("only style `form` can be generated"),
        Parameter::Path { parameter_data, .. } if !parameter_data.required => {
            Some("a path parameter needs `required: true`")
        }
        Parameter::Query { .. } | Parameter::Path { .. } | Parameter::Header { .. } => None,
    }
}

fn shape_problem(document: &OpenAPI, data: &ParameterData) -> Option<&'static str> {
    if data.explode == Some(false) {
        return Some("`explode: false` is ignored; a list always repeats the name");
    }
    let ParameterSchemaOrContent::Schema(schema) = &data.format else {
        return Some("`content` cannot be generated; use `schema`");
    };
    let schema = match schema {
        ReferenceOr::Item(schema) => schema,
        ReferenceOr::Reference { reference } => {
            // A reference that leads nowhere is reported among the schemas.
            references::component(document, references::schema_name(reference)?)?
        }
    };
    match schema.schema_kind {
        SchemaKind::Type(Type::Object(_)) => Some("an object cannot be sent as a parameter"),
        _ => None,
    }
}
