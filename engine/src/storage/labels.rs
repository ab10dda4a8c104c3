//! The marks of the Secrets in which a run keeps what it remembers.

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::label;

/// What a Secret with this `component` of a task on a platform is marked with.
pub(crate) fn labels(component: &str, (platform, task): (&str, &str)) -> BTreeMap<String, String> {
    let labels = [
        (label::PART_OF, label::EVENKEEL),
        (label::COMPONENT, component),
        (label::PLATFORM, platform),
        (label::TASK, task),
    ];
    labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
