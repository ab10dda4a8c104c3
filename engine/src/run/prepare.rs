//! Everything before the first request: values, secrets, desired state.

use evenkeel_core::{
    report::Failure,
    values::{Schema, Values},
};

use super::Ending;
use crate::{command_line::ValuesOptions, exit_code::ExitCode, secrets::SecretResolver, task::Task, values_files};

/// What a run knows before it makes a request.
pub(super) struct Prepared<T: Task> {
    pub platform: String,
    pub desired: T::Desired,
}

pub(super) fn prepare<T: Task>(options: &ValuesOptions, secrets: &SecretResolver) -> Result<Prepared<T>, Ending> {
    if options.paths.is_empty() {
        return Err(Ending::failed(ExitCode::Usage, no_values()));
    }
    let sources = values_files::read(&options.paths).map_err(Ending::of_files)?;
    let schema =
        T::definitions().into_iter().fold(Schema::new(), |schema, (name, json)| schema.with_definition(name, json));
    let (values, document) = Values::load(sources, &options.set, &schema).map_err(Ending::of_problems)?;
    secrets.resolve_all(&T::required_secrets(&values)).map_err(|errors| Ending::of_secrets(&errors))?;
    let desired = T::desired(&values, &document, secrets).map_err(Ending::of_problems)?;
    Ok(Prepared { platform: values.platform.name.to_string(), desired })
}

/// Without values there is nothing to be equal to.
pub(crate) fn no_values() -> Failure {
    Failure {
        message: "no values are given".to_owned(),
        hint: Some("name a file or folder with `--values`, or in `EVENKEEL_VALUES`".to_owned()),
    }
}
