//! Addresses: what a name in a path can mean, and how an answer says what it is about.

use openapiv3::{OpenAPI, ReferenceOr, Response, SchemaKind, StatusCode, Type};

use super::Problem;
use crate::{
    addresses::{ANSWER, answers},
    operations::Place,
    references,
};

pub(super) fn check(document: &OpenAPI, place: Place<'_>, problems: &mut Vec<Problem>) {
    let mut add = |message: String| problems.push(Problem::new(place, message));
    for segment in place.path.trim_start_matches('/').split('/') {
        if !is_literal(segment) && !is_parameter(segment) {
            add(format!("path segment `{segment}` is neither a word nor one parameter, and cannot be compared"));
        }
    }
    let answers = answers(&place);
    let properties = properties(document, place);
    for (field, parameter) in &answers {
        if !place.path.contains(&format!("{{{parameter}}}")) {
            add(format!("`{ANSWER}`: path parameter `{parameter}` is not in the path"));
        }
        if !properties.as_ref().is_some_and(|properties| properties.contains(&(*field).to_owned())) {
            add(format!("`{ANSWER}`: the answer has no property `{field}`"));
        }
    }
    let reads_one = place.method == "get" && place.path.ends_with('}') && properties.is_some();
    if reads_one && answers.is_empty() {
        add(format!("reads one object; say in `{ANSWER}` by which of its fields an answer names it"));
    }
}

/// What is sent as it is written.
fn is_literal(segment: &str) -> bool {
    !segment.is_empty()
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
        && !matches!(segment, "." | "..")
}

fn is_parameter(segment: &str) -> bool {
    let name = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && !name.contains(['{', '}']))
}

/// The properties of the object that a success holds; `None` where it holds none.
fn properties(document: &OpenAPI, place: Place<'_>) -> Option<Vec<String>> {
    let is_success = |code: &StatusCode| matches!(code, StatusCode::Code(200..=299) | StatusCode::Range(2));
    let success = place.operation.responses.responses.iter().find(|(code, _)| is_success(code))?;
    let response: &Response = references::response(document, success.1)?;
    let schema = match response.content.get("application/json")?.schema.as_ref()? {
        ReferenceOr::Item(schema) => schema,
        ReferenceOr::Reference { reference } => references::component(document, references::schema_name(reference)?)?,
    };
    match &schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) if !object.properties.is_empty() => {
            Some(object.properties.keys().cloned().collect())
        }
        _ => None,
    }
}
