//! Realm roles: the platform's own, and one for each team.

use evenkeel_core::values::ValuePath;
use evenkeel_keycloak_client::types::RoleRepresentation;

use super::{Declared, Reading};

pub(super) fn desired(reading: &Reading<'_>) -> Vec<Declared<RoleRepresentation>> {
    let external = reading.values.keycloak.as_ref().and_then(|keycloak| keycloak.identity_provider.as_ref());
    let external = external.map(|provider| &provider.groups).cloned().unwrap_or_default();
    let external = [external.platform_admin, external.all_teams_admin, external.team_admin];
    let platform = reading.administrator_names().into_iter().zip(external).map(|((key, name), group)| {
        let cause = reading.cause(&ValuePath::root().key("platform").key("names").key(key));
        Declared::new(role(&name, group.as_deref()), cause)
    });
    let teams = reading.values.teams.iter().map(|(id, team)| {
        let cause = reading.cause(&ValuePath::root().key("teams").key(id.as_str()));
        let name = reading.values.platform.names.team(id);
        Declared::new(role(&name, team.identity_group.as_deref()), cause).of_team(Some(id.as_str().into()))
    });
    platform.chain(teams).collect()
}

/// The description says who made the role and, when it is mapped, from which external group.
fn role(name: &str, external_group: Option<&str>) -> RoleRepresentation {
    let mapped = external_group.map(|group| format!(", mapped for incoming IDP GROUP_ID: {group}")).unwrap_or_default();
    RoleRepresentation {
        name: Some(name.to_owned()),
        description: Some(format!("Managed by evenkeel{mapped}")),
        ..Default::default()
    }
}
