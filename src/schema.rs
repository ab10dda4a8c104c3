//! The JSON Schemas of what people write and of what programs read. `schema/` holds them for editors.

use clap::ValueEnum;
use evenkeel_core::{plan::PlanDocument, report::Report, values::Schema};

use crate::tasks::definitions;

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Document {
    /// The values, with everything that the tasks know of their applications
    Values,
    /// What `--report` writes
    Report,
    /// What `plan --output json` prints
    Plan,
}

/// The schema as JSON text.
pub(crate) fn text(document: Document) -> String {
    let schema = match document {
        Document::Values => definitions()
            .into_iter()
            .fold(Schema::new(), |schema, (name, definition)| schema.with_definition(name, definition))
            .as_json()
            .clone(),
        Document::Report => schemars::schema_for!(Report).to_value(),
        Document::Plan => schemars::schema_for!(PlanDocument).to_value(),
    };
    format!("{schema:#}\n")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// A run compiles what its values touch, so that nobody else looks at the rest.
    #[test]
    fn the_schema_of_the_values_is_a_json_schema() {
        let schema = serde_json::from_str(&text(Document::Values)).unwrap();
        jsonschema::validator_for(&schema).unwrap();
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "EVENKEEL_UPDATE asks the test to write the files")]
    fn the_schemas_in_the_repository_are_up_to_date() {
        for document in Document::value_variants() {
            let name = document.to_possible_value().unwrap().get_name().to_owned();
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
            if std::env::var_os("EVENKEEL_UPDATE").is_some() {
                fs::write(&file, text(*document)).unwrap();
            }
            let there = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                there == text(*document),
                "schema/{name}.schema.json is out of date: run the tests with EVENKEEL_UPDATE=1"
            );
        }
    }
}
