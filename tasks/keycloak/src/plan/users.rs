//! Users and their memberships in the groups whose members the values decide.

use evenkeel_core::{
    diff::{FieldChange, Rule, Rules},
    object::ObjectId,
    plan::{Action, Change},
};

use super::{Draft, Operation, Place, realm::realm_object};
use crate::{
    desired::{Declared, Desired, DesiredUser},
    names::{GROUP, MEMBERSHIP, USER, USER_PROFILE},
    observe::Observed,
};

/// Keycloak stores user name and email in lower case, and ignores the groups of an update.
const RULES: Rules = Rules(&[
    ("username", Rule::AtCreation),
    ("email", Rule::Folded),
    ("emailVerified", Rule::AtCreation),
    ("groups", Rule::AtCreation),
]);

pub(super) fn plan(draft: &mut Draft, desired: &Desired, observed: &Observed) {
    for user in &desired.users {
        let there = observed.users.get(&user.email);
        let object = ObjectId::new(USER, user.email.as_str());
        // Attributes that the profile does not let pass are dropped without a word (server-behaviour 2.5).
        let profile = ObjectId::new(USER_PROFILE, desired.realm.as_str());
        let groups = user.member_of().map(|group| ObjectId::new(GROUP, group));
        let place = Place::after([realm_object(desired), profile].into_iter().chain(groups)).alone_in(object.clone());
        let declared = if there.is_some() { &user.user } else { &created(user) };
        draft.compare(object.clone(), declared, there, RULES, place, |action| match action {
            Action::Create => Operation::CreateUser(Box::new(declared.value.clone()), user.initial_password.clone()),
            _ => Operation::UpdateUser(user.email.clone(), Box::new(declared.value.clone())),
        });
        if let Some(id) = there.and_then(|there| there.id.as_deref()) {
            plan_memberships(draft, user, id, observed);
        }
    }
}

/// What is sent to make a user: enabled unless declared otherwise, and in its groups from the start.
fn created(user: &DesiredUser) -> Declared<evenkeel_keycloak_client::types::UserRepresentation> {
    let mut declared = user.user.clone();
    let value = &mut declared.value;
    value.enabled = value.enabled.or(Some(true));
    let groups: Vec<String> = user.member_of().map(|group| format!("/{group}")).collect();
    value.groups = (!groups.is_empty()).then_some(groups);
    declared
}

/// A membership is a relation of a declared user: joining and leaving are both what the values say,
/// so leaving is no prune. Groups about which they say nothing are left alone.
fn plan_memberships(draft: &mut Draft, user: &DesiredUser, id: &str, observed: &Observed) {
    for (group, membership) in &user.memberships {
        let is_member = observed.members.get(group).is_some_and(|members| members.contains(id));
        if is_member == membership.member {
            continue;
        }
        let object = ObjectId::new(GROUP, group.as_str());
        let names = (group.clone(), user.email.clone());
        let (action, operation) = if membership.member {
            (Action::Create, Operation::JoinGroup { group: names.0, user: names.1 })
        } else {
            (Action::Update, Operation::LeaveGroup { group: names.0, user: names.1 })
        };
        draft.changes.push(Change {
            object: ObjectId::within(MEMBERSHIP, group, &user.email),
            action,
            fields: vec![FieldChange {
                path: "member".to_owned(),
                before: Some(is_member.into()),
                after: Some(membership.member.into()),
                secret: false,
                cause: None,
            }],
            cause: membership.cause.clone(),
            waits_for: vec![object, ObjectId::new(USER, user.email.as_str())],
            exclusive: None,
            team: membership.team.clone(),
            removes_data: false,
            operation,
        });
    }
}
