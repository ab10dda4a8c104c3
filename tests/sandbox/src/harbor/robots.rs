//! Robot accounts of the system and of projects (server-behaviour 5).

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body;
use super::columns;
use super::identity::Identity;
use super::paging::{Condition, Key, Listing};
use super::permissions;
use super::request::Request;
use super::robot_requests::{Asked, ROBOT, SECRET};
use super::routes::{self, nowhere};
use super::secrets;
use super::time::written;
use super::world::World;

const DAY: i64 = 86_400;

/// Where a robot belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    System,
    /// A project's number.
    Project(i64),
}

/// Where a permission holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    System,
    AllProjects,
    /// A project's number.
    Project(i64),
}

/// Rights in one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Permission {
    pub(crate) scope: Scope,
    /// Resource and action.
    pub(crate) access: Vec<(String, String)>,
    /// What is denied, whatever else is allowed.
    pub(crate) denied: Vec<(String, String)>,
}

impl Permission {
    fn allows(&self, resource: &str, action: &str) -> bool {
        let names = |rights: &[(String, String)]| rights.iter().any(|(owned, of)| owned == resource && of == action);
        names(&self.access) && !names(&self.denied)
    }
}

/// One robot.
#[derive(Debug)]
pub(crate) struct Robot {
    pub(crate) id: i64,
    /// Without the prefix, which is not stored; a project's robot has the project and a `+` before its own name.
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) description: String,
    /// Days, or -1.
    pub(crate) duration: i64,
    /// Seconds since 1970, or -1.
    pub(crate) expires: i64,
    pub(crate) disabled: bool,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) creator: Identity,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    secret: SecretString,
}

impl Robot {
    #[expect(clippy::disallowed_methods, reason = "the server's side of a login")]
    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        self.secret.expose_secret() == secret
    }

    #[expect(clippy::disallowed_methods, reason = "for tests, which compare it")]
    pub(crate) fn shown_secret(&self) -> &str {
        self.secret.expose_secret()
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expires != -1 && self.expires <= now / 1000
    }

    pub(crate) fn may_in_system(&self, resource: &str, action: &str) -> bool {
        self.permissions.iter().any(|given| given.scope == Scope::System && given.allows(resource, action))
    }

    pub(crate) fn may_in_project(&self, project: i64, resource: &str, action: &str) -> bool {
        let here =
            |given: &&Permission| matches!(given.scope, Scope::AllProjects) || given.scope == Scope::Project(project);
        self.permissions.iter().filter(here).any(|given| given.allows(resource, action))
    }

    fn may_in_all_projects(&self, resource: &str, action: &str) -> bool {
        self.permissions.iter().any(|given| given.scope == Scope::AllProjects && given.allows(resource, action))
    }

    /// Whether any permission names the project.
    pub(crate) fn covers(&self, project: i64) -> bool {
        self.permissions
            .iter()
            .any(|given| matches!(given.scope, Scope::AllProjects) || given.scope == Scope::Project(project))
    }

    /// Whether all these rights are among the robot's own.
    fn has_all(&self, wanted: &[Permission]) -> bool {
        wanted.iter().all(|permission| {
            permission.access.iter().all(|(resource, action)| match permission.scope {
                Scope::Project(project) => self.may_in_project(project, resource, action),
                scope => self.permissions.iter().any(|given| given.scope == scope && given.allows(resource, action)),
            })
        })
    }

    /// Moves the time of the last change, which never stands still.
    fn touch(&mut self, now: i64) {
        self.updated = now.max(self.updated + 1);
    }

    /// Counted from now, unless the duration is what it was.
    fn live_for(&mut self, duration: i64, now: i64) {
        if duration != self.duration {
            self.duration = duration;
            self.expires = expiry(duration, now);
        }
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "id" => Some(self.id.into()),
            "creation_time" => Some(self.created.into()),
            "update_time" => Some(self.updated.into()),
            "duration" => Some(self.duration.into()),
            "disable" | "disabled" => Some(if self.disabled { "true" } else { "false" }.into()),
            _ => None,
        }
    }
}

fn expiry(duration: i64, now: i64) -> i64 {
    if duration == -1 { -1 } else { now / 1000 + duration * DAY }
}

impl World {
    /// The robot's name as everybody uses it: the prefix is that of this moment.
    pub(crate) fn full_name(&self, robot: &Robot) -> String {
        format!("{}{}", self.configuration.robot_prefix(), robot.name)
    }

    /// A project's robots go with it, and robots of the system lose what they were allowed there.
    pub(crate) fn forget_robots_of(&mut self, project: i64) {
        self.robots.retain(|robot| robot.level != Level::Project(project));
        let robots = &self.robots;
        self.robot_names.retain(|_, id| robots.get(*id).is_some());
        let ids: Vec<i64> = self.robots.all().map(|robot| robot.id).collect();
        for id in ids {
            if let Some(robot) = self.robots.get_mut(id) {
                robot.permissions.retain(|given| given.scope != Scope::Project(project));
            }
        }
    }

    pub(crate) fn answer_robots(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => self.list_robots(request),
            ("POST", []) => self.create_robot(request),
            (_, [robot]) => {
                let id = routes::number(robot, "robot_id")?;
                match request.method.as_str() {
                    "GET" => {
                        self.allowed_robot(request, id, "read")?;
                        let robot = self.robots.get(id).ok_or_else(|| missing(id))?;
                        Ok(Answer::found(self.robot_view(robot)))
                    }
                    "PUT" => self.change_robot(request, id),
                    "PATCH" => self.change_secret(request, id),
                    _ => self.delete_robot(request, id),
                }
            }
            _ => Err(nowhere(request)),
        }
    }

    /// 401, 404 or 403 unless the caller may do that with the robot.
    fn allowed_robot(&self, request: &Request, id: i64, action: &str) -> Result<(), Answer> {
        self.need_login(request.who)?;
        let level = self.robots.get(id).ok_or_else(|| missing(id))?.level;
        self.need_at(request.who, level, action)
    }

    /// The same for changes. What a robot may do with all projects it may do with every robot in them, giving rights that it
    /// lacks included; robots of the system it never changes: there is no right to do so (contract permissions).
    fn allowed_change(&self, request: &Request, id: i64, action: &str) -> Result<(), Answer> {
        self.need_login(request.who)?;
        let level = self.robots.get(id).ok_or_else(|| missing(id))?.level;
        let who = match request.who {
            Identity::Robot(who) => self.robots.get(who),
            _ => None,
        };
        match (level, who) {
            (Level::Project(_), Some(who)) if who.may_in_all_projects("project", action) => Ok(()),
            // a project's administrator changes its robots; that right has the name of the one to make them
            (_, None) if action == "update" => self.need_at(request.who, level, "create"),
            _ => self.need_at(request.who, level, action),
        }
    }

    /// 401 or 403 unless the caller may do that with robots of the level.
    fn need_at(&self, who: Identity, level: Level, action: &str) -> Result<(), Answer> {
        match level {
            Level::System => self.need(who, "robot", action),
            Level::Project(project) => self.need_in(who, self.projects.get(project), "robot", action),
        }
    }

    fn list_robots(&self, request: &Request) -> Reply {
        let mut listing = Listing::of(request)?;
        let project = listing.take("ProjectID");
        let level = match listing.take("Level") {
            Some(Condition::Is(level)) if level == "project" => {
                let Some(Condition::Is(project)) = project else {
                    return Err(Answer::invalid("must with project ID when to query project robots"));
                };
                let number = project.parse().ok().filter(|id| *id > 0);
                Level::Project(number.ok_or_else(|| Answer::invalid("ProjectID must be a positive integer"))?)
            }
            Some(Condition::Is(level)) if level != "system" => {
                return Err(Answer::invalid(format!("bad request error level input: {level}")));
            }
            _ => Level::System,
        };
        self.need_at(request.who, level, "list")?;
        let mut rows: Vec<&Robot> = self.robots.all().filter(|robot| robot.level == level).collect();
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        listing.answer(rows.into_iter(), |robot, field| robot.key(field), |robot| self.robot_view(robot))
    }

    fn create_robot(&mut self, request: &Request) -> Reply {
        let fields = request.json("robot", &ROBOT)?;
        self.need_login(request.who)?;
        let asked = Asked::new(self, &fields)?;
        self.need_at(request.who, asked.level, "create")?;
        self.need_own(request.who, &asked.permissions)?;
        let (project, stored) = match asked.level {
            Level::System => (0, asked.name.clone()),
            Level::Project(id) => {
                let name = self.projects.get(id).map(|project| project.name.as_str()).unwrap_or_default();
                (id, format!("{name}+{}", asked.name))
            }
        };
        columns::fits(&stored, columns::NAME)?;
        columns::fits(&asked.description, columns::ROBOT_DESCRIPTION)?;
        if self.robot_names.contains_key(&stored) {
            self.robots.skip();
            return Err(Answer::conflict(format!("robot account {project}:{stored} already exists")));
        }
        // a secret in the body is ignored
        let (secret, now) = (secrets::made(), self.now());
        let id = self.robots.insert(|id| Robot {
            id,
            name: stored.clone(),
            level: asked.level,
            description: asked.description,
            duration: asked.duration,
            expires: expiry(asked.duration, now),
            disabled: asked.disabled,
            permissions: asked.permissions,
            creator: request.who,
            created: now,
            updated: now,
            secret: secret.as_str().into(),
        });
        self.robot_names.insert(stored, id);
        let robot = self.robots.get(id).ok_or_else(Answer::unhandled)?;
        let name = self.full_name(robot);
        let body = json!({
            "creation_time": written(now), "expires_at": robot.expires, "id": id, "name": name, "secret": secret,
        });
        self.note(request.who, "create", "robot", &name);
        let created = Answer::new(http::StatusCode::CREATED, super::answer::Content::Json(body));
        Ok(created.with(http::header::LOCATION, format!("/api/v2.0/robots/{id}")))
    }

    /// A robot cannot give rights that it lacks.
    fn need_own(&self, who: Identity, permissions: &[Permission]) -> Result<(), Answer> {
        let Identity::Robot(id) = who else { return Ok(()) };
        if self.robots.get(id).is_some_and(|robot| robot.has_all(permissions)) {
            return Ok(());
        }
        let message = format!(
            "permission scope is invalid. It must be equal to or more restrictive than the creator robot's permissions: {}",
            self.name_of(who)
        );
        Err(Answer::failure(http::StatusCode::FORBIDDEN, "DENIED", message))
    }

    /// `PUT`: all of it, under the full name; only the duration stays where it is left out.
    fn change_robot(&mut self, request: &Request, id: i64) -> Reply {
        let fields = request.json("robot", &ROBOT)?;
        self.allowed_change(request, id, "update")?;
        let robot = self.robots.get(id).ok_or_else(|| missing(id))?;
        let asked = Asked::change(self, &fields, robot.duration)?;
        let same_level = matches!(
            (robot.level, asked.level),
            (Level::System, Level::System) | (Level::Project(_), Level::Project(_))
        );
        if !same_level || asked.name != self.full_name(robot) {
            return Err(Answer::invalid("cannot update the level or name of robot"));
        }
        if asked.level != robot.level {
            return Err(Answer::invalid("cannot update the project id of robot"));
        }
        let now = self.now();
        if let Some(robot) = self.robots.get_mut(id) {
            robot.live_for(asked.duration, now);
            robot.description = asked.description;
            robot.disabled = asked.disabled;
            robot.permissions = asked.permissions;
            robot.touch(now);
        }
        Ok(Answer::done())
    }

    /// `PATCH`: another secret, at once; a made one where none is given.
    fn change_secret(&mut self, request: &Request, id: i64) -> Reply {
        let fields = request.json("robotSec", &SECRET)?;
        self.allowed_change(request, id, "update")?;
        let given = body::text(&fields, "secret");
        if !given.is_empty() && !secrets::are_fit(given) {
            return Err(Answer::invalid(secrets::unfit("secret")));
        }
        let made = given.is_empty().then(secrets::made);
        let now = self.now();
        if let Some(robot) = self.robots.get_mut(id) {
            robot.secret = made.as_deref().unwrap_or(given).into();
            robot.touch(now);
        }
        Ok(Answer::found(made.map_or_else(|| json!({}), |secret| json!({ "secret": secret }))))
    }

    fn delete_robot(&mut self, request: &Request, id: i64) -> Reply {
        self.allowed_change(request, id, "delete")?;
        let robot = self.robots.remove(id).ok_or_else(|| missing(id))?;
        self.robot_names.remove(&robot.name);
        let name = self.full_name(&robot);
        self.note(request.who, "delete", "robot", &name);
        Ok(Answer::done())
    }

    /// Sets the expiry of every robot that has one into the past.
    pub(crate) fn expire_robots(&mut self) {
        let past = self.now() / 1000 - DAY;
        let ids: Vec<i64> = self.robots.all().filter(|robot| robot.expires != -1).map(|robot| robot.id).collect();
        for id in ids {
            if let Some(robot) = self.robots.get_mut(id) {
                robot.expires = past;
            }
        }
    }

    pub(crate) fn robot_view(&self, robot: &Robot) -> Value {
        let (kind, creator) = match robot.creator {
            Identity::Robot(id) => ("robot", id),
            Identity::User(id) => ("local", id),
            Identity::Nobody => ("local", 0),
        };
        let mut view = json!({
            "creation_time": written(robot.created),
            "creator_ref": creator,
            "creator_type": kind,
            "disable": robot.disabled,
            "duration": robot.duration,
            "editable": true,
            "expires_at": robot.expires,
            "id": robot.id,
            "level": if robot.level == Level::System { "system" } else { "project" },
            "name": self.full_name(robot),
            "permissions": robot.permissions.iter().map(|given| self.permission_view(given)).collect::<Vec<_>>(),
            "update_time": written(robot.updated),
        });
        if !robot.description.is_empty() {
            view["description"] = json!(robot.description);
        }
        view
    }

    fn permission_view(&self, permission: &Permission) -> Value {
        let (kind, namespace) = match permission.scope {
            Scope::System => ("system", "/"),
            Scope::AllProjects => ("project", "*"),
            Scope::Project(id) => {
                ("project", self.projects.get(id).map(|project| project.name.as_str()).unwrap_or_default())
            }
        };
        let access =
            permission.access.iter().map(|(resource, action)| json!({ "action": action, "resource": resource }));
        let denied = permission
            .denied
            .iter()
            .map(|(resource, action)| json!({ "action": action, "effect": "deny", "resource": resource }));
        json!({ "access": access.chain(denied).collect::<Vec<_>>(), "kind": kind, "namespace": namespace })
    }

    /// `GET /permissions`: not for robots.
    pub(crate) fn grantable(&self, request: &Request) -> Reply {
        match request.who {
            Identity::Nobody => Err(Answer::failure(http::StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "")),
            Identity::Robot(_) => {
                Err(Answer::forbidden("forbidden: only admins(system and project) can access permissions"))
            }
            Identity::User(_) => Ok(Answer::found(permissions::all().clone())),
        }
    }
}

fn missing(id: i64) -> Answer {
    Answer::not_found(format!("robot {id} not found"))
}

/// Sets a secret behind everybody's back; for tests.
pub(crate) fn impose(robot: &mut Robot, secret: SecretString, now: i64) {
    robot.secret = secret;
    robot.touch(now);
}

/// What a permission in a body denies.
pub(crate) fn denied_of(permission: &Map<String, Value>) -> Vec<(String, String)> {
    let list = body::list(permission, "access").iter().filter(|right| right["effect"] == "deny");
    access_of(&Map::from_iter([("access".to_owned(), list.cloned().collect())]))
}

/// The fields of a permission in a body.
pub(crate) fn access_of(permission: &Map<String, Value>) -> Vec<(String, String)> {
    let list = body::list(permission, "access").iter().filter_map(Value::as_object);
    list.map(|right| (body::text(right, "resource").to_owned(), body::text(right, "action").to_owned())).collect()
}
