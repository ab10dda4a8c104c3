//! The copies that are there, and what else is in the places where copies go.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
};
use evenkeel_kubernetes_client::{
    Cluster, KubernetesError, Listing, ObjectName, label,
    namespace::{Closed, State},
    secret::SecretObject,
};

use super::{Destinations, ObservedCopy, ObservedSource, ObservedTarget};
use crate::{
    content::Texts,
    desired::{Desired, Destination},
    labelling::Labelling,
    names,
    wanted::wanted,
};

/// The kind of the Secrets that may be ours.
static SECRETS: Kind = names::SECRET;

/// Secrets by their names.
type Copies = BTreeMap<String, ObservedCopy>;

/// What is looked for, by namespace.
type Places = BTreeMap<String, BTreeSet<String>>;

/// Every namespace that a rule copies to, and those in which the inventory knows copies: their rule may be gone. A copy of ours that the
/// list of copies does not show is looked for by its name: it may have lost its labels only.
pub(super) async fn read(
    cluster: &Cluster,
    desired: &Desired,
    (sources, destinations): (&BTreeMap<ObjectName, ObservedSource>, &[Destinations]),
    ownership: &Ownership,
    texts: &Texts,
) -> Result<BTreeMap<String, ObservedTarget>, KubernetesError> {
    let declared = desired.labelling();
    let reading = Reading { cluster, platform: &desired.platform, declared, texts };
    let mut places = places(desired, sources, destinations, ownership);
    let mut everywhere = None;
    if desired.rules.iter().any(|rule| matches!(rule.to, Destination::Many { .. })) {
        everywhere = reading.everywhere().await?;
    }
    for namespace in everywhere.iter().flat_map(BTreeMap::keys) {
        places.entry(namespace.clone()).or_default();
    }
    let mut targets = BTreeMap::new();
    for (namespace, wanted) in places {
        let copies = match &mut everywhere {
            Some(copies) => Ok(copies.remove(&namespace).unwrap_or_default()),
            None => reading.ours(&namespace).await,
        };
        let state = destinations.iter().find_map(|seen| *seen.namespaces.get(&namespace)?);
        let target = reading.one(&namespace, copies, wanted, state).await?;
        targets.insert(namespace, target);
    }
    Ok(targets)
}

fn places(
    desired: &Desired,
    sources: &BTreeMap<ObjectName, ObservedSource>,
    destinations: &[Destinations],
    ownership: &Ownership,
) -> Places {
    let mut places = Places::new();
    for namespace in destinations.iter().flat_map(|seen| seen.namespaces.keys()) {
        places.entry(namespace.clone()).or_default();
    }
    for object in ownership.of_kind(&SECRETS).map(ObjectId::apart) {
        if let Some((namespace, name)) = object.in_parent() {
            places.entry(namespace.to_owned()).or_default().insert(name.to_owned());
        }
    }
    for name in wanted(desired, sources, destinations).into_keys() {
        let ObjectName { namespace, name } = name;
        places.entry(namespace.unwrap_or_default()).or_default().insert(name);
    }
    places
}

struct Reading<'a> {
    cluster: &'a Cluster,
    platform: &'a str,
    declared: Labelling,
    texts: &'a Texts,
}

impl Reading<'_> {
    fn copy(&self, secret: &SecretObject) -> ObservedCopy {
        ObservedCopy::of(secret, self.cluster.field_manager(), &self.declared, self.texts)
    }

    /// Our copies in the whole cluster, by namespace, with one list; `None` where that is not answered.
    async fn everywhere(&self) -> Result<Option<BTreeMap<String, Copies>>, KubernetesError> {
        let take = |copies: &mut BTreeMap<String, Copies>, secret: SecretObject| {
            let copy = self.copy(&secret);
            let there = copies.entry(secret.metadata.namespace.unwrap_or_default()).or_default();
            there.insert(secret.metadata.name.unwrap_or_default(), copy);
        };
        let ours = Listing::everywhere().labelled(label::selector(self.platform, names::TASK));
        match self.cluster.fold::<SecretObject, _>(&ours, BTreeMap::new, take).await {
            Ok(copies) => Ok(Some(copies)),
            Err(error) if error.is_of_one_call() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Our copies in one namespace.
    async fn ours(&self, namespace: &str) -> Result<Copies, KubernetesError> {
        let take = |copies: &mut Copies, secret: SecretObject| {
            let copy = self.copy(&secret);
            copies.insert(secret.metadata.name.unwrap_or_default(), copy);
        };
        let ours = Listing::in_namespace(namespace).labelled(label::selector(self.platform, names::TASK));
        self.cluster.fold::<SecretObject, _>(&ours, BTreeMap::new, take).await
    }

    async fn one(
        &self,
        namespace: &str,
        copies: Result<Copies, KubernetesError>,
        mut wanted: BTreeSet<String>,
        state: Option<State>,
    ) -> Result<ObservedTarget, KubernetesError> {
        let mut target = ObservedTarget::default();
        match copies {
            Ok(copies) => target.copies = copies,
            // One namespace that cannot be read keeps nothing from the others.
            Err(error) if error.is_of_one_call() => {
                target.failure = Some(error);
                return Ok(target);
            }
            Err(error) => return Err(error),
        }
        target.closed = state.and_then(|state| Closed::of(Some(state)));
        wanted.retain(|name| !target.copies.contains_key(name));
        if wanted.is_empty() {
            return Ok(target);
        }
        if state.is_none() {
            target.closed = self.closed(namespace).await?;
        }
        if target.closed != Some(Closed::Missing) {
            // A Secret of that name without our labels would not be in the list.
            match self.in_their_places(namespace, &wanted).await {
                Ok(others) => target.copies.extend(others),
                Err(error) if error.is_of_one_call() => {
                    target.failure = Some(error);
                    return Ok(target);
                }
                Err(error) => return Err(error),
            }
        }
        wanted.retain(|name| !target.copies.contains_key(name));
        target.absent = wanted;
        Ok(target)
    }

    /// Why nothing can be put into a namespace. Without the right to look, the write will tell.
    async fn closed(&self, namespace: &str) -> Result<Option<Closed>, KubernetesError> {
        match self.cluster.namespace(namespace).await {
            Ok(state) => Ok(Closed::of(state)),
            Err(error) if error.is_of_one_call() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What others have put where copies are to go: found by name in a list without contents, and only then read.
    async fn in_their_places(&self, namespace: &str, wanted: &BTreeSet<String>) -> Result<Copies, KubernetesError> {
        let take = |there: &mut Vec<ObjectName>, metadata| {
            let name = ObjectName::of(&metadata);
            if wanted.contains(&name.name) {
                there.push(name);
            }
        };
        let listing = Listing::in_namespace(namespace);
        let there = self.cluster.fold_metadata::<SecretObject, _>(&listing, Vec::new, take).await?;
        let readings = self.cluster.read_named::<SecretObject>(&there).await?;
        if let Some((_, error)) = readings.failures.into_iter().next() {
            return Err(error);
        }
        Ok(readings.objects.into_iter().map(|(name, secret)| (name.name, self.copy(&secret))).collect())
    }
}
