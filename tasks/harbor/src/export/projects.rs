//! Projects: those of teams, and all others with their members and robots.

use std::collections::BTreeMap;

use evenkeel_core::values::{ObjectName, ProjectName, model::MemberRole};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{Project, ProjectMemberEntity};

use super::{composing::Composing, robots, settings};
use crate::{desired::Member, names};

/// The words for roles.
const ROLES: [(&str, MemberRole); 5] = [
    ("projectAdmin", MemberRole::ProjectAdmin),
    ("developer", MemberRole::Developer),
    ("guest", MemberRole::Guest),
    ("maintainer", MemberRole::Maintainer),
    ("limitedGuest", MemberRole::LimitedGuest),
];

/// The teams, with the settings of their projects.
pub(super) fn teams(composing: &mut Composing<'_>) -> Option<Node> {
    let mut teams = BTreeMap::new();
    for (name, id) in &composing.decisions.teams {
        let Some(project) = composing.observed.projects.get(name) else { continue };
        let mut settings = settings::of(composing, name, project);
        // Implied for teams.
        if settings.get("public") == Some(&Node::Bool(false)) {
            settings.remove("public");
        }
        remark_what_teams_cannot_say(composing, name, project);
        let harbor = (!settings.is_empty()).then_some(Node::Map(settings));
        teams.insert(id.clone(), Node::map([("harbor", harbor)]));
    }
    (!teams.is_empty()).then_some(Node::Map(teams))
}

fn remark_what_teams_cannot_say(composing: &mut Composing<'_>, name: &str, project: &Project) {
    let implied = [name, composing.place.names.all_teams_admin.as_str()];
    let members = composing.observed.members.get(name).into_iter().flatten();
    let others = members.filter_map(|member| Some((who(member)?, member))).filter(|(who, member)| match who {
        Member::Group(group) => !implied.contains(&group.as_str()),
        Member::User(_) => !is_maker(member, project),
    });
    let others: Vec<String> = others.map(|(who, _)| name_of(&who).to_owned()).collect();
    for member in others {
        composing.composer.remark(format!("member `{member}` of project `{name}`, which is a team's"));
    }
    for robot in robots::names_in(composing, name) {
        composing.composer.remark(format!("robot `{robot}` of project `{name}`, which is a team's"));
    }
    if project.registry_id.is_some_and(|id| id != 0) {
        composing.composer.remark(format!("that project `{name}`, which is a team's, is a cache of a registry"));
    }
}

/// The projects that are no team's.
pub(super) fn projects(composing: &mut Composing<'_>) -> Option<Node> {
    let mut nodes = Vec::new();
    for (name, project) in &composing.observed.projects {
        if composing.decisions.teams.contains_key(name) || !composing.composer.may_declare(&names::project(name)) {
            continue;
        }
        if ProjectName::parse(name).is_err() {
            composing.composer.remark(format!("project `{name}`, whose name values do not take"));
            continue;
        }
        if let Some(object) = composing.decisions.no_teams.get(name) {
            composing.composer.remark(format!("that project `{name}` is a team's: `{object}` is not as a team's"));
        }
        let mut entries = settings::of(composing, name, project);
        entries.insert("name".to_owned(), Node::Text(name.clone()));
        if let Some(registry) = registry(composing, project) {
            entries.insert("registry".to_owned(), registry);
            entries.extend(settings::cache(project).map(|cache| ("cache".to_owned(), cache)));
        }
        entries.extend(members(composing, name, project).map(|members| ("members".to_owned(), members)));
        entries.extend(robots::of_project(composing, name).map(|robots| ("robots".to_owned(), robots)));
        nodes.push(Node::Map(entries));
    }
    Node::list(nodes)
}

/// The registry that a project is a cache of.
fn registry(composing: &Composing<'_>, project: &Project) -> Option<Node> {
    let id = project.registry_id.filter(|id| *id != 0)?;
    let mut registries = composing.observed.registries();
    let (name, _) = registries.find(|(_, registry)| registry.id == Some(id))?;
    ObjectName::parse(name).is_ok().then(|| Node::Text(name.to_owned()))
}

/// All members, but for whoever made the project.
fn members(composing: &mut Composing<'_>, name: &str, project: &Project) -> Option<Node> {
    let mut nodes: BTreeMap<Member, Node> = BTreeMap::new();
    let known = composing.observed.members.get(name).into_iter().flatten().filter_map(who);
    // A declared list is the whole list: without one of them, it would take that one away.
    if !known.into_iter().all(|who| composing.can_name("members, and among them", name_of(&who), name)) {
        return None;
    }
    for member in composing.observed.members.get(name).into_iter().flatten() {
        let Some(who) = who(member) else { continue };
        if is_maker(member, project) || !composing.composer.may_declare(&who.object(name)) {
            continue;
        }
        let Some((word, _)) = ROLES.iter().find(|(_, role)| member.role_id == Some(role.id())) else {
            composing
                .composer
                .remark(format!("member `{}` of project `{name}`, whose role has no name", name_of(&who)));
            continue;
        };
        let kind = if matches!(who, Member::Group(_)) { "group" } else { "user" };
        let entries =
            [(kind, Some(Node::Text(name_of(&who).to_owned()))), ("role", Some(Node::Text((*word).to_owned())))];
        nodes.insert(who, Node::map(entries));
    }
    Node::list(nodes.into_values().collect())
}

fn who(member: &ProjectMemberEntity) -> Option<Member> {
    let name = member.entity_name.clone().filter(|name| !name.is_empty())?;
    Some(if member.entity_type.as_deref() == Some("g") { Member::Group(name) } else { Member::User(name) })
}

fn name_of(member: &Member) -> &str {
    match member {
        Member::Group(name) | Member::User(name) => name,
    }
}

/// Whether a member is one because it made the project, which is how a plan leaves it alone.
fn is_maker(member: &ProjectMemberEntity, project: &Project) -> bool {
    member.entity_type.as_deref() != Some("g")
        && member.entity_name == project.owner_name
        && member.role_id == Some(MemberRole::ProjectAdmin.id())
}
