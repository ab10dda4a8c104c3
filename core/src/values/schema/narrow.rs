//! The part of the schema that a tree can touch: compiling all of it would take longer than a whole run of a small platform.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::checked;
use crate::values::tree::{Content, Node};

/// Keywords under which schemas stand by name.
const NAMED: [&str; 2] = ["patternProperties", "dependentSchemas"];

/// Keywords under which one schema stands, or a list of them.
const NESTED: [&str; 12] = [
    "items",
    "prefixItems",
    "contains",
    "additionalProperties",
    "propertyNames",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
];

/// What says nothing about validity.
const ANNOTATIONS: [&str; 3] = ["description", "title", "examples"];

/// Where definitions stand.
const DEFINITIONS: &str = "$defs";

/// `schema` without the properties whose key stands nowhere in `root`, and without the definitions that nothing refers
/// to then. It finds in `root` what the whole schema finds: a property says nothing of a map that does not have it.
pub(super) fn narrow(schema: &Value, root: &Node) -> Value {
    let mut keys = HashSet::new();
    collect_keys(root, &mut keys);
    let mut narrowed = part(schema, &keys);
    let mut definitions = Map::new();
    let mut wanted = Vec::new();
    references(&narrowed, &mut wanted);
    while let Some(name) = wanted.pop() {
        if let Some(definition) = schema.get(DEFINITIONS).and_then(|all| all.get(&name))
            && !definitions.contains_key(&name)
        {
            let mut definition = part(definition, &keys);
            checked::instead_of_pattern(&name, &mut definition);
            references(&definition, &mut wanted);
            definitions.insert(name, definition);
        }
    }
    if let Some(object) = narrowed.as_object_mut() {
        object.insert(DEFINITIONS.to_owned(), Value::Object(definitions));
    }
    narrowed
}

fn collect_keys<'tree>(node: &'tree Node, keys: &mut HashSet<&'tree str>) {
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        Content::Map(map) => {
            for (key, entry) in map.iter() {
                keys.insert(key);
                collect_keys(&entry.value, keys);
            }
        }
        _ => {}
    }
}

/// A copy of one schema, without definitions and without what the keys do not touch.
fn part(schema: &Value, keys: &HashSet<&str>) -> Value {
    let Value::Object(object) = schema else { return schema.clone() };
    let mut copy = Map::new();
    for (keyword, value) in object {
        let value = match keyword.as_str() {
            DEFINITIONS => continue,
            annotation if ANNOTATIONS.contains(&annotation) => continue,
            "properties" => named(value, keys, |name| keys.contains(name)),
            other if NAMED.contains(&other) => named(value, keys, |_| true),
            other if NESTED.contains(&other) => match value {
                Value::Array(schemas) => schemas.iter().map(|schema| part(schema, keys)).collect(),
                schema => part(schema, keys),
            },
            _ => value.clone(),
        };
        copy.insert(keyword.clone(), value);
    }
    Value::Object(copy)
}

fn named(schemas: &Value, keys: &HashSet<&str>, wanted: impl Fn(&str) -> bool) -> Value {
    let Value::Object(schemas) = schemas else { return schemas.clone() };
    let kept = schemas.iter().filter(|(name, _)| wanted(name));
    Value::Object(kept.map(|(name, schema)| (name.clone(), part(schema, keys))).collect())
}

/// The names of all definitions that a schema refers to.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(object) => {
            for (keyword, value) in object {
                match value {
                    Value::String(reference) if keyword == "$ref" => {
                        found.extend(reference.strip_prefix("#/$defs/").map(str::to_owned));
                    }
                    _ => references(value, found),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Schema, validator};
    use super::*;
    use crate::values::compose::{Text, compose};
    use crate::values::source::{SourceId, SourceKind};

    fn tree(text: &str) -> Node {
        let source = Text { source: SourceId::DEFAULTS, kind: SourceKind::Plain, text, offset: 0 };
        compose(source).root.unwrap()
    }

    fn errors(schema: &Value, root: &Node) -> Vec<String> {
        let errors = validator(schema).unwrap();
        let errors = errors.iter_errors(root).map(|error| format!("{} {}", error.instance_path(), error.schema_path()));
        // a newtype's check says what its pattern says
        errors.map(|error| error.replace(checked::KEYWORD, "pattern")).collect()
    }

    #[test]
    fn properties_that_no_map_has_are_left_out_with_their_definitions() {
        let narrowed = narrow(Schema::new().as_json(), &tree("teams: {alpha: {}}"));
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&narrowed["properties"]), ["teams"]);
        assert!(narrowed["$defs"].get("Team").is_some() && narrowed["$defs"].get("Keycloak").is_none(), "{narrowed:#}");
    }

    #[test]
    fn every_name_is_checked_by_its_newtype() {
        let schema = Schema::new();
        for (name, definition) in schema.as_json()["$defs"].as_object().unwrap() {
            let mut changed = definition.clone();
            checked::instead_of_pattern(name, &mut changed);
            assert!(changed.get("pattern").is_none(), "`{name}` is missing in `names::check`");
        }
    }

    #[test]
    fn the_part_finds_what_the_whole_finds() {
        let schema = Schema::new();
        for text in [
            "teams: {alpha: {displayName: 3, wrong: x}, 'Not A Name': {}}\nusers: [{email: none, teams: alpha}, {}]",
            "platfrom: {}\nkeycloak: {url: nothing, admin: {password: {fromEnv: A, fromFile: b}}, clients: [{}]}",
            "barriers: {login: [{http: x, tcp: y}, {dns: 1}, nothing]}\ncopies: [{from: {namespaces: []}}]",
            "harbor: [1, 2]\nkubernetes: {createNamespaces: maybe}\nproperties: {properties: {}}",
        ] {
            let root = tree(text);
            let whole = errors(schema.as_json(), &root);
            assert!(!whole.is_empty(), "{text}");
            assert_eq!(errors(&narrow(schema.as_json(), &root), &root), whole, "{text}");
        }
    }
}
