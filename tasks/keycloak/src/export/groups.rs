//! Realm roles with what they hold, groups with the roles that they give.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{field::Field, object::ObjectId};
use evenkeel_engine::export::document::Node;
use evenkeel_keycloak_client::types::{GroupRepresentation, RoleRepresentation};

use super::{
    composing::Composing,
    fields::Object,
    fresh::{Baseline, default_role},
};
use crate::{
    names::{self, CLIENT_ROLE, MapperOwner, REALM_MANAGEMENT, ROLE},
    relation::RoleName,
};

/// The declared roles: those that are neither implied nor a fresh realm's.
pub(super) fn roles(composing: &mut Composing<'_>) -> Option<Node> {
    let mut roles: Vec<&RoleRepresentation> = composing.found.roles.as_ref()?.iter().collect();
    roles.sort_by(|one, two| one.name.cmp(&two.name));
    let mut nodes = Vec::new();
    for role in roles {
        let name = role.name.as_deref().unwrap_or_default();
        let id = ObjectId::new(ROLE, name);
        if !composing.can_name("role", name) || !composing.composer.may_declare(&id) {
            continue;
        }
        // What every user has is a value of its own.
        if composing.default_role() == Some(name) {
            continue;
        }
        let recorded = composing.fresh.at(&["roles", name]);
        let implied = composing.is_implied(name);
        let described = !implied || composing.decisions.completed.contains(name);
        let inside = composing.found.composites.get(name).map(Vec::as_slice).unwrap_or_default();
        let known = implied || recorded.is_there();
        nodes.extend(role_node(composing, id, role, inside, &recorded, described, known));
    }
    Node::list(nodes)
}

/// The roles of a client that a fresh realm's client of this name does not have as they are.
pub(super) fn of_client(composing: &mut Composing<'_>, client_id: &str) -> Option<Node> {
    let observed = composing.found.client_roles.get(client_id)?;
    let mut nodes = Vec::new();
    for (name, role) in &observed.roles {
        let id = ObjectId::within(CLIENT_ROLE, client_id, name);
        if !composing.can_name(&format!("role of client `{client_id}`"), name) || !composing.composer.may_declare(&id) {
            continue;
        }
        let recorded = composing.fresh.at(&["clientRoles", client_id, name]);
        let inside = observed.composites.get(name).map(Vec::as_slice).unwrap_or_default();
        let known = recorded.is_there();
        nodes.extend(role_node(composing, id, role, inside, &recorded, true, known));
    }
    Node::list(nodes)
}

/// The roles of a client's service account, beside what every user has.
pub(super) fn of_account(composing: &mut Composing<'_>, client_id: &str) -> Option<Node> {
    let roles = composing.found.service_accounts.get(client_id)?;
    let default = composing.default_role();
    let own = roles.iter().filter(|role| role.client.is_some() || Some(role.role.as_str()) != default);
    let own: Vec<RoleName> = own.cloned().collect();
    let whose = format!("of the service account of client `{client_id}`");
    if own.is_empty() { None } else { role_lists(composing, &whose, &own, &Baseline::default()) }
}

/// The roles that a client or client scope lets into tokens, where they are not those of a fresh realm.
pub(super) fn in_scope(composing: &mut Composing<'_>, owner: &MapperOwner, recorded: &Baseline<'_>) -> Option<Node> {
    let roles = composing.found.scope_mappings.get(owner).map(Vec::as_slice).unwrap_or_default();
    let whose = format!("that `{}` lets into tokens", owner.object());
    let recorded = recorded.get("scopeMappings");
    if same_roles(roles, &recorded) { None } else { role_lists(composing, &whose, roles, &recorded) }
}

/// The roles that every user has, where they are not those of a fresh realm.
pub(super) fn default_roles(composing: &mut Composing<'_>) -> Option<Node> {
    let name = composing.default_role()?;
    let role = composing.found.roles.as_ref()?.iter().find(|role| role.name.as_deref() == Some(name))?;
    // One that holds nothing is not among those that hold others.
    let inside = match composing.found.composites.get(name) {
        None if role.composite == Some(true) => return None,
        inside => inside.map(Vec::as_slice).unwrap_or_default(),
    };
    let recorded = composing.fresh.at(&["roles", &default_role(composing.place.names.realm.as_str())]);
    if holds_as_recorded(inside, &recorded) {
        None
    } else {
        role_lists(composing, "that every user has", inside, &recorded.get("inside"))
    }
}

/// A role; `None` where nothing of one that is `known` anyway has to be said.
fn role_node(
    composing: &mut Composing<'_>,
    id: ObjectId,
    role: &RoleRepresentation,
    inside: &[RoleName],
    recorded: &Baseline<'_>,
    described: bool,
    known: bool,
) -> Option<Node> {
    let mut skipped = vec!["id", "name", "composite", "composites"];
    if !described {
        skipped.push("description");
    }
    let whose = format!("inside `{id}`");
    let object = Object { id, definition: "RoleRepresentation", skipped: &skipped };
    let mut entries = object.node(role, recorded, &mut composing.composer);
    if !holds_as_recorded(inside, recorded) {
        let inside = role_lists(composing, &whose, inside, &recorded.get("inside"));
        entries.extend(inside.map(|inside| ("composites".to_owned(), inside)));
    }
    if entries.is_empty() && known {
        return None;
    }
    entries.insert("name".to_owned(), Node::Text(role.name.clone()?));
    Some(Node::Map(entries))
}

fn holds_as_recorded(inside: &[RoleName], recorded: &Baseline<'_>) -> bool {
    same_roles(inside, &recorded.get("inside"))
}

/// Whether these are the recorded roles: pairs of a client, if it is one of a client, and a name.
fn same_roles(roles: &[RoleName], recorded: &Baseline<'_>) -> bool {
    let pair = |role: &RoleName| {
        let client = role.client.clone().map_or(Field::Null, Field::Text);
        Field::List(vec![client, Field::Text(role.role.clone())])
    };
    recorded.has(&Field::List(roles.iter().map(pair).collect()))
}

/// Lists of roles; of a client of which a fresh realm's owner has some and this one has none, an empty one. A list in which there is a
/// name that values do not take is told, and left out as a whole.
pub(super) fn role_lists(
    composing: &mut Composing<'_>,
    whose: &str,
    inside: &[RoleName],
    recorded: &Baseline<'_>,
) -> Option<Node> {
    let mut realm = Vec::new();
    let mut clients: BTreeMap<String, Vec<String>> =
        recorded.items().filter_map(client_of).map(|client| (client, Vec::new())).collect();
    for role in inside {
        match &role.client {
            Some(client) => clients.entry(client.clone()).or_default().push(role.role.clone()),
            None => realm.push(role.role.clone()),
        }
    }
    let realm = realm_list(composing, whose, realm);
    let clients = Some(client_lists(composing, whose, clients)).filter(|lists| !lists.is_empty());
    let node = Node::map([("realmRoles", realm), ("clientRoles", clients)]);
    node.filled()
}

/// The client of a recorded role, if it is one of a client.
fn client_of(recorded: &Field) -> Option<String> {
    match recorded {
        Field::List(pair) => match pair.first() {
            Some(Field::Text(client)) => Some(client.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn realm_list(composing: &mut Composing<'_>, whose: &str, names: Vec<String>) -> Option<Node> {
    composing.can_list(&format!("the realm roles {whose}"), &names).then(|| texts(names))
}

fn client_lists(composing: &mut Composing<'_>, whose: &str, clients: BTreeMap<String, Vec<String>>) -> Node {
    let mut lists = BTreeMap::new();
    for (client, roles) in clients {
        let names = std::iter::once(&client).chain(&roles);
        if composing.can_list(&format!("the roles of client {client:?} {whose}"), names) {
            lists.insert(client, texts(roles));
        }
    }
    Node::Map(lists)
}

fn texts(mut names: Vec<String>) -> Node {
    names.sort();
    Node::texts(names)
}

/// The declared groups: those that are not implied as they are.
pub(super) fn groups(composing: &mut Composing<'_>) -> Option<Node> {
    let nodes = below(composing, "");
    Node::list(nodes)
}

fn below(composing: &mut Composing<'_>, above: &str) -> Vec<Node> {
    let groups = composing.found.groups.as_ref();
    let children: Vec<(&String, &GroupRepresentation)> = groups
        .into_iter()
        .flatten()
        .filter(|(path, _)| path.strip_prefix(above).is_some_and(|name| !name.is_empty() && !name.contains('/')))
        .collect();
    let mut nodes = Vec::with_capacity(children.len());
    for (path, group) in children {
        if composing.composer.may_declare(&names::group(path))
            && let Some(node) = node(composing, path, group)
        {
            nodes.push(node);
        }
    }
    nodes
}

fn node(composing: &mut Composing<'_>, path: &str, group: &GroupRepresentation) -> Option<Node> {
    let skipped = ["id", "name", "path", "parentId", "subGroups", "realmRoles", "clientRoles"];
    let object = Object { id: names::group(path), definition: "GroupRepresentation", skipped: &skipped };
    let mut entries = object.node(group, &Baseline::default(), &mut composing.composer);
    let implied = composing.is_implied(path);
    let realm = group.realm_roles.clone().unwrap_or_default();
    let mut clients = group.client_roles.clone().unwrap_or_default();
    clients.retain(|_, roles| !roles.is_empty());
    if !(implied && gives_as_implied(composing, path, &realm, &clients)) {
        let whose = format!("of group `{path}`");
        let of_realm = if implied || !realm.is_empty() { realm_list(composing, &whose, realm) } else { None };
        let given = client_lists(composing, &whose, clients);
        let of_clients = (implied || !given.is_empty()).then_some(given);
        let lists = [("realmRoles", of_realm), ("clientRoles", of_clients)];
        entries.extend(lists.into_iter().filter_map(|(key, node)| Some((key.to_owned(), node?))));
    }
    let children = below(composing, &format!("{path}/"));
    if !children.is_empty() {
        entries.insert("subGroups".to_owned(), Node::List(children));
    }
    if entries.is_empty() && implied {
        return None;
    }
    entries.insert("name".to_owned(), Node::Text(group.name.clone()?));
    Some(Node::Map(entries))
}

/// Whether an implied group gives what is implied and nothing else.
fn gives_as_implied(
    composing: &Composing<'_>,
    path: &str,
    realm: &[String],
    clients: &BTreeMap<String, Vec<String>>,
) -> bool {
    let names = &composing.place.names;
    let mut rights = BTreeSet::from(["view-users"]);
    if [names.platform_admin.as_str(), names.all_teams_admin.as_str()].contains(&path) {
        rights.insert("manage-users");
    }
    if names.platform_admin.as_str() == path {
        rights.insert("manage-realm");
    }
    let given = clients.iter().filter(|(_, roles)| !roles.is_empty());
    let given = given.map(|(client, roles)| (client.as_str(), roles.iter().map(String::as_str).collect()));
    realm == [path] && given.collect::<BTreeMap<&str, BTreeSet<&str>>>() == BTreeMap::from([(REALM_MANAGEMENT, rights)])
}
