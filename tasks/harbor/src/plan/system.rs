//! Objects of the whole system: all of them are plain kinds, so that this is the same for each. What is Harbor's own is which login
//! modes know users and groups, and what goes with them.

use evenkeel_core::{
    field::Field,
    memory::Ownership,
    object::ObjectId,
    plan::{Action, Cause, Change, ChangeDocument, Unjudged, WhyUnjudged},
};

use super::{Draft, Operation, Owner, Place};
use crate::{
    Harbor,
    desired::{Desired, Member},
    names::{AUTH_MODE, DB_AUTH, LDAP_AUTH, USER, USER_GROUP},
    observe::{Observed, membership},
    plain::{Refusal, Row, Wanted, Write, left_behind},
    system::{are_members, kinds},
};

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    // The mode that will hold.
    let mode = desired.auth_mode().unwrap_or_else(|| observed.configuration.text(AUTH_MODE)).to_owned();
    for wanted in &desired.system {
        let there = wanted.there(&observed.system);
        let difference = wanted.difference(there, draft.secrets);
        draft.notes.extend(difference.notes(&wanted.object));
        if there.is_some() && difference.is_empty() {
            continue;
        }
        if let Some(refusal) = refusal(wanted, &mode).or_else(|| wanted.refusal(there)) {
            draft.unjudged.push(unjudged(&wanted.object, refusal));
            continue;
        }
        let action = if there.is_some() { Action::Update } else { Action::Create };
        let operation = Operation::Plain(Write::of(wanted, there, &difference).into());
        let owner = Owner { cause: &wanted.cause, team: None };
        let place = Place::after(wanted.waits_for.iter().cloned()).alone_in(wanted.object.clone());
        draft.push(wanted.object.clone(), action, difference, &owner, place, operation);
        if there.is_some_and(|there| wanted.takes_away(there)) {
            draft.takes_relation(&wanted.object);
        }
        if wanted.is_needed {
            draft.is_needed(&wanted.object);
        }
    }
}

/// What the login mode does not allow.
fn refusal(wanted: &Wanted<Harbor>, mode: &str) -> Option<Refusal> {
    let kind = wanted.object.kind();
    if *kind == USER && mode != DB_AUTH {
        let name = wanted.object.name();
        return Some(Refusal {
            message: format!(
                "user `{name}` cannot be made or changed: there are no local accounts in login mode `{mode}`"
            ),
            hint: "leave `harbor.users` out".to_owned(),
        });
    }
    if *kind == USER_GROUP && wanted.declares("ldapDn") != (mode == LDAP_AUTH) {
        let name = wanted.object.name();
        return Some(Refusal {
            message: format!("user group `{name}` is not known in login mode `{mode}`"),
            hint: "groups with `ldapDn` are those of mode `ldap_auth`, and only they are".to_owned(),
        });
    }
    None
}

fn unjudged(object: &ObjectId, refusal: Refusal) -> Unjudged {
    let Refusal { message, hint } = refusal;
    Unjudged { objects: vec![object.clone()], why: WhyUnjudged::Fixed, message, hint }
}

/// What is ours and not declared any more.
pub(super) fn prune(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed, ownership: &Ownership) {
    for (kind, row) in left_behind(kinds(), &observed.system, ownership, &desired.objects()) {
        let document = ChangeDocument {
            object: row.object.clone(),
            action: Action::Delete,
            fields: Vec::new(),
            cause: Cause { value: "no value any more".to_owned(), file: None, line: None },
            waits_for: Vec::new().into(),
        };
        draft.changes.push(Change {
            document: document.into(),
            exclusive: None,
            team: None,
            removes_data: kind.holds_data(),
            takes_along: memberships(observed, &row),
            removes_relation: false,
            is_needed: false,
            secrets: Vec::new(),
            operation: Operation::Plain(Write::Delete(kind, row).into()),
        });
    }
}

/// The memberships in projects that go with a user or a group.
fn memberships(observed: &Observed, row: &Row) -> Vec<ObjectId> {
    if !are_members(&row.object) {
        return Vec::new();
    }
    let key = if *row.object.kind() == USER { "username" } else { "name" };
    let Some(Field::Text(name)) = row.fields.get(key) else { return Vec::new() };
    let member = if *row.object.kind() == USER { Member::User(name.clone()) } else { Member::Group(name.clone()) };
    let all = observed.members.iter().flat_map(|(project, members)| members.iter().map(move |one| (project, one)));
    let theirs = all.filter(|(project, one)| membership(project, one) == Some(member.object(project)));
    theirs.map(|(project, _)| member.object(project)).collect()
}
