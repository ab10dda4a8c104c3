//! What a body says about a robot, and what the server takes of it (server-behaviour 5).

use serde_json::{Map, Value};

use super::answer::Answer;
use super::body::{self, Model, Shape};
use super::names;
use super::permissions;
use super::robots::{Level, Permission, Scope, access_of, denied_of};
use super::world::World;

const ACCESS: Model =
    Model { name: "Access", fields: &[("resource", Shape::Text), ("action", Shape::Text), ("effect", Shape::Text)] };

const PERMISSION: Model = Model {
    name: "RobotPermission",
    fields: &[("kind", Shape::Text), ("namespace", Shape::Text), ("access", Shape::List(&Shape::Object(&ACCESS)))],
};

/// A robot to be made, or to be changed.
pub(crate) const ROBOT: Model = Model {
    name: "RobotCreate",
    fields: &[
        ("id", Shape::Whole),
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("secret", Shape::Text),
        ("level", Shape::Text),
        ("disable", Shape::Flag),
        ("duration", Shape::Whole),
        ("permissions", Shape::List(&Shape::Object(&PERMISSION))),
    ],
};

/// A new secret.
pub(crate) const SECRET: Model = Model { name: "RobotSec", fields: &[("secret", Shape::Text)] };

/// A robot as it is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// As it was sent: short on create, with all before it on change.
    pub(crate) name: String,
    pub(crate) level: Level,
    pub(crate) description: String,
    pub(crate) duration: i64,
    pub(crate) disabled: bool,
    pub(crate) permissions: Vec<Permission>,
}

impl Asked {
    /// A robot to be made.
    pub(crate) fn new(world: &World, fields: &Map<String, Value>) -> Result<Self, Answer> {
        if !names::is_plain(body::text(fields, "name")) {
            return Err(Answer::invalid("robot name is not in lower case or contains illegal characters"));
        }
        Self::read(world, fields, body::whole(fields, "duration"))
    }

    /// A robot to be changed, which keeps its duration where none is sent.
    pub(crate) fn change(world: &World, fields: &Map<String, Value>, duration: i64) -> Result<Self, Answer> {
        let sent = fields.get("duration").and_then(Value::as_i64);
        Self::read(world, fields, sent.unwrap_or(duration))
    }

    fn read(world: &World, fields: &Map<String, Value>, duration: i64) -> Result<Self, Answer> {
        if duration != -1 && duration <= 0 {
            return Err(Answer::invalid(format!(
                "bad request error duration input: {duration}, duration must be either -1(Never) or a positive integer"
            )));
        }
        let level = body::text(fields, "level");
        if !matches!(level, "system" | "project") {
            return Err(Answer::invalid(format!("bad request error level input: {level}")));
        }
        let sent: Vec<&Map<String, Value>> =
            body::list(fields, "permissions").iter().filter_map(Value::as_object).collect();
        check(&sent, level)?;
        let permissions = sent.into_iter().map(|sent| permission(world, sent)).collect::<Result<Vec<_>, _>>()?;
        let level = match (level, permissions.first().map(|first| first.scope)) {
            ("project", Some(Scope::Project(project))) => Level::Project(project),
            ("project", _) => return Err(Answer::not_found("project * not found")),
            _ => Level::System,
        };
        Ok(Self {
            name: body::text(fields, "name").to_owned(),
            level,
            description: body::text(fields, "description").to_owned(),
            duration,
            disabled: body::flag(fields, "disable"),
            permissions,
        })
    }
}

/// What the server finds fault with before it looks at projects.
fn check(permissions: &[&Map<String, Value>], level: &str) -> Result<(), Answer> {
    if permissions.is_empty() {
        return Err(Answer::invalid("bad request empty permission"));
    }
    if permissions.iter().any(|permission| body::list(permission, "access").is_empty()) {
        return Err(Answer::invalid("bad request empty access"));
    }
    // a project's robot has rights in one project only
    if level == "project" && permissions.len() > 1 {
        return Err(Answer::invalid("bad request permission"));
    }
    for permission in permissions {
        let kind = body::text(permission, "kind");
        let known = |resource: &str, action: &str| match kind {
            "system" => permissions::system().any(|right| right == (resource, action)),
            _ => permissions::project().any(|right| right == (resource, action)),
        };
        if !matches!(kind, "system" | "project") {
            return Err(Answer::invalid(format!("bad request permission level: {kind}")));
        }
        if let Some((resource, action)) =
            access_of(permission).iter().find(|(resource, action)| !known(resource, action))
        {
            return Err(Answer::invalid(format!("bad request permission: {resource}:{action}")));
        }
    }
    Ok(())
}

/// A permission with the project that its namespace names.
fn permission(world: &World, sent: &Map<String, Value>) -> Result<Permission, Answer> {
    let namespace = body::text(sent, "namespace");
    let scope = match (body::text(sent, "kind"), namespace) {
        ("system", _) => Scope::System,
        (_, "*") => Scope::AllProjects,
        _ => {
            let missing = || Answer::not_found(format!("project {namespace} not found"));
            Scope::Project(world.project_named(namespace).ok_or_else(missing)?.id)
        }
    };
    let denied = denied_of(sent);
    let access = access_of(sent).into_iter().filter(|right| !denied.contains(right)).collect();
    Ok(Permission { scope, access, denied })
}
