//! Client scopes, protocol mappers one by one, the realm's default scopes.

use std::sync::Arc;

use evenkeel_core::{
    diff::{FieldChange, Rules},
    memory::{Claim, Identity},
    object::ObjectId,
    plan::{Action, Change, ChangeDocument},
};
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;

use super::{Draft, Operation, Owner, Place, realm::realm_object};
use crate::{
    desired::{Declared, Desired, OPENID, Related},
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
        draft.compare(object.clone(), &declared.scope, there, Rules::default(), place, |action, body| {
            if action == Action::Create {
                Operation::CreateClientScope(body)
            } else {
                Operation::UpdateClientScope(body)
            }
        });
        let mappers = there.map(|scope| scope.protocol_mappers.as_deref().unwrap_or_default());
        plan_mappers(draft, &MapperOwner::ClientScope(name.clone()), &declared.mappers, mappers);
    }
    plan_defaults(draft, desired, observed);
}

/// Whether new clients get the scope `openid` although nobody wrote that: of a scope that other people made it is theirs to say.
fn manages_openid(draft: &Draft<'_>, desired: &Desired, observed: &Observed) -> bool {
    desired.openid_scope.is_everywhere()
        || !observed.client_scopes.contains_key(OPENID)
        || draft.is_ours(&ObjectId::new(CLIENT_SCOPE, OPENID))
}

/// A scope is either a default of new clients or optional for them: leaving one list comes before
/// joining the other, or the server refuses (server-behaviour 2.3).
fn plan_defaults(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    let owner = Owner::of(desired, &desired.realm_settings);
    let first = draft.changes.len();
    let (none, optional) = (Related::default(), &desired.optional_client_scopes);
    let defaults = &desired.default_client_scopes;
    let defaults = if defaults.exact || manages_openid(draft, desired, observed) { defaults } else { &none };
    let default_scope = |scope: &str| Relation::DefaultClientScope(scope.to_owned());
    let optional_scope = |scope: &str| Relation::OptionalClientScope(scope.to_owned());
    let there: Vec<&str> = observed.default_client_scopes.iter().map(String::as_str).collect();
    draft.relate(&owner, defaults, &there, default_scope);
    give_up(draft, &owner, (defaults, &there), optional, default_scope);
    let there: Vec<&str> = observed.optional_client_scopes.iter().map(String::as_str).collect();
    draft.relate(&owner, optional, &there, optional_scope);
    give_up(draft, &owner, (optional, &there), defaults, optional_scope);
    leave_before_joining(&mut draft.changes[first..]);
}

/// A list that is not declared as a whole gives up what the other one declares: a scope is in one of them at most.
pub(super) fn give_up(
    draft: &mut Draft<'_>,
    owner: &Owner<'_>,
    (own, there): (&Related, &[&str]),
    other: &Related,
    relation: impl Fn(&str) -> Relation,
) {
    let wanted_there = other.names.iter().filter(|scope| there.contains(&scope.as_str()));
    for scope in wanted_there.filter(|scope| !own.exact && !own.names.contains(scope)) {
        draft.relation(owner, relation(scope), false);
    }
}

/// Every relation that is made waits for those that are taken away, and needs them gone: a scope is in one list only.
pub(super) fn leave_before_joining(changes: &mut [Change<Operation>]) {
    for change in changes.iter_mut().filter(|change| change.action == Action::Update) {
        change.is_needed = true;
    }
    let leaving: Vec<ObjectId> =
        changes.iter().filter(|change| change.action == Action::Update).map(|change| change.object.clone()).collect();
    for change in changes.iter_mut().filter(|change| change.action == Action::Create) {
        let document = Arc::make_mut(&mut change.document);
        document.waits_for = document.waits_for.iter().chain(&leaving).cloned().collect();
    }
}

/// Mappers are compared with the owner's own list: the mapper end points show an effective view, in
/// which keys appear that nobody stored (server-behaviour 2.4). Simultaneous creates in one owner make
/// duplicates (2.9), so its mappers are written one at a time; those that others left are settled. `None` is an owner that is not
/// there yet.
pub(super) fn plan_mappers(
    draft: &mut Draft<'_>,
    owner: &MapperOwner,
    declared: &[Declared<ProtocolMapperRepresentation>],
    observed: Option<&[ProtocolMapperRepresentation]>,
) {
    for mapper in declared {
        let name = mapper.value.name.as_deref().unwrap_or_default();
        let (there, twins) =
            of_name(observed.unwrap_or_default(), &mapper.value, draft.ownership.claim(&owner.mapper(name)));
        // What tokens carry through a scope or client that other people made is theirs to say.
        let is_missing = there.is_none() && observed.is_some();
        if is_missing && is_of_others(draft, &owner.mapper(name), mapper) && !draft.is_ours(&owner.object()) {
            draft.left_alone.add(&owner.object(), [format!("protocol mapper {name}")]);
            continue;
        }
        let id = there.and_then(|there| there.id.clone()).unwrap_or_default();
        let place = Place::after([owner.object()]).alone_in(owner.object());
        // Which of several that others made is the right one is not for a built-in mapper to say.
        let is_settled = twins.is_empty() || is_of_others(draft, &owner.mapper(name), mapper);
        if let (Some(there), false) = (there, is_settled) {
            plan_settling(draft, owner, mapper, there, twins);
            continue;
        }
        draft.compare(owner.mapper(name), mapper, there, Rules::default(), place, |action, body| {
            match action {
                Action::Create => Operation::CreateMapper(owner.clone(), body),
                // An update accepts another protocol, and keeps the one that is there.
                _ if speaks_another(&body, there) => Operation::ReplaceMapper(owner.clone(), id, body),
                _ => Operation::UpdateMapper(owner.clone(), id, body),
            }
        });
    }
}

/// Whether people declared nothing of a mapper that is not ours.
fn is_of_others(draft: &Draft<'_>, object: &ObjectId, mapper: &Declared<ProtocolMapperRepresentation>) -> bool {
    mapper.built_in.contains("config") && !draft.is_ours(object)
}

/// The mapper that has a declared one's name, and others that have it too. A name is free again in another protocol, so only
/// those of one protocol are too many. Ours is kept where it is known which that is, otherwise the one with the smallest id, so that
/// everybody keeps the same.
fn of_name<'a>(
    observed: &'a [ProtocolMapperRepresentation],
    declared: &ProtocolMapperRepresentation,
    claim: Option<&Claim>,
) -> (Option<&'a ProtocolMapperRepresentation>, Vec<String>) {
    let mut named: Vec<_> = observed.iter().filter(|there| there.name == declared.name).collect();
    let is_ours = |id: &str| claim == Some(&Claim::This(Identity::new(id)));
    named.sort_by_key(|there| {
        let id = there.id.as_deref();
        (there.protocol != declared.protocol, !id.is_some_and(is_ours), id)
    });
    let Some(kept) = named.first().copied() else { return (None, Vec::new()) };
    let twins = named.iter().skip(1).filter(|there| there.protocol == kept.protocol);
    (Some(kept), twins.filter_map(|there| there.id.clone()).collect())
}

fn plan_settling(
    draft: &mut Draft<'_>,
    owner: &MapperOwner,
    mapper: &Declared<ProtocolMapperRepresentation>,
    there: &ProtocolMapperRepresentation,
    twins: Vec<String>,
) {
    let object = owner.mapper(mapper.value.name.as_deref().unwrap_or_default());
    let found = draft.difference(&object, &mapper.value, Some(there), Rules::default());
    let (mut fields, secrets) =
        found.map_or_else(Default::default, |(_, difference)| (difference.changes, difference.secrets));
    let before = Some(Box::new((twins.len() + 1).into()));
    fields.push(FieldChange { path: "count".into(), before, after: Some(1.into()), secret: false, cause: None });
    let document = ChangeDocument {
        object,
        action: Action::Update,
        fields,
        cause: mapper.cause.clone(),
        waits_for: [owner.object()].into(),
    };
    let id = there.id.clone().unwrap_or_default();
    draft.changes.push(Change {
        document: document.into(),
        exclusive: Some(owner.object()),
        team: mapper.team.clone(),
        removes_data: false,
        takes_along: Vec::new(),
        removes_relation: false,
        is_needed: false,
        secrets,
        operation: Operation::SettleMapper(owner.clone(), id, twins, Box::new(mapper.value.clone())),
    });
}

fn speaks_another(mapper: &ProtocolMapperRepresentation, there: Option<&ProtocolMapperRepresentation>) -> bool {
    mapper.protocol.is_some() && there.is_some_and(|there| there.protocol != mapper.protocol)
}
