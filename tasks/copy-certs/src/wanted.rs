//! Which copies the rules ask for. Pure.

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::ObjectName;

use crate::{
    desired::{Desired, DesiredRule},
    observe::{Destinations, ObservedSource},
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
    destinations: &[Destinations],
) -> BTreeMap<ObjectName, Vec<Wanted<'a>>> {
    let mut wanted: BTreeMap<ObjectName, Vec<Wanted<'a>>> = BTreeMap::new();
    for (source, observed) in sources {
        for &position in &observed.rules {
            let rule = &desired.rules[position];
            for copy in rule.copies(source, destinations[position].namespaces.keys()) {
                let there = wanted.entry(copy).or_default();
                if there.iter().all(|other| other.source != source) {
                    there.push(Wanted { source, observed, rule });
                }
            }
        }
    }
    wanted
}
