//! Which copies the rules ask for. Pure.

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::ObjectName;

use crate::{
    desired::{Desired, DesiredRule},
    observe::ObservedSource,
};

/// A Secret that is to be copied, and the rule that says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub source: &'a ObjectName,
    pub observed: &'a ObservedSource,
    pub rule: &'a DesiredRule,
}

/// What is to be copied, by where it goes: more than one to the same place is a contest. Of rules that ask for the same, the first
/// counts.
pub(crate) fn wanted<'a>(
    desired: &'a Desired,
    sources: &'a BTreeMap<ObjectName, ObservedSource>,
) -> BTreeMap<ObjectName, Vec<Wanted<'a>>> {
    let mut wanted: BTreeMap<ObjectName, Vec<Wanted<'a>>> = BTreeMap::new();
    for (source, observed) in sources {
        for rule in observed.rules.iter().map(|&position| &desired.rules[position]) {
            let name = rule.to_name.of(source.namespace.as_deref().unwrap_or_default(), &source.name);
            let there = wanted.entry(ObjectName::in_namespace(rule.to_namespace.as_str(), name)).or_default();
            if there.iter().all(|other| other.source != source) {
                there.push(Wanted { source, observed, rule });
            }
        }
    }
    wanted
}
