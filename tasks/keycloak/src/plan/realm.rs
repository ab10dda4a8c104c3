//! The realm, the administrators' realm's login theme.

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::{Action, Dependencies},
};

use evenkeel_keycloak_client::types::RealmRepresentation;

use super::{Operation, PlanBuilder};
use crate::{
    desired::{Declared, Desired},
    names::REALM,
    observe::Observed,
};

/// What Keycloak shows in place of a secret that it keeps (server-behaviour 2.5).
pub(crate) const MASK: &str = "**********";

/// Where the realm's representation has the mail server's password.
pub(crate) const SMTP_PASSWORD: &str = "smtpServer.password";

const REALM_RULES: Rules = Rules(&[
    (SMTP_PASSWORD, Rule::Masked(MASK)),
    // Stored in lower case.
    ("sslRequired", Rule::Folded),
    ("supportedLocales", Rule::Set),
    ("enabledEventTypes", Rule::Set),
    ("eventsListeners", Rule::Set),
    ("requiredCredentials", Rule::Set),
    ("webAuthnPolicySignatureAlgorithms", Rule::Set),
    ("webAuthnPolicyAcceptableAaguids", Rule::Set),
    ("webAuthnPolicyExtraOrigins", Rule::Set),
    ("webAuthnPolicyPasswordlessSignatureAlgorithms", Rule::Set),
    ("webAuthnPolicyPasswordlessAcceptableAaguids", Rule::Set),
    ("webAuthnPolicyPasswordlessExtraOrigins", Rule::Set),
]);

/// The realm's object: most others wait for it.
pub(super) fn realm_object(desired: &Desired) -> ObjectId {
    ObjectId::new(REALM, desired.realm.as_str())
}

fn enabled(settings: &Declared<RealmRepresentation>) -> Declared<RealmRepresentation> {
    let mut settings = settings.clone();
    settings.value.enabled.get_or_insert(true);
    settings
}

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let realm = realm_object(desired);
    let settings = &desired.realm_settings;
    // Without a word about it Keycloak makes a disabled realm; whether it stays enabled is managed only where that is declared.
    let made = observed.realm.is_none().then(|| enabled(settings));
    let settings = made.as_ref().unwrap_or(settings);
    let there = observed.realm.clone().map(|there| RealmRepresentation {
        // Absent means that events are kept for ever.
        events_expiration: there.events_expiration.or(Some(0)),
        ..there
    });
    plan.compare(
        realm.clone(),
        settings,
        there.as_ref(),
        REALM_RULES,
        Dependencies::default().exclusive_in(realm),
        |action, body| {
            if action == Action::Create { Operation::CreateRealm(body) } else { Operation::UpdateRealm(body) }
        },
    );
    if let (Some(admin_realm), Some(there)) = (&desired.admin_realm, &observed.admin_realm) {
        let object = ObjectId::new(REALM, admin_realm.value.realm.as_deref().unwrap_or_default());
        plan.compare(
            object.clone(),
            admin_realm,
            Some(there),
            REALM_RULES,
            Dependencies::default().exclusive_in(object),
            |_, body| Operation::UpdateRealm(body),
        );
    }
}
