//! Walking over the operations of a document.

use std::fmt;

use openapiv3::{OpenAPI, Operation, PathItem, ReferenceOr};

/// One operation and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) path: &'a str,
    pub(crate) method: &'a str,
    pub(crate) operation: &'a Operation,
    pub(crate) item: &'a PathItem,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method.to_uppercase(), self.path)
    }
}

/// All operations, in the order of the document.
pub(crate) fn operations(document: &OpenAPI) -> impl Iterator<Item = Place<'_>> {
    document
        .paths
        .paths
        .iter()
        .filter_map(|(path, item)| item.as_item().map(|item| (path, item)))
        .flat_map(|(path, item)| item.iter().map(move |(method, operation)| Place { path, method, operation, item }))
}

/// The document with this operation and no other; components stay.
pub(crate) fn alone(document: &OpenAPI, place: Place<'_>) -> OpenAPI {
    let mut item = PathItem { parameters: place.item.parameters.clone(), ..PathItem::default() };
    let operation = Some(place.operation.clone());
    match place.method {
        "get" => item.get = operation,
        "put" => item.put = operation,
        "post" => item.post = operation,
        "delete" => item.delete = operation,
        "options" => item.options = operation,
        "head" => item.head = operation,
        "patch" => item.patch = operation,
        _ => item.trace = operation,
    }
    let mut document = document.clone();
    document.paths.paths.clear();
    document.paths.paths.insert(place.path.to_owned(), ReferenceOr::Item(item));
    document
}
