//! `openapi-specs/harbor.yaml` says nothing that Harbor's own document does not.
//!
//! The document under `tests/system/spec/harbor/` is that of Harbor 2.15.2.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::check::{Outside, Upstream, missing_simple_properties, problems};
use super::swagger;

/// Harbor's document has failures as `Errors`; ours also holds what the transport makes of other answers.
const OUTSIDE: Outside = Outside { paths: &[], schemas: &["Failure"], bodies: &[] };

static OURS: LazyLock<Value> = LazyLock::new(|| read(include_str!("../../../openapi-specs/harbor.yaml")));

static UPSTREAM: LazyLock<Upstream> = LazyLock::new(|| Upstream {
    version: "2.15",
    document: swagger::lifted(&read(include_str!("harbor/2.15.2.swagger.yaml"))),
});

fn read(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).unwrap()
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn everything_is_in_the_document_of_harbor() {
    assert_eq!(problems(&OURS, &UPSTREAM, &OUTSIDE), NOTHING);
}

#[test]
fn every_key_of_the_configuration_can_be_declared() {
    assert_eq!(missing_simple_properties(&OURS, &UPSTREAM, "Configurations"), NOTHING);
}

#[test]
fn paths_begin_below_the_base_path_of_harbors_document() {
    let document = read(include_str!("harbor/2.15.2.swagger.yaml"));
    assert_eq!(document["basePath"], "/api/v2.0");
}

/// The problems of our document after `change`.
fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = OURS.clone();
    change(&mut document);
    problems(&document, &UPSTREAM, &OUTSIDE)
}

#[test]
fn a_shared_parameter_of_another_type_is_named() {
    let found = after(|document| {
        let path = &mut document["paths"]["/robots/{robot_id}"];
        path["parameters"][0]["schema"] = json!({"type": "string"});
        let methods = path.as_object_mut().unwrap();
        methods.retain(|method, _| ["parameters", "get"].contains(&method.as_str()));
    });
    assert_eq!(found, ["2.15: GET /robots/{robot_id}: path parameter `robot_id` is string, upstream integer"]);
}

#[test]
fn a_header_that_harbor_does_not_know_is_named() {
    let found = after(|document| {
        document["paths"]["/robots"]["get"]["parameters"][0] =
            json!({"name": "X-Is-Resource-Name", "in": "header", "schema": {"type": "boolean"}});
    });
    assert_eq!(found, ["2.15: GET /robots: no header parameter `X-Is-Resource-Name` upstream"]);
}

#[test]
fn a_body_of_another_type_is_named() {
    let found = after(|document| {
        let robots = &mut document["paths"]["/robots"];
        robots["post"]["requestBody"]["content"]["application/json"]["schema"] =
            json!({"$ref": "#/components/schemas/Robot"});
        robots["get"]["responses"]["200"]["content"]["application/json"]["schema"]["items"] =
            json!({"$ref": "#/components/schemas/Quota"});
    });
    assert_eq!(
        found,
        [
            "2.15: GET /robots: answer 200 application/json is list of schema Quota, upstream list of schema Robot",
            "2.15: POST /robots: request application/json is schema Robot, upstream schema RobotCreate",
        ]
    );
}

#[test]
fn a_property_that_harbor_does_not_have_is_named() {
    let found = after(|document| {
        document["components"]["schemas"]["Quota"]["properties"]["colour"] = json!({"type": "string"});
        document["components"]["schemas"]["Quota"]["properties"]["id"] = json!({"type": "string"});
    });
    assert_eq!(found, ["2.15: Quota.colour: no such property upstream", "2.15: Quota.id: is string, upstream integer"]);
}
