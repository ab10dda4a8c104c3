//! The realm, the administrators' realm's login theme, the user profile.

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::Action,
};

use super::{Draft, Operation, Place};
use crate::{
    desired::Desired,
    names::{REALM, USER_PROFILE},
    observe::Observed,
};

/// What Keycloak shows in place of a secret that it keeps (server-behaviour 2.5).
pub(super) const MASK: &str = "**********";

/// Where the realm's representation has the mail server's password.
pub(crate) const SMTP_PASSWORD: &str = "smtpServer.password";

const REALM_RULES: Rules = Rules(&[
    (SMTP_PASSWORD, Rule::Masked(MASK)),
    ("supportedLocales", Rule::Set),
    ("enabledEventTypes", Rule::Set),
    ("eventsListeners", Rule::Set),
    ("requiredCredentials", Rule::Set),
    ("defaultGroups", Rule::Set),
    ("defaultRoles", Rule::Set),
    ("defaultDefaultClientScopes", Rule::Set),
    ("defaultOptionalClientScopes", Rule::Set),
]);

const PROFILE_RULES: Rules = Rules(&[
    ("attributes", Rule::Named("name")),
    ("attributes.permissions.view", Rule::Set),
    ("attributes.permissions.edit", Rule::Set),
    ("attributes.required.roles", Rule::Set),
    ("attributes.required.scopes", Rule::Set),
]);

/// The realm's object: most others wait for it.
pub(super) fn realm_object(desired: &Desired) -> ObjectId {
    ObjectId::new(REALM, desired.realm.as_str())
}

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    let realm = realm_object(desired);
    let settings = &desired.realm_settings;
    draft.compare(
        realm.clone(),
        settings,
        observed.realm.as_ref(),
        REALM_RULES,
        Place::default().alone_in(realm.clone()),
        |action| {
            let body = Box::new(settings.value.clone());
            if action == Action::Create { Operation::CreateRealm(body) } else { Operation::UpdateRealm(body) }
        },
    );
    if let (Some(admin_realm), Some(there)) = (&desired.admin_realm, &observed.admin_realm) {
        let object = ObjectId::new(REALM, admin_realm.value.realm.as_deref().unwrap_or_default());
        draft.compare(object.clone(), admin_realm, Some(there), REALM_RULES, Place::default().alone_in(object), |_| {
            Operation::UpdateRealm(Box::new(admin_realm.value.clone()))
        });
    }
    plan_user_profile(draft, desired, observed, realm);
}

/// Every realm has a user profile from the start: it is updated, also in a realm that is about to be made.
fn plan_user_profile(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed, realm: ObjectId) {
    let object = ObjectId::new(USER_PROFILE, desired.realm.as_str());
    let profile = &desired.user_profile;
    let there = observed.user_profile.clone().unwrap_or_default();
    draft.compare(object.clone(), profile, Some(&there), PROFILE_RULES, Place::after([realm]).alone_in(object), |_| {
        Operation::UpdateUserProfile(Box::new(profile.value.clone()))
    });
}
