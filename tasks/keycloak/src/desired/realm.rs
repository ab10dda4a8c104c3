//! The realm's own fields, the administrators' login theme, the user profile.

use evenkeel_core::{
    object::ObjectId,
    plan::Note,
    reading::Reading,
    values::{
        ValuePath,
        model::{ImpliedPart, Keycloak},
    },
};
use evenkeel_keycloak_client::types::RealmRepresentation;

use super::{Declared, Related, platform, related::refuse_in_both, scopes::OPENID};
use crate::names::REALM;

/// Fields that have another place in the values, that a realm's update ignores, or that nobody can read back
/// (server-behaviour 2.4): they would differ for ever.
pub(crate) const REFUSED: [(&str, &str); 15] = [
    ("id", "Keycloak chooses it"),
    ("realm", "set `platform.names.realm`"),
    ("defaultRole", "list the roles under `keycloak.defaultRoles`"),
    ("defaultRoles", "list the roles under `keycloak.defaultRoles`"),
    ("localizationTexts", "a realm's update ignores them: put texts into a theme"),
    ("certificate", KEYS),
    ("publicKey", KEYS),
    ("privateKey", KEYS),
    ("codeSecret", OBSOLETE),
    ("passwordCredentialGrantAllowed", OBSOLETE),
    ("social", OBSOLETE),
    ("socialProviders", "list identity providers under `keycloak.identityProviders`"),
    ("updateProfileOnInitialSocialLogin", OBSOLETE),
    ("realmCacheEnabled", OBSOLETE),
    ("userCacheEnabled", OBSOLETE),
];

const KEYS: &str = "Keycloak keeps keys as components, and does not take them here";
const OBSOLETE: &str = "Keycloak knows it no more: leave it out";

/// Any field of `keycloak.realm`; the display name is the realm's name unless it is declared.
pub(super) fn settings(reading: &Reading<'_>, keycloak: &Keycloak) -> Declared<RealmRepresentation> {
    let path = ValuePath::root().key("keycloak").key("realm");
    let cause = reading.cause(&ValuePath::root().key("platform").key("names").key("realm"));
    let mut settings = Declared::new(RealmRepresentation::default(), cause);
    if let Some(realm) = keycloak.realm.as_ref() {
        reading.refuse_fields(realm, &path, &REFUSED);
        let built_in: Vec<&str> = reading.built_in(realm, &path).collect();
        settings.value = match keycloak.implied.realm {
            ImpliedPart::Nowhere => reading.typed(&realm.without(&built_in), &path),
            _ => reading.typed(realm, &path),
        };
        refuse_contradictions(reading, &settings.value, &path);
        let causes = realm.fields().keys().map(|field| (field.clone(), reading.cause(&path.clone().key(field))));
        settings.field_causes.extend(causes);
        settings = settings.with_built_in(keycloak.implied.realm, built_in);
    }
    settings.value.realm = Some(platform::realm(reading).to_owned());
    settings.value.password_policy = settings.value.password_policy.as_deref().map(as_kept);
    if settings.value.display_name.is_none() && keycloak.implied.realm.is_implied() {
        settings.value.display_name = Some(platform::realm(reading).to_owned());
        settings = settings.with_built_in(keycloak.implied.realm, ["displayName"]);
    }
    if let (None, Some(theme)) = (&settings.value.login_theme, &keycloak.login_theme) {
        settings.value.login_theme = Some(theme.clone());
        let cause = reading.cause(&ValuePath::root().key("keycloak").key("loginTheme"));
        settings.field_causes.insert("loginTheme".to_owned(), cause);
    }
    settings
}

/// A password policy as Keycloak writes it: of several rules of one name the last counts, at the place of the first, and a rule with
/// nothing in its brackets has none.
fn as_kept(policy: &str) -> String {
    let mut rules: Vec<(&str, &str)> = Vec::new();
    for rule in policy.split(" and ").map(str::trim).filter(|rule| !rule.is_empty()) {
        let (name, setting) = rule.split_once('(').unwrap_or((rule, ""));
        let (name, setting) = (name.trim(), setting.strip_suffix(')').unwrap_or(setting));
        match rules.iter_mut().find(|(known, _)| *known == name) {
            Some((_, earlier)) => *earlier = setting,
            None => rules.push((name, setting)),
        }
    }
    let written = rules
        .into_iter()
        .map(|(name, setting)| if setting.trim().is_empty() { name.to_owned() } else { format!("{name}({setting})") });
    written.collect::<Vec<_>>().join(" and ")
}

/// The realm's name, where nobody chose it.
pub(super) fn assumed(reading: &Reading<'_>) -> Vec<Note> {
    let path = ValuePath::root().key("platform").key("names").key("realm");
    if !reading.document.is_built_in(&path) {
        return Vec::new();
    }
    let message = "is the realm of a built-in name, which nobody chose: `platform.names.realm` names another";
    vec![Note { object: ObjectId::new(REALM, platform::realm(reading)), message: message.to_owned() }]
}

/// Addresses that several users may have serve neither to log in nor as user names: whichever of the two is
/// switched on last switches the other off, so that both together would never be kept.
fn refuse_contradictions(reading: &Reading<'_>, realm: &RealmRepresentation, path: &ValuePath) {
    if realm.duplicate_emails_allowed != Some(true) {
        return;
    }
    let unique = [
        ("loginWithEmailAllowed", realm.login_with_email_allowed),
        ("registrationEmailAsUsername", realm.registration_email_as_username),
    ];
    for (field, _) in unique.into_iter().filter(|(_, value)| *value == Some(true)) {
        let message = format!("`duplicateEmailsAllowed` and `{field}` exclude each other");
        let problem = reading.problem(&path.clone().key("duplicateEmailsAllowed"), &message);
        reading.report(problem.with_hint(format!("set `{}.{field}: false`, or leave the other one out", path)));
    }
}

/// The scopes of new clients, which an update of the realm ignores (server-behaviour 2.4): they are
/// relations of their own. New clients get `openid` in any case, where it is
/// implied.
pub(super) fn client_scopes(
    reading: &Reading<'_>,
    realm: &mut RealmRepresentation,
    keycloak: &Keycloak,
) -> (Related, Related) {
    let mut defaults = match realm.default_default_client_scopes.take() {
        Some(scopes) => Related::exactly(scopes),
        None => Related::default(),
    };
    if keycloak.implied.openid_scope.is_implied() && !defaults.names.iter().any(|scope| scope == OPENID) {
        defaults.names.push(OPENID.to_owned());
    }
    let optional = realm.default_optional_client_scopes.take().map(Related::exactly).unwrap_or_default();
    let path = ValuePath::root().key("keycloak").key("realm").key("defaultOptionalClientScopes");
    refuse_in_both(reading, &defaults, &optional, &path);
    (defaults, optional)
}

/// The administrators' realm gets the login theme, and nothing else: it belongs to nobody's values.
pub(super) fn admin_realm(reading: &Reading<'_>, keycloak: &Keycloak) -> Option<Declared<RealmRepresentation>> {
    let theme = keycloak.login_theme.clone()?;
    let realm = keycloak.admin.realm.to_string();
    if realm == platform::realm(reading) {
        return None;
    }
    let value = RealmRepresentation { realm: Some(realm), login_theme: Some(theme), ..Default::default() };
    Some(Declared::new(value, reading.cause(&ValuePath::root().key("keycloak").key("loginTheme"))))
}

#[cfg(test)]
mod tests {
    use super::as_kept;

    /// What 26.7.3 and 26.0.7 answered.
    #[test]
    fn a_password_policy_is_compared_as_the_server_writes_it() {
        for (declared, kept) in [
            ("notUsername()", "notUsername"),
            ("length(8) and length(9)", "length(9)"),
            ("upperCase", "upperCase"),
            (
                "length(8) and notEmail(undefined) and digits(2) and length(9)",
                "length(9) and notEmail(undefined) and digits(2)",
            ),
            ("regexPattern(^(a|b)$) and hashIterations(27500)", "regexPattern(^(a|b)$) and hashIterations(27500)"),
            ("", ""),
        ] {
            assert_eq!(as_kept(declared), kept);
        }
    }
}
