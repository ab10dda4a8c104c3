//! Roles of clients with what they hold, and the roles of service accounts.

use evenkeel_core::{
    object::ObjectId,
    plan::{Action, Dependencies},
};

use super::{
    Operation, PlanBuilder,
    groups::{RULES, plan_composites},
    relations::Relations,
};
use crate::{
    desired::{Desired, DesiredClient, RelatedRoles},
    names::{CLIENT, CLIENT_ROLE},
    observe::{Observed, ObservedClientRoles},
    relation::{Relation, RoleName},
};

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let none = ObservedClientRoles::default();
    for declared in &desired.clients {
        let client_id = declared.client.value.client_id.as_deref().unwrap_or_default();
        plan_roles(plan, desired, declared, client_id, observed.client_roles.get(client_id).unwrap_or(&none));
        let there = observed.service_accounts.get(client_id).map(Vec::as_slice).unwrap_or_default();
        plan_service_account(plan, desired, declared, client_id, there, observed);
    }
}

fn plan_roles(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    declared: &DesiredClient,
    client_id: &str,
    there: &ObservedClientRoles,
) {
    for role in &declared.roles {
        let name = role.role.value.name.as_deref().unwrap_or_default();
        let object = ObjectId::within(CLIENT_ROLE, client_id, name);
        let dependencies = Dependencies::after([ObjectId::new(CLIENT, client_id)]).exclusive_in(object.clone());
        plan.compare(object, &role.role, there.roles.get(name), RULES, dependencies, |action, body| {
            if action == Action::Create {
                Operation::CreateClientRole(client_id.to_owned(), body)
            } else {
                Operation::UpdateClientRole(client_id.to_owned(), body)
            }
        });
        let holder = RoleName::of_client(client_id, name);
        let inside = there.composites.get(name).map(Vec::as_slice).unwrap_or_default();
        plan_composites(plan, desired, role, &holder, inside);
    }
}

/// A service account has what every user has, whatever is declared: that role is not taken away.
fn plan_service_account(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    declared: &DesiredClient,
    client_id: &str,
    there: &[RoleName],
    observed: &Observed,
) {
    let there = without_default_role(observed, &declared.service_account, there);
    let relations = Relations::of(desired, &declared.client);
    relations.plan_roles(plan, &declared.service_account, &there, |role| Relation::ServiceAccountRole {
        client: client_id.to_owned(),
        role,
    });
}

/// The roles that an account was given, without the one that every account has, unless the values name that too.
pub(super) fn without_default_role(observed: &Observed, declared: &RelatedRoles, there: &[RoleName]) -> Vec<RoleName> {
    let default_role = observed.realm.as_ref().and_then(|realm| realm.default_role.as_ref()?.name.as_deref());
    let of_everyone = |role: &RoleName| role.client.is_none() && Some(role.role.as_str()) == default_role;
    let mut listed = declared.realm_roles.iter().flat_map(|related| &related.names);
    let wanted = listed.any(|name| Some(name.as_str()) == default_role);
    there.iter().filter(|role| wanted || !of_everyone(role)).cloned().collect()
}
