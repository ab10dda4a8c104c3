//! Realm roles, top-level groups, and the roles that groups give to their members.

use evenkeel_core::{diff::Rules, object::ObjectId, plan::Action};
use evenkeel_keycloak_client::types::GroupRepresentation;

use super::{Draft, Operation, Place, realm::realm_object};
use crate::{
    desired::{Desired, DesiredGroup},
    names::{GROUP, ROLE, group_role},
    observe::Observed,
};

pub(super) fn plan_roles(draft: &mut Draft, desired: &Desired, observed: &Observed) {
    for role in &desired.roles {
        let name = role.value.name.as_deref().unwrap_or_default();
        let object = ObjectId::new(ROLE, name);
        let place = Place::after([realm_object(desired)]).alone_in(object.clone());
        draft.compare(object, role, observed.roles.get(name), Rules::default(), place, |action| {
            let body = Box::new(role.value.clone());
            if action == Action::Create { Operation::CreateRole(body) } else { Operation::UpdateRole(body) }
        });
    }
}

pub(super) fn plan(draft: &mut Draft, desired: &Desired, observed: &Observed) {
    for group in &desired.groups {
        let name = group.group.value.name.as_deref().unwrap_or_default();
        let object = ObjectId::new(GROUP, name);
        let there = observed.groups.get(name);
        let place = Place::after([realm_object(desired)]).alone_in(object.clone());
        draft.compare(object.clone(), &group.group, there, Rules::default(), place, |_| {
            Operation::CreateGroup(Box::new(group.group.value.clone()))
        });
        plan_group_roles(draft, group, name, there);
    }
}

/// A group's roles are a list of its own end points: create and update of a group ignore them
/// (server-behaviour 2.4). Roles that somebody else gave to the group stay.
fn plan_group_roles(draft: &mut Draft, desired: &DesiredGroup, group: &str, there: Option<&GroupRepresentation>) {
    let object = ObjectId::new(GROUP, group);
    let team = desired.group.team.as_ref();
    for role in &desired.realm_roles {
        let has = there.and_then(|group| group.realm_roles.as_ref()).is_some_and(|roles| roles.contains(role));
        if !has {
            let place = Place::after([object.clone(), ObjectId::new(ROLE, role.as_str())]).alone_in(object.clone());
            let operation = Operation::AddGroupRealmRole { group: group.to_owned(), role: role.clone() };
            draft.relate(group_role(group, None, role), &desired.group.cause, team, place, operation);
        }
    }
    for (client, role) in &desired.client_roles {
        let has =
            there.and_then(|group| group.client_roles.as_ref()?.get(client)).is_some_and(|roles| roles.contains(role));
        if !has {
            let place = Place::after([object.clone()]).alone_in(object.clone());
            let operation =
                Operation::AddGroupClientRole { group: group.to_owned(), client: client.clone(), role: role.clone() };
            draft.relate(group_role(group, Some(client), role), &desired.group.cause, team, place, operation);
        }
    }
}
