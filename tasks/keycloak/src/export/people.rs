//! Local accounts, with the teams that they are in.

use std::collections::{BTreeMap, HashMap};

use evenkeel_core::{object::ObjectId, values::Email};
use evenkeel_engine::export::document::Node;
use evenkeel_keycloak_client::types::UserRepresentation;

use super::{
    compose::Composing,
    kinds,
    left_out::{LeftOut, OfUsers},
};
use crate::names::USER;

/// What the profile of a fresh realm refuses in user names, and an address may hold: values make an account under its address.
const REFUSED_IN_NAMES: [char; 20] =
    ['\'', '&', '$', '%', '!', '#', '?', '*', '~', '/', '|', '^', '=', '{', '}', '(', ')', '[', ']', '\\'];

/// The teams. What a team is called elsewhere, Keycloak does not know.
pub(super) fn teams(composing: &Composing<'_>) -> Option<Node> {
    let teams = composing.decisions.teams.iter().map(|team| (team.clone(), Node::Map(BTreeMap::new())));
    let teams: BTreeMap<String, Node> = teams.collect();
    (!teams.is_empty()).then_some(Node::Map(teams))
}

/// The accounts that values can name: by an address that no other account has.
pub(super) fn users(composing: &mut Composing<'_>) -> Option<Node> {
    let users = composing.found.users.as_ref()?;
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    let memberships = memberships(composing);
    let (mut other_names, mut with_actions, mut federated) = (0, 0, 0);
    for user in users {
        let name = user.username.as_deref().unwrap_or_default();
        let email = user.email.clone().unwrap_or_default();
        let folded = email.to_lowercase();
        if Email::parse(&email).is_err() {
            composing.remark(LeftOut::User { user: name.to_owned(), why: "who has no email address" });
            continue;
        }
        if nodes.contains_key(&folded) {
            composing.remark(LeftOut::User { user: name.to_owned(), why: "who has the email address of another" });
            continue;
        }
        if !composing.decisions.has(&ObjectId::new(USER, folded.as_str())) {
            continue;
        }
        if name.to_lowercase() != folded {
            other_names += 1;
            if folded.contains(REFUSED_IN_NAMES) {
                let why = "whose address keycloak takes for no user name: make the account first on another server";
                composing.remark(LeftOut::User { user: name.to_owned(), why });
            }
        }
        with_actions += usize::from(user.required_actions.as_ref().is_some_and(|actions| !actions.is_empty()));
        federated += usize::from(user.federation_link.is_some());
        let id = user.id.as_deref().unwrap_or_default();
        let groups = memberships.get(id).map(Vec::as_slice).unwrap_or_default();
        nodes.insert(folded, node(composing, user, email, groups));
    }
    let roles = composing.found.roles_of_users;
    for (count, what) in [
        (other_names, OfUsers::OtherNames),
        (with_actions, OfUsers::RequiredActions),
        (federated, OfUsers::Federation),
        (roles.direct, OfUsers::DirectRoles),
        (roles.without_default, OfUsers::WithoutDefaultRole),
        (nodes.len(), OfUsers::Credentials),
    ] {
        if count > 0 {
            composing.remark(LeftOut::OfUsers { what, count });
        }
    }
    if !nodes.is_empty() && composing.found.providers.iter().flatten().next().is_some() {
        composing.remark(LeftOut::LinksOfUsers);
    }
    (!nodes.is_empty()).then(|| Node::List(nodes.into_values().collect()))
}

/// The groups of each user, by the user's id: a pass over users and teams would be a pass over the product of both.
fn memberships<'a>(composing: &Composing<'a>) -> HashMap<&'a str, Vec<&'a str>> {
    let mut groups: HashMap<&str, Vec<&str>> = HashMap::new();
    for (group, members) in &composing.found.members {
        for member in members {
            groups.entry(member).or_default().push(group);
        }
    }
    groups
}

fn node(composing: &mut Composing<'_>, user: &UserRepresentation, email: String, groups: &[&str]) -> Node {
    let attributes = user.attributes.clone().unwrap_or_default();
    let attributes = kinds::attributes(composing, &email.to_lowercase(), attributes);
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty()).map(Node::Text);
    let names = &composing.place.names;
    let prefix = names.team_prefix.as_str();
    let teams = groups.iter().filter_map(|group| group.strip_prefix(prefix));
    let teams = Node::texts(teams.filter(|team| composing.decisions.teams.contains(*team)));
    let flag = |group: &str| groups.contains(&group).then_some(Node::Bool(true));
    let flags = composing.decisions.administrators;
    Node::map([
        ("email", Some(Node::Text(email))),
        ("firstName", text(&user.first_name)),
        ("lastName", text(&user.last_name)),
        ("attributes", attributes),
        // A new account's address counts as verified, unless values say otherwise.
        ("emailVerified", (user.email_verified != Some(true)).then_some(Node::Bool(false))),
        ("enabled", (user.enabled == Some(false)).then_some(Node::Bool(false))),
        ("teams", Some(teams).filter(|_| !composing.decisions.teams.is_empty())),
        ("teamAdmin", flag(names.team_admin.as_str()).filter(|_| flags)),
        ("allTeamsAdmin", flag(names.all_teams_admin.as_str()).filter(|_| flags)),
        ("platformAdmin", flag(names.platform_admin.as_str()).filter(|_| flags)),
    ])
}
