//! Answers: progenitor knows one type for success and one for failure of an operation.

use std::collections::BTreeMap;

use openapiv3::{OpenAPI, Response, StatusCode};

use super::Problem;
use crate::{operations::Place, references};

pub(super) fn check(document: &OpenAPI, place: Place<'_>, problems: &mut Vec<Problem>) {
    let mut add = |message: String| problems.push(Problem::new(place, message));
    let responses = &place.operation.responses;
    if responses.default.is_some() {
        add("`default` counts as success and as error; use `4XX` and `5XX`".to_owned());
    }
    let mut bodies = [BTreeMap::new(), BTreeMap::new()];
    for (code, reference) in &responses.responses {
        let Some(response) = references::response(document, reference) else {
            add(format!("response {code}: `$ref` leads nowhere"));
            continue;
        };
        if response.content.len() > 1 {
            add(format!("response {code} has several media types; keep one"));
        }
        let class = class(code);
        match class {
            2 => bodies[0].entry(body(response)).or_insert_with(Vec::new).push(code.to_string()),
            4 | 5 => bodies[1].entry(body(response)).or_insert_with(Vec::new).push(code.to_string()),
            _ => add(format!("response {code} cannot be generated; only 2xx, 4xx and 5xx are told apart")),
        }
    }
    if bodies[0].is_empty() {
        add("no success response; it would be taken for a stream of bytes".to_owned());
    }
    for (kind, bodies) in ["success", "error"].into_iter().zip(&bodies) {
        if bodies.len() > 1 {
            let codes: Vec<String> = bodies.values().flatten().cloned().collect();
            add(format!("{kind} responses {} have different bodies; only one type can be generated", codes.join(", ")));
        }
    }
}

/// First digit of a status.
fn class(code: &StatusCode) -> u16 {
    match code {
        StatusCode::Code(code) => code / 100,
        StatusCode::Range(class) => *class,
    }
}

/// What tells two bodies apart.
fn body(response: &Response) -> String {
    response.content.iter().map(|(kind, media)| format!("{kind} {:?}", media.schema)).collect()
}
