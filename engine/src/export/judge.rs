//! The task's own plan as the judge of an export.
//!
//! An export thus never says of itself that it fits: the same pure functions say so that will plan the next run.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    memory::{Memory, Ownership},
    plan::ChangeDocument,
    values::{Problems, Schema, SecretValue, Source, Values},
};
use secrecy::SecretString;

use super::{NeededSecret, composer::Composed, document::Node};
use crate::{secrets::SecretResolver, task::Task};

/// What a plan would change after these values if everything that they declare were ours: then built-in settings count too, so
/// that the values fit also where evenkeel makes the objects anew.
///
/// # Errors
///
/// What is wrong with the values, which would be a mistake of whoever composed them.
pub fn changes<T: Task>(
    Composed { layers, secrets }: &Composed,
    observed: &T::Observed,
) -> Result<Vec<Arc<ChangeDocument>>, String> {
    let merged = layers.iter().fold(Node::Map(BTreeMap::new()), |all, layer| all.merged(layer.content.clone()));
    let text = merged.yaml().map_err(|error| format!("the values have no form in YAML: {error}"))?;
    let wrong = |problems: Problems| problems.render(false);
    let source = Source::file("export.yaml", text);
    let (values, document) = Values::load(vec![source], &[], &schema::<T>()).map_err(wrong)?;
    let secrets = resolver::<T>(secrets, &values);
    let desired = T::desired(&values, &document, &secrets).map_err(wrong)?;
    let ownership: Ownership = T::existing(&desired, observed).into_iter().collect();
    let plan = T::plan(&desired, observed, &Memory::from(ownership)).map_err(|error| error.to_string())?;
    Ok(plan.changes().iter().map(|change| Arc::clone(&change.document)).collect())
}

/// The form of values for a task.
#[must_use]
pub fn schema<T: Task>() -> Schema {
    let definitions = T::definitions().into_iter();
    definitions.fold(Schema::new(), |schema, (name, definition)| schema.with_definition(name, definition))
}

/// The secrets that are known, and some text for those that nobody can compare.
fn resolver<T: Task>(secrets: &[NeededSecret], values: &Values) -> SecretResolver {
    let unknown = || SecretString::from("unknown");
    let known = secrets.iter().map(|secret| (secret.variable.clone(), secret.value.clone().unwrap_or_else(unknown)));
    let login = T::required_secrets(values).into_iter().filter_map(|secret| match secret {
        SecretValue::FromEnv(variable) => Some((variable, unknown())),
        _ => None,
    });
    // The last of a name counts: what is known comes last.
    SecretResolver::with_environment(login.chain(known))
}
