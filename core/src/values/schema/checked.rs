//! Names as their newtypes check them. Their patterns in the schema say the same, for editors; to compile those would take a
//! tenth of a small platform's start.

use jsonschema::{Keyword, ValidationError, json::Node as _, paths::Location};
use serde_json::{Map, Value};

use super::instance::Tree;
use crate::values::{names, tree::Node};

/// The keyword that stands for a newtype's check, with the name of its definition.
pub(super) const KEYWORD: &str = "x-check";

/// Puts the newtype's check in the place of the pattern, where the definition is that of a newtype.
pub(super) fn instead_of_pattern(name: &str, definition: &mut Value) {
    if let Some(definition) = definition.as_object_mut()
        && names::check(name).is_some()
        && definition.remove("pattern").is_some()
    {
        definition.insert(KEYWORD.to_owned(), name.into());
    }
}

struct Check(fn(&str) -> bool);

impl<'i> Keyword<'i, Tree> for Check {
    fn validate(&self, instance: &'i Node) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom("the text does not fit")) }
    }

    fn is_valid(&self, instance: &'i Node) -> bool {
        instance.as_string().is_none_or(|text| (self.0)(&text))
    }
}

/// What jsonschema makes of [`KEYWORD`].
pub(super) fn keyword<'schema>(
    _: &'schema Map<String, Value>,
    name: &'schema Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Tree>>, ValidationError<'schema>> {
    match name.as_str().and_then(names::check) {
        Some(check) => Ok(Box::new(Check(check))),
        None => Err(ValidationError::schema("there is no newtype of this name")),
    }
}
