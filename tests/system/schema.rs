//! `evenkeel schema`: what it prints is a JSON Schema, and what `schema/` holds.

use std::{fs, path::Path};

use assert_cmd::Command;
use serde_json::Value;

/// What has a schema, as `evenkeel schema` is asked for it.
const DOCUMENTS: [&str; 3] = ["values", "report", "plan"];

pub(crate) fn printed(document: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_evenkeel")).args(["schema", document]).output().unwrap();
    assert!(output.status.success(), "{document}");
    String::from_utf8(output.stdout).unwrap()
}

/// A run compiles what its values touch, so that nobody else looks at the rest.
#[test]
fn the_schema_of_the_values_is_a_json_schema() {
    let schema = serde_json::from_str(&printed("values")).unwrap();
    jsonschema::validator_for(&schema).unwrap();
}

/// Nobody has to read a regular expression: what is expected is said in words, beside it or around it.
#[test]
fn every_pattern_of_the_values_is_said_in_words() {
    let schema: Value = serde_json::from_str(&printed("values")).unwrap();
    let mut silent = Vec::new();
    find_silent("", &schema, false, &mut silent);
    assert!(silent.is_empty(), "patterns without `x-expected`: {silent:#?}");
}

/// The places of patterns without words. Those of a choice may stand around it.
fn find_silent(place: &str, schema: &Value, is_said: bool, silent: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            let is_said = is_said || object.contains_key("x-expected");
            if object.get("pattern").is_some_and(Value::is_string) && !is_said {
                silent.push(place.to_owned());
            }
            for (key, value) in object {
                find_silent(&format!("{place}/{key}"), value, is_said && key == "anyOf", silent);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_silent(&format!("{place}/{index}"), item, is_said, silent);
            }
        }
        _ => {}
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "EVENKEEL_UPDATE asks the test to write the files")]
fn the_schemas_in_the_repository_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    for document in DOCUMENTS {
        let file = folder.join(format!("{document}.schema.json"));
        let printed = printed(document);
        if std::env::var_os("EVENKEEL_UPDATE").is_some() {
            fs::write(&file, &printed).unwrap();
        }
        let there = fs::read_to_string(&file).unwrap_or_default();
        assert!(there == printed, "schema/{document}.schema.json is out of date: run the tests with EVENKEEL_UPDATE=1");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), DOCUMENTS.len());
}
