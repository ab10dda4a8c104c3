//! Everything before the first request: values, secrets, desired state.

use std::sync::Arc;

use evenkeel_core::{
    report::Failure,
    values::{Document, Inspection, NamespaceName, Schema, SecretValue, Source, Values},
};

use super::Ending;
use crate::{
    command_line::ValuesOptions,
    exit_code::ExitCode,
    off_runtime::off_runtime,
    secrets::{SecretError, SecretResolver},
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
    let (values, document) = load_off_runtime(options, T::definitions(), false).await?;
    let required = T::required_secrets(&values);
    let fetched = secrets.fetch(&required, cluster).await;
    let here = required.iter().filter(|secret| !matches!(secret, SecretValue::FromSecret(_)));
    let resolved = resolve_off_runtime(secrets, here.cloned().collect()).await;
    let errors: Vec<SecretError> = [fetched.err(), resolved.err()].into_iter().flatten().flatten().collect();
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
    let sources = read(options, without_files)?;
    check(sources, options, definitions)
}

/// As [`load`], for whoever wants to know all that is wrong with the values.
pub(crate) fn inspect(
    options: &ValuesOptions,
    definitions: Vec<(&'static str, serde_json::Value)>,
) -> Result<Inspection, Ending> {
    Ok(Values::inspect(read(options, false)?, &options.set, &schema(definitions)))
}

/// As [`load`]; the files are read where one that never ends holds up nothing else.
pub(crate) async fn load_off_runtime(
    options: &ValuesOptions,
    definitions: Vec<(&'static str, serde_json::Value)>,
    without_files: bool,
) -> Result<(Values, Document), Ending> {
    let files = options.clone();
    let sources = off_runtime(move || read(&files, without_files)).await?;
    check(sources, options, definitions)
}

/// Reads secrets that are not in the cluster, where a file that never ends holds up nothing else.
pub(crate) async fn resolve_off_runtime(
    secrets: &Arc<SecretResolver>,
    wanted: Vec<SecretValue>,
) -> Result<(), Vec<SecretError>> {
    let secrets = Arc::clone(secrets);
    off_runtime(move || secrets.resolve_all(&wanted)).await
}

fn read(options: &ValuesOptions, without_files: bool) -> Result<Vec<Source>, Ending> {
    if options.paths.is_empty() && !without_files {
        return Err(Ending::failed(ExitCode::Usage, no_values()));
    }
    values_files::read(&options.paths).map_err(Ending::of_files)
}

fn check(
    sources: Vec<Source>,
    options: &ValuesOptions,
    definitions: Vec<(&'static str, serde_json::Value)>,
) -> Result<(Values, Document), Ending> {
    Values::load(sources, &options.set, &schema(definitions)).map_err(Ending::of_problems)
}

/// The schema of the values, completed by what tasks know.
fn schema(definitions: Vec<(&'static str, serde_json::Value)>) -> Schema {
    definitions.into_iter().fold(Schema::new(), |schema, (name, json)| schema.with_definition(name, json))
}

/// Without values there is nothing to be equal to.
fn no_values() -> Failure {
    Failure {
        message: "no values are given".to_owned(),
        hint: Some("name a file or folder with `--values`, or in `EVENKEEL_VALUES`".to_owned()),
    }
}
