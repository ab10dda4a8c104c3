//! Members of projects: users and groups, each with a role (server-behaviour 4).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::columns;
use super::identity::Identity;
use super::paging::Listing;
use super::request::Request;
use super::routes::{self, nowhere};
use super::user_groups::OIDC;
use super::world::World;

const USER: Model = Model { name: "UserEntity", fields: &[("user_id", Shape::Whole), ("username", Shape::Text)] };

const GROUP: Model = Model {
    name: "UserGroup",
    fields: &[
        ("id", Shape::Whole),
        ("group_name", Shape::Text),
        ("group_type", Shape::Whole),
        ("ldap_group_dn", Shape::Text),
    ],
};

const MEMBER: Model = Model {
    name: "ProjectMember",
    fields: &[
        ("role_id", Shape::Whole),
        ("member_user", Shape::Object(&USER)),
        ("member_group", Shape::Object(&GROUP)),
    ],
};

const ROLE: Model = Model { name: "RoleRequest", fields: &[("role_id", Shape::Whole)] };

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    ProjectAdmin,
    Developer,
    Guest,
    Maintainer,
    LimitedGuest,
}

impl Role {
    const ALL: [Self; 5] = [Self::ProjectAdmin, Self::Developer, Self::Guest, Self::Maintainer, Self::LimitedGuest];

    /// The role of that number, if there is one.
    pub(crate) fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.number() == number)
    }

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::ProjectAdmin => 1,
            Self::Developer => 2,
            Self::Guest => 3,
            Self::Maintainer => 4,
            Self::LimitedGuest => 5,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ProjectAdmin => "projectAdmin",
            Self::Developer => "developer",
            Self::Guest => "guest",
            Self::Maintainer => "maintainer",
            Self::LimitedGuest => "limitedGuest",
        }
    }

    /// How a project's summary calls the number of those who have it.
    pub(crate) fn counted_as(self) -> &'static str {
        match self {
            Self::ProjectAdmin => "project_admin_count",
            Self::Developer => "developer_count",
            Self::Guest => "guest_count",
            Self::Maintainer => "maintainer_count",
            Self::LimitedGuest => "limited_guest_count",
        }
    }

    /// A coarse view of the real tables: the tasks never ask as a member. The administrator of a project does all in it,
    /// the others look, and push according to their role.
    pub(crate) fn may(self, resource: &str, action: &str) -> bool {
        match (resource, action) {
            ("member" | "robot" | "quota", _) => self == Self::ProjectAdmin,
            (_, "read" | "list" | "pull") => true,
            ("repository", "push") => matches!(self, Self::ProjectAdmin | Self::Maintainer | Self::Developer),
            _ => self == Self::ProjectAdmin,
        }
    }
}

/// Who is a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entity {
    User(i64),
    Group(i64),
}

/// One membership. Its role is a number: PUT takes any, and one that is no role hides the member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: i64,
    pub(crate) project: i64,
    pub(crate) entity: Entity,
    pub(crate) role: i64,
}

impl Member {
    pub(crate) fn is_user(&self, user: i64) -> bool {
        self.entity == Entity::User(user)
    }
}

impl World {
    pub(crate) fn answer_members(&mut self, request: &Request, reference: &str, segments: &[&str]) -> Reply {
        let action = match (request.method.as_str(), segments) {
            ("GET", []) => "list",
            ("GET", _) => "read",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            _ => "delete",
        };
        match (action, segments) {
            ("list", []) => self.list_members(request, reference),
            ("create", []) => self.create_member(request, reference),
            (_, [member]) => {
                let fields = (action == "update").then(|| request.json("role", &ROLE)).transpose()?;
                let id = routes::number(member, "mid")?;
                let project = self.allowed_project(request, reference, "member", action)?.id;
                self.answer_member(project, id, action, fields)
            }
            _ => Err(nowhere(request)),
        }
    }

    /// One member. Writes of a member that the project does not have change nothing and say nothing.
    fn answer_member(&mut self, project: i64, id: i64, action: &str, fields: Option<Map<String, Value>>) -> Reply {
        let own = self.members.get(id).is_some_and(|member| member.project == project);
        match (action, fields) {
            ("read", _) => self
                .members
                .get(id)
                .filter(|_| own)
                .and_then(|member| self.member_view(member))
                .map(Answer::found)
                .ok_or_else(|| {
                    let text = format!("the project member is not found, project id {project}, member id {id}");
                    Answer::not_found(text)
                }),
            ("update", Some(fields)) => {
                if let Some(member) = self.members.get_mut(id).filter(|_| own) {
                    member.role = body::whole(&fields, "role_id");
                }
                Ok(Answer::done())
            }
            _ => {
                if own {
                    self.members.remove(id);
                }
                Ok(Answer::done())
            }
        }
    }

    /// Members by name. The total counts also those that are hidden, and does not follow the filter.
    fn list_members(&self, request: &Request, reference: &str) -> Reply {
        let listing = Listing::of(request)?;
        let project = self.allowed_project(request, reference, "member", "list")?.id;
        let all: Vec<&Member> = self.members.all().filter(|member| member.project == project).collect();
        let name = request.query.get("entityname").filter(|name| !name.is_empty());
        let mut rows: Vec<Value> = all
            .iter()
            .filter_map(|member| self.member_view(member))
            .filter(|view| name.is_none_or(|name| view["entity_name"] == name))
            .collect();
        rows.sort_by(|one, other| one["entity_name"].as_str().cmp(&other["entity_name"].as_str()));
        Ok(listing.linked(Answer::list(listing.cut(rows), all.len()), all.len()))
    }

    fn create_member(&mut self, request: &Request, reference: &str) -> Reply {
        let fields = request.json("projectMember", &MEMBER)?;
        let project = self.allowed_project(request, reference, "member", "create")?.id;
        let role = body::whole(&fields, "role_id");
        if Role::of(role).is_none() {
            return Err(Answer::invalid("Failed to update project member, role is not in 1,2,3"));
        }
        let entity = match (body::object(&fields, "member_user"), body::object(&fields, "member_group")) {
            (Some(user), _) => self.member_user(user)?,
            (None, Some(group)) => self.member_group(group)?,
            (None, None) => return Err(Answer::unhandled()),
        };
        let same = |member: &&Member| member.project == project && member.entity == entity;
        let found = self.members.all().find(same).map(|member| (member.id, Role::of(member.role)));
        match found {
            Some((_, Some(_))) => {
                self.members.skip();
                return Err(Answer::conflict("The project member specified already exist"));
            }
            // a row that nobody sees is replaced
            Some((hidden, None)) => {
                self.members.remove(hidden);
            }
            None => {}
        }
        let id = self.members.insert(|id| Member { id, project, entity, role });
        Ok(Answer::created(format!("/api/v2.0/projects/{reference}/members/{id}")))
    }

    fn member_user(&self, fields: &Map<String, Value>) -> Result<Entity, Answer> {
        let (id, name) = (body::whole(fields, "user_id"), body::text(fields, "username"));
        let user = self.users.all().find(|user| if id > 0 { user.id == id } else { user.name == name });
        match user {
            Some(user) => Ok(Entity::User(user.id)),
            None if id > 0 => Err(Answer::not_found(format!("user {id} not found"))),
            None if name.is_empty() => Err(Answer::unhandled()),
            None if self.configuration.is_local() => Err(Answer::not_found(format!("user {name} is not found"))),
            None => Err(Answer::not_found(format!("{name} not found: not supported"))),
        }
    }

    /// A group by its number, by name and type, or else made: which only a server without local accounts does, and then
    /// with the type of its own.
    fn member_group(&mut self, fields: &Map<String, Value>) -> Result<Entity, Answer> {
        let (id, name) = (body::whole(fields, "id"), body::text(fields, "group_name"));
        if id > 0 {
            let known = self.groups.get(id).is_some();
            return if known { Ok(Entity::Group(id)) } else { Err(Answer::invalid(format!("Group {id} not found"))) };
        }
        if name.is_empty() {
            return Err(Answer::unhandled());
        }
        if let Some(group) = self.group_named(name, body::whole(fields, "group_type")) {
            return Ok(Entity::Group(group));
        }
        if self.configuration.text("auth_mode") != "oidc_auth" {
            return Err(Answer::not_found(format!("{name} not found: not supported")));
        }
        columns::fits(name, columns::NAME)?;
        let group = self.group_named(name, OIDC).unwrap_or_else(|| self.store_group(name, OIDC));
        Ok(Entity::Group(group))
    }

    /// A member as it is shown; none where its role is none.
    fn member_view(&self, member: &Member) -> Option<Value> {
        let role = Role::of(member.role)?;
        let (id, kind, name) = match member.entity {
            Entity::User(id) => (id, "u", self.name_of(Identity::User(id))),
            Entity::Group(id) => (id, "g", self.groups.get(id)?.name.clone()),
        };
        Some(json!({
            "entity_id": id,
            "entity_name": name,
            "entity_type": kind,
            "id": member.id,
            "project_id": member.project,
            "role_id": role.number(),
            "role_name": role.name(),
        }))
    }
}
