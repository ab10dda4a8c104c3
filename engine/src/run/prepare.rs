//! Everything before the first request: values, secrets, desired state.

use evenkeel_core::{
    report::Failure,
    values::{Document, NamespaceName, Schema, SecretValue, Values},
};

use super::Ending;
use crate::{
    command_line::ValuesOptions,
    exit_code::ExitCode,
    secrets::SecretError,
    task::{Context, Task},
    values_files,
};

/// What a run knows before it makes a request.
pub(super) struct Prepared<T: Task> {
    pub platform: String,
    /// The namespace of inventory and lease.
    pub namespace: Option<NamespaceName>,
    pub desired: T::Desired,
}

/// Secrets that are in the cluster are read first, and all that is missing is told together.
pub(super) async fn prepare<T: Task>(
    options: &ValuesOptions,
    Context { secrets, cluster, .. }: &Context,
) -> Result<Prepared<T>, Ending> {
    let (values, document) = load(options, T::definitions(), false)?;
    let required = T::required_secrets(&values);
    let fetched = secrets.fetch(&required, cluster).await;
    let here = required.iter().filter(|secret| !matches!(secret, SecretValue::FromSecret(_)));
    let errors: Vec<SecretError> =
        [fetched.err(), secrets.resolve_all(here).err()].into_iter().flatten().flatten().collect();
    if !errors.is_empty() {
        return Err(Ending::of_secrets(&errors));
    }
    let desired = T::desired(&values, &document, secrets).map_err(Ending::of_problems)?;
    let namespace = values.kubernetes.and_then(|kubernetes| kubernetes.inventory).map(|inventory| inventory.namespace);
    Ok(Prepared { platform: values.platform.name.to_string(), namespace, desired })
}

/// Reads and checks values, with what tasks know of their applications' representations; `without_files` where
/// single settings may be all there is.
pub(crate) fn load(
    options: &ValuesOptions,
    definitions: Vec<(&'static str, serde_json::Value)>,
    without_files: bool,
) -> Result<(Values, Document), Ending> {
    if options.paths.is_empty() && !without_files {
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
