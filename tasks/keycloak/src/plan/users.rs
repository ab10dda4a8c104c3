//! Users and their memberships in the groups whose members the values decide.

use std::{borrow::Cow, sync::Arc};

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::{Action, Dependencies, Origin},
    values::model::ImpliedPart,
};
use evenkeel_keycloak_client::types::UserRepresentation;

use super::{
    Operation, PlanBuilder,
    realm::realm_object,
    relations::Relations,
    settings::{defaults_of_users, keeps_attribute},
    ties,
};
use crate::{
    account::{NICKNAME, Nickname, UPDATE_PASSWORD},
    desired::{Desired, DesiredUser},
    names::{self, USER, USER_PROFILE},
    observe::{Observed, ObservedUser},
    relation::Relation,
};

/// Keycloak stores user name and email in lower case, ignores the groups of an update, and promises no order of an
/// attribute's values. An account that is found by its email keeps its user name, unless the values declare one.
const RULES: Rules = Rules(&[
    ("attributes.*", Rule::Set),
    ("username", Rule::AtCreation),
    ("email", Rule::Folded),
    ("groups", Rule::AtCreation),
    ("requiredActions", Rule::Set),
]);
const RULES_WITH_NAME: Rules = Rules(&[
    ("attributes.*", Rule::Set),
    ("username", Rule::Folded),
    ("email", Rule::Folded),
    ("groups", Rule::AtCreation),
    ("requiredActions", Rule::Set),
]);

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let before_all: Vec<ObjectId> = before_all_users(desired).collect();
    let before_new: Vec<ObjectId> = before_all.iter().cloned().chain(defaults_of_users(desired)).collect();
    let nicknames = planned_nicknames(plan, desired, observed);
    for user in &desired.users {
        let there = observed.users.get(&user.name);
        let waits_for = if there.is_some() { &before_all } else { &before_new };
        plan_account(plan, (waits_for, nicknames), user, there, observed.nickname_holders.get(&user.name));
        if let Some(there) = there {
            plan_memberships(plan, desired, user, there);
        }
        ties::plan(plan, desired, observed, user, there);
    }
}

/// What every user waits for. Attributes that the profile does not let pass are dropped without a word (server-behaviour
/// 2.5).
fn before_all_users(desired: &Desired) -> impl Iterator<Item = ObjectId> {
    let profile = ObjectId::new(USER_PROFILE, desired.realm.as_str());
    [realm_object(desired), profile].into_iter()
}

/// Where users get the nickname that follows from their email. A profile that drops it would make them differ for ever.
fn planned_nicknames(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) -> ImpliedPart {
    let derives = desired.users.iter().any(|user| user.account.nickname == Some(Nickname::OfEmail));
    let is_asked_for = desired.nicknames.is_everywhere();
    if !derives || is_asked_for || keeps_attribute(plan, desired, observed, NICKNAME) {
        return desired.nicknames;
    }
    let message = "drops the attribute `nickname`, so that users get none: list it under `keycloak.userProfile`, or set \
                   `keycloak.implied.userProfile: true`";
    plan.note(ObjectId::new(USER_PROFILE, desired.realm.as_str()), message);
    ImpliedPart::Nowhere
}

/// The user, without the nickname that nobody wrote where that is not managed: an account that was there keeps its own.
fn managed<'d>(
    plan: &mut PlanBuilder<'_>,
    object: &ObjectId,
    nicknames: ImpliedPart,
    user: &'d Arc<DesiredUser>,
    there: Option<&ObservedUser>,
) -> Cow<'d, Arc<DesiredUser>> {
    let is_made = there.is_none() || plan.is_ours(object);
    let applies = nicknames.is_everywhere() || (nicknames.is_implied() && is_made);
    if applies || user.account.nickname != Some(Nickname::OfEmail) {
        return Cow::Borrowed(user);
    }
    if there.is_some_and(|there| there.account.nickname != user.account.nickname) && nicknames.is_implied() {
        plan.leave_alone(object, [NICKNAME]);
    }
    Cow::Owned(Arc::new(user.without_nickname()))
}

/// A user is made with its groups; afterwards they are relations.
fn plan_account(
    plan: &mut PlanBuilder<'_>,
    (before_all, nicknames): (&[ObjectId], ImpliedPart),
    user: &Arc<DesiredUser>,
    there: Option<&ObservedUser>,
    nickname_holder: Option<&String>,
) {
    let object = ObjectId::new(USER, Arc::clone(&user.name));
    let user = managed(plan, &object, nicknames, user, there);
    if let Some(holder) = nickname_holder.filter(|_| user.account.nickname.is_some()) {
        let message = format!(
            "has the nickname of account `{holder}`, which nobody declared: Gitea takes both for one person; give one of them \
             another"
        );
        plan.warn(object.clone(), message);
    }
    let declared = if there.is_some() { user.declared() } else { user.created() };
    let observed = there.map(|there| as_compared(&user, there));
    let rules = if user.account.username.is_some() { RULES_WITH_NAME } else { RULES };
    let found = plan.difference(&object, &declared, observed.as_ref(), rules);
    let Some((action, difference)) = found else { return };
    let joined = user.member_of().map(|group| names::group(group));
    let dependencies = Dependencies::after(before_all.iter().cloned().chain(joined));
    let user = user.into_owned();
    let (cause, team) = (user.cause(), user.team.clone());
    let operation = match action {
        Action::Create => Operation::CreateUser(user),
        _ => Operation::UpdateUser(user),
    };
    plan.push(object, action, difference, Origin { cause: &cause, team: team.as_ref() }, dependencies, operation);
}

/// What is there of an account. Whoever was made with a temporary password must choose another: taking that back would let the
/// temporary one stay.
fn as_compared(user: &DesiredUser, there: &ObservedUser) -> UserRepresentation {
    let mut account = there.account.representation();
    let is_declared =
        |action: &str| user.account.required_actions.iter().flatten().any(|declared| **declared == *action);
    if user.initial_password.is_some() && !is_declared(UPDATE_PASSWORD) {
        account.required_actions.iter_mut().for_each(|actions| actions.retain(|action| action != UPDATE_PASSWORD));
    }
    account
}

/// Joining and leaving are both what the values say of a declared user. Groups about which they say
/// nothing are left alone.
fn plan_memberships(plan: &mut PlanBuilder<'_>, desired: &Desired, user: &DesiredUser, there: &ObservedUser) {
    let relation = |group: &Arc<str>| Relation::Membership { group: Arc::clone(group), user: Arc::clone(&user.name) };
    for membership in user.memberships.iter().filter(|membership| !membership.is_by_path()) {
        if there.groups.contains(&membership.group) != membership.member {
            let cause = user.cause_of(membership);
            let relations =
                Relations { realm: &desired.realm, origin: Origin { cause: &cause, team: membership.team.as_ref() } };
            relations.change(plan, relation(&membership.group), membership.member);
        }
    }
    let Some(cause) = user.cause_of_teams() else { return };
    for group in there.groups.iter().filter(|group| !user.mentions(group)) {
        if let Some(team) = desired.team_groups.get(group) {
            let relations = Relations { realm: &desired.realm, origin: Origin { cause: &cause, team: Some(team) } };
            relations.change(plan, relation(group), false);
        }
    }
}
