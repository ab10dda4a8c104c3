//! Labels and annotations that the values declare for copies, beside our own marks.

use std::collections::BTreeMap;

use evenkeel_core::{diff::FieldChange, values::model::CopyTarget};
use evenkeel_kubernetes_client::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Labels and annotations. Only what is declared is compared: those of others stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labelling {
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Labelling {
    /// What a rule declares.
    #[must_use]
    pub fn declared(target: &CopyTarget) -> Self {
        let label = |(key, value): (&evenkeel_core::values::LabelKey, &evenkeel_core::values::LabelValue)| {
            (key.as_str().to_owned(), value.as_str().to_owned())
        };
        Self {
            labels: target.labels.iter().map(label).collect(),
            annotations: target.annotations.iter().map(|(key, text)| (key.as_str().to_owned(), text.clone())).collect(),
        }
    }

    /// What a Secret carries of the labels and annotations that have a name in `declared`.
    #[must_use]
    pub fn of(metadata: &ObjectMeta, declared: &Self) -> Self {
        let among = |map: &Option<BTreeMap<String, String>>, names: &BTreeMap<String, String>| {
            let entries = map.iter().flatten().filter(|(name, _)| names.contains_key(*name));
            entries.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        Self {
            labels: among(&metadata.labels, &declared.labels),
            annotations: among(&metadata.annotations, &declared.annotations),
        }
    }

    /// Takes in what another rule declares.
    pub fn extend(&mut self, other: &Self) {
        self.labels.extend(other.labels.clone());
        self.annotations.extend(other.annotations.clone());
    }

    /// The fields in which what is there differs from what is declared.
    pub fn differences<'a>(&'a self, there: Option<&'a Self>) -> impl Iterator<Item = FieldChange> + 'a {
        let sections = [
            ("labels", &self.labels, there.map(|there| &there.labels)),
            ("annotations", &self.annotations, there.map(|there| &there.annotations)),
        ];
        sections.into_iter().flat_map(|(section, declared, there)| {
            declared.iter().filter_map(move |(name, value)| {
                let before = there.and_then(|there| there.get(name));
                let shown = |text: &String| text.as_str().into();
                (before != Some(value))
                    .then(|| FieldChange::new(format!("{section}.{name}"), before.map(shown), Some(shown(value))))
            })
        })
    }
}
