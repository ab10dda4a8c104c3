//! Checks across objects, on the merged tree: they see what is there even where something else is wrong.

mod copies;
mod people;

use std::collections::BTreeMap;

use super::compose::Finding;
use super::nickname::{folded_nickname, nickname_of};
use super::path::ValuePath;
use super::schema::similar;
use super::source::Origin;
use super::tree::{Content, Map, Node};

/// The longest name of a Kubernetes namespace, which a team's name becomes.
const MAX_NAMESPACE: usize = 63;

pub(crate) fn findings(root: &Node) -> Vec<Finding> {
    let mut findings = Vec::new();
    people::users(root, &mut findings);
    nicknames(root, &mut findings);
    team_names(root, &mut findings);
    administrator_names(root, &mut findings);
    team_repositories(root, &mut findings);
    for section in APPLICATIONS.into_iter().chain(["copies"]) {
        findings.extend(of_section(root, section));
    }
    findings
}

/// The sections of applications that have an address.
const APPLICATIONS: [&str; 4] = ["keycloak", "harbor", "gitea", "drone"];

/// What is wrong within a section, whatever others say.
pub(crate) fn of_section(root: &Node, section: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    match section {
        "keycloak" => keycloak_admin(root, &mut findings),
        "gitea" => gitea_admin(root, &mut findings),
        "copies" => copies::check(root, &mut findings),
        _ => {}
    }
    if APPLICATIONS.contains(&section) {
        address(root, section, &mut findings);
    }
    findings
}

/// Who has another's nickname would be that person in Gitea. With an external identity provider users are not managed.
fn nicknames(root: &Node, findings: &mut Vec<Finding>) {
    if root.find(&["keycloak", "identityProvider"]).is_some() {
        return;
    }
    let implied = root.find(&["keycloak", "implied", "nicknames"]);
    let derives = !implied.is_some_and(|node| matches!(node.content, Content::Bool(false)));
    let users = root.get("users").and_then(Node::as_list).unwrap_or_default();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (index, user) in users.iter().enumerate() {
        let Some(nickname) = nickname(user, derives) else { continue };
        match known.get(&nickname) {
            // two of one email are told already
            Some(first) if folded_email(&users[*first]) == folded_email(user) => {}
            Some(first) => findings.push(one_nickname(users, *first, index, &nickname)),
            None => drop(known.insert(nickname, index)),
        }
    }
}

fn folded_email(user: &Node) -> Option<String> {
    Some(user.get("email")?.as_text()?.trim().to_lowercase())
}

/// The name by which other applications know a user: the declared one, or that which the email gives.
fn nickname(user: &Node, derives: bool) -> Option<String> {
    let declared = user.find(&["attributes", "nickname"]).and_then(Node::as_list);
    let nickname = match declared {
        Some(values) => folded_nickname(values.iter().find_map(Node::as_text)?),
        None if derives => nickname_of(&folded_email(user)?),
        None => return None,
    };
    (!nickname.is_empty()).then_some(nickname)
}

fn one_nickname(users: &[Node], first: usize, index: usize, nickname: &str) -> Finding {
    let email = |index: usize| users.get(index).and_then(|user: &Node| user.get("email"));
    // a value of a secrets file is not repeated
    let shown = |index: usize| match email(index).map(|node| (node.as_text(), &node.content)) {
        Some((Some(text), Content::Text(_))) => format!("`users[{index}]` (`{}`)", text.escape_debug()),
        _ => format!("`users[{index}]`"),
    };
    let named = match email(index).map(|node| &node.content) {
        Some(Content::Text(_)) => format!(", `{}`", nickname.escape_debug()),
        _ => String::new(),
    };
    let message = format!("{} has the nickname of {}{named}", shown(index), shown(first));
    let origin = email(index).or_else(|| users.get(index)).map(|node| node.origin).unwrap_or_default();
    Finding::at(origin, message).with_hint("give one of them another under `attributes.nickname`")
}

fn unknown_team(user: usize, team: &str, item: &Node, teams: &[&str]) -> Finding {
    // a value of a secrets file is not repeated, not even this one
    let name = if matches!(item.content, Content::Secret(_)) {
        "a team".to_owned()
    } else {
        format!("team `{}`", team.escape_debug())
    };
    let finding = Finding::at(item.origin, format!("`users[{user}].teams` names {name} that does not exist"));
    match similar(team, teams.iter().copied()) {
        Some(similar) => finding.with_hint(format!("did you mean `{similar}`?")),
        None => finding.with_hint("declare the team under `teams`"),
    }
}

/// A team's name in the applications is taken by something of the platform, or is too long.
fn team_names(root: &Node, findings: &mut Vec<Finding>) {
    let Some(prefix) = name(root, "teamPrefix") else { return };
    let taken = ["platformAdmin", "allTeamsAdmin", "teamAdmin", "organisation", "viewer"];
    for (id, origin) in keys(root, &["teams"]) {
        let derived = format!("{prefix}{id}");
        if let Some(key) = taken.iter().find(|key| name(root, key) == Some(&derived)) {
            findings.push(
                Finding::at(
                    origin,
                    format!("team `{id}` becomes `{derived}`, which `platform.names.{key}` is already"),
                )
                .with_hint(format!("give the team another id, or change `platform.names.{key}`")),
            );
        }
        if derived.len() > MAX_NAMESPACE {
            let message =
                format!("team `{id}` becomes `{derived}`, longer than the {MAX_NAMESPACE} characters of a namespace");
            findings.push(Finding::at(origin, message).with_hint("shorten the id or `platform.names.teamPrefix`"));
        }
    }
}

fn administrator_names(root: &Node, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for key in ["platformAdmin", "allTeamsAdmin", "teamAdmin"] {
        let Some(node) = root.find(&["platform", "names", key]) else { continue };
        let Some(text) = node.as_text() else { continue };
        if let Some(other) = seen.insert(text, key) {
            let message = format!("`platform.names.{key}` is the same as `platform.names.{other}`");
            findings.push(Finding::at(node.origin, message).with_hint("each role needs a name of its own"));
        }
    }
}

/// Team `a` with repository `b-c` and team `a-b` with repository `c` would share one.
fn team_repositories(root: &Node, findings: &mut Vec<Finding>) {
    let prefix = name(root, "teamPrefix").unwrap_or_default();
    let mut repositories: BTreeMap<String, &str> = BTreeMap::new();
    let names = root.find(&["gitea", "teamRepositories"]).and_then(Node::as_list).unwrap_or_default();
    for (id, origin) in keys(root, &["teams"]) {
        for repository in names.iter().filter_map(Node::as_text) {
            let derived = format!("{id}-{repository}");
            match repositories.get(&derived) {
                Some(other) if *other != id => {
                    let message =
                        format!("teams `{other}` and `{id}` would share the Gitea repository `{prefix}{derived}`");
                    findings.push(
                        Finding::at(origin, message).with_hint("rename a team or an entry of `gitea.teamRepositories`"),
                    );
                }
                _ => {
                    repositories.insert(derived, id);
                }
            }
        }
    }
}

fn keycloak_admin(root: &Node, findings: &mut Vec<Finding>) {
    let Some(keycloak) = root.get("keycloak").filter(|node| node.as_map().is_some()) else { return };
    let path = ["keycloak", "admin"];
    let place = origin(root, &path);
    let Some(admin) = keycloak.get("admin") else { return };
    let has = |key: &str| admin.get(key).is_some();
    let either = "write `username` and `password`, or `clientId` and `clientSecret`";
    let password = [has("username"), has("password")];
    let client = [has("clientId"), has("clientSecret")];
    match (password.contains(&true), client.contains(&true)) {
        (true, true) => {
            findings.push(Finding::at(place, "`keycloak.admin` has two kinds of credentials").with_hint(either));
        }
        (false, false) => {
            findings.push(Finding::at(place, "`keycloak.admin` has no credentials").with_hint(either));
        }
        (true, false) => missing(place, &path, [("username", password[0]), ("password", password[1])], findings),
        (false, true) => missing(place, &path, [("clientId", client[0]), ("clientSecret", client[1])], findings),
    }
}

fn gitea_admin(root: &Node, findings: &mut Vec<Finding>) {
    let path = ["gitea", "admin"];
    let Some(admin) = root.find(&path).filter(|node| node.as_map().is_some()) else { return };
    let place = origin(root, &path);
    let has = |key: &str| admin.get(key).is_some();
    let either = "write `username` and `password`, or `token`";
    match (has("password"), has("token")) {
        (true, true) => {
            findings.push(Finding::at(place, "`gitea.admin` has two kinds of credentials").with_hint(either));
        }
        (false, false) => {
            findings.push(Finding::at(place, "`gitea.admin` has no credentials").with_hint(either));
        }
        (true, false) => missing(place, &path, [("username", has("username")), ("password", true)], findings),
        (false, true) => {}
    }
}

/// A declared application has an address: its own, or one under the platform's domain.
fn address(root: &Node, application: &str, findings: &mut Vec<Finding>) {
    let Some(section) = root.get(application).filter(|node| node.as_map().is_some()) else { return };
    if root.find(&["platform", "domain"]).is_none() && section.get("url").is_none() {
        findings.push(
            Finding::at(origin(root, &[application]), format!("`{application}` has no address"))
                .with_hint(format!("set `{application}.url`, or `platform.domain` for all applications")),
        );
    }
}

fn missing(place: Origin, path: &[&str], keys: [(&str, bool); 2], findings: &mut Vec<Finding>) {
    for (key, _) in keys.iter().filter(|(_, present)| !present) {
        findings.push(Finding::at(place, format!("missing key `{}.{key}`", path.join("."))));
    }
}

fn name<'tree>(root: &'tree Node, key: &str) -> Option<&'tree str> {
    root.find(&["platform", "names", key]).and_then(Node::as_text)
}

fn keys<'tree>(root: &'tree Node, path: &[&str]) -> impl Iterator<Item = (&'tree str, Origin)> {
    let map = root.find(path).and_then(Node::as_map);
    map.into_iter().flat_map(Map::iter).map(|(key, entry)| (key, entry.key))
}

fn origin(root: &Node, keys: &[&str]) -> Origin {
    let path = keys.iter().fold(ValuePath::root(), |path, key| path.key(*key));
    root.nearest(&path).written()
}
