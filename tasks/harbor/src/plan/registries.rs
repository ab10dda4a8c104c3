//! Other registries and replication policies.

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::{Action, Note},
};
use evenkeel_harbor_client::types::{Registry, ReplicationPolicy};

use super::{Draft, Operation, Place};
use crate::{
    desired::{Declared, Desired, DesiredReplication},
    names::{self, REGISTRY, REPLICATION},
    observe::Observed,
};

/// What Harbor shows in place of a registry's secret (server-behaviour 6).
const MASK: &str = "*****";

const RULES: Rules = Rules(&[
    ("credential.access_secret", Rule::Masked(MASK)),
    // A change cannot bring another kind.
    ("type", Rule::AtCreation),
]);

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.registries {
        let object = ObjectId::new(REGISTRY, declared.name.as_str());
        let there = observed.registries.get(&declared.name).map(registry_shown_whole);
        let id = there.as_ref().and_then(|registry| registry.id).unwrap_or_default();
        let compared = without_empty_credential(&declared.registry, there.as_ref());
        let difference = draft.difference(&object, &compared, there.as_ref(), RULES);
        if there.is_some() && difference.is_empty() {
            continue;
        }
        let owner = super::Owner::of(&declared.registry);
        let place = Place::default().alone_in(object.clone());
        let (action, operation) = match there {
            None => (Action::Create, creation(draft, &object, &declared.registry.value, observed)),
            Some(_) => {
                let mut update = declared.registry.value.clone();
                let writes = difference.secrets.iter().any(|secret| secret.path == "credential.access_secret");
                if let Some(credential) = update.credential.as_mut().filter(|_| !writes) {
                    // A secret that is not known to differ stays.
                    credential.access_secret = None;
                }
                (Action::Update, Operation::UpdateRegistry(id, Box::new(update)))
            }
        };
        draft.push(object, action, difference, &owner, place, operation);
    }
}

/// The create of a registry, or why there can be none: it is known before the server is asked to.
fn creation(draft: &mut Draft<'_>, object: &ObjectId, registry: &Registry, observed: &Observed) -> Operation {
    let kind = registry.type_.clone().unwrap_or_default();
    match &observed.support.adapters {
        Some(known) if !known.contains(&kind) => {
            let known: Vec<String> = known.iter().cloned().collect();
            let message = format!("harbor does not speak to registries of type `{kind}`, but to {}", known.join(", "));
            draft.warnings.push(Note { object: object.clone(), message });
            Operation::NoAdapter(kind, known)
        }
        _ => Operation::CreateRegistry(Box::new(registry.clone())),
    }
}

/// The server shows nothing of a credential that names nobody.
fn without_empty_credential(declared: &Declared<Registry>, there: Option<&Registry>) -> Declared<Registry> {
    let mut declared = declared.clone();
    if let Some(credential) = declared.value.credential.as_mut().filter(|_| there.is_some())
        && credential.access_key.as_ref().is_none_or(String::is_empty)
    {
        credential.type_ = None;
    }
    declared
}

/// What is false is left out of answers, and an older server may have kept a slash at the end of the address.
fn registry_shown_whole(registry: &Registry) -> Registry {
    let mut registry = registry.clone();
    registry.insecure.get_or_insert(false);
    registry.url = registry.url.map(|url| url.trim_end_matches('/').to_owned());
    registry
}

/// The server expands registries and adds defaults (server-behaviour 6); filters come back as they were sent.
pub(super) fn plan_replications(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
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
        let place = Place::after(registry.chain(namespace)).alone_in(object.clone());
        let seen = there.map(shown_whole);
        draft.compare(object, &policy, seen.as_ref(), Rules(&[]), place, |_| match there {
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
