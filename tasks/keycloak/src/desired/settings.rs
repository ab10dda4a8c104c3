//! Parts of the realm that Keycloak keeps at end points of their own: events, required actions, the user profile, what new
//! users get.

use std::collections::BTreeSet;

use evenkeel_core::{
    reading::Reading,
    values::{GroupPath, ValuePath, model::Keycloak},
};
use evenkeel_keycloak_client::types::{
    RealmEventsConfigRepresentation, RequiredActionProviderRepresentation, UpAttribute, UpAttributePermissions,
    UpConfig,
};

use super::{Declared, DesiredUserProfile, Related, RelatedRoles, related::each_role_once, representation};

/// Which events are kept. The realm's own fields say the same, so that one field may stand in one of the two places only.
pub(super) fn events(reading: &Reading<'_>, keycloak: &Keycloak) -> Option<Declared<RealmEventsConfigRepresentation>> {
    let declared = keycloak.events.as_ref()?;
    let path = ValuePath::root().key("keycloak").key("events");
    let realm = keycloak.realm.as_ref().map(|realm| realm.fields());
    for field in declared.fields().keys().filter(|field| realm.is_some_and(|realm| realm.contains_key(*field))) {
        let problem = reading.problem(&path.clone().key(field), &format!("`{field}` is declared twice"));
        reading.report(problem.with_hint(format!("remove it here, or `keycloak.realm.{field}`")));
    }
    Some(reading.declared(declared, &path))
}

/// What users can be made to do at login.
pub(super) fn required_actions(
    reading: &Reading<'_>,
    keycloak: &Keycloak,
) -> Vec<Declared<RequiredActionProviderRepresentation>> {
    let path = ValuePath::root().key("keycloak").key("requiredActions");
    let mut actions: Vec<Declared<RequiredActionProviderRepresentation>> = Vec::new();
    for (index, declared) in keycloak.required_actions.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let action: Declared<RequiredActionProviderRepresentation> = reading.declared(declared, &path);
        let Some(alias) = representation::name(reading, action.value.alias.as_deref(), "alias", &path) else {
            continue;
        };
        if actions.iter().any(|known| known.value.alias.as_ref() == Some(&alias)) {
            reading.twice(&path.key("alias"), "required action", &alias);
            continue;
        }
        actions.push(action);
    }
    actions
}

/// Administrators may write attributes that the profile does not declare: without that, Keycloak drops
/// the nickname by which Gitea knows a user. The four attributes of every account are readable and
/// writable by the user and by administrators. What the values declare comes before that; what else the
/// profile holds stays.
pub(super) fn user_profile(reading: &Reading<'_>, keycloak: &Keycloak) -> DesiredUserProfile {
    let path = ValuePath::root().key("keycloak");
    let asked = match &keycloak.user_profile {
        Some(declared) => reading.declared(declared, &path.key("userProfile")),
        None => Declared::new(UpConfig::default(), reading.cause(&path)),
    };
    let value = &asked.value;
    check_names(reading, value.attributes.iter().flatten().map(|attribute| attribute.name.as_deref()), "attributes");
    check_names(reading, value.groups.iter().flatten().map(|group| group.name.as_deref()), "groups");
    let part = keycloak.implied.user_profile;
    let whole = if part.is_implied() { with_implied(asked.clone()) } else { asked.clone() };
    DesiredUserProfile { whole, asked, everywhere: part.is_everywhere() }
}

fn with_implied(mut profile: Declared<UpConfig>) -> Declared<UpConfig> {
    let value = &mut profile.value;
    value.unmanaged_attribute_policy.get_or_insert_with(|| "ADMIN_EDIT".to_owned());
    let mut attributes: Vec<UpAttribute> = ["username", "email", "firstName", "lastName"].map(of_everyone).into();
    for declared in value.attributes.take().unwrap_or_default() {
        match attributes.iter_mut().find(|known| known.name == declared.name) {
            Some(known) => {
                let implied = std::mem::replace(known, declared);
                known.display_name = known.display_name.take().or(implied.display_name);
                known.permissions = known.permissions.take().or(implied.permissions);
            }
            None => attributes.push(declared),
        }
    }
    value.attributes = Some(attributes);
    profile
}

/// An attribute that every account has.
fn of_everyone(name: &str) -> UpAttribute {
    let everyone = || Some(vec!["admin".to_owned(), "user".to_owned()]);
    UpAttribute {
        name: Some(name.to_owned()),
        display_name: Some(format!("${{{name}}}")),
        permissions: Some(UpAttributePermissions { view: everyone(), edit: everyone(), ..Default::default() }),
        ..Default::default()
    }
}

/// Parts of the profile are known by name: each needs one of its own.
fn check_names<'a>(reading: &Reading<'_>, names: impl Iterator<Item = Option<&'a str>>, list: &str) {
    let path = ValuePath::root().key("keycloak").key("userProfile").key(list);
    let mut known = BTreeSet::new();
    for (index, name) in names.enumerate() {
        let path = path.clone().index(index);
        let Some(name) = representation::name(reading, name, "name", &path) else { continue };
        if !known.insert(name.clone()) {
            reading.twice(&path.key("name"), "part of the user profile", &name);
        }
    }
}

/// The groups that new users join, by path without the first slash. The realm's own field says the same: an update with
/// it fails where a group is about to be made.
pub(super) fn default_groups(
    reading: &Reading<'_>,
    keycloak: &Keycloak,
    in_realm: Option<Vec<String>>,
) -> Option<Related> {
    let path = ValuePath::root().key("keycloak").key("defaultGroups");
    if in_realm.is_some() && keycloak.default_groups.is_some() {
        let problem = reading.problem(&path, "`defaultGroups` is declared twice");
        reading.report(problem.with_hint("remove it here, or `keycloak.realm.defaultGroups`"));
    }
    let own = keycloak.default_groups.as_ref();
    let names = own.into_iter().flatten().map(GroupPath::relative);
    reading.each_named_once(names.enumerate(), &path);
    let own = own.map(|paths| paths.iter().map(|path| path.relative().to_owned()).collect());
    // Checked like all that a representation lists.
    let in_realm = || Some(in_realm?.iter().map(|path| path.strip_prefix('/').unwrap_or(path).to_owned()).collect());
    own.or_else(in_realm).map(Related::exactly)
}

/// The roles that every user has.
pub(super) fn default_roles(reading: &Reading<'_>, keycloak: &Keycloak) -> RelatedRoles {
    let Some(roles) = &keycloak.default_roles else { return RelatedRoles::default() };
    each_role_once(reading, roles, &reading.path(&["defaultRoles"]));
    RelatedRoles::exactly(roles.into())
}
