//! A task's definition put into the schema of the values.

use serde_json::{Map, Value, json};

/// Keywords under which schemas stand by name.
const NAMED: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "$defs"];

/// Keywords under which one schema stands, or a list of them.
const NESTED: [&str; 10] =
    ["items", "prefixItems", "additionalProperties", "anyOf", "oneOf", "allOf", "not", "if", "then", "else"];

pub(super) fn contribute(definitions: &mut Map<String, Value>, name: &str, mut definition: Value) {
    rename_references(&mut definition, name);
    let nested = definition.as_object_mut().and_then(|object| object.remove("$defs"));
    if let Some(Value::Object(nested)) = nested {
        for (nested_name, mut schema) in nested {
            rename_references(&mut schema, name);
            accept_secret_references(&mut schema);
            definitions.insert(qualified(name, &nested_name), schema);
        }
    }
    accept_secret_references(&mut definition);
    if let Some(object) = definition.as_object_mut() {
        object.remove("$schema");
        object.insert("x-representation".to_owned(), true.into());
    }
    definitions.insert(name.to_owned(), definition);
}

/// Definitions of different tasks may share a name: each task's are kept apart by the representation's name.
fn qualified(name: &str, nested: &str) -> String {
    format!("{name}.{nested}")
}

fn rename_references(schema: &mut Value, name: &str) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| rename_references(item, name)),
        Value::Object(object) => {
            for (keyword, value) in object.iter_mut() {
                match (keyword.as_str(), &mut *value) {
                    ("$ref", Value::String(reference)) => rename_reference(reference, name),
                    _ => rename_references(value, name),
                }
            }
        }
        _ => {}
    }
}

fn rename_reference(reference: &mut String, name: &str) {
    if reference == "#" {
        *reference = format!("#/$defs/{name}");
    } else if let Some(nested) = reference.strip_prefix("#/$defs/")
        && !nested.starts_with(&format!("{name}."))
    {
        *reference = format!("#/$defs/{}", qualified(name, nested));
    }
}

/// Where a string may stand, a reference to a secret may stand.
fn accept_secret_references(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    for keyword in NAMED {
        if let Some(Value::Object(schemas)) = object.get_mut(keyword) {
            schemas.values_mut().for_each(accept_secret_references);
        }
    }
    for keyword in NESTED {
        match object.get_mut(keyword) {
            Some(Value::Array(schemas)) => schemas.iter_mut().for_each(accept_secret_references),
            Some(nested) => accept_secret_references(nested),
            None => {}
        }
    }
    if object.get("type").is_some_and(|name| name == "string") {
        let mut outer = Map::new();
        for annotation in ["description", "title", "x-secret", "x-expected"] {
            if let Some(value) = object.remove(annotation) {
                outer.insert(annotation.to_owned(), value);
            }
        }
        let text = std::mem::take(object);
        outer.insert("anyOf".to_owned(), json!([text, {"$ref": "#/$defs/SecretReference"}]));
        *object = outer;
    }
}
