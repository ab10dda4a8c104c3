//! Everything before the first request: values, secrets, desired state.

use evenkeel_core::{
    report::Failure,
    values::{Document, Schema, Values},
};

use super::Ending;
use crate::{command_line::ValuesOptions, exit_code::ExitCode, secrets::SecretResolver, task::Task, values_files};

/// What a run knows before it makes a request.
pub(super) struct Prepared<T: Task> {
    pub platform: String,
    pub desired: T::Desired,
}

pub(super) fn prepare<T: Task>(options: &ValuesOptions, secrets: &SecretResolver) -> Result<Prepared<T>, Ending> {
    let (values, document) = load(options, T::definitions())?;
    secrets.resolve_all(&T::required_secrets(&values)).map_err(|errors| Ending::of_secrets(&errors))?;
    let desired = T::desired(&values, &document, secrets).map_err(Ending::of_problems)?;
    Ok(Prepared { platform: values.platform.name.to_string(), desired })
}

/// Reads and checks values, with what tasks know of their applications' representations.
pub(crate) fn load(
    options: &ValuesOptions,
    definitions: Vec<(&'static str, serde_json::Value)>,
) -> Result<(Values, Document), Ending> {
    if options.paths.is_empty() {
        return Err(Ending::failed(ExitCode::Usage, no_values()));
    }
    let sources = values_files::read(&options.paths).map_err(Ending::of_files)?;
    let schema = definitions.into_iter().fold(Schema::new(), |schema, (name, json)| schema.with_definition(name, json));
    Values::load(sources, &options.set, &schema).map_err(Ending::of_problems)
}

/// Without values there is nothing to be equal to.
fn no_values() -> Failure {
    Failure {
        message: "no values are given".to_owned(),
        hint: Some("name a file or folder with `--values`, or in `EVENKEEL_VALUES`".to_owned()),
    }
}
