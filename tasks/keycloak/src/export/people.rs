//! Local accounts, with the teams that they are in.

use std::collections::{BTreeMap, HashMap};

use evenkeel_core::{
    object::ObjectId,
    values::{Email, UserName},
};
use evenkeel_engine::export::document::Node;
use evenkeel_keycloak_client::types::{FederatedIdentityRepresentation, UserRepresentation};

use super::{
    composing::Composing,
    fresh::Baseline,
    groups, kinds,
    left_out::{LeftOut, OfUsers},
};
use crate::names::USER;

/// The teams. What a team is called elsewhere, Keycloak does not know.
pub(super) fn teams(composing: &Composing<'_>) -> Option<Node> {
    let teams = composing.decisions.teams.iter().map(|team| (team.clone(), Node::Map(BTreeMap::new())));
    let teams: BTreeMap<String, Node> = teams.collect();
    (!teams.is_empty()).then_some(Node::Map(teams))
}

/// How values name an account.
pub(super) struct Known {
    /// What it is known by, folded.
    pub(super) name: String,
    /// The user name, where the email does not stand for it.
    username: Option<String>,
    email: Option<String>,
}

impl Known {
    /// `None` for an account whose name values cannot say.
    pub(super) fn of(user: &UserRepresentation, shares_emails: bool) -> Option<Self> {
        let email = user.email.clone().filter(|email| Email::parse(email).is_ok());
        let username = user.username.clone().unwrap_or_default();
        let is_email = email.as_ref().is_some_and(|email| email.to_lowercase() == username.to_lowercase());
        if is_email && !shares_emails {
            return Some(Self { name: username.to_lowercase(), username: None, email });
        }
        UserName::parse(&username).ok().map(|name| Self { name: name.folded(), username: Some(username), email })
    }
}

/// The accounts that values can name.
pub(super) fn users(composing: &mut Composing<'_>) -> Option<Node> {
    let users = composing.found.users.as_ref()?;
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    let memberships = memberships(composing);
    let shares_emails = composing.shares_emails();
    let (mut with_actions, mut federated) = (0, 0);
    for user in users {
        let Some(known) = Known::of(user, shares_emails) else {
            let user = user.username.clone().unwrap_or_default();
            composing.remark(LeftOut::User { user, why: "whose name values cannot say" });
            continue;
        };
        if !composing.composer.may_declare(&ObjectId::new(USER, known.name.as_str())) {
            continue;
        }
        // Declared, they would be asked again of who has done them, by every run.
        with_actions += usize::from(user.required_actions.as_ref().is_some_and(|actions| !actions.is_empty()));
        federated += usize::from(user.federation_link.is_some());
        let id = user.id.as_deref().unwrap_or_default();
        let groups = memberships.get(id).map(Vec::as_slice).unwrap_or_default();
        nodes.insert(known.name.clone(), node(composing, user, known, groups));
    }
    for (count, what) in [
        (with_actions, OfUsers::RequiredActions),
        (federated, OfUsers::Federation),
        (composing.found.without_default_role, OfUsers::WithoutDefaultRole),
        (nodes.len(), OfUsers::Credentials),
    ] {
        if count > 0 {
            composing.remark(LeftOut::OfUsers { what, count });
        }
    }
    Node::list(nodes.into_values().collect())
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

fn node(composing: &mut Composing<'_>, user: &UserRepresentation, known: Known, groups: &[&str]) -> Node {
    let attributes = user.attributes.clone().unwrap_or_default();
    let attributes = kinds::attributes(composing, &known.name, attributes);
    let names = &composing.place.names;
    let prefix = names.team_prefix.as_str();
    let teams = groups.iter().filter_map(|group| group.strip_prefix(prefix));
    let teams = Node::texts(teams.filter(|team| composing.decisions.teams.contains(*team)));
    let flag = |group: &str| groups.contains(&group).then_some(Node::Bool(true));
    let (team_admin, all_teams_admin, platform_admin) =
        (flag(names.team_admin.as_str()), flag(names.all_teams_admin.as_str()), flag(names.platform_admin.as_str()));
    let ties = ties(composing, user, &known.name, groups);
    // A new account's address counts as verified, unless values say otherwise.
    let is_verified = user.email_verified == Some(true);
    let verified = (is_verified != known.email.is_some()).then_some(Node::Bool(is_verified));
    let has_teams = !composing.decisions.teams.is_empty();
    Node::map([
        ("username", known.username.map(Node::Text)),
        ("email", known.email.map(Node::Text)),
        ("firstName", Node::text(user.first_name.as_ref())),
        ("lastName", Node::text(user.last_name.as_ref())),
        ("attributes", attributes),
        ("emailVerified", verified),
        ("enabled", (user.enabled == Some(false)).then_some(Node::Bool(false))),
        ("teams", Some(teams).filter(|_| has_teams)),
        ("teamAdmin", team_admin),
        ("allTeamsAdmin", all_teams_admin),
        ("platformAdmin", platform_admin),
    ])
    .merged(ties)
}

/// The groups of a user that have no key of their own, its roles and its accounts elsewhere. What nobody has is not declared.
fn ties(composing: &mut Composing<'_>, user: &UserRepresentation, name: &str, groups: &[&str]) -> Node {
    let id = user.id.as_deref().unwrap_or_default();
    let names = &composing.place.names;
    let administrators = [&names.platform_admin, &names.all_teams_admin, &names.team_admin];
    let has_key = |path: &str| composing.is_implied(path) || administrators.iter().any(|name| name.as_str() == path);
    let others: Vec<String> = groups.iter().filter(|path| !has_key(path)).map(|path| format!("/{path}")).collect();
    let whose = format!("of user `{name}`");
    let roles = composing.found.roles_of_users.get(id);
    let roles = roles.and_then(|roles| groups::role_lists(composing, &whose, roles, &Baseline::default()));
    let identities = composing.found.federated_identities.get(id);
    let identities: Vec<Node> = identities.into_iter().flatten().filter_map(identity).collect();
    let node = Node::map([
        ("groups", (!others.is_empty()).then(|| Node::texts(others))),
        ("federatedIdentities", Node::list(identities)),
    ]);
    match roles {
        Some(roles) => node.merged(roles),
        None => node,
    }
}

fn identity(identity: &FederatedIdentityRepresentation) -> Option<Node> {
    Some(Node::map([
        ("identityProvider", Some(Node::Text(identity.identity_provider.clone()?))),
        ("userId", Some(Node::Text(identity.user_id.clone()?))),
        ("userName", identity.user_name.clone().map(Node::Text)),
    ]))
}
