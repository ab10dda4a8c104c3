//! The namespaces that rules copy to. One list of all namespaces answers every rule; where that is forbidden, those that the values
//! know are asked for one by one.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_kubernetes_client::{
    Cluster, KubernetesError, Listing, ObjectName,
    k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ObjectMeta},
    namespace::State,
};

use crate::desired::{Desired, Destination};

/// The namespaces that a rule copies to, as far as they could be seen.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    /// Those that fit, with their state where it was read.
    pub namespaces: BTreeMap<String, Option<State>>,
    /// Those that were looked at and do not fit.
    unfit: BTreeSet<String>,
    /// Those of which it could not be seen whether they fit.
    pub failures: BTreeMap<String, KubernetesError>,
    /// Why no namespace could be seen.
    pub failure: Option<KubernetesError>,
    /// Whether only namespaces that the values know were looked at, because all of them cannot be listed.
    pub is_limited: bool,
}

impl Destinations {
    fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { namespaces: names.into_iter().map(|name| (name.to_owned(), None)).collect(), ..Self::default() }
    }

    fn unseen(error: &KubernetesError) -> Self {
        Self { failure: Some(error.clone()), ..Self::default() }
    }

    /// Whether a namespace that is not among them could be one of them, had everything been seen.
    #[must_use]
    pub fn may_hold(&self, destination: &Destination, namespace: &str) -> bool {
        let is_unseen = self.failure.is_some()
            || self.failures.contains_key(namespace)
            || self.is_limited && !self.unfit.contains(namespace);
        is_unseen && !self.namespaces.contains_key(namespace) && destination.fits_name(namespace)
    }
}

/// All namespaces, with their labels.
type All = BTreeMap<String, ObjectMeta>;

pub(super) async fn read(cluster: &Cluster, desired: &Desired) -> Result<Vec<Destinations>, KubernetesError> {
    let mut all: Option<Result<All, KubernetesError>> = None;
    let mut destinations = Vec::with_capacity(desired.rules.len());
    for rule in &desired.rules {
        if rule.to.is_open() && all.is_none() {
            all = Some(list(cluster).await?);
        }
        destinations.push(match (&rule.to, &all) {
            (Destination::One { namespace, .. }, _) => Destinations::named([namespace.as_str()]),
            (Destination::Many { .. }, Some(Ok(all))) if rule.to.is_open() => among(all, &rule.to),
            (Destination::Many { .. }, Some(Err(error))) if rule.to.is_open() => {
                one_by_one(cluster, desired, &rule.to, error).await?
            }
            (Destination::Many { namespaces, .. }, _) => Destinations::named(namespaces.named()),
        });
    }
    Ok(destinations)
}

/// All namespaces, or why they cannot be listed. What keeps every call from being answered ends the reading.
async fn list(cluster: &Cluster) -> Result<Result<All, KubernetesError>, KubernetesError> {
    match cluster.list_metadata::<Namespace>(&Listing::everywhere()).await {
        Ok(all) => Ok(Ok(all.into_iter().filter_map(|metadata| Some((metadata.name.clone()?, metadata))).collect())),
        Err(error) if error.is_of_one_call() => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

fn among(all: &All, destination: &Destination) -> Destinations {
    let mut among = Destinations::default();
    for (name, metadata) in all {
        among.take(destination, name, Some(metadata));
    }
    // One that the values name and that is missing is waited for.
    for name in destination.named().filter(|name| !all.contains_key(*name)) {
        among.take(destination, name, None);
    }
    among
}

impl Destinations {
    fn take(&mut self, destination: &Destination, name: &str, metadata: Option<&ObjectMeta>) {
        let no_labels = BTreeMap::new();
        let labels = metadata.and_then(|metadata| metadata.labels.as_ref()).unwrap_or(&no_labels);
        if destination.fits(name, labels) {
            self.namespaces.insert(name.to_owned(), metadata.map(State::of));
        } else {
            self.unfit.insert(name.to_owned());
        }
    }
}

/// The namespaces that the values know: those that they name, and those of teams.
async fn one_by_one(
    cluster: &Cluster,
    desired: &Desired,
    destination: &Destination,
    error: &KubernetesError,
) -> Result<Destinations, KubernetesError> {
    let known = desired.known_among(destination);
    if known.is_empty() || !matches!(error, KubernetesError::Forbidden(_)) {
        return Ok(Destinations::unseen(error));
    }
    let mut found = Destinations { is_limited: true, ..Destinations::default() };
    for name in known {
        if !destination.has_selector() {
            found.namespaces.insert(name, None);
            continue;
        }
        match cluster.find_metadata::<Namespace>(&ObjectName::of_cluster(&name)).await {
            Ok(metadata) => found.take(destination, &name, metadata.as_ref()),
            Err(error) if error.is_of_one_call() => drop(found.failures.insert(name, error)),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
