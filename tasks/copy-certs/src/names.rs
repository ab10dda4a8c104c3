//! The words under which copies, and what is noted on them, are known.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::object::{Kind, ObjectId};
use evenkeel_kubernetes_client::{ObjectName, k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, label};

/// A Secret, as `namespace/name`.
pub const SECRET: Kind = Kind::new("secret");
/// A namespace.
pub const NAMESPACE: Kind = Kind::new("namespace");
/// A rule of the values, in its own words.
pub const COPY_RULE: Kind = Kind::new("copy-rule");

/// The task's name on the command line, and the value of [`label::TASK`] on its copies.
pub const TASK: &str = "copy-certs";

/// Label: the namespace that a copy's source is in.
pub const SOURCE_NAMESPACE: &str = "evenkeel.dev/source-namespace";
/// Annotation: a copy's source, as `namespace/name`; a name is longer than a label may be.
pub const SOURCE: &str = "evenkeel.dev/source";
/// Annotation: the `resourceVersion` of the source that a copy is equal to.
pub const SOURCE_VERSION: &str = "evenkeel.dev/source-resource-version";
/// Annotation: the rule that asks for a copy.
pub const RULE: &str = "evenkeel.dev/rule";

const LABELS: [&str; 4] = [label::MANAGED_BY, label::PLATFORM, label::TASK, SOURCE_NAMESPACE];
const ANNOTATIONS: [&str; 3] = [RULE, SOURCE, SOURCE_VERSION];

/// The object of a Secret.
#[must_use]
pub fn secret(name: &ObjectName) -> ObjectId {
    ObjectId::within(SECRET, name.namespace.as_deref().unwrap_or_default(), &name.name)
}

/// Whether a Secret is a copy, of whichever platform: copies are not copied again.
#[must_use]
pub fn is_copy(metadata: &ObjectMeta) -> bool {
    let value = |name| metadata.labels.as_ref().and_then(|labels| labels.get(name)).map(String::as_str);
    value(label::MANAGED_BY) == Some(label::EVENKEEL) && value(label::TASK) == Some(TASK)
}

/// What is noted on a copy: labels, by which it is found, and annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    labels: [Option<Arc<str>>; 4],
    annotations: [Option<Arc<str>>; 3],
}

/// One of the marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whether it is a label; otherwise it is an annotation.
    pub is_label: bool,
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Option<Arc<str>>,
}

impl Mark {
    /// The field that it is.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", if self.is_label { "labels" } else { "annotations" }, self.name)
    }
}

impl Marks {
    /// The marks that a copy shall carry.
    #[must_use]
    pub fn new(platform: &Arc<str>, source: &ObjectName, version: &Arc<str>, rule: &Arc<str>) -> Self {
        let text = |text: &str| Some(Arc::from(text));
        Self {
            labels: [
                text(label::EVENKEEL),
                Some(Arc::clone(platform)),
                text(TASK),
                text(source.namespace.as_deref().unwrap_or_default()),
            ],
            annotations: [Some(Arc::clone(rule)), text(&source.to_string()), Some(Arc::clone(version))],
        }
    }

    /// The marks that a Secret carries; `shared` makes equal texts one.
    #[must_use]
    pub fn of(metadata: &ObjectMeta, shared: impl Fn(&str) -> Arc<str>) -> Self {
        let value = |map: &Option<BTreeMap<String, String>>, name: &str| {
            map.as_ref().and_then(|map| map.get(name)).map(|value| shared(value))
        };
        Self {
            labels: LABELS.map(|name| value(&metadata.labels, name)),
            annotations: ANNOTATIONS.map(|name| value(&metadata.annotations, name)),
        }
    }

    /// Each mark with its value.
    pub fn iter(&self) -> impl Iterator<Item = Mark> + '_ {
        let labels = LABELS.iter().zip(&self.labels).map(|(name, value)| (true, name, value));
        let annotations = ANNOTATIONS.iter().zip(&self.annotations).map(|(name, value)| (false, name, value));
        labels.chain(annotations).map(|(is_label, name, value)| Mark { is_label, name, value: value.clone() })
    }

    /// Whether they say that it is a copy of this platform.
    #[must_use]
    pub fn are_ours(&self, platform: &str) -> bool {
        let [managed_by, of_platform, task, _] = self.labels.each_ref().map(Option::as_deref);
        (managed_by, of_platform, task) == (Some(label::EVENKEEL), Some(platform), Some(TASK))
    }

    /// The source that they name.
    #[must_use]
    pub fn source(&self) -> Option<ObjectName> {
        let (namespace, name) = self.annotations[1].as_deref()?.split_once('/')?;
        Some(ObjectName::in_namespace(namespace, name))
    }

    /// The labels, as a Secret carries them.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        as_map(&LABELS, &self.labels)
    }

    /// The annotations, as a Secret carries them.
    #[must_use]
    pub fn annotations(&self) -> BTreeMap<String, String> {
        as_map(&ANNOTATIONS, &self.annotations)
    }
}

fn as_map(names: &[&str], values: &[Option<Arc<str>>]) -> BTreeMap<String, String> {
    let entries = names.iter().zip(values);
    entries.filter_map(|(name, value)| Some(((*name).to_owned(), value.as_deref()?.to_owned()))).collect()
}
