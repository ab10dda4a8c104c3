//! Client scopes, protocol mappers one by one, the realm's default scopes.

use std::sync::Arc;

use evenkeel_core::{
    diff::{FieldChange, Rules},
    memory::{Claim, Identity},
    object::ObjectId,
    plan::{Action, Change, Dependencies, Origin},
};
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;

use super::{Operation, PlanBuilder, realm::realm_object, relations::Relations};
use crate::{
    desired::{Declared, Desired, OPENID, Related},
    names::{CLIENT_SCOPE, MapperOwner},
    observe::Observed,
    relation::Relation,
};

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.client_scopes {
        let name = declared.scope.value.name.clone().unwrap_or_default();
        let there = observed.client_scopes.get(&name);
        let object = ObjectId::new(CLIENT_SCOPE, name.as_str());
        let dependencies = Dependencies::after([realm_object(desired)]).exclusive_in(object.clone());
        plan.compare(object.clone(), &declared.scope, there, Rules::default(), dependencies, |action, body| {
            if action == Action::Create {
                Operation::CreateClientScope(body)
            } else {
                Operation::UpdateClientScope(body)
            }
        });
        let mappers = there.map(|scope| scope.protocol_mappers.as_deref().unwrap_or_default());
        plan_mappers(plan, &MapperOwner::ClientScope(name.clone()), &declared.mappers, mappers);
    }
    plan_defaults(plan, desired, observed);
}

/// Whether new clients get the scope `openid` although nobody wrote that: of a scope that other people made it is theirs to say.
fn manages_openid(plan: &PlanBuilder<'_>, desired: &Desired, observed: &Observed) -> bool {
    desired.openid_scope.is_everywhere()
        || !observed.client_scopes.contains_key(OPENID)
        || plan.is_ours(&ObjectId::new(CLIENT_SCOPE, OPENID))
}

/// A scope is either a default of new clients or optional for them: leaving one list comes before
/// joining the other, or the server refuses (server-behaviour 2.3).
fn plan_defaults(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let relations = Relations::of(desired, &desired.realm_settings);
    let first = plan.changes().len();
    let (none, optional) = (Related::default(), &desired.optional_client_scopes);
    let defaults = &desired.default_client_scopes;
    let defaults = if defaults.exact || manages_openid(plan, desired, observed) { defaults } else { &none };
    let default_scope = |scope: &str| Relation::DefaultClientScope(scope.to_owned());
    let optional_scope = |scope: &str| Relation::OptionalClientScope(scope.to_owned());
    let there: Vec<&str> = observed.default_client_scopes.iter().map(String::as_str).collect();
    relations.plan(plan, defaults, &there, default_scope);
    give_up(plan, &relations, (defaults, &there), optional, default_scope);
    let there: Vec<&str> = observed.optional_client_scopes.iter().map(String::as_str).collect();
    relations.plan(plan, optional, &there, optional_scope);
    give_up(plan, &relations, (optional, &there), defaults, optional_scope);
    leave_before_joining(&mut plan.changes_mut()[first..]);
}

/// A list that is not declared as a whole gives up what the other one declares: a scope is in one of them at most.
pub(super) fn give_up(
    plan: &mut PlanBuilder<'_>,
    relations: &Relations<'_>,
    (own, there): (&Related, &[&str]),
    other: &Related,
    relation: impl Fn(&str) -> Relation,
) {
    let wanted_there = other.names.iter().filter(|scope| there.contains(&scope.as_str()));
    for scope in wanted_there.filter(|scope| !own.exact && !own.names.contains(scope)) {
        relations.change(plan, relation(scope), false);
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
    plan: &mut PlanBuilder<'_>,
    owner: &MapperOwner,
    declared: &[Declared<ProtocolMapperRepresentation>],
    observed: Option<&[ProtocolMapperRepresentation]>,
) {
    for mapper in declared {
        let name = mapper.value.name.as_deref().unwrap_or_default();
        let (there, twins) =
            of_name(observed.unwrap_or_default(), &mapper.value, plan.ownership().claim(&owner.mapper(name)));
        // What tokens carry through a scope or client that other people made is theirs to say.
        let is_missing = there.is_none() && observed.is_some();
        if is_missing && is_of_others(plan, &owner.mapper(name), mapper) && !plan.is_ours(&owner.object()) {
            plan.leave_alone(&owner.object(), [format!("protocol mapper {name}")]);
            continue;
        }
        let id = there.and_then(|there| there.id.clone()).unwrap_or_default();
        let dependencies = Dependencies::after([owner.object()]).exclusive_in(owner.object());
        // Which of several that others made is the right one is not for a built-in mapper to say.
        let is_settled = twins.is_empty() || is_of_others(plan, &owner.mapper(name), mapper);
        if let (Some(there), false) = (there, is_settled) {
            plan_settling(plan, owner, mapper, there, twins);
            continue;
        }
        plan.compare(owner.mapper(name), mapper, there, Rules::default(), dependencies, |action, body| {
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
fn is_of_others(plan: &PlanBuilder<'_>, object: &ObjectId, mapper: &Declared<ProtocolMapperRepresentation>) -> bool {
    mapper.built_in.contains("config") && !plan.is_ours(object)
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
    plan: &mut PlanBuilder<'_>,
    owner: &MapperOwner,
    mapper: &Declared<ProtocolMapperRepresentation>,
    there: &ProtocolMapperRepresentation,
    twins: Vec<String>,
) {
    let object = owner.mapper(mapper.value.name.as_deref().unwrap_or_default());
    let found = plan.difference(&object, &mapper.value, Some(there), Rules::default());
    let mut difference = found.map(|(_, difference)| difference).unwrap_or_default();
    difference.changes.push(FieldChange::new("count", Some((twins.len() + 1).into()), Some(1.into())));
    let id = there.id.clone().unwrap_or_default();
    let operation = Operation::SettleMapper(owner.clone(), id, twins, Box::new(mapper.value.clone()));
    let dependencies = Dependencies::after([owner.object()]).exclusive_in(owner.object());
    plan.push(object, Action::Update, difference, Origin::of(mapper), dependencies, operation);
}

fn speaks_another(mapper: &ProtocolMapperRepresentation, there: Option<&ProtocolMapperRepresentation>) -> bool {
    mapper.protocol.is_some() && there.is_some_and(|there| there.protocol != mapper.protocol)
}
