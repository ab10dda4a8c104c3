//! Groups with the roles that they give to their members: those of local accounts, and those that the
//! values declare.

use std::collections::BTreeMap;

use evenkeel_core::{
    reading::Reading,
    values::{
        ValuePath,
        model::{ImpliedPart, Keycloak},
    },
};
use evenkeel_keycloak_client::types::GroupRepresentation;

use super::{Declared, DesiredGroup, Related, platform, related::exactly, representation};
use crate::names::REALM_MANAGEMENT;

/// The fields of a group that say which roles it gives.
const ROLES: [&str; 2] = ["realmRoles", "clientRoles"];

/// With an external identity provider nobody implies groups; declared ones are there all the same.
pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredGroup> {
    let mut groups = if keycloak.identity_provider.is_none() { implied(reading, keycloak) } else { Vec::new() };
    let mut declared_groups = Vec::new();
    let path = ValuePath::root().key("keycloak").key("groups");
    for (index, declared) in keycloak.groups.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let group: Declared<GroupRepresentation> = reading.declared(declared, &path);
        add(reading, &mut declared_groups, "", group, &path);
    }
    for mut group in declared_groups {
        match groups.iter_mut().find(|known| known.path == group.path) {
            Some(implied) => {
                complete(&mut group, implied);
                *implied = group;
            }
            None => groups.push(group),
        }
    }
    groups
}

/// A declaration comes before what is implied, field by field; so does a declared list of roles.
fn complete(declared: &mut DesiredGroup, implied: &DesiredGroup) {
    declared.group.team.clone_from(&implied.group.team);
    declared.group.built_in.clone_from(&implied.group.built_in);
    declared.realm_roles = declared.realm_roles.take().or_else(|| implied.realm_roles.clone());
    for (client, roles) in &implied.client_roles {
        declared.client_roles.entry(client.clone()).or_insert_with(|| roles.clone());
    }
}

/// Adds a group and those below it, each by its path.
fn add(
    reading: &Reading<'_>,
    groups: &mut Vec<DesiredGroup>,
    parent: &str,
    mut group: Declared<GroupRepresentation>,
    path: &ValuePath,
) {
    let Some(name) = representation::name(reading, group.value.name.as_deref(), "name", path) else { return };
    if name.contains('/') {
        let problem = reading.problem(&path.clone().key("name"), "a group's name cannot hold a `/`");
        return reading.report(problem.with_hint("list it under `subGroups` of its parent"));
    }
    representation::refuse_id(reading, group.value.id.as_ref(), path);
    let own_path = format!("{parent}{name}");
    if groups.iter().any(|known| known.path == own_path) {
        return reading.twice(&path.clone().key("name"), "group", &own_path);
    }
    let value = &mut group.value;
    let (realm_roles, client_roles) = (value.realm_roles.take(), value.client_roles.take());
    let children = value.sub_groups.take().unwrap_or_default();
    // Both follow from where the group stands.
    (value.path, value.parent_id) = (None, None);
    let cause = group.cause.clone();
    groups.push(DesiredGroup {
        group,
        path: own_path.clone(),
        realm_roles: realm_roles.map(Related::exactly),
        client_roles: exactly(client_roles.unwrap_or_default()),
    });
    for (index, child) in children.into_iter().enumerate() {
        let path = path.clone().key("subGroups").index(index);
        let cause = evenkeel_core::plan::Cause { value: path.to_string(), ..cause.clone() };
        add(reading, groups, &format!("{own_path}/"), Declared::new(child, cause), &path);
    }
}

/// Every group gives the realm role of its own name, and lets its members see users; administrators
/// of all teams also manage users, and those of the platform the realm as well.
fn implied(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredGroup> {
    let administrators: [&[&str]; 3] =
        [&["view-users", "manage-realm", "manage-users"], &["view-users", "manage-users"], &["view-users"]];
    let platform =
        platform::implied_administrators(reading, keycloak).zip(administrators).map(|((key, name), rights)| {
            let cause = reading.cause(&ValuePath::root().key("platform").key("names").key(key));
            let administrators = Declared::new(representation(&name), cause);
            group(administrators.with_built_in(keycloak.implied.administrators, ROLES), &name, rights)
        });
    let teams = reading.values.teams.keys().map(|id| {
        let cause = reading.cause(&ValuePath::root().key("teams").key(id.as_str()));
        let name = reading.values.platform.names.team(id);
        let of_team = Declared::new(representation(&name), cause).of_team(Some(id.as_str().into()));
        group(of_team.with_built_in(ImpliedPart::InOurs, ROLES), &name, &["view-users"])
    });
    platform.chain(teams).collect()
}

fn representation(name: &str) -> GroupRepresentation {
    GroupRepresentation { name: Some(name.to_owned()), ..Default::default() }
}

fn group(group: Declared<GroupRepresentation>, name: &str, rights: &[&str]) -> DesiredGroup {
    DesiredGroup {
        group,
        path: name.to_owned(),
        realm_roles: Some(Related::at_least([name])),
        client_roles: BTreeMap::from([(REALM_MANAGEMENT.to_owned(), Related::at_least(rights.iter().copied()))]),
    }
}
