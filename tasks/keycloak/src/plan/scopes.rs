//! Client scopes, protocol mappers one by one, the realm's default scopes.

use evenkeel_core::{diff::Rules, object::ObjectId, plan::Action};
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;

use super::{Draft, Operation, Place, realm::realm_object};
use crate::{
    desired::{Declared, Desired},
    names::{CLIENT_SCOPE, DEFAULT_CLIENT_SCOPE, MapperOwner},
    observe::Observed,
};

pub(super) fn plan(draft: &mut Draft, desired: &Desired, observed: &Observed) {
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
        if declared.realm_default && !observed.default_client_scopes.contains(&name) {
            let default = ObjectId::new(DEFAULT_CLIENT_SCOPE, name.as_str());
            let place = Place::after([object]).alone_in(realm_object(desired));
            draft.relate(default, &declared.scope.cause, None, place, Operation::AddDefaultClientScope(name));
        }
    }
}

/// Mappers are compared with the owner's own list: the mapper end points show an effective view, in
/// which keys appear that nobody stored (server-behaviour 2.4). Simultaneous creates in one owner make
/// duplicates (2.9), so its mappers are written one at a time.
pub(super) fn plan_mappers(
    draft: &mut Draft,
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
            if action == Action::Create {
                Operation::CreateMapper(owner.clone(), body)
            } else {
                Operation::UpdateMapper(owner.clone(), id, body)
            }
        });
    }
}
