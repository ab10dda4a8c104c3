//! Who the declared users are: each has a name, no two have one, and the teams that they name exist.

use std::collections::{BTreeMap, BTreeSet};

use super::{keys, unknown_team};
use crate::values::compose::Finding;
use crate::values::tree::{Content, Node};

/// How many unknown teams are compared with those that exist.
const MAX_COMPARED: usize = 200;

pub(super) fn users(root: &Node, findings: &mut Vec<Finding>) {
    let mut names = Names::new(root);
    let teams: Vec<&str> = keys(root, &["teams"]).map(|(key, _)| key).collect();
    let known: BTreeSet<&str> = teams.iter().copied().collect();
    for (index, user) in root.get("users").and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
        findings.extend(names.finding(index, user));
        for item in user.get("teams").and_then(Node::as_list).unwrap_or_default() {
            let Some(team) = item.as_text() else { continue };
            if !known.contains(team) {
                // comparing with all teams takes long where there are many, and nobody reads that many hints
                let candidates = if findings.len() < MAX_COMPARED { teams.as_slice() } else { &[] };
                findings.push(unknown_team(index, team, item, candidates));
            }
        }
    }
}

/// The names of the users so far, folded, each with the user's position.
struct Names {
    /// Whether the realm lets several users have one email address.
    shares_emails: bool,
    emails: BTreeMap<String, usize>,
    usernames: BTreeMap<String, usize>,
}

impl Names {
    fn new(root: &Node) -> Self {
        let shares = root.find(&["keycloak", "realm", "duplicateEmailsAllowed"]);
        let shares_emails = shares.is_some_and(|node| matches!(node.content, Content::Bool(true)));
        Self { shares_emails, emails: BTreeMap::new(), usernames: BTreeMap::new() }
    }

    /// What is wrong with the names of a user, who is known from then on.
    fn finding(&mut self, index: usize, user: &Node) -> Option<Finding> {
        user.as_map()?;
        if user.get("email").or_else(|| user.get("username")).is_none() {
            let message = format!("`users[{index}]` has neither `email` nor `username`");
            return Some(Finding::at(user.origin, message).with_hint("an account needs one of them"));
        }
        let text = |key: &str| user.get(key).and_then(|node| Some((node.as_text()?.trim().to_lowercase(), node)));
        let (email, username) = (text("email"), text("username"));
        let is_known_by_email = user.get("username").is_none();
        if let Some((email, node)) = &email
            && let Some(first) = known(&mut self.emails, email, index)
            && (is_known_by_email || !self.shares_emails)
        {
            let message = format!("`users[{index}]` has the email of `users[{first}]`");
            return Some(Finding::at(node.origin, message).with_hint("case does not count in email addresses"));
        }
        let (name, node) = username.or(email)?;
        let first = known(&mut self.usernames, &name, index)?;
        let message = format!("`users[{index}]` has the user name of `users[{first}]`");
        Some(Finding::at(node.origin, message).with_hint("without `username` it is the email; case does not count"))
    }
}

/// Who has the name already; otherwise it is this user's.
fn known(names: &mut BTreeMap<String, usize>, name: &str, index: usize) -> Option<usize> {
    let first = names.get(name).copied();
    if first.is_none() {
        names.insert(name.to_owned(), index);
    }
    first
}
