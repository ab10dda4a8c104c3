//! What an export has decided so far: which parts of the team contract the realm keeps.

use std::collections::BTreeSet;

use evenkeel_core::{
    diff::FieldChange,
    plan::{Action, ChangeDocument},
    values::{TeamId, model::Names},
};
use evenkeel_keycloak_client::types::GroupRepresentation;

use super::found::Found;
use crate::names::REALM_MANAGEMENT;

/// A team's name is that of a Kubernetes namespace too.
const LONGEST_TEAM: usize = 63;

/// The decisions. They only ever go one way, so that settling ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decisions {
    pub(super) administrators: bool,
    pub(super) client: bool,
    pub(super) openid_scope: bool,
    pub(super) user_profile: bool,
    pub(super) nicknames: bool,
    /// Ids of teams.
    pub(super) teams: BTreeSet<String>,
    /// Implied roles that are declared too, because they are not as implied.
    pub(super) completed: BTreeSet<String>,
}

impl Decisions {
    /// The whole team contract, as far as there are objects of its names.
    pub(super) fn first(names: &Names, found: &Found) -> Self {
        let read = found.roles.is_some() && found.groups.is_some();
        Self {
            administrators: read,
            client: found.clients.is_some(),
            openid_scope: found.client_scopes.is_some() && found.default_client_scopes.is_some(),
            user_profile: found.user_profile.is_some(),
            nicknames: true,
            teams: if read { teams(names, found) } else { BTreeSet::new() },
            completed: BTreeSet::new(),
        }
    }

    /// Decides otherwise about what a plan would change.
    pub(super) fn take_back(&mut self, names: &Names, change: &ChangeDocument) {
        let (kind, path) = (change.object.kind().as_str(), change.object.names().collect::<Vec<_>>());
        let client = names.client.as_str();
        let within = |owner: &[&str]| path.starts_with(owner);
        let openid: [&[&str]; 3] = [&["openid"], &["client-scope", "openid"], &[client, "openid"]];
        match kind {
            "role" | "group" | "group-role" | "composite" => {
                self.take_back_implied(names, path.first().copied().unwrap_or_default(), change);
            }
            "user-profile" => self.user_profile = false,
            "client-scope" | "default-client-scope" | "protocol-mapper" | "client-default-scope"
                if openid.iter().any(|owner| within(owner)) =>
            {
                self.openid_scope = false;
            }
            "client" if within(&[client]) && change.action == Action::Create => self.client = false,
            "protocol-mapper" if within(&["client", client]) => self.client = false,
            "client-default-scope" if within(&[client]) => self.client = false,
            "user" if change.fields.iter().any(names_nickname) => self.nicknames = false,
            _ => {}
        }
    }

    /// Gives a role or group that is implied another place: its description is declared, or all of it.
    fn take_back_implied(&mut self, names: &Names, owner: &str, change: &ChangeDocument) {
        let administrators = [&names.platform_admin, &names.all_teams_admin, &names.team_admin];
        let described = |field: &FieldChange| &*field.path == "description";
        let only_text = change.object.kind().as_str() == "role"
            && change.action == Action::Update
            && change.fields.iter().all(described);
        let team = owner.strip_prefix(names.team_prefix.as_str()).filter(|team| self.teams.contains(*team));
        let administrator = self.administrators && administrators.iter().any(|name| name.as_str() == owner);
        if (team.is_some() || administrator) && only_text && self.completed.insert(owner.to_owned()) {
            return;
        }
        if let Some(team) = team.map(str::to_owned) {
            self.teams.remove(&team);
        } else if administrator {
            self.administrators = false;
        }
    }
}

/// A team is a role and a group of one name, of which the group gives the role and lets its members see users.
fn teams(names: &Names, found: &Found) -> BTreeSet<String> {
    let prefix = names.team_prefix.as_str();
    let roles: BTreeSet<&str> = found.roles.iter().flatten().filter_map(|role| role.name.as_deref()).collect();
    let gives = |path: &String, group: &GroupRepresentation| {
        let realm = group.realm_roles.as_ref().is_some_and(|roles| roles.contains(path));
        let rights = group.client_roles.as_ref().and_then(|roles| roles.get(REALM_MANAGEMENT));
        realm && rights.is_some_and(|rights| rights.iter().any(|right| right == "view-users"))
    };
    let groups =
        found.groups.iter().flatten().filter(|(path, group)| roles.contains(path.as_str()) && gives(path, group));
    let taken = [&names.platform_admin, &names.all_teams_admin, &names.team_admin, &names.organisation, &names.viewer];
    let free = groups.filter(|(path, _)| path.len() <= LONGEST_TEAM && taken.iter().all(|name| name.as_str() != *path));
    let ids = free.filter_map(|(path, _)| path.strip_prefix(prefix));
    ids.filter(|id| TeamId::parse(id).is_ok()).map(str::to_owned).collect()
}

fn names_nickname(field: &FieldChange) -> bool {
    ["attributes.nickname", "attributes"].contains(&&*field.path)
}
