//! Local users, and what somebody is told about himself (server-behaviour 1.1 and 5).

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::identity::Identity;
use super::members::Entity;
use super::paging::{Key, Listing};
use super::permissions;
use super::request::Request;
use super::routes::{self, nowhere};
use super::secrets;
use super::time::written;
use super::world::World;

/// The number of the administrator.
pub(crate) const ADMIN: i64 = 1;

const USER: Model = Model {
    name: "UserCreationReq",
    fields: &[
        ("username", Shape::Text),
        ("email", Shape::Text),
        ("realname", Shape::Text),
        ("comment", Shape::Text),
        ("password", Shape::Text),
    ],
};

const PROFILE: Model = Model {
    name: "UserProfile",
    fields: &[("email", Shape::Text), ("realname", Shape::Text), ("comment", Shape::Text)],
};

const ADMIN_FLAG: Model = Model { name: "UserSysAdminFlag", fields: &[("sysadmin_flag", Shape::Flag)] };

/// One user.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    email: String,
    realname: String,
    comment: String,
    pub(crate) admin: bool,
    password: SecretString,
    created: i64,
    updated: i64,
}

impl User {
    #[expect(clippy::disallowed_methods, reason = "the server's side of a login")]
    pub(crate) fn has_password(&self, password: &str) -> bool {
        self.password.expose_secret() == password
    }

    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "admin_role_in_auth": false,
            "creation_time": written(self.created),
            "realname": self.realname,
            "sysadmin_flag": self.admin,
            "update_time": written(self.updated),
            "user_id": self.id,
            "username": self.name,
        });
        for (name, value) in [("email", &self.email), ("comment", &self.comment)] {
            if !value.is_empty() {
                view[name] = json!(value);
            }
        }
        view
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "username" => Some(self.name.as_str().into()),
            "email" => Some(self.email.as_str().into()),
            "user_id" => Some(self.id.into()),
            _ => None,
        }
    }
}

impl World {
    /// The administrator of a fresh server.
    pub(crate) fn first_user(&mut self, password: &SecretString) -> i64 {
        let created = self.now();
        self.users.insert(|id| User {
            id,
            name: "admin".to_owned(),
            email: String::new(),
            realname: "system admin".to_owned(),
            comment: "admin user".to_owned(),
            admin: true,
            password: password.clone(),
            created,
            updated: created,
        })
    }

    pub(crate) fn answer_users(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let listing = Listing::of(request)?;
                self.need(request.who, "user", "list")?;
                // the administrator of the first day is in no list (contract permissions)
                let users = self.users.all().filter(|user| user.id != ADMIN);
                listing.answer(users, |user, field| user.key(field), User::view)
            }
            ("POST", []) => self.create_user(request),
            ("GET", ["current"]) => match request.who {
                Identity::Nobody => Err(Answer::unauthorized()),
                Identity::User(id) => {
                    self.users.get(id).map(|user| Answer::found(user.view())).ok_or_else(|| missing(id))
                }
                Identity::Robot(_) => {
                    Err(Answer::precondition("get current user not available for security context: robot"))
                }
            },
            ("GET", ["current", "permissions"]) => self.own_permissions(request),
            ("GET", [user]) => {
                let id = routes::number(user, "user_id")?;
                self.need(request.who, "user", "read")?;
                self.users.get(id).map(|user| Answer::found(user.view())).ok_or_else(|| missing(id))
            }
            ("PUT", [user]) => self.change_user(request, routes::number(user, "user_id")?),
            ("PUT", [user, "sysadmin"]) => {
                let id = routes::number(user, "user_id")?;
                let fields = request.json("sysadmin_flag", &ADMIN_FLAG)?;
                self.need(request.who, "user", "update")?;
                let now = self.now();
                let user = self.users.get_mut(id).ok_or_else(|| missing(id))?;
                (user.admin, user.updated) = (body::flag(&fields, "sysadmin_flag"), now);
                Ok(Answer::done())
            }
            ("DELETE", [user]) => {
                let id = routes::number(user, "user_id")?;
                self.need(request.who, "user", "delete")?;
                if id == ADMIN {
                    return Err(Answer::forbidden("admin"));
                }
                self.users.remove(id).ok_or_else(|| missing(id))?;
                self.members.retain(|member| member.entity != Entity::User(id));
                Ok(Answer::done())
            }
            _ => Err(nowhere(request)),
        }
    }

    fn create_user(&mut self, request: &Request) -> Reply {
        let fields = request.json("userReq", &USER)?;
        let mode = self.configuration.text("auth_mode");
        if mode != "db_auth" {
            let message = format!("creating local user is not allowed under auth mode: {mode}");
            return Err(Answer::forbidden(message));
        }
        self.need(request.who, "user", "create")?;
        let (name, email) = (body::text(&fields, "username"), body::text(&fields, "email"));
        let password = body::text(&fields, "password");
        if name.is_empty() {
            return Err(Answer::invalid("bad request: username is required"));
        }
        if !secrets::are_fit(password) {
            return Err(Answer::invalid(secrets::unfit("password")));
        }
        check_profile(&fields)?;
        if self.users.all().any(|user| user.name == name || (!email.is_empty() && user.email == email)) {
            return Err(Answer::conflict(format!("user {name} or email {email} already exists")));
        }
        let created = self.now();
        let id = self.users.insert(|id| User {
            id,
            name: name.to_owned(),
            email: email.to_owned(),
            realname: body::text(&fields, "realname").to_owned(),
            comment: body::text(&fields, "comment").to_owned(),
            admin: false,
            password: password.into(),
            created,
            updated: created,
        });
        Ok(Answer::created(format!("/api/v2.0/users/{id}")))
    }

    /// Replaces what somebody says about himself.
    fn change_user(&mut self, request: &Request, id: i64) -> Reply {
        let fields = request.json("profile", &PROFILE)?;
        if self.configuration.text("auth_mode") != "db_auth" && id != ADMIN {
            return Err(Answer::forbidden(format!("User with ID {id} can't be updated")));
        }
        self.need(request.who, "user", "update")?;
        check_profile(&fields)?;
        let now = self.now();
        let user = self.users.get_mut(id).ok_or_else(|| missing(id))?;
        body::text(&fields, "email").clone_into(&mut user.email);
        body::text(&fields, "realname").clone_into(&mut user.realname);
        body::text(&fields, "comment").clone_into(&mut user.comment);
        user.updated = now;
        Ok(Answer::done())
    }

    /// What somebody may do in one scope: `/system`, or `/project/<number>`. Nothing without a scope, and robots nothing in the
    /// system, whatever they may do there (contract permissions).
    fn own_permissions(&self, request: &Request) -> Reply {
        self.need_login(request.who)?;
        let scope = request.query.get("scope").unwrap_or_default();
        let project = scope.strip_prefix("/project/").and_then(|id| self.projects.get(id.parse().ok()?));
        let is_person = matches!(request.who, Identity::User(_));
        let rights: Vec<(&str, &str)> = match project {
            Some(project) => {
                let may = |right: &(&str, &str)| self.may_by_name(request.who, project.id, right.0, right.1);
                permissions::shown_in_project().filter(may).collect()
            }
            None if scope == "/system" && is_person => {
                permissions::system().filter(|(resource, action)| self.may(request.who, resource, action)).collect()
            }
            None => Vec::new(),
        };
        let relative = request.query.get("relative") == Some("true");
        let shown = rights.into_iter().map(|(resource, action)| {
            let resource = match (resource, relative) {
                (permissions::ITSELF, true) => ".".to_owned(),
                (permissions::ITSELF, false) => scope.to_owned(),
                (resource, true) => resource.to_owned(),
                (resource, false) => format!("{scope}/{resource}"),
            };
            json!({ "action": action, "resource": resource })
        });
        Ok(Answer::found(Value::Array(shown.collect())))
    }

    /// Whether the account itself was given that right: what anybody may do in a public project is not among them. What a robot may do
    /// with the project it may do with all that is in it.
    fn may_by_name(&self, who: Identity, project: i64, resource: &str, action: &str) -> bool {
        match who {
            Identity::Robot(id) => self.robots.get(id).is_some_and(|robot| {
                robot.may_in_project(project, resource, action)
                    || robot.may_in_project(project, permissions::ITSELF, action)
            }),
            other => self.projects.get(project).is_some_and(|project| self.may_in(other, project, resource, action)),
        }
    }
}

/// What is said of a profile that is not taken.
fn check_profile(fields: &serde_json::Map<String, Value>) -> Result<(), Answer> {
    let (email, name, comment) =
        (body::text(fields, "email"), body::text(fields, "realname"), body::text(fields, "comment"));
    let wrong = if email.is_empty() {
        "email can't be empty"
    } else if !email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')) {
        "email with illegal format"
    } else if name.is_empty() || name.len() > 255 {
        "realname with illegal length"
    } else if name.contains([',', '"', '~', '#', '%', '$', '`']) {
        "realname contains illegal characters"
    } else if comment.len() > 30 {
        "comment with illegal length"
    } else {
        return Ok(());
    };
    Err(Answer::invalid(wrong))
}

fn missing(id: i64) -> Answer {
    Answer::failure(StatusCode::NOT_FOUND, "NOT_FOUND", format!("user {id} not found"))
}
