//! Objects of plain kinds. What is Harbor's own is which login modes know users and groups, what a server knows of webhooks, and which
//! memberships go with an object.

use std::sync::Arc;

use evenkeel_core::{field::Field, object::ObjectId};
use evenkeel_engine::plain::{self, DeclaredObject, ObservedObject, Refusal};

use super::PlanBuilder;
use crate::{
    Harbor,
    desired::{Desired, Member},
    names::{AUTH_MODE, DB_AUTH, LDAP_AUTH, USER, USER_GROUP},
    observe::{Observed, membership},
    project::Webhook,
    system::are_members,
};

pub(super) fn plan(
    plan: &mut PlanBuilder<'_>,
    declared: &[Arc<DeclaredObject<Harbor>>],
    desired: &Desired,
    observed: &Observed,
) {
    plain::plan(plan, declared, &observed.objects, |declared| refusal(declared, desired, observed));
}

/// What this server, in the login mode that will hold, does not allow.
fn refusal(declared: &DeclaredObject<Harbor>, desired: &Desired, observed: &Observed) -> Option<Refusal> {
    let (kind, name) = (declared.object.kind(), declared.object.name());
    let mode = desired.auth_mode().unwrap_or_else(|| observed.configuration.text(AUTH_MODE));
    if *kind == USER && mode != DB_AUTH {
        return Some(Refusal {
            message: format!(
                "user `{name}` cannot be made or changed: there are no local accounts in login mode `{mode}`"
            ),
            hint: "leave `harbor.users` out".to_owned(),
        });
    }
    if *kind == USER_GROUP && declared.declares("ldapDn") != (mode == LDAP_AUTH) {
        return Some(Refusal {
            message: format!("user group `{name}` is not known in login mode `{mode}`"),
            hint: "groups with `ldapDn` are those of mode `ldap_auth`, and only they are".to_owned(),
        });
    }
    // A webhook with an event, a target or a form that the server does not know is refused as a whole.
    let (what, known) = observed.support.webhooks.as_ref()?.refuses(&declared.value::<Webhook>()?.policy)?;
    Some(Refusal {
        message: format!("`{}`: harbor does not know {what}", declared.object),
        hint: format!("it knows {}", known.join(", ")),
    })
}

/// The memberships in projects that go with a user or a group.
pub(super) fn memberships(observed: &Observed, there: &ObservedObject) -> Vec<ObjectId> {
    if !are_members(&there.object) {
        return Vec::new();
    }
    let is_user = *there.object.kind() == USER;
    let Some(Field::Text(name)) = there.fields.get(if is_user { "username" } else { "name" }) else {
        return Vec::new();
    };
    let member = if is_user { Member::User(name.clone()) } else { Member::Group(name.clone()) };
    let all = observed.members.iter().flat_map(|(project, members)| members.iter().map(move |one| (project, one)));
    let theirs = all.filter(|(project, one)| membership(project, one) == Some(member.object(project)));
    theirs.map(|(project, _)| member.object(project)).collect()
}
