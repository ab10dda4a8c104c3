//! What is ours, still there, and not declared any more.
//!
//! Only objects of the inventory are looked at (law 5); the engine keeps the deletes out of the plan
//! unless the run may prune. Users are never pruned here: an account is data that people made.

use std::collections::BTreeSet;

use evenkeel_core::{
    object::{Kind, ObjectId, Ownership},
    plan::{Action, Cause, Change},
};
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;

use super::{Draft, Operation, Removal};
use crate::{
    desired::Desired,
    names::{CLIENT_SCOPE, GROUP, MapperOwner, PROTOCOL_MAPPER, ROLE},
    observe::Observed,
};

pub(super) fn plan(draft: &mut Draft, desired: &Desired, observed: &Observed, ownership: &Ownership) {
    let declared = declared(desired);
    let mut remove = |object: ObjectId, removal: Option<Removal>| {
        if let Some(removal) = removal.filter(|_| ownership.contains(&object) && !declared.contains(&object)) {
            draft.changes.push(delete(object, removal));
        }
    };
    for owned in owned_names(ownership, &GROUP) {
        let id = observed.groups.get(owned).and_then(|group| group.id.clone());
        remove(ObjectId::new(GROUP, owned), id.map(Removal::Group));
    }
    for owned in owned_names(ownership, &ROLE) {
        let there = observed.roles.contains_key(owned);
        remove(ObjectId::new(ROLE, owned), there.then(|| Removal::Role(owned.to_owned())));
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
            for mapper in mappers.iter().flatten() {
                let (object, removal) = mapper_removal(&owner, mapper);
                remove(object, removal);
            }
        }
    }
    for owned in owned_names(ownership, &CLIENT_SCOPE) {
        let id = observed.client_scopes.get(owned).and_then(|scope| scope.id.clone());
        remove(ObjectId::new(CLIENT_SCOPE, owned), id.map(Removal::ClientScope));
    }
}

fn owned_names<'a>(ownership: &'a Ownership, kind: &'a Kind) -> impl Iterator<Item = &'a str> + 'a {
    ownership.of_kind(kind).map(ObjectId::name)
}

fn mapper_removal(owner: &MapperOwner, mapper: &ProtocolMapperRepresentation) -> (ObjectId, Option<Removal>) {
    let object = owner.mapper(mapper.name.as_deref().unwrap_or_default());
    (object, mapper.id.clone().map(|id| Removal::Mapper(owner.clone(), id)))
}

fn declared(desired: &Desired) -> BTreeSet<ObjectId> {
    let mut objects = BTreeSet::new();
    for scope in &desired.client_scopes {
        let owner = MapperOwner::ClientScope(scope.scope.value.name.clone().unwrap_or_default());
        objects
            .extend(scope.mappers.iter().map(|mapper| owner.mapper(mapper.value.name.as_deref().unwrap_or_default())));
        objects.insert(owner.object());
    }
    for client in &desired.clients {
        let owner = MapperOwner::Client(client.client.value.client_id.clone().unwrap_or_default());
        objects
            .extend(client.mappers.iter().map(|mapper| owner.mapper(mapper.value.name.as_deref().unwrap_or_default())));
        objects.insert(owner.object());
    }
    objects
        .extend(desired.roles.iter().map(|role| ObjectId::new(ROLE, role.value.name.as_deref().unwrap_or_default())));
    objects.extend(
        desired.groups.iter().map(|group| ObjectId::new(GROUP, group.group.value.name.as_deref().unwrap_or_default())),
    );
    objects
}

fn delete(object: ObjectId, removal: Removal) -> Change<Operation> {
    Change {
        object,
        action: Action::Delete,
        fields: Vec::new(),
        cause: Cause { value: "no value any more".to_owned(), file: None, line: None },
        waits_for: Vec::new(),
        exclusive: None,
        team: None,
        removes_data: false,
        operation: Operation::Delete(removal),
    }
}
