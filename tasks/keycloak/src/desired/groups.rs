//! Top-level groups of local accounts, and the roles that they give to their members.

use evenkeel_core::values::ValuePath;
use evenkeel_keycloak_client::types::GroupRepresentation;

use super::{Declared, DesiredGroup, Reading};
use crate::names::REALM_MANAGEMENT;

/// Every group gives the realm role of its own name, and lets its members see users; administrators
/// of all teams also manage users, and those of the platform the realm as well.
pub(super) fn desired(reading: &Reading<'_>) -> Vec<DesiredGroup> {
    let administrators: [&[&str]; 3] =
        [&["view-users", "manage-realm", "manage-users"], &["view-users", "manage-users"], &["view-users"]];
    let platform = reading.administrator_names().into_iter().zip(administrators).map(|((key, name), rights)| {
        let cause = reading.cause(&ValuePath::root().key("platform").key("names").key(key));
        group(Declared::new(representation(&name), cause), &name, rights)
    });
    let teams = reading.values.teams.keys().map(|id| {
        let cause = reading.cause(&ValuePath::root().key("teams").key(id.as_str()));
        let name = reading.values.platform.names.team(id);
        group(Declared::new(representation(&name), cause).of_team(Some(id.as_str().into())), &name, &["view-users"])
    });
    platform.chain(teams).collect()
}

fn representation(name: &str) -> GroupRepresentation {
    GroupRepresentation { name: Some(name.to_owned()), ..Default::default() }
}

fn group(group: Declared<GroupRepresentation>, name: &str, rights: &[&str]) -> DesiredGroup {
    let client_roles = rights.iter().map(|right| (REALM_MANAGEMENT.to_owned(), (*right).to_owned())).collect();
    DesiredGroup { group, realm_roles: vec![name.to_owned()], client_roles }
}
