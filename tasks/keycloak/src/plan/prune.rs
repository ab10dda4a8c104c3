//! What is ours, still there, and not declared any more.
//!
//! Only objects of the inventory are looked at (law 5); the engine keeps the deletes out of the plan
//! unless the run may prune. An account is data that people made: removing it needs a second word.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, Operation, Removal};
use crate::{
    desired::Desired,
    names::{self, CLIENT_SCOPE, GROUP, IDENTITY_PROVIDER_MAPPER, MapperOwner, PROTOCOL_MAPPER, ROLE},
    observe::Observed,
};
use evenkeel_core::{
    diff::FieldChange,
    memory::Ownership,
    object::{Kind, ObjectId},
    plan::{Action, Cause, Change, ChangeDocument, Note},
};

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed, ownership: &Ownership) {
    let declared = desired.objects();
    let mut held = Vec::new();
    let mut remove = |object: ObjectId, removal: Option<Removal>| {
        if let Some(removal) = removal.filter(|_| ownership.contains(&object) && !declared.contains(&object)) {
            draft.changes.push(delete(object, removal));
        }
    };
    for (object, removal) in &observed.left_behind {
        remove(object.clone(), Some(removal.clone()));
    }
    let groups: BTreeSet<String> = ownership.of_kind(&GROUP).map(names::group_path).collect();
    for path in groups {
        let (object, there) = (names::group(&path), observed.groups.get(&path));
        // Deleting a group deletes those below it, whoever made them.
        if there.is_some_and(|group| group.sub_group_count.unwrap_or_default() > 0) && !declared.contains(&object) {
            held.push(Note {
                object,
                message: "is not declared any more, but still holds groups, which would go with it".to_owned(),
            });
            continue;
        }
        remove(object, there.and_then(|group| group.id.clone()).map(Removal::Group));
    }
    for owned in owned_names(ownership, &ROLE) {
        let id = observed.roles.get(owned).and_then(|role| role.id.clone());
        remove(ObjectId::new(ROLE, owned), id.map(Removal::Role));
    }
    let scopes = observed
        .client_scopes
        .iter()
        .map(|(name, scope)| (MapperOwner::ClientScope(name.clone()), &scope.protocol_mappers));
    let clients =
        observed.clients.iter().map(|(name, client)| (MapperOwner::Client(name.clone()), &client.protocol_mappers));
    for (owner, mappers) in scopes.chain(clients).filter(|_| ownership.of_kind(&PROTOCOL_MAPPER).next().is_some()) {
        // An owner that goes takes its mappers with it.
        if declared.contains(&owner.object()) {
            // Requests that meet can make several of one name: all go.
            let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for mapper in mappers.iter().flatten() {
                named.entry(mapper.name.as_deref().unwrap_or_default()).or_default().extend(mapper.id.clone());
            }
            for (name, ids) in named {
                remove(owner.mapper(name), Some(Removal::Mappers(owner.clone(), ids)));
            }
        }
    }
    for (alias, provider) in &observed.providers {
        for (name, mapper) in &provider.mappers {
            let object = ObjectId::within(IDENTITY_PROVIDER_MAPPER, alias, name);
            remove(object, mapper.id.clone().map(|id| Removal::ProviderMapper(alias.clone(), id)));
        }
    }
    for owned in owned_names(ownership, &CLIENT_SCOPE) {
        let id = observed.client_scopes.get(owned).and_then(|scope| scope.id.clone());
        remove(ObjectId::new(CLIENT_SCOPE, owned), id.map(Removal::ClientScope));
    }
    draft.notes.extend(held);
}

fn owned_names<'a>(ownership: &'a Ownership, kind: &'a Kind) -> impl Iterator<Item = &'a str> + 'a {
    ownership.of_kind(kind).map(ObjectId::name)
}

fn delete(object: ObjectId, removal: Removal) -> Change<Operation> {
    let document = ChangeDocument {
        object,
        action: Action::Delete,
        fields: if let Removal::Disable(_) = removal { vec![disabled()] } else { Vec::new() },
        cause: Cause { value: "no value any more".to_owned(), file: None, line: None },
        waits_for: [].into(),
    };
    Change {
        document: document.into(),
        exclusive: None,
        team: None,
        removes_data: matches!(removal, Removal::User(_) | Removal::Disable(_)),
        takes_along: Vec::new(),
        removes_relation: false,
        secrets: Vec::new(),
        operation: Operation::Delete(removal),
    }
}

/// What happens to an account that stays.
fn disabled() -> FieldChange {
    let (before, after) = (Some(Box::new(true.into())), Some(false.into()));
    FieldChange { path: "enabled".into(), before, after, secret: false, cause: None }
}
