//! Groups and subgroups (server-behaviour 2.4 to 2.7, contract `groups`).

use http::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

use super::answer::{Answer, Content, Reply};
use super::context::{Context, roles as right};
use super::ids::{GroupId, RoleId};
use super::paging::Window;
use super::request::Request;
use super::state::groups::{Group, Groups};
use super::state::roles::Owner;
use super::state::{Attributes, Realm, attributes_of, text_of};
use super::{role_mappings, users};

const REPRESENTATION: &str = "GroupRepresentation";
/// Rows of a list of subgroups where `max` is not sent.
const CHILDREN: usize = 10;

/// Answers below `/groups`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    match rest {
        [] => match request.method {
            Method::GET => list(realm, context, request),
            Method::POST => create_top(realm, context, request),
            _ => Err(Answer::wrong_method()),
        },
        ["count"] if request.method == Method::GET => {
            context.rights.need(&["query-groups", "view-users", "manage-users"])?;
            Ok(Answer::found(json!({ "count": count(&realm.groups, request) })))
        }
        [id, rest @ ..] => {
            let group = realm.groups.get(id).map(|group| group.id.clone());
            let group = group.ok_or_else(|| Answer::not_found("Could not find group by id"))?;
            one(realm, context, request, &group, rest)
        }
    }
}

fn one(realm: &mut Realm, context: &Context, request: &Request, id: &GroupId, rest: &[&str]) -> Reply {
    context.rights.need(if request.method == Method::GET { right::VIEW_USERS } else { right::MANAGE_USERS })?;
    let missing = || Answer::not_found("Could not find group by id");
    match (&request.method, rest) {
        (&Method::GET, []) => {
            let group = realm.groups.get(id.as_str()).ok_or_else(missing)?;
            Ok(Answer::found(Show::full(context).of(realm, group)))
        }
        (&Method::PUT, []) => put(realm, request, id),
        (&Method::DELETE, []) => {
            realm.remove_group(id);
            Ok(Answer::done())
        }
        (&Method::GET, ["children"]) => children(realm, context, request, id),
        (&Method::POST, ["children"]) => create_child(realm, context, request, id),
        (&Method::GET, ["members"]) => users::members(realm, request, id),
        (_, ["role-mappings", rest @ ..]) => mappings(realm, context, request, id, rest),
        (_, [] | ["children" | "members"]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

/// Which parts of a group are shown.
#[derive(Debug, Clone, Copy)]
struct Show {
    brief: bool,
    counted: bool,
    /// Whether `access` is shown, and if so whether it says that all may be managed.
    access: Option<bool>,
}

impl Show {
    fn full(context: &Context) -> Self {
        Self { brief: false, counted: true, access: manages(context) }
    }

    fn of(self, realm: &Realm, group: &Group) -> Value {
        let mut view = json!({
            "id": group.id.as_str(),
            "name": group.name,
            "path": realm.groups.path(group),
            "subGroups": [],
        });
        if let Some(description) = &group.description {
            view["description"] = json!(description);
        }
        if let Some(parent) = &group.parent {
            view["parentId"] = json!(parent.as_str());
        }
        if self.counted {
            view["subGroupCount"] = json!(realm.groups.child_count(Some(&group.id)));
        }
        if !self.brief {
            view["attributes"] = json!(group.attributes);
            let (realm_roles, client_roles) = role_names(realm, group);
            view["realmRoles"] = realm_roles;
            view["clientRoles"] = client_roles;
        }
        if let Some(manage) = self.access {
            view["access"] = json!({
                "view": true, "viewMembers": true, "manageMembers": manage, "manage": manage, "manageMembership": manage,
            });
        }
        view
    }
}

fn manages(context: &Context) -> Option<bool> {
    Some(context.rights.any(right::MANAGE_USERS))
}

/// A group as users and the realm's default groups show it.
pub(crate) fn mention(realm: &Realm, group: &Group) -> Value {
    mention_in(realm, group, true)
}

/// A group as users show it, with attributes and roles unless `brief`.
pub(crate) fn mention_in(realm: &Realm, group: &Group, brief: bool) -> Value {
    Show { brief, counted: false, access: None }.of(realm, group)
}

fn role_names(realm: &Realm, group: &Group) -> (Value, Value) {
    let mut of_realm = Vec::new();
    let mut of_clients = Map::new();
    for role in group.roles.iter().filter_map(|id| realm.roles.get(id.as_str())) {
        match &role.owner {
            Owner::Realm => of_realm.push(json!(role.name)),
            Owner::Client(key) => {
                let Some(client) = realm.clients.get(key.as_str()) else { continue };
                let names = of_clients.entry(client.client_id.clone()).or_insert_with(|| json!([]));
                if let Value::Array(names) = names {
                    names.push(json!(role.name));
                }
            }
        }
    }
    (Value::Array(of_realm), Value::Object(of_clients))
}

/// Top groups, or with `search` the tree of what matches.
fn list(realm: &Realm, context: &Context, request: &Request) -> Reply {
    context.rights.need(&["query-groups", "view-users", "manage-users"])?;
    if !context.rights.any(right::VIEW_USERS) {
        return Ok(Answer::found(json!([])));
    }
    let query = &request.query;
    let window = Window::of(query, None)?;
    let show = Show {
        brief: query.flag("briefRepresentation").unwrap_or(true),
        counted: query.flag("subGroupsCount").unwrap_or(true),
        access: manages(context),
    };
    let hierarchy = query.flag("populateHierarchy").unwrap_or(true);
    let Some(matching) = matching(&realm.groups, request) else {
        let rows = window.cut(realm.groups.children(None));
        return Ok(Answer::found(rows.map(|group| show.of(realm, group)).collect()));
    };
    if !hierarchy {
        return Ok(Answer::found(window.cut(matching.into_iter()).map(|group| show.of(realm, group)).collect()));
    }
    let shown: Vec<&Group> = window.cut(matching.into_iter()).collect();
    Ok(Answer::found(tree(realm, show, &shown)))
}

/// The groups that a search or attribute query names, in order of name; `None` when nothing is searched for.
fn matching<'a>(groups: &'a Groups, request: &Request) -> Option<Vec<&'a Group>> {
    let query = &request.query;
    let search = query.get("search").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let attributes = query.get("q").map(str::to_owned).filter(|text| !text.is_empty());
    if search.is_none() && attributes.is_none() {
        return None;
    }
    let exact = query.flag("exact").unwrap_or(false);
    let wanted = |group: &&Group| match (&attributes, &search) {
        (Some(pairs), _) => has_attributes(&group.attributes, pairs),
        (None, Some(text)) if exact => group.name == *text,
        (None, Some(text)) => group.name.to_lowercase().contains(&text.to_lowercase()),
        (None, None) => false,
    };
    let mut found: Vec<&Group> = groups.all().filter(wanted).collect();
    found.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Some(found)
}

/// Whether the attributes hold every `name:value` of a query.
pub(crate) fn has_attributes(attributes: &Attributes, pairs: &str) -> bool {
    pairs.split_whitespace().all(|pair| {
        let (name, value) = pair.split_once(':').unwrap_or((pair, ""));
        attributes.get(name).is_some_and(|values| values.iter().any(|held| held == value))
    })
}

/// The matches below their ancestors, each shown once.
fn tree(realm: &Realm, show: Show, shown: &[&Group]) -> Value {
    let mut wanted: BTreeSet<GroupId> = BTreeSet::new();
    for group in shown {
        let mut next = Some(*group);
        while let Some(group) = next {
            wanted.insert(group.id.clone());
            next = group.parent.as_ref().and_then(|parent| realm.groups.get(parent.as_str()));
        }
    }
    branch(realm, show, None, &wanted)
}

fn branch(realm: &Realm, show: Show, parent: Option<&GroupId>, wanted: &BTreeSet<GroupId>) -> Value {
    let groups = realm.groups.children(parent).filter(|group| wanted.contains(&group.id));
    groups
        .map(|group| {
            let mut view = show.of(realm, group);
            view["subGroups"] = branch(realm, show, Some(&group.id), wanted);
            view
        })
        .collect()
}

fn count(groups: &Groups, request: &Request) -> usize {
    match matching(groups, request) {
        Some(found) => found.len(),
        None if request.query.flag("top") == Some(true) => groups.child_count(None),
        None => groups.count(),
    }
}

fn children(realm: &Realm, context: &Context, request: &Request, id: &GroupId) -> Reply {
    let query = &request.query;
    let window = Window::of(query, Some(CHILDREN))?;
    let show =
        Show { brief: query.flag("briefRepresentation").unwrap_or(false), counted: true, access: manages(context) };
    let search = query.get("search").unwrap_or_default().to_lowercase();
    let exact = query.flag("exact").unwrap_or(false);
    let wanted = |group: &&Group| {
        let name = group.name.to_lowercase();
        if exact { name == search } else { name.contains(&search) }
    };
    let rows = window.cut(realm.groups.children(Some(id)).filter(wanted));
    Ok(Answer::found(rows.map(|group| show.of(realm, group)).collect()))
}

/// A POST with an id moves that group to the top; its name does not change.
fn create_top(realm: &mut Realm, context: &Context, request: &Request) -> Reply {
    context.rights.need(right::MANAGE_USERS)?;
    let representation = request.object(REPRESENTATION)?;
    let name = name_of(&representation)?;
    if let Some(id) = text_of(&representation, "id") {
        return place(realm, id, None);
    }
    if realm.groups.child(None, name).is_some() {
        return Err(Answer::exists(format!("Top level group named '{name}' already exists.")));
    }
    let id = insert(realm, &representation, name, None);
    Ok(Answer::created(context.location("groups", id.as_str())))
}

fn create_child(realm: &mut Realm, context: &Context, request: &Request, parent: &GroupId) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let name = name_of(&representation)?;
    if let Some(id) = text_of(&representation, "id") {
        return place(realm, id, Some(parent.clone()));
    }
    if realm.groups.child(Some(parent), name).is_some() {
        return Err(sibling(name));
    }
    let id = insert(realm, &representation, name, Some(parent.clone()));
    let Some(group) = realm.groups.get(id.as_str()) else { return Err(Answer::unhandled()) };
    let view = Show { brief: false, counted: false, access: manages(context) }.of(realm, group);
    Ok(Answer::created_with(context.location("groups", id.as_str()), view))
}

fn place(realm: &mut Realm, id: &str, parent: Option<GroupId>) -> Reply {
    let group = realm.groups.get(id).ok_or_else(|| Answer::not_found("Could not find child by id"))?;
    let (id, name) = (group.id.clone(), group.name.clone());
    if realm.groups.child(parent.as_ref(), &name).is_some_and(|other| other.id != id) {
        return Err(sibling(&name));
    }
    let below = parent.is_some();
    realm.groups.place(&id, parent, &name);
    // the end point of subgroups says JSON even where it answers nothing
    Ok(if below {
        Answer::with(http::StatusCode::NO_CONTENT, Content::Typed("application/json"))
    } else {
        Answer::done()
    })
}

pub(crate) fn name_of(representation: &Map<String, Value>) -> Result<&str, Answer> {
    let name = text_of(representation, "name").filter(|name| !name.trim().is_empty());
    name.ok_or_else(|| Answer::invalid("Group name is missing"))
}

fn sibling(name: &str) -> Answer {
    Answer::exists(format!("Sibling group named '{name}' already exists."))
}

/// Adds a group; roles and subgroups of the representation are ignored.
pub(crate) fn insert(
    realm: &mut Realm,
    representation: &Map<String, Value>,
    name: &str,
    parent: Option<GroupId>,
) -> GroupId {
    let id = GroupId::fresh();
    realm.groups.insert(Group {
        id: id.clone(),
        name: name.to_owned(),
        description: text_of(representation, "description").map(str::to_owned),
        parent,
        attributes: representation.get("attributes").map(attributes_of).unwrap_or_default(),
        roles: BTreeSet::new(),
    });
    id
}

/// Attributes left out stay, the description does not; roles and subgroups are ignored.
fn put(realm: &mut Realm, request: &Request, id: &GroupId) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let name = name_of(&representation)?;
    let Some(group) = realm.groups.get(id.as_str()) else { return Err(Answer::nowhere()) };
    let parent = group.parent.clone();
    if realm.groups.child(parent.as_ref(), name).is_some_and(|other| other.id != *id) {
        return Err(sibling(name));
    }
    realm.groups.place(id, parent, name);
    if let Some(group) = realm.groups.get_mut(id.as_str()) {
        group.description = text_of(&representation, "description").map(str::to_owned);
        if let Some(attributes) = representation.get("attributes").filter(|map| map.is_object()) {
            group.attributes = attributes_of(attributes);
        }
    }
    Ok(Answer::done())
}

fn mappings(realm: &mut Realm, context: &Context, request: &Request, id: &GroupId, rest: &[&str]) -> Reply {
    let Some(group) = realm.groups.get(id.as_str()) else { return Err(Answer::nowhere()) };
    let effective = || {
        let mut start: Vec<&RoleId> = Vec::new();
        let mut next = Some(group);
        while let Some(group) = next {
            start.extend(&group.roles);
            next = group.parent.as_ref().and_then(|parent| realm.groups.get(parent.as_str()));
        }
        realm.roles.expand(start)
    };
    let (answer, change) = role_mappings::answer(realm, context, request, rest, &group.roles, effective)?;
    for role in &change.map {
        realm.groups.map_role(id, role);
    }
    for role in &change.unmap {
        realm.groups.unmap_role(id, role);
    }
    Ok(answer)
}

/// Groups that have a role.
pub(crate) fn holding(realm: &Realm, request: &Request, role: &RoleId) -> Reply {
    let window = Window::of(&request.query, Some(100))?;
    let brief = request.query.flag("briefRepresentation").unwrap_or(true);
    let show = Show { brief, counted: false, access: None };
    let rows = window.cut(realm.groups.holding(role).into_iter());
    Ok(Answer::found(rows.map(|group| show.of(realm, group)).collect()))
}

/// Answers below `/group-by-path`.
pub(crate) fn by_path(realm: &Realm, context: &Context, path: &[&str]) -> Reply {
    context.rights.need(right::VIEW_USERS)?;
    let group = realm.groups.at_path(&path.join("/"));
    let group = group.ok_or_else(|| Answer::not_found("Group path does not exist"))?;
    Ok(Answer::found(Show { access: None, ..Show::full(context) }.of(realm, group)))
}

/// Answers below `/default-groups`.
pub(crate) fn defaults(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    context.rights.need(if request.method == Method::GET { right::VIEW_REALM } else { right::MANAGE_REALM })?;
    match (&request.method, rest) {
        (&Method::GET, []) => {
            let may_view = context.rights.any(right::VIEW_USERS);
            let groups =
                realm.default_groups.iter().filter(|_| may_view).filter_map(|id| realm.groups.get(id.as_str()));
            Ok(Answer::found(groups.map(|group| mention(realm, group)).collect()))
        }
        (&Method::PUT | &Method::DELETE, [id]) => {
            let group = realm.groups.get(id).ok_or_else(|| Answer::not_found("Group not found"))?.id.clone();
            if request.method == Method::PUT {
                realm.default_groups.insert(group);
            } else {
                realm.default_groups.remove(&group);
            }
            Ok(Answer::done())
        }
        _ => Err(Answer::nowhere()),
    }
}
