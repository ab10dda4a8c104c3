//! What the platform's values say that several kinds of objects follow from: names and the server's address.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    reading::Reading,
    values::{ValuePath, model::Keycloak},
};

/// The realm's name.
pub(super) fn realm<'a>(reading: &Reading<'a>) -> &'a str {
    reading.values.platform.names.realm.as_str()
}

/// The names of the platform's own roles and groups, from most rights to least, each with its key under `platform.names`.
pub(super) fn administrator_names(reading: &Reading<'_>) -> [(&'static str, String); 3] {
    let names = &reading.values.platform.names;
    [
        ("platformAdmin", names.platform_admin.to_string()),
        ("allTeamsAdmin", names.all_teams_admin.to_string()),
        ("teamAdmin", names.team_admin.to_string()),
    ]
}

/// Those whose roles and groups the platform implies: all of them, or none.
pub(super) fn implied_administrators(
    reading: &Reading<'_>,
    keycloak: &Keycloak,
) -> impl Iterator<Item = (&'static str, String)> {
    let is_implied = keycloak.implied.administrators.is_implied();
    administrator_names(reading).into_iter().filter(move |_| is_implied)
}

/// The groups of teams, each with its team.
pub(super) fn team_groups(reading: &Reading<'_>) -> BTreeMap<Arc<str>, Arc<str>> {
    reading.teams().map(|(id, name, _)| (name.into(), id.as_str().into())).collect()
}

/// The address by which people know the server.
pub(super) fn public_address(reading: &Reading<'_>, keycloak: &Keycloak) -> Option<String> {
    let address = keycloak.url.as_ref().map(ToString::to_string);
    let address = address.or_else(|| reading.values.platform.address_of("keycloak"));
    address.map(|address| address.trim_end_matches('/').to_owned())
}

/// Where that address comes from.
pub(super) fn address_path(keycloak: &Keycloak) -> ValuePath {
    match keycloak.url {
        Some(_) => ValuePath::root().key("keycloak").key("url"),
        None => ValuePath::root().key("platform").key("domain"),
    }
}
