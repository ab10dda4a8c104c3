//! The house rules for documents: each names what progenitor cannot express, or what it turns into
//! code that compiles and means something else.

mod addresses;
mod operation;
mod parameters;
mod responses;
mod schemas;

use std::{collections::BTreeMap, fmt};

use openapiv3::{OpenAPI, ReferenceOr};

use crate::operations::operations;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The operation (`GET /path`), the component (`components: Name.property`), or `document`.
    pub place: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Problem {
    fn new(place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { place: place.to_string(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// All problems of a document, in its order: document, operations, components.
#[must_use]
pub fn lint(document: &OpenAPI) -> Vec<Problem> {
    let mut problems = whole(document);
    for place in operations(document) {
        operation::check(document, place, &mut problems);
        parameters::check(document, place, &mut problems);
        addresses::check(document, place, &mut problems);
        responses::check(document, place, &mut problems);
    }
    schemas::check(document, &mut problems);
    problems
}

/// What concerns the document as a whole.
fn whole(document: &OpenAPI) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !document.servers.is_empty() {
        problems.push(Problem::new("document", "`servers` is ignored; the base path is part of the session's address"));
    }
    if document.security.is_some() {
        problems.push(Problem::new("document", "`security` is ignored; the session authenticates"));
    }
    for (path, item) in &document.paths.paths {
        if let ReferenceOr::Reference { .. } = item {
            problems.push(Problem::new(path, "a path that is a `$ref` is skipped; write it out"));
        }
    }
    problems.extend(same_ids(document));
    problems
}

fn same_ids(document: &OpenAPI) -> Vec<Problem> {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for place in operations(document) {
        if let Some(id) = &place.operation.operation_id {
            places.entry(id).or_default().push(place.to_string());
        }
    }
    places
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(id, places)| Problem::new(places.join(", "), format!("operationId `{id}` is used more than once")))
        .collect()
}

/// What remains of a name in Rust: two that are equal here become one field or method.
fn rust_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests;
