//! The JSON Schemas of what people declare in Keycloak's own words, with the few fields that evenkeel puts beside them.
//!
//! What stands beside a representation is part of an object for people, while Keycloak keeps it at end points of its own.

use std::collections::BTreeMap;

use evenkeel_core::{field::Field, values::ValuePath};
use evenkeel_keycloak_client::json_schema;
use serde_json::{Map, Value, json};

/// Keycloak's keys of the roles inside a role, those that values have for them, and what they mean.
const COMPOSITES: [(&str, &str, &str); 2] = [
    ("realm", "realmRoles", "Realm roles; `realm` is another name for it."),
    ("client", "clientRoles", "Roles of clients, by `clientId`; `client` is another name for it."),
];

/// Puts the roles inside roles, at any depth of a declared representation, under Keycloak's own keys. Says where both are declared.
pub(crate) fn with_own_keys(field: &mut Field, path: &ValuePath, twice: &mut Vec<ValuePath>) {
    match field {
        Field::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                with_own_keys(item, &path.clone().index(index), twice);
            }
        }
        Field::Map(fields) => {
            for (name, field) in fields {
                let path = path.clone().key(name.as_str());
                match field {
                    Field::Map(inside) if name == "composites" => rename(inside, &path, twice),
                    Field::Map(_) if FREE.contains(&name.as_str()) => {}
                    field => with_own_keys(field, &path, twice),
                }
            }
        }
        _ => {}
    }
}

/// Under these, people choose the keys themselves.
const FREE: [&str; 2] = ["attributes", "config"];

fn rename(inside: &mut BTreeMap<String, Field>, path: &ValuePath, twice: &mut Vec<ValuePath>) {
    for (own, key, _) in COMPOSITES {
        if let Some(roles) = inside.remove(key)
            && inside.insert(own.to_owned(), roles).is_some()
        {
            twice.push(path.clone().key(key));
        }
    }
}

/// Fields of a declared client that are no part of Keycloak's representation.
pub(crate) const BESIDE_CLIENT: [&str; 3] = ["roles", "serviceAccount", "scopeMappings"];

/// Fields of a declared client scope that are no part of Keycloak's representation.
pub(crate) const BESIDE_CLIENT_SCOPE: [&str; 1] = ["scopeMappings"];

/// Fields of a declared identity provider that are no part of Keycloak's representation.
pub(crate) const BESIDE_PROVIDER: [&str; 2] = ["issuer", "mappers"];

/// Every definition, by the name under which the values' schema refers to it.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    const NAMES: [&str; 9] = [
        "RealmRepresentation",
        "ClientRepresentation",
        "RoleRepresentation",
        "GroupRepresentation",
        "ClientScopeRepresentation",
        "IdentityProviderRepresentation",
        "RealmEventsConfigRepresentation",
        "RequiredActionProviderRepresentation",
        "UPConfig",
    ];
    NAMES.into_iter().filter_map(|name| Some((name, complete(name, json_schema(name)?)))).collect()
}

fn complete(name: &str, mut schema: Value) -> Value {
    match name {
        "ClientRepresentation" => {
            let account = "Roles of the client's service account, as `realmRoles` and `clientRoles`; a declared list is the whole list.";
            let mapped = "Roles that the client's tokens may carry where `fullScopeAllowed` is `false`, as `realmRoles` and `clientRoles`; a declared list is the whole list.";
            put(&mut schema, "roles", list_of("RoleRepresentation", "Roles of the client; other roles stay."));
            put(&mut schema, "serviceAccount", role_names(account));
            put(&mut schema, "scopeMappings", role_names(mapped));
            define(&mut schema, "RoleRepresentation");
        }
        "ClientScopeRepresentation" => {
            let mapped = "Roles of which a user needs one for the scope to count, and that the scope lets into tokens, as `realmRoles` and `clientRoles`; a declared list is the whole list.";
            put(&mut schema, "scopeMappings", role_names(mapped));
        }
        "IdentityProviderRepresentation" => {
            let issuer = json!({
                "type": "string",
                "format": "uri",
                "description": "Address of the issuer: end points that `config` does not hold come from its discovery document.",
            });
            put(&mut schema, "issuer", issuer);
            let mappers =
                list_of("IdentityProviderMapperRepresentation", "Mappers of the provider; other mappers stay.");
            put(&mut schema, "mappers", mappers);
            define(&mut schema, "IdentityProviderMapperRepresentation");
        }
        _ => {}
    }
    name_composites(&mut schema);
    schema
}

/// What is inside a role has the keys that lists of roles have everywhere else; Keycloak's own are taken too.
fn name_composites(schema: &mut Value) {
    let Some(properties) = schema.pointer_mut("/$defs/Composites/properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (own, key, description) in COMPOSITES {
        if let Some(mut property) = properties.get(own).cloned() {
            property["description"] = description.into();
            properties.insert(key.to_owned(), property);
        }
    }
}

/// Roles of the realm and of clients, by name.
fn role_names(description: &str) -> Value {
    let names = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "type": "object",
        "description": description,
        "additionalProperties": false,
        "properties": {
            "realmRoles": {"description": "Realm roles.", "type": "array", "items": {"type": "string"}},
            "clientRoles": {
                "description": "Roles of clients, by `clientId`.",
                "type": "object",
                "additionalProperties": names,
            },
        },
    })
}

fn list_of(name: &str, description: &str) -> Value {
    json!({"type": "array", "description": description, "items": {"$ref": format!("#/$defs/{name}")}})
}

/// Puts a property beside those of the representation.
fn put(schema: &mut Value, name: &str, property: Value) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(name.to_owned(), property);
    }
}

/// Puts another representation, with what it refers to, among the schema's own definitions.
fn define(schema: &mut Value, name: &str) {
    let Some(mut definition) = json_schema(name) else { return };
    let nested = definition.as_object_mut().and_then(|object| object.remove("$defs"));
    if let Some(object) = schema.as_object_mut()
        && let Some(definitions) = object.entry("$defs").or_insert_with(|| Map::new().into()).as_object_mut()
    {
        definitions.extend(nested.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
        definitions.insert(name.to_owned(), definition);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_inside_roles_have_the_keys_that_lists_of_roles_have_elsewhere() {
        let schema = complete("RoleRepresentation", json_schema("RoleRepresentation").unwrap());
        for key in ["realm", "realmRoles", "client", "clientRoles"] {
            assert!(schema.pointer(&format!("/$defs/Composites/properties/{key}")).is_some(), "{key}");
        }
        let client = json!({"attributes": {"composites": {"realmRoles": "theirs"}}, "roles": [
            {"composites": {"realmRoles": ["a"], "clientRoles": {"b": ["c"]}}},
            {"composites": {"realm": ["a"], "realmRoles": ["d"]}},
        ]});
        let (mut client, mut twice) = (Field::from(client), Vec::new());
        with_own_keys(&mut client, &ValuePath::root(), &mut twice);
        let client = client.shown().unwrap();
        assert_eq!(client["roles"][0]["composites"], json!({"realm": ["a"], "client": {"b": ["c"]}}));
        assert_eq!(client["attributes"]["composites"], json!({"realmRoles": "theirs"}));
        let twice: Vec<String> = twice.iter().map(ToString::to_string).collect();
        assert_eq!(twice, ["roles[1].composites.realmRoles"]);
    }

    #[test]
    fn what_stands_beside_a_representation_is_no_field_of_it() {
        for (name, beside) in [
            ("ClientRepresentation", &BESIDE_CLIENT[..]),
            ("ClientScopeRepresentation", &BESIDE_CLIENT_SCOPE),
            ("IdentityProviderRepresentation", &BESIDE_PROVIDER),
        ] {
            let own = json_schema(name).unwrap();
            let completed = complete(name, own.clone());
            for field in beside {
                assert!(own["properties"].get(field).is_none(), "{name}.{field}");
                assert!(completed["properties"].get(field).is_some(), "{name}.{field}");
            }
        }
    }
}
