//! Operation id and request body.

use openapiv3::OpenAPI;

use super::Problem;
use crate::{operations::Place, references};

/// What progenitor can send; `+json` counts as JSON for it only in answers.
const REQUEST_MEDIA: [&str; 4] =
    ["application/json", "application/x-www-form-urlencoded", "application/octet-stream", "text/plain"];

pub(super) fn check(document: &OpenAPI, place: Place<'_>, problems: &mut Vec<Problem>) {
    let mut add = |message: String| problems.push(Problem::new(place, message));
    match &place.operation.operation_id {
        None => add("no `operationId`".to_owned()),
        Some(id) if !is_snake_case(id) => {
            add(format!("operationId `{id}` is not `snake_case`"));
        }
        Some(_) => {}
    }
    if !place.operation.servers.is_empty() || !place.item.servers.is_empty() {
        add("`servers` is ignored; the base path is part of the session's address".to_owned());
    }
    if place.operation.security.is_some() {
        add("`security` is ignored; the session authenticates".to_owned());
    }
    if place.method == "trace" {
        add("method `trace` cannot be generated".to_owned());
    }
    let Some(body) = &place.operation.request_body else {
        return;
    };
    let Some(body) = references::request_body(document, body) else {
        add("the request body's `$ref` leads nowhere".to_owned());
        return;
    };
    if !body.required {
        add("the request body is always sent; say `required: true`".to_owned());
    }
    let kinds: Vec<&str> = body.content.keys().map(String::as_str).collect();
    match kinds.as_slice() {
        [one] if REQUEST_MEDIA.contains(one) => {}
        [one] => add(format!("request media type `{one}` cannot be generated")),
        [] => add("the request body has no media type".to_owned()),
        several => add(format!("the request body has several media types ({}); keep one", several.join(", "))),
    }
    for (kind, media) in &body.content {
        if media.schema.is_none() && kind == "application/json" {
            add("the request body has no schema".to_owned());
        }
    }
}

fn is_snake_case(id: &str) -> bool {
    id.starts_with(|character: char| character.is_ascii_lowercase())
        && id.chars().all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_')
}
