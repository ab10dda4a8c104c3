//! The Secrets that rules select, with as few lists as there are selectors.
//!
//! A rule whose namespaces are all named is read in those. A rule with patterns is read in the whole cluster at once; where that
//! is forbidden, in each namespace that the values know. What is forbidden even there is told of and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::values::SecretType;
use evenkeel_kubernetes_client::{
    Cluster, KubernetesError, Listing, ObjectName, k8s_openapi::api::core::v1::Namespace, label, secret::SecretObject,
};

use super::{ObservedSource, Reach};
use crate::{
    certificate::Authorities,
    content::Texts,
    desired::{Desired, DesiredRule, Destination},
    names::{TASK, is_copy},
};

type Sources = BTreeMap<ObjectName, ObservedSource>;

pub(super) async fn read(
    cluster: &Cluster,
    desired: &Desired,
    authorities: &Authorities,
    texts: &Texts,
) -> Result<(Sources, Vec<Reach>), KubernetesError> {
    let reaches = vec![Reach::default(); desired.rules.len()];
    let selected = vec![None; desired.rules.len()];
    let mut reading = Reading {
        cluster,
        desired,
        authorities,
        texts,
        reaches,
        selected,
        sources: Sources::new(),
        queries: BTreeMap::new(),
    };
    for position in 0..desired.rules.len() {
        reading.select_namespaces(position).await?;
        if reading.reaches[position].failure.is_none() {
            reading.ask(position);
        }
    }
    // Lists of the whole cluster come first: those that are forbidden leave lists of single namespaces behind.
    while let Some((query, rules)) = reading.queries.pop_first() {
        reading.answer(&query, &rules).await?;
    }
    Ok((reading.sources, reading.reaches))
}

/// One list, which may answer several rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Query {
    /// `None` for all, which comes first.
    namespace: Option<String>,
    labels: Option<String>,
    fields: Option<String>,
}

impl Query {
    /// What a rule asks in a namespace, or in all. What the server leaves out is not sent.
    fn of(rule: &DesiredRule, namespace: Option<String>) -> Self {
        let name = match rule.from.names.as_ref().and_then(|names| names.exact()).as_deref() {
            Some([name]) => Some(format!("metadata.name={name}")),
            _ => None,
        };
        let types: Vec<String> = match &rule.from.secret_type {
            Some(secret_type) => vec![format!("type={secret_type}")],
            None => SecretType::BOUND.iter().map(|secret_type| format!("type!={secret_type}")).collect(),
        };
        let fields: Vec<String> = name.into_iter().chain(types).collect();
        let not_copied = format!("{}!={TASK}", label::TASK);
        let selector = rule.from.selector.as_ref().map(|selector| selector.text()).filter(|text| !text.is_empty());
        let labels = Some(selector.into_iter().chain([not_copied]).collect::<Vec<_>>().join(","));
        Self { namespace, labels, fields: Some(fields.join(",")) }
    }

    fn listing(&self) -> Listing {
        let listing = self.namespace.as_ref().map_or_else(Listing::everywhere, Listing::in_namespace);
        let listing = self.labels.iter().fold(listing, |listing, labels| listing.labelled(labels));
        self.fields.iter().fold(listing, |listing, fields| listing.with_fields(fields))
    }
}

struct Reading<'a> {
    cluster: &'a Cluster,
    desired: &'a Desired,
    authorities: &'a Authorities,
    texts: &'a Texts,
    reaches: Vec<Reach>,
    /// The namespaces whose labels a rule wants; `None` where it wants none.
    selected: Vec<Option<BTreeSet<String>>>,
    sources: Sources,
    queries: BTreeMap<Query, Vec<usize>>,
}

impl Reading<'_> {
    /// Which namespaces have the labels that a rule wants.
    async fn select_namespaces(&mut self, position: usize) -> Result<(), KubernetesError> {
        let rule = &self.desired.rules[position];
        let Some(selector) = &rule.from.namespace_selector else { return Ok(()) };
        let listing = Listing::everywhere().labelled(selector.text());
        let (mut fitting, mut seen) = (BTreeSet::new(), BTreeSet::new());
        match self.cluster.list_metadata::<Namespace>(&listing).await {
            Ok(all) => fitting.extend(all.into_iter().filter_map(|metadata| metadata.name)),
            Err(KubernetesError::Forbidden(_)) => {
                for namespace in self.desired.known_namespaces(rule) {
                    match self.cluster.find_metadata::<Namespace>(&ObjectName::of_cluster(&namespace)).await {
                        Ok(Some(metadata)) if selector.fits(&metadata.labels.clone().unwrap_or_default()) => {
                            fitting.insert(namespace);
                        }
                        Ok(_) => drop(seen.insert(namespace)),
                        Err(error) => self.cannot_see(position, Some(namespace), error)?,
                    }
                }
                let reach = &mut self.reaches[position];
                (reach.namespaces, reach.is_limited) = (Some(seen), rule.from.namespaces.exact().is_none());
            }
            Err(error) => self.cannot_see(position, None, error)?,
        }
        self.selected[position] = Some(fitting);
        Ok(())
    }

    /// Which lists a rule needs.
    fn ask(&mut self, position: usize) {
        let rule = &self.desired.rules[position];
        let Some(named) = rule.from.namespaces.exact() else {
            return self.queries.entry(Query::of(rule, None)).or_default().push(position);
        };
        let reach = self.reaches[position].namespaces.get_or_insert_default();
        for namespace in named {
            match &self.selected[position] {
                Some(selected) if !selected.contains(namespace) => drop(reach.insert(namespace.to_owned())),
                _ => self.queries.entry(Query::of(rule, Some(namespace.to_owned()))).or_default().push(position),
            }
        }
    }

    async fn answer(&mut self, query: &Query, rules: &[usize]) -> Result<(), KubernetesError> {
        match (self.list(query, rules).await, &query.namespace) {
            (Ok(found), namespace) => {
                for &position in rules {
                    self.has_seen(position, namespace.as_deref());
                }
                self.take_in(found);
                Ok(())
            }
            (Err(error @ KubernetesError::Forbidden(_)), None) => {
                rules.iter().for_each(|&position| self.ask_one_by_one(position, &error));
                Ok(())
            }
            (Err(error @ KubernetesError::Forbidden(_)), Some(namespace)) => {
                for &position in rules {
                    self.find_named(position, namespace, &error).await?;
                }
                Ok(())
            }
            (Err(error), namespace) => {
                let mut rules = rules.iter();
                rules.try_for_each(|&position| self.cannot_see(position, namespace.clone(), error.clone()))
            }
        }
    }

    /// A rule cannot see a namespace, or anything at all. The other rules can.
    fn cannot_see(
        &mut self,
        position: usize,
        namespace: Option<String>,
        error: KubernetesError,
    ) -> Result<(), KubernetesError> {
        let reach = &mut self.reaches[position];
        match namespace {
            _ if !error.is_of_one_call() => return Err(error),
            Some(namespace) => drop(reach.failures.insert(namespace, error)),
            None => reach.failure = Some(error),
        }
        Ok(())
    }

    /// The Secrets of a list that rules select. Nothing else of a page outlives it.
    async fn list(&self, query: &Query, rules: &[usize]) -> Result<Sources, KubernetesError> {
        let take = |found: &mut Sources, secret: SecretObject| self.take(found, rules, &secret);
        self.cluster.fold::<SecretObject, _>(&query.listing(), Sources::new, take).await
    }

    fn take(&self, found: &mut Sources, rules: &[usize], secret: &SecretObject) {
        let fitting: Vec<usize> = rules.iter().copied().filter(|&position| self.selects(position, secret)).collect();
        if !fitting.is_empty() {
            found.insert(secret.name(), ObservedSource::of(secret, fitting, self.authorities, self.texts));
        }
    }

    /// Whether a rule selects a Secret. Copies are not copied again, nor is what is in the namespace of the copies already.
    fn selects(&self, position: usize, secret: &SecretObject) -> bool {
        let DesiredRule { from, to, .. } = &self.desired.rules[position];
        let namespace = secret.metadata.namespace.as_deref().unwrap_or_default();
        let name = secret.metadata.name.as_deref().unwrap_or_default();
        let no_labels = BTreeMap::new();
        let labels = secret.metadata.labels.as_ref().unwrap_or(&no_labels);
        !matches!(to, Destination::One { namespace: target, .. } if target == namespace)
            && from.namespaces.fits(namespace)
            && self.selected[position].as_ref().is_none_or(|selected| selected.contains(namespace))
            && from.names.as_ref().is_none_or(|names| names.fits(name))
            && from.secret_type.as_ref().is_none_or(|secret_type| secret_type.as_str() == secret.secret_type)
            && from.selector.as_ref().is_none_or(|selector| selector.fits(labels))
            && !SecretType::BOUND.contains(&secret.secret_type.as_str())
            && !is_copy(&secret.metadata)
    }

    fn take_in(&mut self, found: Sources) {
        for (name, source) in found {
            match self.sources.get_mut(&name) {
                // Each list is a state of its own; the newer one may hold what the older did not.
                Some(known) => {
                    let rules = std::mem::take(&mut known.rules);
                    *known = source;
                    known.rules.extend(rules);
                    known.rules.sort_unstable();
                }
                None => drop(self.sources.insert(name, source)),
            }
        }
    }

    fn has_seen(&mut self, position: usize, namespace: Option<&str>) {
        let seen = &mut self.reaches[position].namespaces;
        match (namespace, seen) {
            (Some(namespace), seen) => drop(seen.get_or_insert_default().insert(namespace.to_owned())),
            // Only of some namespaces it is known which labels they have.
            (None, Some(seen)) => seen.extend(self.selected[position].iter().flatten().cloned()),
            (None, None) => {}
        }
    }

    /// All namespaces at once are forbidden: each that the values know is asked for by itself.
    fn ask_one_by_one(&mut self, position: usize, error: &KubernetesError) {
        let rule = &self.desired.rules[position];
        let mut known = self.desired.known_namespaces(rule);
        if let Some(selected) = &self.selected[position] {
            known.retain(|namespace| selected.contains(namespace));
        }
        let reach = &mut self.reaches[position];
        reach.is_limited = true;
        let seen = reach.namespaces.get_or_insert_default();
        if known.is_empty() && seen.is_empty() && reach.failures.is_empty() {
            reach.failure = Some(error.clone());
        }
        for namespace in known {
            self.queries.entry(Query::of(rule, Some(namespace))).or_default().push(position);
        }
    }

    /// A list is forbidden: Secrets that a rule names may still be read.
    async fn find_named(
        &mut self,
        position: usize,
        namespace: &str,
        error: &KubernetesError,
    ) -> Result<(), KubernetesError> {
        let names = self.desired.rules[position].from.names.as_ref().and_then(|names| names.exact());
        let names: Vec<ObjectName> =
            names.into_iter().flatten().map(|name| ObjectName::in_namespace(namespace, name)).collect();
        let mut readings = match self.cluster.read_named::<SecretObject>(&names).await {
            Ok(readings) => readings,
            Err(error) => return self.cannot_see(position, Some(namespace.to_owned()), error),
        };
        let failure = readings.failures.pop().map(|(_, error)| error);
        match failure.or_else(|| names.is_empty().then(|| error.clone())) {
            Some(error) => drop(self.reaches[position].failures.insert(namespace.to_owned(), error)),
            None => self.has_seen(position, Some(namespace)),
        }
        let mut found = Sources::new();
        readings.objects.values().for_each(|secret| self.take(&mut found, &[position], secret));
        self.take_in(found);
        Ok(())
    }
}
