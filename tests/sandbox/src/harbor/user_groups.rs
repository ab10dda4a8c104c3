//! Groups of users, by name and type (server-behaviour 4).

use serde_json::{Value, json};

use super::answer::{Answer, Content, Reply};
use super::body::{self, Model, Shape};
use super::columns;
use super::members::Entity;
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::{self, nowhere};
use super::world::World;
use http::StatusCode;

/// The type of groups that come by OIDC.
pub(crate) const OIDC: i64 = 3;
const LDAP: i64 = 1;

const GROUP: Model = Model {
    name: "UserGroup",
    fields: &[("group_name", Shape::Text), ("group_type", Shape::Whole), ("ldap_group_dn", Shape::Text)],
};

/// One group.
#[derive(Debug)]
pub(crate) struct UserGroup {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) kind: i64,
    /// Empty for those that are not of LDAP.
    dn: String,
}

impl UserGroup {
    fn view(&self) -> Value {
        let mut view = json!({ "group_name": self.name, "group_type": self.kind, "id": self.id });
        if !self.dn.is_empty() {
            view["ldap_group_dn"] = json!(self.dn);
        }
        view
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "group_name" => Some(self.name.as_str().into()),
            "group_type" => Some(self.kind.into()),
            "id" => Some(self.id.into()),
            _ => None,
        }
    }
}

impl World {
    /// The group of exactly that name and type.
    pub(crate) fn group_named(&self, name: &str, kind: i64) -> Option<i64> {
        self.groups.all().find(|group| group.name == name && group.kind == kind).map(|group| group.id)
    }

    pub(crate) fn store_group(&mut self, name: &str, kind: i64) -> i64 {
        self.groups.insert(|id| UserGroup { id, name: name.to_owned(), kind, dn: String::new() })
    }

    pub(crate) fn answer_user_groups(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let listing = Listing::of(request)?;
                self.need(request.who, "user-group", "list")?;
                let name = request.query.get("group_name").map(str::to_lowercase);
                // with login through LDAP nobody sees any other
                let ldap_only = self.configuration.text("auth_mode") == "ldap_auth";
                let found = |group: &&UserGroup| {
                    (!ldap_only || group.kind == LDAP)
                        && name.as_ref().is_none_or(|name| group.name.to_lowercase() == *name)
                };
                listing.answer(self.groups.all().filter(found), |group, field| group.key(field), UserGroup::view)
            }
            ("GET", ["search"]) => self.search_groups(request),
            ("POST", []) => self.create_group(request),
            ("GET", [group]) => {
                let id = routes::number(group, "group_id")?;
                self.need(request.who, "user-group", "read")?;
                let group = self.groups.get(id).ok_or_else(|| missing(id))?;
                Ok(Answer::found(json!({ "group_name": group.name, "group_type": group.kind })))
            }
            ("PUT", [group]) => {
                let fields = request.json("usergroup", &GROUP)?;
                let id = routes::number(group, "group_id")?;
                self.need(request.who, "user-group", "update")?;
                if body::text(&fields, "group_name").is_empty() {
                    let nothing = Content::Other("application/json", String::new());
                    return Err(Answer::new(StatusCode::BAD_REQUEST, nothing));
                }
                let group = self.groups.get_mut(id).ok_or_else(|| missing(id))?;
                body::text(&fields, "group_name").clone_into(&mut group.name);
                Ok(Answer::done())
            }
            ("DELETE", [group]) => {
                let id = routes::number(group, "group_id")?;
                self.need(request.who, "user-group", "delete")?;
                self.groups.remove(id);
                self.members.retain(|member| member.entity != Entity::Group(id));
                Ok(Answer::done())
            }
            _ => Err(nowhere(request)),
        }
    }

    fn create_group(&mut self, request: &Request) -> Reply {
        let fields = request.json("usergroup", &GROUP)?;
        self.need(request.who, "user-group", "create")?;
        let (name, kind) = (body::text(&fields, "group_name"), body::whole(&fields, "group_type"));
        let dn = body::text(&fields, "ldap_group_dn");
        let is_ldap = self.configuration.text("auth_mode") == "ldap_auth";
        if kind == LDAP && !(is_ldap && self.ldap_groups.iter().any(|known| known.eq_ignore_ascii_case(dn))) {
            return Err(Answer::invalid(format!("LDAP Group DN is not found: DN:{dn}")));
        }
        if name.is_empty() {
            let nothing = Content::Other("application/json", String::new());
            return Err(Answer::new(StatusCode::BAD_REQUEST, nothing));
        }
        columns::fits(name, columns::NAME)?;
        if self.group_named(name, kind).is_some() {
            return Err(Answer::conflict(format!(
                "duplicate user group, group name:{name}, group type: {kind}, ldap group DN: {dn}"
            )));
        }
        let dn = dn.to_owned();
        let id = self.groups.insert(|id| UserGroup { id, name: name.to_owned(), kind, dn });
        Ok(Answer::created(format!("/api/v2.0/usergroups/{id}")))
    }

    /// Finds by a part of the name, case sensitive, while the total counts in any case.
    fn search_groups(&self, request: &Request) -> Reply {
        let listing = Listing::of(request)?;
        self.need_login(request.who)?;
        let part = request.query.get("groupname").unwrap_or_default();
        if part.is_empty() {
            return Err(Answer::unreadable("groupname in query is required"));
        }
        let folded = part.to_lowercase();
        let total = self.groups.all().filter(|group| group.name.to_lowercase().contains(&folded)).count();
        let found = self.groups.all().filter(|group| group.name.contains(part)).map(UserGroup::view).collect();
        Ok(listing.linked(Answer::list(listing.cut(found), total), total))
    }
}

fn missing(id: i64) -> Answer {
    Answer::not_found(format!("the user group with id {id} is not found"))
}
