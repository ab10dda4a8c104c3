//! Which fields each representation has, and of which type: data taken from the classes of Keycloak 26.7.

use serde_json::Value;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The type of a field or of a body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Text,
    Flag,
    Integer,
    Any,
    List(Box<Shape>),
    Map(Box<Shape>),
    /// One of these words.
    Word(&'static [String]),
    /// A representation by name.
    Object(&'static str),
}

/// A representation's fields.
#[derive(Debug)]
pub(crate) struct Representation {
    pub(crate) fields: HashMap<String, Shape>,
    /// Whether unknown fields are let pass.
    pub(crate) lenient: bool,
}

struct Table {
    types: HashMap<String, Representation>,
}

static DATA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("data/representations.json")).unwrap_or_default());

static WORDS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let words = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    DATA["enums"].as_object().into_iter().flatten().map(|(name, list)| (name.clone(), words(list))).collect()
});

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let types = DATA["types"].as_object().into_iter().flatten().map(|(name, description)| {
        let fields = description["fields"].as_object().into_iter().flatten();
        let fields = fields.map(|(field, shape)| (field.clone(), parse(shape.as_str().unwrap_or("any")))).collect();
        let lenient = description["ignoreUnknown"].as_bool().unwrap_or(false);
        (name.clone(), Representation { fields, lenient })
    });
    Table { types: types.collect() }
});

/// The representation of that name, as it stands in the data.
pub(crate) fn representation(name: &str) -> Option<&'static Representation> {
    TABLE.types.get(name)
}

fn parse(text: &'static str) -> Shape {
    if let Some(inner) = text.strip_suffix("[]") {
        return Shape::List(Box::new(parse(inner)));
    }
    if let Some(inner) = text.strip_suffix("{}") {
        return Shape::Map(Box::new(parse(inner)));
    }
    match text {
        "string" => Shape::Text,
        "boolean" => Shape::Flag,
        "integer" => Shape::Integer,
        "any" => Shape::Any,
        name => match WORDS.get(name) {
            Some(words) => Shape::Word(words),
            None => Shape::Object(name),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_type_is_in_the_data() {
        fn named(shape: &Shape) -> Option<&'static str> {
            match shape {
                Shape::List(inner) | Shape::Map(inner) => named(inner),
                Shape::Object(name) => Some(name),
                _ => None,
            }
        }
        assert!(TABLE.types.len() > 40);
        for (name, description) in &TABLE.types {
            for (field, shape) in &description.fields {
                if let Some(inner) = named(shape) {
                    assert!(representation(inner).is_some(), "{name}.{field} is a {inner}");
                }
            }
        }
    }
}
