//! Users and their memberships in the groups whose members the values decide.

use std::collections::HashMap;

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::Action,
};

use super::{Draft, Operation, Owner, Place, realm::realm_object};
use crate::{
    desired::{Declared, Desired, DesiredUser},
    names::{GROUP, USER, USER_PROFILE},
    observe::Observed,
    relation::Relation,
};

/// Keycloak stores user name and email in lower case, and ignores the groups of an update.
const RULES: Rules = Rules(&[
    ("username", Rule::AtCreation),
    ("email", Rule::Folded),
    ("emailVerified", Rule::AtCreation),
    ("groups", Rule::AtCreation),
]);

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    let groups = memberships(observed);
    for user in &desired.users {
        let there = observed.users.get(&user.email);
        let object = ObjectId::new(USER, user.email.as_str());
        // Attributes that the profile does not let pass are dropped without a word (server-behaviour 2.5).
        let profile = ObjectId::new(USER_PROFILE, desired.realm.as_str());
        let joined = user.member_of().map(|group| ObjectId::new(GROUP, group));
        let place = Place::after([realm_object(desired), profile].into_iter().chain(joined)).alone_in(object.clone());
        let declared = if there.is_some() { &user.user } else { &created(user) };
        draft.compare(object.clone(), declared, there, RULES, place, |action| match action {
            Action::Create => Operation::CreateUser(Box::new(declared.value.clone()), user.initial_password.clone()),
            _ => Operation::UpdateUser(user.email.clone(), Box::new(declared.value.clone())),
        });
        if let Some(id) = there.and_then(|there| there.id.as_deref()) {
            plan_memberships(draft, desired, user, id, &groups);
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

/// Joining and leaving are both what the values say of a declared user. Groups about which they say
/// nothing are left alone.
fn plan_memberships(draft: &mut Draft<'_>, desired: &Desired, user: &DesiredUser, id: &str, groups: &Memberships<'_>) {
    let is_in = groups.get(id).map(Vec::as_slice).unwrap_or_default();
    for (group, membership) in &user.memberships {
        if is_in.contains(&group.as_str()) != membership.member {
            let owner = Owner { realm: &desired.realm, cause: &membership.cause, team: membership.team.as_ref() };
            let relation = Relation::Membership { group: group.clone(), user: user.email.clone() };
            draft.relation(&owner, relation, membership.member);
        }
    }
    let Some(cause) = &user.teams else { return };
    for group in is_in.iter().filter(|group| !user.memberships.contains_key(**group)) {
        if let Some(team) = desired.team_groups.get(*group) {
            let owner = Owner { realm: &desired.realm, cause, team: Some(team) };
            let relation = Relation::Membership { group: (*group).to_owned(), user: user.email.clone() };
            draft.relation(&owner, relation, false);
        }
    }
}

/// The groups of each user, by the user's id.
type Memberships<'a> = HashMap<&'a str, Vec<&'a str>>;

/// The members of each group the other way round: a pass over users and teams would be a pass over the
/// product of both.
fn memberships(observed: &Observed) -> Memberships<'_> {
    let mut groups: Memberships<'_> = HashMap::new();
    for (group, members) in &observed.members {
        for member in members {
            groups.entry(member).or_default().push(group);
        }
    }
    groups
}
