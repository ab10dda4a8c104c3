//! From text to Rust and to JSON Schema, from the outside.

use evenkeel_codegen::{Error, declared_schemas, generate};
use serde_json::{Value, json};

const HEAD: &str = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n";

fn document(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

fn thing(schema: &str) -> String {
    document(&format!(
        "paths:
  /things/{{id}}:
    get:
      operationId: thing_get
      x-answer: {{name: id}}
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
      responses:
        '200': {{description: ok, content: {{application/json: {{schema: {{$ref: '#/components/schemas/UPThing'}}}}}}}}
components:
  schemas:
    UPThing: {schema}
"
    ))
}

/// The code without white space, so that a test does not depend on line breaks.
fn dense(code: &str) -> String {
    code.split_whitespace().collect()
}

#[test]
fn a_client_has_a_builder_for_each_operation_and_describes_it() {
    let code = dense(&generate(&thing("{type: object, properties: {name: {type: string}}}"), "t").unwrap());
    assert!(code.contains("pubfnthing_get(&self)->builder::ThingGet<'_>"));
    let described =
        r#"Operation{id:"thing_get",method:"GET",path:"/things/{id}",answers:&[("name","id")],nothing:"",}"#;
    assert!(code.contains(described), "{code}");
    assert!(code.contains("pubstaticALL:&[&Operation]=&[&THING_GET];"));
}

#[test]
fn no_request_is_sent_without_the_path_that_it_is_about() {
    let code = dense(&generate(&thing("{type: object, properties: {name: {type: string}}}"), "t").unwrap());
    assert!(code.contains("operation_path=super::operation::THING_GET.with(::std::vec![id.to_string()]);"), "{code}");
    assert!(code.contains("leturl=operation_path.url(&client.baseurl);"));
    assert!(code.contains("client.inner.exec(&client.baseurl,request,&operation_path).await"));
    assert!(!code.contains("client.exec(") && !code.contains("encode_path(&"));
}

#[test]
fn a_password_becomes_a_secret_and_a_map_is_ordered() {
    let schema = "{type: object, properties: {name: {type: string}, key: {type: string, format: password}, labels: {type: object, additionalProperties: {type: string}, nullable: true}}}";
    let code = dense(&generate(&thing(schema), "t").unwrap());
    assert!(code.contains("pubkey:::std::option::Option<::evenkeel_transport::Secret>"));
    assert!(code.contains("publabels:::std::option::Option<::std::collections::BTreeMap<"));
}

#[test]
fn a_nullable_list_can_be_sent_empty() {
    let schema = "{type: object, properties: {name: {type: string}, tags: {type: array, items: {type: string}, nullable: true}}}";
    let code = dense(&generate(&thing(schema), "t").unwrap());
    assert!(code.contains("pubtags:::std::option::Option<::std::vec::Vec<::std::string::String>>"));
}

#[test]
fn unknown_fields_are_kept_and_the_type_still_has_a_default() {
    let schema = "{type: object, properties: {name: {type: string}}, additionalProperties: {}}";
    let code = dense(&generate(&thing(schema), "t").unwrap());
    assert!(code.contains("#[serde(flatten)]pubextra:::serde_json::Map<"));
    let derive = code.split("pubstructUpThing{").next().and_then(|before| before.rsplit("#[derive(").next());
    assert!(derive.is_some_and(|derive| derive.contains("Default") && derive.contains("PartialEq")), "{derive:?}");
}

#[test]
fn the_same_document_gives_the_same_code() {
    let text = thing("{type: object, properties: {name: {type: string}, b: {type: string}, a: {type: string}}}");
    assert_eq!(generate(&text, "t").unwrap(), generate(&text, "t").unwrap());
}

#[test]
fn what_is_no_yaml_is_named_with_its_place() {
    let error = generate("openapi: 3.0.3\ninfo: [", "things.yaml").unwrap_err();
    assert!(matches!(error, Error::Parse { .. }));
    let text = error.to_string();
    assert!(text.starts_with("things.yaml: "), "{text}");
    assert!(text.contains("line 2"), "{text}");
}

#[test]
fn another_version_of_openapi_is_refused() {
    let error = generate("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n", "t").unwrap_err();
    assert_eq!(error.to_string(), "t: openapi `3.1.0` cannot be generated, only 3.0");
}

#[test]
fn problems_are_listed_together_and_nothing_is_generated() {
    let text = document(
        "paths:
  /a:
    get:
      responses: {'200': {description: ok}, default: {description: no}}
",
    );
    let error = generate(&text, "things.yaml").unwrap_err();
    assert_eq!(
        error.to_string(),
        "things.yaml: 2 problem(s)
  - GET /a: no `operationId`
  - GET /a: `default` counts as success and as error; use `4XX` and `5XX`"
    );
}

#[test]
fn json_schemas_are_made_of_marked_components_only() {
    let text = document(
        "paths: {}
components:
  schemas:
    Wanted: {type: object, x-declarable: true, properties: {a: {type: string}}}
    Other: {type: object, properties: {a: {type: string}}}
",
    );
    let schemas: Value = serde_json::from_str(&declared_schemas(&text, "t").unwrap()).unwrap();
    assert_eq!(schemas.as_object().unwrap().keys().collect::<Vec<_>>(), ["Wanted"]);
}

#[test]
fn a_json_schema_stands_alone() {
    let text = document(
        "paths: {}
components:
  schemas:
    Realm:
      description: A realm
      type: object
      x-declarable: true
      required: [name]
      properties:
        name: {type: string, description: Its name, x-absent-in: ['1']}
        secret: {type: string, format: password}
        lifespan: {type: integer, format: int32}
        locales: {type: array, items: {type: string}, nullable: true}
        attributes: {type: object, additionalProperties: {type: string}, nullable: true}
        free: {type: object, additionalProperties: {}, nullable: true}
        group: {$ref: '#/components/schemas/Group'}
        access: {type: object, additionalProperties: {type: boolean}, nullable: true, readOnly: true}
      additionalProperties: {}
    Group:
      type: object
      properties:
        below: {type: array, items: {$ref: '#/components/schemas/Group'}, nullable: true}
",
    );
    let schemas: Value = serde_json::from_str(&declared_schemas(&text, "t").unwrap()).unwrap();
    assert_eq!(
        schemas["Realm"],
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "description": "A realm",
            "type": "object",
            "required": ["name"],
            "x-derived": ["access"],
            "properties": {
                "name": {"type": "string", "description": "Its name", "x-absent-in": ["1"]},
                "secret": {"type": "string", "x-secret": true},
                "lifespan": {"type": "integer", "minimum": -2_147_483_648_i64, "maximum": 2_147_483_647},
                "locales": {"type": ["array", "null"], "items": {"type": "string"}},
                "attributes": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
                "free": {"type": ["object", "null"]},
                "group": {"$ref": "#/$defs/Group"},
            },
            "additionalProperties": false,
            "$defs": {
                "Group": {
                    "type": "object",
                    "properties": {
                        "below": {"type": ["array", "null"], "items": {"$ref": "#/$defs/Group"}},
                    },
                    "additionalProperties": false,
                },
            },
        })
    );
}

#[test]
fn a_list_within_a_map_may_be_null() {
    let list = "{type: object, nullable: true, additionalProperties: {type: array, items: {type: string}}}";
    let schema = format!("{{type: object, properties: {{name: {{type: string}}, roles: {list}}}}}");
    let code = dense(&generate(&thing(&schema), "t").unwrap());
    let reading = "#[serde(default,deserialize_with=\"::evenkeel_transport::nothing::null_inside_is_empty\")]pubroles:";
    assert!(code.contains(reading), "{code}");
    assert!(
        code.contains(r#"$check!(UpThing,"{\"roles\":null}");$check!(UpThing,"{\"roles\":{\"a\":null}}");"#),
        "{code}"
    );
}

#[test]
fn an_operation_says_what_its_answer_is_that_holds_nothing() {
    for (schema, nothing) in [
        ("{type: array, items: {type: string}}", "[]"),
        ("{type: object, additionalProperties: {type: string}}", "{}"),
        ("{type: object, properties: {name: {type: string}}}", ""),
    ] {
        let text = document(&format!(
            "paths:
  /things:
    get:
      operationId: thing_list
      responses:
        '200': {{description: ok, content: {{application/json: {{schema: {schema}}}}}}}
"
        ));
        let code = dense(&generate(&text, "t").unwrap());
        assert!(code.contains(&format!("nothing:\"{nothing}\"")), "{schema}: {code}");
    }
}
