//! Local accounts, with the teams that they are in.

use std::collections::BTreeMap;

use evenkeel_core::values::Email;
use evenkeel_engine::export::document::Node;
use evenkeel_keycloak_client::types::UserRepresentation;

use super::compose::Composing;

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
    let mut other_names = 0;
    for user in users {
        let name = user.username.as_deref().unwrap_or_default();
        let email = user.email.clone().unwrap_or_default();
        let folded = email.to_lowercase();
        if Email::parse(&email).is_err() {
            composing.remark(format!("user `{name}`, who has no email address"));
            continue;
        }
        if nodes.contains_key(&folded) {
            composing.remark(format!("user `{name}`, who has the email address of another"));
            continue;
        }
        if !composing.decisions.has(&format!("user/{folded}")) {
            continue;
        }
        other_names += usize::from(name.to_lowercase() != folded);
        nodes.insert(folded, node(composing, user, email));
    }
    if other_names > 0 {
        composing.remark(format!("user names that are not the email address ({other_names})"));
    }
    (!nodes.is_empty()).then(|| Node::List(nodes.into_values().collect()))
}

fn node(composing: &Composing<'_>, user: &UserRepresentation, email: String) -> Node {
    let id = user.id.as_deref().unwrap_or_default();
    let is_in = |group: &str| composing.found.members.get(group).is_some_and(|members| members.contains(id));
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty()).map(Node::Text);
    let names = &composing.place.names;
    let prefix = names.team_prefix.as_str();
    let teams = composing.decisions.teams.iter().filter(|team| is_in(&format!("{prefix}{team}")));
    let teams = Node::texts(teams.cloned());
    let flag = |group: &str| is_in(group).then_some(Node::Bool(true));
    let flags = composing.decisions.administrators;
    Node::map([
        ("email", Some(Node::Text(email))),
        ("firstName", text(&user.first_name)),
        ("lastName", text(&user.last_name)),
        ("enabled", (user.enabled == Some(false)).then_some(Node::Bool(false))),
        ("teams", Some(teams).filter(|_| !composing.decisions.teams.is_empty())),
        ("teamAdmin", flag(names.team_admin.as_str()).filter(|_| flags)),
        ("allTeamsAdmin", flag(names.all_teams_admin.as_str()).filter(|_| flags)),
        ("platformAdmin", flag(names.platform_admin.as_str()).filter(|_| flags)),
    ])
}
