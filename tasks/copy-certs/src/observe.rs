//! What is there: the Secrets that rules select, and the copies. Lists only, and of what they hold nothing is kept but digests.

mod destinations;
mod sources;
mod targets;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use evenkeel_core::{
    memory::{Ownership, Sight},
    object::ObjectId,
};
use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName, k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, namespace::Closed,
    secret::SecretObject,
};
use jiff::Timestamp;

pub use destinations::Destinations;

use crate::{
    CopyCerts,
    certificate::{Authorities, Certificate},
    content::{Content, Texts},
    desired::Desired,
    labelling::Labelling,
    names::{Marks, SECRET},
};

/// Everything that was seen.
#[derive(Clone, Debug)]
pub struct Observed {
    /// When it was seen.
    pub now: Timestamp,
    /// Whether certificates that do not work are refused.
    pub require_valid: bool,
    /// The Secrets that rules select.
    pub sources: BTreeMap<ObjectName, ObservedSource>,
    /// How far each rule could see, in the order of the rules.
    pub reaches: Vec<Reach>,
    /// Where each rule copies to, in the order of the rules.
    pub destinations: Vec<Destinations>,
    /// The namespaces of copies.
    pub targets: BTreeMap<String, ObservedTarget>,
}

/// A Secret that is to be copied.
#[derive(Clone, Debug)]
pub struct ObservedSource {
    /// What it holds.
    pub content: Content,
    /// Its `resourceVersion`.
    pub version: Arc<str>,
    /// What is known of its certificate, if it is meant to hold one.
    pub certificate: Option<Box<Certificate>>,
    /// The positions of the rules that select it.
    pub rules: Vec<usize>,
}

impl ObservedSource {
    fn of(secret: &SecretObject, rules: Vec<usize>, authorities: &Authorities, texts: &Texts) -> Self {
        let content = Content::of(secret, texts);
        let certificate = content.is_filled.then(|| Certificate::of(secret, authorities)).flatten().map(Box::new);
        let version = secret.metadata.resource_version.as_deref().unwrap_or_default().into();
        Self { content, version, certificate, rules }
    }
}

/// How far a rule could see. What it could not see is no reason to change or remove anything.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// The namespaces that were seen; `None` where all were.
    pub namespaces: Option<BTreeSet<String>>,
    /// The namespaces that may not be seen.
    pub failures: BTreeMap<String, KubernetesError>,
    /// Why nothing at all could be seen.
    pub failure: Option<KubernetesError>,
    /// Whether only namespaces that the values know were looked at, because all of them cannot be listed.
    pub is_limited: bool,
}

impl Reach {
    /// Whether a Secret of this namespace that the rule selects would have been seen.
    #[must_use]
    pub fn covers(&self, namespace: &str) -> bool {
        self.failure.is_none()
            && !self.failures.contains_key(namespace)
            && self.namespaces.as_ref().is_none_or(|namespaces| namespaces.contains(namespace))
    }

    /// Whether everything was seen.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.failure.is_none() && self.failures.is_empty() && !self.is_limited
    }
}

/// A namespace of copies.
#[derive(Clone, Debug, Default)]
pub struct ObservedTarget {
    /// Our copies, and other Secrets in their places, by name.
    pub copies: BTreeMap<String, ObservedCopy>,
    /// Why nothing can be put there; known only where something would be, or where namespaces were listed.
    pub closed: Option<Closed>,
    /// Why it could not be read.
    pub failure: Option<KubernetesError>,
    /// The Secrets that were looked for and are not there.
    pub absent: BTreeSet<String>,
}

/// A Secret in the place of a copy.
#[derive(Clone, Debug)]
pub struct ObservedCopy {
    /// What it holds.
    pub content: Content,
    /// As what it was seen.
    pub seen: Seen,
    /// Whether what it holds can never change.
    pub immutable: bool,
    /// What is noted on it.
    pub marks: Marks,
    /// What it carries of the labels and annotations that rules declare.
    pub labelling: Labelling,
    /// Whether our field manager has written to it.
    pub is_written_by_us: bool,
}

impl ObservedCopy {
    fn of(secret: &SecretObject, field_manager: &str, declared: &Labelling, texts: &Texts) -> Self {
        let SecretObject { metadata, immutable, .. } = secret;
        let mut managers = metadata.managed_fields.iter().flatten().filter_map(|entry| entry.manager.as_deref());
        Self {
            content: Content::of(secret, texts),
            seen: Seen::of(metadata),
            immutable: *immutable,
            marks: Marks::of(metadata, |text| texts.shared(text)),
            labelling: Labelling::of(metadata, declared),
            is_written_by_us: managers.any(|manager| manager == field_manager),
        }
    }
}

/// One state of one object: whoever changes or deletes it says which one is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    uid: Box<str>,
    version: Box<str>,
}

impl Seen {
    fn of(metadata: &ObjectMeta) -> Self {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
        Self { uid: text(&metadata.uid), version: text(&metadata.resource_version) }
    }

    /// Which very object it is: another one of the same name has another `uid`.
    fn sight(&self) -> Sight {
        Sight::of(Some(&*self.uid).filter(|uid| !uid.is_empty()))
    }

    /// As the API takes it.
    #[must_use]
    pub fn metadata(&self, name: &ObjectName) -> ObjectMeta {
        ObjectMeta {
            namespace: name.namespace.clone(),
            name: Some(name.name.clone()),
            uid: Some(self.uid.to_string()),
            resource_version: Some(self.version.to_string()),
            ..ObjectMeta::default()
        }
    }
}

impl Observed {
    /// What was seen of a Secret in the place of a copy.
    #[must_use]
    pub fn sight(&self, object: &ObjectId) -> Sight {
        let place = object.in_parent().filter(|_| *object.kind() == SECRET);
        let Some((target, name)) = place.and_then(|(namespace, name)| Some((self.targets.get(namespace)?, name)))
        else {
            return Sight::Unknown;
        };
        match target.copies.get(name) {
            Some(copy) => copy.seen.sight(),
            None if target.absent.contains(name) => Sight::Absent,
            None => Sight::Unknown,
        }
    }
}

impl CopyCerts {
    /// Reads everything anew.
    pub(crate) async fn read(&self, desired: &Desired, ownership: &Ownership) -> Result<Observed, KubernetesError> {
        let texts = Texts::default();
        let (sources, reaches) = sources::read(&self.cluster, desired, &self.authorities, &texts).await?;
        let destinations = destinations::read(&self.cluster, desired).await?;
        let targets = targets::read(&self.cluster, desired, (&sources, &destinations), ownership, &texts).await?;
        let require_valid = self.require_valid;
        Ok(Observed { now: Timestamp::now(), require_valid, sources, reaches, destinations, targets })
    }
}
