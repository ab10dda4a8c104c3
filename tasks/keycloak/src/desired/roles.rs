//! Realm roles: the platform's own, one for each team, and those that the values declare.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    reading::Reading,
    values::{
        ValuePath,
        model::{ImpliedPart, Keycloak},
    },
};
use evenkeel_keycloak_client::types::RoleRepresentation;

use super::{Declared, DesiredRole, Related, platform, related::exactly, representation};

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredRole> {
    let mut roles = implied(reading, keycloak);
    let mut declared_names = BTreeSet::new();
    let path = ValuePath::root().key("keycloak").key("roles");
    for (index, declared) in keycloak.roles.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let role: Declared<RoleRepresentation> = reading.declared(declared, &path);
        let Some(name) = representation::name(reading, role.value.name.as_deref(), "name", &path) else { continue };
        if declared_names.contains(&name) {
            reading.twice(&path.key("name"), "role", &name);
            continue;
        }
        representation::refuse_id(reading, role.value.id.as_ref(), &path);
        declared_names.insert(name.clone());
        let mut role = taken_apart(role);
        match roles.iter_mut().find(|known| known.role.value.name.as_ref() == Some(&name)) {
            Some(implied) => {
                complete(&mut role.role, &implied.role);
                *implied = role;
            }
            None => roles.push(role),
        }
    }
    roles
}

/// A declaration comes before what is implied, field by field.
fn complete(declared: &mut Declared<RoleRepresentation>, implied: &Declared<RoleRepresentation>) {
    if declared.value.description.is_none() {
        declared.value.description.clone_from(&implied.value.description);
        declared.field_causes.insert("description".to_owned(), implied.cause.clone());
        declared.built_in.clone_from(&implied.built_in);
    }
    declared.team.clone_from(&implied.team);
}

/// The roles that the values list in a client, each with its place.
pub(super) fn of_client(
    reading: &Reading<'_>,
    declared: Option<Vec<RoleRepresentation>>,
    path: &ValuePath,
) -> Vec<DesiredRole> {
    let path = path.clone().key("roles");
    let mut roles: Vec<DesiredRole> = Vec::new();
    for (index, role) in declared.into_iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let Some(name) = representation::name(reading, role.name.as_deref(), "name", &path) else { continue };
        if roles.iter().any(|known| known.role.value.name.as_ref() == Some(&name)) {
            reading.twice(&path.key("name"), "client role", &name);
            continue;
        }
        representation::refuse_id(reading, role.id.as_ref(), &path);
        roles.push(taken_apart(Declared::new(role, reading.cause(&path))));
    }
    roles
}

/// An update of a role ignores the roles inside: they are relations of their own.
fn taken_apart(mut role: Declared<RoleRepresentation>) -> DesiredRole {
    role.value.composite = None;
    let composites = role.value.composites.take().unwrap_or_default();
    DesiredRole {
        role,
        realm_roles: composites.realm.map(Related::exactly),
        client_roles: exactly(composites.client.unwrap_or_default()),
    }
}

fn implied(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredRole> {
    let external = keycloak.identity_provider.as_ref().map(|provider| provider.groups.clone()).unwrap_or_default();
    let external = [external.platform_admin, external.all_teams_admin, external.team_admin];
    let platform = platform::implied_administrators(reading, keycloak).zip(external).map(|((key, name), group)| {
        let cause = reading.cause(&ValuePath::root().key("platform").key("names").key(key));
        Declared::new(role(&name, group.as_deref()), cause)
            .with_built_in(keycloak.implied.administrators, ["description"])
    });
    let teams = reading.values.teams.iter().map(|(id, team)| {
        let cause = reading.cause(&ValuePath::root().key("teams").key(id.as_str()));
        let name = reading.values.platform.names.team(id);
        Declared::new(role(&name, team.identity_group.as_deref()), cause)
            .with_built_in(ImpliedPart::InOurs, ["description"])
            .of_team(Some(id.as_str().into()))
    });
    let alone = |role| DesiredRole { role, realm_roles: None, client_roles: BTreeMap::new() };
    platform.chain(teams).map(alone).collect()
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
