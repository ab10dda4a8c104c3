//! `evenkeel schema`: what it prints is a JSON Schema, and what `schema/` holds.

use std::{fs, path::Path};

use assert_cmd::Command;

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
