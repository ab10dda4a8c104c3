//! What single users are tied to: groups by path, roles that they have directly, accounts at identity providers.

use std::sync::Arc;

use evenkeel_core::{
    diff::Rules,
    object::ObjectId,
    plan::{Action, Dependencies, Origin},
};

use super::{Operation, PlanBuilder, client_roles::without_default_role, relations::Relations};
use crate::{
    desired::{Desired, DesiredTies, DesiredUser},
    names::{FEDERATED_IDENTITY, IDENTITY_PROVIDER, USER},
    observe::{Observed, ObservedTies, ObservedUser},
    relation::Relation,
};

/// They follow the account, also where it is about to be made.
pub(super) fn plan(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    observed: &Observed,
    user: &DesiredUser,
    there: Option<&ObservedUser>,
) {
    let Some(declared) = &user.ties else { return };
    let nothing = ObservedTies::default();
    let ties = there.and_then(|there| there.ties.as_deref()).unwrap_or(&nothing);
    if declared.groups {
        plan_groups(plan, desired, user, ties);
    }
    let cause = user.cause();
    let relations = Relations { realm: &desired.realm, origin: Origin { cause: &cause, team: user.team.as_ref() } };
    let given = without_default_role(observed, &declared.roles, &ties.roles);
    relations
        .plan_roles(plan, &declared.roles, &given, |role| Relation::UserRole { user: Arc::clone(&user.name), role });
    plan_federated_identities(plan, user, declared, ties, relations.origin);
}

/// The list is the whole list, but for the groups that teams and administrators' flags stand for: those have keys of their own.
fn plan_groups(plan: &mut PlanBuilder<'_>, desired: &Desired, user: &DesiredUser, ties: &ObservedTies) {
    let there = ties.groups.as_deref().unwrap_or_default();
    let relation = |group: &Arc<str>| Relation::Membership { group: Arc::clone(group), user: Arc::clone(&user.name) };
    for membership in user.memberships.iter().filter(|membership| membership.is_by_path()) {
        if !there.contains(&membership.group) {
            let cause = user.cause_of(membership);
            let relations = Relations { realm: &desired.realm, origin: Origin { cause: &cause, team: None } };
            relations.change(plan, relation(&membership.group), true);
        }
    }
    let is_implied =
        |group: &Arc<str>| desired.team_groups.contains_key(group) || desired.administrator_groups.contains(group);
    let cause = user.cause_of_groups();
    let relations = Relations { realm: &desired.realm, origin: Origin { cause: &cause, team: None } };
    for group in there.iter().filter(|group| !user.mentions(group) && !is_implied(group)) {
        relations.change(plan, relation(group), false);
    }
}

/// One account at each provider. Accounts at providers that are not listed stay: people make those themselves.
fn plan_federated_identities(
    plan: &mut PlanBuilder<'_>,
    user: &DesiredUser,
    declared: &DesiredTies,
    ties: &ObservedTies,
    origin: Origin<'_>,
) {
    let account = ObjectId::new(USER, Arc::clone(&user.name));
    for (alias, identity) in &declared.federated_identities {
        let object = ObjectId::within(FEDERATED_IDENTITY, &user.name, alias);
        let there = ties.federated_identities.get(alias);
        let Some((action, difference)) = plan.difference(&object, identity, there, Rules(&[])) else { continue };
        let waits_for = [account.clone(), ObjectId::new(IDENTITY_PROVIDER, alias.as_str())];
        let dependencies = Dependencies::after(waits_for).exclusive_in(account.clone());
        let (name, alias, identity) = (Arc::clone(&user.name), alias.clone(), Box::new(identity.clone()));
        let operation = match action {
            Action::Create => Operation::LinkUser(name, alias, identity),
            _ => Operation::RelinkUser(name, alias, identity),
        };
        plan.push(object, action, difference, origin, dependencies, operation);
    }
}
