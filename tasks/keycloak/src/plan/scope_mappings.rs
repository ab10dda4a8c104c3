//! Which roles clients and client scopes let into tokens.

use super::{PlanBuilder, relations::Relations};
use crate::{
    desired::{Declared, Desired, RelatedRoles},
    names::MapperOwner,
    observe::Observed,
    relation::Relation,
};

/// They come after all roles, those of clients included.
pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for scope in &desired.client_scopes {
        let owner = MapperOwner::ClientScope(scope.scope.value.name.clone().unwrap_or_default());
        plan_owner(plan, desired, observed, &scope.scope, owner, &scope.scope_mappings);
    }
    for client in &desired.clients {
        let owner = MapperOwner::Client(client.client.value.client_id.clone().unwrap_or_default());
        plan_owner(plan, desired, observed, &client.client, owner, &client.scope_mappings);
    }
}

fn plan_owner<T>(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    observed: &Observed,
    declared: &Declared<T>,
    owner: MapperOwner,
    roles: &RelatedRoles,
) {
    let there = observed.scope_mappings.get(&owner).map(Vec::as_slice).unwrap_or_default();
    Relations::of(desired, declared)
        .plan_roles(plan, roles, there, |role| Relation::ScopeMapping { owner: owner.clone(), role });
}
