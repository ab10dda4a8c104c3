//! Clients with their mappers and default scopes.

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::Action,
};

use super::{Draft, Operation, Place, realm::realm_object, scopes::plan_mappers};
use crate::{
    desired::Desired,
    names::{CLIENT, CLIENT_SCOPE, CLIENT_SCOPE_ASSIGNMENT, MapperOwner},
    observe::Observed,
};

/// Lists of a client that Keycloak keeps as sets.
const RULES: Rules = Rules(&[
    ("redirectUris", Rule::Set),
    ("webOrigins", Rule::Set),
    // An update ignores these; they are compared one by one below.
    ("defaultClientScopes", Rule::AtCreation),
    ("optionalClientScopes", Rule::AtCreation),
    ("protocolMappers", Rule::AtCreation),
]);

pub(super) fn plan(draft: &mut Draft, desired: &Desired, observed: &Observed) {
    for declared in &desired.clients {
        let client_id = declared.client.value.client_id.clone().unwrap_or_default();
        let there = observed.clients.get(&client_id);
        let object = ObjectId::new(CLIENT, client_id.as_str());
        // Names of scopes that are not there yet are dropped without a word at creation.
        let scopes = declared.default_scopes.iter().map(|scope| ObjectId::new(CLIENT_SCOPE, scope.as_str()));
        let place = Place::after(std::iter::once(realm_object(desired)).chain(scopes)).alone_in(object.clone());
        draft.compare(object.clone(), &declared.client, there, RULES, place, |action| {
            let body = Box::new(declared.client.value.clone());
            if action == Action::Create { Operation::CreateClient(body) } else { Operation::UpdateClient(body) }
        });
        let Some(there) = there else {
            plan_mappers(draft, &MapperOwner::Client(client_id), &declared.mappers, &[]);
            continue;
        };
        let mappers = there.protocol_mappers.as_deref().unwrap_or_default();
        plan_mappers(draft, &MapperOwner::Client(client_id.clone()), &declared.mappers, mappers);
        for scope in &declared.default_scopes {
            if there.default_client_scopes.as_ref().is_some_and(|scopes| scopes.contains(scope)) {
                continue;
            }
            let assignment = ObjectId::within(CLIENT_SCOPE_ASSIGNMENT, &client_id, scope);
            let place =
                Place::after([object.clone(), ObjectId::new(CLIENT_SCOPE, scope.as_str())]).alone_in(object.clone());
            let operation = Operation::AddClientDefaultScope { client: client_id.clone(), scope: scope.clone() };
            draft.relate(assignment, &declared.client.cause, None, place, operation);
        }
    }
}
