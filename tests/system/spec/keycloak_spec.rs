//! `openapi-specs/keycloak.yaml` says nothing that Keycloak's own documents do not.
//!
//! The documents under `tests/system/spec/keycloak/` are those of Keycloak 26.7.3 and 26.0.7, as their releases carry them.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::check::{Outside, Upstream, missing_simple_properties, problems};

/// Not part of the administration's document: the token end point with its forms, what failures look like (26.7
/// describes one of five forms, 26.0 none; server-behaviour 2.2), and what the server says of itself.
const OUTSIDE: Outside = Outside {
    paths: &["/realms/{realm}/protocol/openid-connect/token", "/admin/serverinfo"],
    schemas: &[
        "ErrorRepresentation",
        "TokenRequest",
        "TokenResponse",
        "ServerInfoRepresentation",
        "SystemInfoRepresentation",
        "SpiInfoRepresentation",
        "ProviderRepresentation",
    ],
    // 26.7 calls a new realm bytes, 26.0 too; both read a RealmRepresentation from them
    bodies: &["POST /admin/realms: request application/json"],
};

/// 26.0 reads a body there, and its document does not say so.
const OUTSIDE_OF_OLDER: Outside = Outside {
    bodies: &[
        "POST /admin/realms: request application/json",
        "POST /admin/realms/{realm}/users/{user-id}/federated-identity/{provider}: request application/json",
    ],
    ..OUTSIDE
};

static OURS: LazyLock<Value> = LazyLock::new(|| read(include_str!("../../../openapi-specs/keycloak.yaml")));

static NEWER: LazyLock<Upstream> =
    LazyLock::new(|| Upstream { version: "26.7", document: read(include_str!("keycloak/26.7.3.openapi.yaml")) });

static OLDER: LazyLock<Upstream> =
    LazyLock::new(|| Upstream { version: "26.0", document: read(include_str!("keycloak/26.0.7.openapi.json")) });

/// YAML, of which JSON is a part.
fn read(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap()
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn everything_is_in_the_document_of_26_7() {
    assert_eq!(problems(&OURS, &NEWER, &OUTSIDE), NOTHING);
}

#[test]
fn everything_is_in_the_document_of_26_0() {
    assert_eq!(problems(&OURS, &OLDER, &OUTSIDE_OF_OLDER), NOTHING);
}

#[test]
fn every_simple_field_of_what_people_declare_can_be_declared() {
    for name in ["RealmRepresentation", "ClientRepresentation", "RoleRepresentation", "ClientScopeRepresentation"] {
        assert_eq!(missing_simple_properties(&OURS, &NEWER, name), NOTHING, "{name}");
    }
}

/// The problems of our document after `change`, against 26.7.
fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = OURS.clone();
    change(&mut document);
    problems(&document, &NEWER, &OUTSIDE)
}

#[test]
fn a_path_that_upstream_does_not_have_is_named() {
    let found = after(|document| {
        let flows = document["paths"]["/admin/realms/{realm}/authentication/flows"].take();
        document["paths"].as_object_mut().unwrap().remove("/admin/realms/{realm}/authentication/flows");
        document["paths"]["/admin/realms/{realm}/flows"] = flows;
    });
    assert_eq!(found, ["26.7: /admin/realms/{realm}/flows: no such path upstream"]);
}

#[test]
fn a_method_that_upstream_does_not_have_is_named() {
    let found = after(|document| {
        let path = &mut document["paths"]["/admin/realms/{realm}/users/count"];
        path["put"] = path["get"].clone();
    });
    assert_eq!(found, ["26.7: PUT /admin/realms/{realm}/users/count: no such method upstream"]);
}

#[test]
fn a_parameter_that_upstream_does_not_have_is_named() {
    let found = after(|document| {
        document["paths"]["/admin/realms/{realm}/groups"]["get"]["parameters"][0]["name"] = json!("offset");
    });
    assert_eq!(found, ["26.7: GET /admin/realms/{realm}/groups: no query parameter `offset` upstream"]);
}

#[test]
fn a_parameter_in_another_place_is_named() {
    let found = after(|document| {
        document["paths"]["/admin/realms/{realm}/groups"]["get"]["parameters"][0]["in"] = json!("header");
    });
    assert_eq!(found, ["26.7: GET /admin/realms/{realm}/groups: no header parameter `first` upstream"]);
}

#[test]
fn a_parameter_of_another_type_is_named() {
    let found = after(|document| {
        document["paths"]["/admin/realms/{realm}/groups"]["get"]["parameters"][0]["schema"] = json!({"type": "string"});
    });
    assert_eq!(
        found,
        ["26.7: GET /admin/realms/{realm}/groups: query parameter `first` is string, upstream integer int32"]
    );
}

#[test]
fn bodies_of_another_type_are_named() {
    let group = json!({"$ref": "#/components/schemas/GroupRepresentation"});
    let found = after(|document| {
        let roles = &mut document["paths"]["/admin/realms/{realm}/roles"];
        roles["post"]["requestBody"]["content"]["application/json"]["schema"] = group.clone();
        roles["get"]["responses"]["200"]["content"]["application/json"]["schema"]["items"] = group;
    });
    assert_eq!(
        found,
        [
            "26.7: GET /admin/realms/{realm}/roles: answer 200 application/json is list of schema GroupRepresentation, upstream list of schema RoleRepresentation",
            "26.7: POST /admin/realms/{realm}/roles: request application/json is schema GroupRepresentation, upstream schema RoleRepresentation",
        ]
    );
}

#[test]
fn a_property_that_upstream_does_not_have_is_named() {
    let found = after(|document| {
        document["components"]["schemas"]["RoleRepresentation"]["properties"]["colour"] = json!({"type": "string"});
    });
    assert_eq!(found, ["26.7: RoleRepresentation.colour: no such property upstream"]);
}

#[test]
fn a_property_of_another_type_is_named() {
    for (changed, own) in [
        (json!({"type": "integer", "format": "int32"}), "integer int32"),
        (json!({"type": "array", "items": {"type": "string"}}), "list of string"),
        (json!({"type": "object", "additionalProperties": {}}), "map of anything"),
        (json!({"$ref": "#/components/schemas/Composites"}), "schema Composites"),
    ] {
        let found = after(|document| {
            document["components"]["schemas"]["RoleRepresentation"]["properties"]["name"] = changed;
        });
        assert_eq!(found, [format!("26.7: RoleRepresentation.name: is {own}, upstream string")]);
    }
}

#[test]
fn a_number_of_another_size_is_named() {
    let found = after(|document| {
        let properties = &mut document["components"]["schemas"]["RealmRepresentation"]["properties"];
        properties["eventsExpiration"]["format"] = json!("int32");
    });
    assert_eq!(found, ["26.7: RealmRepresentation.eventsExpiration: is integer int32, upstream integer int64"]);
}

#[test]
fn a_schema_that_upstream_does_not_have_is_named() {
    let found = after(|document| {
        document["components"]["schemas"]["RealmSettings"] = json!({"type": "object", "properties": {}});
    });
    assert_eq!(found, ["26.7: RealmSettings: no such schema upstream"]);
}

#[test]
fn a_wrong_claim_that_an_older_version_lacks_a_field_is_named() {
    let mut document = OURS.clone();
    document["components"]["schemas"]["RoleRepresentation"]["properties"]["name"]["x-absent-in"] = json!(["26.0"]);
    assert_eq!(
        problems(&document, &OLDER, &OUTSIDE_OF_OLDER),
        ["26.0: RoleRepresentation.name: is there upstream, against `x-absent-in`"]
    );
}

#[test]
fn an_exception_that_is_not_needed_is_named() {
    let paths = &["/admin/realms", "/realms/{realm}/protocol/openid-connect/token", "/admin/serverinfo"];
    let outside = Outside { paths, ..OUTSIDE };
    assert_eq!(
        problems(&OURS, &NEWER, &outside),
        ["26.7: /admin/realms: is described upstream, no exception is needed"]
    );
}
