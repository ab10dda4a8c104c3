//! Replication policies, and what a server cannot do with other registries.

use evenkeel_core::{diff::Rules, object::ObjectId, plan::Dependencies};
use evenkeel_engine::plain::Write;
use evenkeel_harbor_client::types::{Registry, ReplicationPolicy};

use super::{Operation, PlanBuilder};
use crate::{
    desired::{Desired, DesiredReplication},
    names::{self, REGISTRY, REPLICATION},
    observe::Observed,
};

/// A registry of a kind that the server does not speak to: its create is known to fail before the server is asked to.
pub(super) fn tell_unknown_adapters(plan: &mut PlanBuilder<'_>, observed: &Observed) {
    let Some(known) = &observed.support.adapters else { return };
    let mut warnings = Vec::new();
    for change in plan.changes_mut().iter_mut().filter(|change| *change.object.kind() == REGISTRY) {
        let Operation::Plain(write) = &change.operation else { continue };
        let Write::Create(declared) = &**write else { continue };
        let kind = declared.value::<Registry>().and_then(|registry| registry.type_.clone()).unwrap_or_default();
        if !known.contains(&kind) {
            let known: Vec<String> = known.iter().cloned().collect();
            let message = format!("harbor does not speak to registries of type `{kind}`, but to {}", known.join(", "));
            warnings.push((change.object.clone(), message));
            change.operation = Operation::NoAdapter(kind, known);
        }
    }
    for (object, message) in warnings {
        plan.warn(object, message);
    }
}

/// The server expands registries and adds defaults (server-behaviour 6); filters come back as they were sent.
pub(super) fn plan_replications(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.replications {
        let object = ObjectId::new(REPLICATION, declared.name.as_str());
        let there = observed.replications.get(&declared.name);
        let mut policy = declared.policy.clone();
        let (source, destination) = ends(declared);
        policy.value.src_registry = source;
        policy.value.dest_registry = destination;
        let registry = declared.source.iter().chain(&declared.destination);
        let registry = registry.map(|name| ObjectId::new(REGISTRY, name.as_str()));
        let namespace = declared.policy.value.dest_namespace.as_deref().map(names::project);
        let dependencies = Dependencies::after(registry.chain(namespace)).exclusive_in(object.clone());
        let seen = there.map(shown_whole);
        plan.compare(object, &policy, seen.as_ref(), Rules(&[]), dependencies, |_, _| match there {
            None => Operation::CreateReplication(Box::new(declared.clone())),
            Some(there) => Operation::UpdateReplication(Box::new(declared.clone()), Box::new(there.clone())),
        });
    }
}

/// The registries by name, which is what differs when another one is declared.
fn ends(declared: &DesiredReplication) -> (Option<Registry>, Option<Registry>) {
    let named = |name: &Option<String>| name.clone().map(|name| Registry { name: Some(name), ..Registry::default() });
    (named(&declared.source), named(&declared.destination))
}

/// What is false is left out of answers, and deletes have an older name there.
fn shown_whole(policy: &ReplicationPolicy) -> ReplicationPolicy {
    let mut policy = policy.clone();
    let deletes = policy.replicate_deletion.unwrap_or_default() || policy.deletion.unwrap_or_default();
    policy.replicate_deletion = Some(deletes);
    policy.override_.get_or_insert(false);
    policy.enabled.get_or_insert(false);
    policy.copy_by_chunk.get_or_insert(false);
    policy.single_active_replication.get_or_insert(false);
    for filter in policy.filters.iter_mut().flatten() {
        // What a filter does unless it says otherwise.
        filter.decoration.take_if(|decoration| ["", "matches"].contains(&decoration.as_str()));
    }
    policy.speed.get_or_insert(0);
    policy
}
