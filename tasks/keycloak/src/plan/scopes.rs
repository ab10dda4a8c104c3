//! Client scopes, protocol mappers one by one, the realm's default scopes.

use std::sync::Arc;

use evenkeel_core::{
    diff::Rules,
    object::ObjectId,
    plan::{Action, Change},
};
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;

use super::{Draft, Operation, Owner, Place, realm::realm_object};
use crate::{
    desired::{Declared, Desired},
    names::{CLIENT_SCOPE, MapperOwner},
    observe::Observed,
    relation::Relation,
};

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.client_scopes {
        let name = declared.scope.value.name.clone().unwrap_or_default();
        let there = observed.client_scopes.get(&name);
        let object = ObjectId::new(CLIENT_SCOPE, name.as_str());
        let place = Place::after([realm_object(desired)]).alone_in(object.clone());
        draft.compare(object.clone(), &declared.scope, there, Rules::default(), place, |action| {
            let body = Box::new(declared.scope.value.clone());
            if action == Action::Create {
                Operation::CreateClientScope(body)
            } else {
                Operation::UpdateClientScope(body)
            }
        });
        let mappers = there.and_then(|scope| scope.protocol_mappers.as_deref()).unwrap_or_default();
        plan_mappers(draft, &MapperOwner::ClientScope(name.clone()), &declared.mappers, mappers);
    }
    plan_defaults(draft, desired, observed);
}

/// A scope is either a default of new clients or optional for them: leaving one list comes before
/// joining the other, or the server refuses (server-behaviour 2.3).
fn plan_defaults(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    let owner = Owner::of(desired, &desired.realm_settings);
    let first = draft.changes.len();
    let there: Vec<&str> = observed.default_client_scopes.iter().map(String::as_str).collect();
    draft
        .relate(&owner, &desired.default_client_scopes, &there, |scope| Relation::DefaultClientScope(scope.to_owned()));
    let there: Vec<&str> = observed.optional_client_scopes.iter().map(String::as_str).collect();
    draft.relate(&owner, &desired.optional_client_scopes, &there, |scope| {
        Relation::OptionalClientScope(scope.to_owned())
    });
    leave_before_joining(&mut draft.changes[first..]);
}

/// Every relation that is made waits for those that are taken away.
pub(super) fn leave_before_joining(changes: &mut [Change<Operation>]) {
    let leaving: Vec<ObjectId> =
        changes.iter().filter(|change| change.action == Action::Update).map(|change| change.object.clone()).collect();
    for change in changes.iter_mut().filter(|change| change.action == Action::Create) {
        Arc::make_mut(&mut change.document).waits_for.extend(leaving.iter().cloned());
    }
}

/// Mappers are compared with the owner's own list: the mapper end points show an effective view, in
/// which keys appear that nobody stored (server-behaviour 2.4). Simultaneous creates in one owner make
/// duplicates (2.9), so its mappers are written one at a time.
pub(super) fn plan_mappers(
    draft: &mut Draft<'_>,
    owner: &MapperOwner,
    declared: &[Declared<ProtocolMapperRepresentation>],
    observed: &[ProtocolMapperRepresentation],
) {
    for mapper in declared {
        let name = mapper.value.name.as_deref().unwrap_or_default();
        let there = observed.iter().find(|there| there.name.as_deref() == Some(name));
        let id = there.and_then(|there| there.id.clone()).unwrap_or_default();
        let place = Place::after([owner.object()]).alone_in(owner.object());
        draft.compare(owner.mapper(name), mapper, there, Rules::default(), place, |action| {
            let body = Box::new(mapper.value.clone());
            match action {
                Action::Create => Operation::CreateMapper(owner.clone(), body),
                // An update accepts another protocol, and keeps the one that is there.
                _ if speaks_another(mapper, there) => Operation::ReplaceMapper(owner.clone(), id, body),
                _ => Operation::UpdateMapper(owner.clone(), id, body),
            }
        });
    }
}

fn speaks_another(
    mapper: &Declared<ProtocolMapperRepresentation>,
    there: Option<&ProtocolMapperRepresentation>,
) -> bool {
    mapper.value.protocol.is_some() && there.is_some_and(|there| there.protocol != mapper.value.protocol)
}
