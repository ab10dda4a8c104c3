//! The copies that are there, and what else is in the places where copies go.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
};
use evenkeel_kubernetes_client::{
    Cluster, KubernetesError, Listing, ObjectName, label, namespace::Closed, secret::SecretObject,
};

use super::{ObservedCopy, ObservedSource, ObservedTarget};
use crate::{content::Texts, desired::Desired, names, wanted::wanted};

/// The kind of the Secrets that may be ours.
static SECRETS: Kind = names::SECRET;

/// Every namespace that a rule names, and those in which the inventory knows copies: their rule may be gone. A copy of ours that the
/// list of copies does not show is looked for by its name: it may have lost its labels only.
pub(super) async fn read(
    cluster: &Cluster,
    desired: &Desired,
    sources: &BTreeMap<ObjectName, ObservedSource>,
    ownership: &Ownership,
    texts: &Texts,
) -> Result<BTreeMap<String, ObservedTarget>, KubernetesError> {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in &desired.rules {
        places.entry(rule.to_namespace.clone()).or_default();
    }
    for object in ownership.of_kind(&SECRETS).map(ObjectId::apart) {
        if let Some((namespace, name)) = object.in_parent() {
            places.entry(namespace.to_owned()).or_default().insert(name.to_owned());
        }
    }
    for name in wanted(desired, sources).into_keys() {
        let ObjectName { namespace, name } = name;
        places.entry(namespace.unwrap_or_default()).or_default().insert(name);
    }
    let mut targets = BTreeMap::new();
    for (namespace, wanted) in places {
        let target = one(cluster, &desired.platform, &namespace, wanted, texts).await?;
        targets.insert(namespace, target);
    }
    Ok(targets)
}

async fn one(
    cluster: &Cluster,
    platform: &str,
    namespace: &str,
    mut wanted: BTreeSet<String>,
    texts: &Texts,
) -> Result<ObservedTarget, KubernetesError> {
    let mut target = ObservedTarget::default();
    let take = |copies: &mut BTreeMap<String, ObservedCopy>, secret: SecretObject| {
        let copy = ObservedCopy::of(&secret, cluster.field_manager(), texts);
        copies.insert(secret.metadata.name.unwrap_or_default(), copy);
    };
    let ours = Listing::in_namespace(namespace).labelled(label::selector(platform, names::TASK));
    match cluster.fold::<SecretObject, _>(&ours, BTreeMap::new, take).await {
        Ok(copies) => target.copies = copies,
        // One namespace that cannot be read keeps nothing from the others.
        Err(error) if error.is_of_one_call() => {
            target.failure = Some(error);
            return Ok(target);
        }
        Err(error) => return Err(error),
    }
    wanted.retain(|name| !target.copies.contains_key(name));
    if wanted.is_empty() {
        return Ok(target);
    }
    target.closed = closed(cluster, namespace).await?;
    if target.closed != Some(Closed::Missing) {
        // A Secret of that name without our labels would not be in the list.
        match in_their_places(cluster, namespace, &wanted, texts).await {
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
async fn closed(cluster: &Cluster, namespace: &str) -> Result<Option<Closed>, KubernetesError> {
    match cluster.namespace(namespace).await {
        Ok(state) => Ok(Closed::of(state)),
        Err(error) if error.is_of_one_call() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What others have put where copies are to go: found by name in a list without contents, and only then read.
async fn in_their_places(
    cluster: &Cluster,
    namespace: &str,
    wanted: &BTreeSet<String>,
    texts: &Texts,
) -> Result<BTreeMap<String, ObservedCopy>, KubernetesError> {
    let take = |there: &mut Vec<ObjectName>, metadata| {
        let name = ObjectName::of(&metadata);
        if wanted.contains(&name.name) {
            there.push(name);
        }
    };
    let listing = Listing::in_namespace(namespace);
    let there = cluster.fold_metadata::<SecretObject, _>(&listing, Vec::new, take).await?;
    let readings = cluster.read_named::<SecretObject>(&there).await?;
    if let Some((_, error)) = readings.failures.into_iter().next() {
        return Err(error);
    }
    let copy = |(name, secret): (ObjectName, SecretObject)| {
        (name.name, ObservedCopy::of(&secret, cluster.field_manager(), texts))
    };
    Ok(readings.objects.into_iter().map(copy).collect())
}
