//! A Swagger 2.0 document in the shape of OpenAPI 3, as far as the check looks at it.

use serde_json::{Map, Value, json};

const DEFINITIONS: &str = "#/definitions/";

/// Definitions become component schemas, shared parameters and responses are written out, and bodies move to where OpenAPI 3 has them.
pub(crate) fn lifted(document: &Value) -> Value {
    let media = document["consumes"][0].as_str().unwrap_or("application/json");
    let paths = entries(&document["paths"]).map(|(path, item)| (path.clone(), path_item(document, item, media)));
    let paths: Map<String, Value> = paths.collect();
    let schemas: Map<String, Value> =
        entries(&document["definitions"]).map(|(name, schema)| (name.clone(), references(schema))).collect();
    json!({"paths": paths, "components": {"schemas": schemas}})
}

fn path_item(document: &Value, item: &Value, media: &str) -> Value {
    let members = entries(item).map(|(key, member)| match key.as_str() {
        "parameters" => (key.clone(), parameters(document, member)),
        _ => (key.clone(), operation(document, member, media)),
    });
    Value::Object(members.collect())
}

fn operation(document: &Value, operation: &Value, media: &str) -> Value {
    let content =
        |schema: &Value| if schema.is_null() { json!({}) } else { json!({media: {"schema": references(schema)}}) };
    let body = resolved(document, &operation["parameters"]).into_iter().find(|parameter| parameter["in"] == "body");
    let responses: Map<String, Value> = entries(&operation["responses"])
        .map(|(status, response)| (status.clone(), json!({"content": content(&shared(document, response)["schema"])})))
        .collect();
    let mut lifted = json!({"parameters": parameters(document, &operation["parameters"]), "responses": responses});
    if let Some(body) = body {
        lifted["requestBody"] = json!({"content": content(&body["schema"])});
    }
    lifted
}

/// The response, which may be one that several operations share.
fn shared<'a>(document: &'a Value, response: &'a Value) -> &'a Value {
    match response["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &document["responses"][name],
        None => response,
    }
}

/// The parameters but bodies; what Swagger says beside a name is a schema in OpenAPI 3.
fn parameters(document: &Value, parameters: &Value) -> Value {
    resolved(document, parameters)
        .into_iter()
        .filter(|parameter| parameter["in"] != "body")
        .map(|parameter| json!({"name": parameter["name"], "in": parameter["in"], "schema": references(&parameter)}))
        .collect()
}

fn resolved(document: &Value, parameters: &Value) -> Vec<Value> {
    let resolve =
        |parameter: &Value| match parameter["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            Some(name) => document["parameters"][name].clone(),
            None => parameter.clone(),
        };
    parameters.as_array().into_iter().flatten().map(resolve).collect()
}

/// The schema with its references to definitions as references to components.
fn references(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| match member.as_str().and_then(|text| text.strip_prefix(DEFINITIONS)) {
                Some(name) if key == "$ref" => (key.clone(), json!(format!("#/components/schemas/{name}"))),
                _ => (key.clone(), references(member)),
            })
            .collect::<Map<String, Value>>()
            .into(),
        Value::Array(items) => items.iter().map(references).collect(),
        other => other.clone(),
    }
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter)
}
