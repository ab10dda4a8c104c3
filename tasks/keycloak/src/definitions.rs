//! The JSON Schemas of what people declare in Keycloak's own words, with the few fields that evenkeel puts beside them.
//!
//! What stands beside a representation is part of an object for people, while Keycloak keeps it at end points of its own.

use evenkeel_keycloak_client::json_schema;
use serde_json::{Map, Value, json};

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
            let account = "Roles of the client's service account; a declared list is the whole list.";
            let mapped = "Roles that the client's tokens may carry where `fullScopeAllowed` is `false`; a declared list is the whole list.";
            put(&mut schema, "roles", list_of("RoleRepresentation", "Roles of the client; other roles stay."));
            put(&mut schema, "serviceAccount", role_names(account));
            put(&mut schema, "scopeMappings", role_names(mapped));
            define(&mut schema, "RoleRepresentation");
        }
        "ClientScopeRepresentation" => {
            let mapped = "Roles of which a user needs one for the scope to count, and that the scope lets into tokens; a declared list is the whole list.";
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
    schema
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
