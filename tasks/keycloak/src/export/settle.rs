//! The task's own plan as the judge of an export: what it would still change is decided otherwise, until it is empty.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use evenkeel_core::{
    diff::FieldChange,
    plan::{Action, Change},
    values::{Source, TeamId, Values},
};
use evenkeel_engine::export::{Exported, judge};
use evenkeel_keycloak_client::types::GroupRepresentation;

use super::{
    compose::{Composed, Composing, ImpliedFields},
    decisions::Decisions,
    fresh::Fresh,
    left_out::LeftOut,
    people::Known,
    place::Place,
    survey::Found,
};
use crate::{
    Keycloak,
    names::REALM_MANAGEMENT,
    observe::{Observed, ObservedTies, ObservedUser},
    plan::Operation,
    relation::RoleName,
};

/// Each round takes back at least one decision of a kind; objects of which a field cannot be kept are few.
const MOST_ROUNDS: usize = 12;

/// A team's name is that of a Kubernetes namespace too.
const LONGEST_TEAM: usize = 63;

/// The values for what was found.
pub(super) fn settled(place: &Place, found: &Found) -> Exported {
    let fresh = Fresh::of(&place.realm, found.realm.as_ref());
    let implied = implied_fields();
    let observed = observed(found);
    let mut decisions = first(place, found);
    let mut still_differs = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let composed = Composing::new(place, found, &fresh, &implied, &decisions).composed();
        let changes = match changes(&composed, &observed) {
            Ok(changes) => changes,
            Err(problem) => return finished(composed, found, &decisions, vec![problem]),
        };
        still_differs = changes.iter().map(|change| change.object.to_string()).collect();
        let before = decisions.clone();
        for change in &changes {
            decisions.take_back(place, change);
        }
        // What the contract's parts do not explain, when nothing of them is left to take back.
        if decisions == before {
            changes.iter().for_each(|change| decisions.leave_out(change));
        }
        if decisions == before {
            return finished(composed, found, &decisions, still_differs);
        }
    }
    let composed = Composing::new(place, found, &fresh, &implied, &decisions).composed();
    finished(composed, found, &decisions, still_differs)
}

fn finished(composed: Composed, found: &Found, decisions: &Decisions, still_differs: Vec<String>) -> Exported {
    let Composed { layers, secrets } = composed;
    let mut left_out: Vec<String> = layers.iter().flat_map(|layer| layer.remarks.clone()).collect();
    let not_kept = decisions.left_out.iter().cloned();
    left_out.extend(not_kept.map(|(object, field)| LeftOut::NotKept { object, field }.to_string()));
    Exported { layers, secrets, left_out, unread: found.unread.clone(), still_differs, ..Exported::default() }
}

/// The whole team contract, as far as there are objects of its names.
fn first(place: &Place, found: &Found) -> Decisions {
    let read = found.roles.is_some() && found.groups.is_some();
    Decisions {
        administrators: read,
        client: found.clients.is_some(),
        openid_scope: found.client_scopes.is_some() && found.default_client_scopes.is_some(),
        user_profile: found.user_profile.is_some(),
        nicknames: true,
        teams: if read { teams(place, found) } else { BTreeSet::new() },
        completed: BTreeSet::new(),
        left_out: BTreeSet::new(),
    }
}

/// A team is a role and a group of one name, of which the group gives the role and lets its members see users.
fn teams(place: &Place, found: &Found) -> BTreeSet<String> {
    let prefix = place.names.team_prefix.as_str();
    let roles: BTreeSet<&str> = found.roles.iter().flatten().filter_map(|role| role.name.as_deref()).collect();
    let gives = |path: &String, group: &GroupRepresentation| {
        let realm = group.realm_roles.as_ref().is_some_and(|roles| roles.contains(path));
        let rights = group.client_roles.as_ref().and_then(|roles| roles.get(REALM_MANAGEMENT));
        realm && rights.is_some_and(|rights| rights.iter().any(|right| right == "view-users"))
    };
    let groups =
        found.groups.iter().flatten().filter(|(path, group)| roles.contains(path.as_str()) && gives(path, group));
    let names = &place.names;
    let taken = [&names.platform_admin, &names.all_teams_admin, &names.team_admin, &names.organisation, &names.viewer];
    let free = groups.filter(|(path, _)| path.len() <= LONGEST_TEAM && taken.iter().all(|name| name.as_str() != *path));
    let ids = free.filter_map(|(path, _)| path.strip_prefix(prefix));
    ids.filter(|id| TeamId::parse(id).is_ok()).map(str::to_owned).collect()
}

impl Decisions {
    /// Decides otherwise about what a plan would change.
    fn take_back(&mut self, place: &Place, change: &Change<Operation>) {
        let (kind, path) = (change.object.kind().as_str(), change.object.names().collect::<Vec<_>>());
        let client = place.names.client.as_str();
        let within = |owner: &[&str]| path.starts_with(owner);
        let openid: [&[&str]; 3] = [&["openid"], &["client-scope", "openid"], &[client, "openid"]];
        match kind {
            "role" | "group" | "group-role" | "composite" => {
                self.take_back_implied(place, path.first().copied().unwrap_or_default(), change);
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
    fn take_back_implied(&mut self, place: &Place, owner: &str, change: &Change<Operation>) {
        let names = &place.names;
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

    /// The last resort: fields that do not stay as they are shown, or an object that cannot be declared.
    fn leave_out(&mut self, change: &Change<Operation>) {
        let object = change.object.clone();
        if change.action == Action::Update && !change.fields.is_empty() {
            self.left_out.extend(change.fields.iter().map(|field| (object.clone(), Some(field.path.to_string()))));
        } else {
            self.left_out.insert((object, None));
        }
    }
}

fn names_nickname(field: &FieldChange) -> bool {
    ["attributes.nickname", "attributes"].contains(&&*field.path)
}

/// What a plan would change after these values. Of what nobody may see there is nothing to judge.
fn changes(composed: &Composed, observed: &Observed) -> Result<Vec<Change<Operation>>, String> {
    if observed.realm.is_none() {
        return Ok(Vec::new());
    }
    Ok(judge::plan::<Keycloak>(&composed.layers, &composed.secrets, observed)?.changes().to_vec())
}

/// What the values imply of single fields, as the values themselves say.
fn implied_fields() -> ImpliedFields {
    const LEAST: &str =
        "{platform: {name: a, domain: a.example}, keycloak: {admin: {username: a, password: {fromEnv: A}}}}";
    let loaded = Values::load(vec![Source::file("least.yaml", LEAST.to_owned())], &[], &judge::schema::<Keycloak>());
    let keycloak = loaded.ok().and_then(|(values, _)| values.keycloak);
    keycloak.map_or_else(ImpliedFields::default, |keycloak| ImpliedFields {
        realm: keycloak.realm.map(|realm| realm.fields().clone()).unwrap_or_default(),
        client: keycloak.client.map(|client| client.fields.fields().clone()).unwrap_or_default(),
    })
}

/// What was found, as a plan wants it.
fn observed(found: &Found) -> Observed {
    let mut groups: BTreeMap<&str, Vec<Arc<str>>> = BTreeMap::new();
    for (group, members) in &found.members {
        let group: Arc<str> = group.as_str().into();
        for member in members {
            groups.entry(member).or_default().push(Arc::clone(&group));
        }
    }
    let mut users: BTreeMap<Arc<str>, ObservedUser> = BTreeMap::new();
    let shares_emails = found.realm.as_ref().and_then(|realm| realm.duplicate_emails_allowed) == Some(true);
    for user in found.users.iter().flatten() {
        if let (Some(known), Some(observed)) = (Known::of(user, shares_emails), ObservedUser::of(user.clone())) {
            let is_in = groups.remove(&*observed.id).unwrap_or_default();
            let ties = Some(Box::new(ties(found, &observed.id, is_in.clone())));
            users.entry(known.name.into()).or_insert(ObservedUser { groups: is_in, ties, ..observed });
        }
    }
    Observed {
        realm: found.realm.clone(),
        user_profile: found.user_profile.clone(),
        client_scopes: named(&found.client_scopes, |scope| scope.name.clone()),
        default_client_scopes: found.default_client_scopes.clone().unwrap_or_default(),
        optional_client_scopes: found.optional_client_scopes.clone().unwrap_or_default(),
        roles: named(&found.roles, |role| role.name.clone()),
        composites: found.composites.clone(),
        groups: found.groups.clone().unwrap_or_default(),
        flows: found.flows.clone(),
        required_actions: found.required_actions.clone().unwrap_or_default(),
        default_groups: found.default_groups.clone().unwrap_or_default(),
        default_roles: default_roles(found),
        client_roles: found.client_roles.clone(),
        service_accounts: found.service_accounts.clone(),
        scope_mappings: found.scope_mappings.clone(),
        providers: found.providers.clone().unwrap_or_default(),
        clients: named(&found.clients, |client| client.client_id.clone()),
        users,
        ..Observed::default()
    }
}

/// What a user is tied to.
fn ties(found: &Found, id: &str, groups: Vec<Arc<str>>) -> ObservedTies {
    let identities = found.federated_identities.get(id).into_iter().flatten();
    let identities = identities.filter_map(|identity| Some((identity.identity_provider.clone()?, identity.clone())));
    ObservedTies {
        groups: Some(groups),
        roles: found.roles_of_users.get(id).cloned().unwrap_or_default(),
        federated_identities: identities.collect(),
    }
}

/// The roles that every user has.
fn default_roles(found: &Found) -> Vec<RoleName> {
    let name = found.realm.as_ref().and_then(|realm| realm.default_role.as_ref()?.name.as_deref());
    name.and_then(|name| found.composites.get(name)).cloned().unwrap_or_default()
}

fn named<T: Clone>(found: &Option<Vec<T>>, name: impl Fn(&T) -> Option<String>) -> BTreeMap<String, T> {
    found.iter().flatten().filter_map(|object| Some((name(object)?, object.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use evenkeel_core::object::ObjectId;

    use super::*;
    use crate::names::{CLIENT, CLIENT_ROLE};

    #[test]
    fn everything_that_is_left_out_of_an_object_is_told_and_no_other_object_is_taken_for_it() {
        let shop = ObjectId::new(CLIENT, "shop");
        let (role, other) = (ObjectId::within(CLIENT_ROLE, "app", "x/y"), ObjectId::within(CLIENT_ROLE, "app/x", "y"));
        let field = |name: &str| (shop.clone(), Some(name.to_owned()));
        let decisions =
            Decisions { left_out: [field("name"), field("origin"), (role.clone(), None)].into(), ..Default::default() };
        assert!(decisions.has(&other) && !decisions.has(&role), "their joined names are equal");
        let composed = Composed { layers: Vec::new(), secrets: Vec::new() };
        let told = finished(composed, &Found::default(), &decisions, Vec::new()).left_out;
        let of = |what: &str| format!("{what}, which keycloak does not keep as declared");
        assert_eq!(
            told,
            [of("`name` of `client/shop`"), of("`origin` of `client/shop`"), of(r"`client-role/app/x\/y`")]
        );
    }
}
