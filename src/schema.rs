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
