//! Realm roles with what they hold, groups with the roles that they give to their members.

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::{Action, Dependencies},
};
use evenkeel_keycloak_client::types::GroupRepresentation;

use super::{Operation, PlanBuilder, realm::realm_object, relations::Relations};
use crate::{
    desired::{Desired, DesiredGroup, DesiredRole, Related, RelatedRoles},
    names::{self, ROLE},
    observe::Observed,
    relation::{Relation, RoleName},
};

/// Keycloak promises no order of an attribute's values.
pub(super) const RULES: Rules = Rules(&[("attributes.*", Rule::Set)]);

pub(super) fn plan_roles(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.roles {
        let role = &declared.role;
        let name = role.value.name.as_deref().unwrap_or_default();
        let object = ObjectId::new(ROLE, name);
        let dependencies = Dependencies::after([realm_object(desired)]).exclusive_in(object.clone());
        plan.compare(object, role, observed.roles.get(name), RULES, dependencies, |action, body| {
            if action == Action::Create { Operation::CreateRole(body) } else { Operation::UpdateRole(body) }
        });
        let there = observed.composites.get(name).map(Vec::as_slice).unwrap_or_default();
        plan_composites(plan, desired, declared, &RoleName::of_realm(name), there);
    }
}

/// An update of a role ignores what it holds: every role inside is a relation of its own.
pub(super) fn plan_composites(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    declared: &DesiredRole,
    holder: &RoleName,
    there: &[RoleName],
) {
    let roles = RelatedRoles { realm_roles: declared.realm_roles.clone(), client_roles: declared.client_roles.clone() };
    let relations = Relations::of(desired, &declared.role);
    relations.plan_roles(plan, &roles, there, |child| Relation::Composite { role: holder.clone(), child });
}

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for group in &desired.groups {
        let object = names::group(&group.path);
        let there = observed.groups.get(&group.path);
        let parent = group.parent().map(names::group);
        let dependencies =
            Dependencies::after([parent.unwrap_or_else(|| realm_object(desired))]).exclusive_in(object.clone());
        plan.compare(object.clone(), &group.group, there, RULES, dependencies, |action, body| {
            if action == Action::Create {
                Operation::CreateGroup(group.path.clone(), body)
            } else {
                Operation::UpdateGroup(group.path.clone(), body)
            }
        });
        plan_group_roles(plan, desired, group, there);
    }
}

/// A group's roles are a list of its own end points: create and update of a group ignore them
/// (server-behaviour 2.4). Of a team's group, roles that somebody else gave to it stay.
fn plan_group_roles(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    group: &DesiredGroup,
    there: Option<&GroupRepresentation>,
) {
    let relations = Relations::of(desired, &group.group);
    let names = |roles: Option<&Vec<String>>| roles.cloned().unwrap_or_default();
    let object = names::group(&group.path);
    // Whoever is in a group that other people made would get rights that nobody meant for them.
    let is_of_others = there.is_some() && !group.group.built_in.is_empty() && !plan.is_ours(&object);
    let left_alone = |plan: &mut PlanBuilder<'_>, related: &Related, given: &[&str]| {
        let stays = is_of_others && !related.exact;
        if stays {
            let missing = related.names.iter().filter(|role| !given.contains(&role.as_str()));
            plan.leave_alone(&object, missing.map(|role| format!("role {role}")));
        }
        stays
    };
    if let Some(related) = &group.realm_roles {
        let given = names(there.and_then(|group| group.realm_roles.as_ref()));
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        if !left_alone(plan, related, &given) {
            relations.plan(plan, related, &given, |role| Relation::GroupRole {
                group: group.path.clone(),
                role: RoleName::of_realm(role),
            });
        }
    }
    for (client, related) in &group.client_roles {
        let given = names(there.and_then(|group| group.client_roles.as_ref()?.get(client)));
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        if !left_alone(plan, related, &given) {
            relations.plan(plan, related, &given, |role| Relation::GroupRole {
                group: group.path.clone(),
                role: RoleName::of_client(client, role),
            });
        }
    }
}
