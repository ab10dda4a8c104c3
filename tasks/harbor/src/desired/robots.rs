//! Robots: those of teams, those that the values declare for the system or a project, and this task's own.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    object::ObjectId,
    reading::Reading,
    values::{
        SecretValue, ValuePath,
        model::{Harbor, HarborRobot, ProjectRobot, RobotAccess, RobotDuration, RobotEffect},
    },
};
use evenkeel_harbor_client::types::{Access, RobotPermission};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Declared,
    lengths::{Column, check},
};
use crate::{
    names,
    permissions::{self, DENIED, SYSTEM},
};

/// Where a robot lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RobotHome {
    /// The system. Its rights may be in one project only.
    System,
    /// A project.
    Project(String),
}

/// A robot. What is absent in its fields is not managed.
#[derive(Clone, Debug)]
pub struct DesiredRobot {
    /// Where it lives.
    pub home: RobotHome,
    /// Its name, without prefix and project.
    pub name: String,
    /// What is managed of it.
    pub fields: Declared<RobotFields>,
    /// Who knows its secret.
    pub secret: SecretHome,
}

/// Who knows a robot's secret.
#[derive(Clone, Debug)]
pub enum SecretHome {
    /// This task, which works as the robot.
    Own,
    /// A team's Secrets in the cluster.
    Published,
    /// The values.
    Declared(SecretString),
    /// Nobody but the vault.
    Kept,
}

impl DesiredRobot {
    /// The name under which the server stores it: without the prefix (server-behaviour 5).
    #[must_use]
    pub fn stored_name(&self) -> String {
        match &self.home {
            RobotHome::System => self.name.clone(),
            RobotHome::Project(project) => format!("{project}+{}", self.name),
        }
    }

    /// The robot as an object.
    #[must_use]
    pub fn object(&self) -> ObjectId {
        names::robot(&self.stored_name())
    }
}

impl DesiredRobot {
    /// Whether the robot can work once it is as declared: a secret that is refused means something only then.
    #[must_use]
    pub fn will_be_awake(&self, disabled: bool, expired: bool) -> bool {
        let fields = &self.fields.value;
        !fields.disable.unwrap_or(disabled) && (!expired || fields.duration.is_some())
    }
}

/// What a robot may do: by place, the resources with the actions on them.
pub type Permissions = BTreeMap<String, BTreeSet<(String, String)>>;

/// What is managed of a robot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RobotFields {
    /// Its description.
    pub description: Option<String>,
    /// Whether it is off.
    pub disable: Option<bool>,
    /// Days until it expires; -1 is never. `None` leaves it alone once there is a robot.
    pub duration: Option<i64>,
    /// What it may do, by place: `/` for the system, a project's name, or `*` for all projects. A right that is denied ends in
    /// `DENIED`.
    pub permissions: Permissions,
}

impl RobotFields {
    /// The rights as the server takes them.
    #[must_use]
    pub fn permissions(&self) -> Vec<RobotPermission> {
        let permission = |(place, rights): (&String, &BTreeSet<(String, String)>)| RobotPermission {
            kind: Some(if place == SYSTEM { "system" } else { "project" }.to_owned()),
            namespace: Some(place.clone()),
            access: Some(rights.iter().map(access).collect()),
        };
        self.permissions.iter().map(permission).collect()
    }
}

fn access((resource, action): &(String, String)) -> Access {
    let (action, effect) = match action.strip_suffix(DENIED) {
        Some(denied) => (denied, Some("deny".to_owned())),
        None => (action.as_str(), None),
    };
    Access { resource: Some(resource.clone()), action: Some(action.to_owned()), effect }
}

/// The three robots of a team: what each may do with the images of the team's project.
const OF_TEAM: [(&str, &str, &[&str]); 3] = [
    ("pull", "pulls images", &["pull"]),
    ("push", "pushes and pulls images", &["pull", "push"]),
    ("builds", "pushes and pulls images in builds", &["pull", "push"]),
];

/// The name of this task's own robot, without prefix.
#[must_use]
pub fn own_robot(platform: &str) -> String {
    format!("evenkeel-{platform}")
}

/// What this task's own robot says of itself.
#[must_use]
pub fn own_description(platform: &str) -> String {
    format!("evenkeel keeps {platform} equal to its values")
}

pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> Vec<DesiredRobot> {
    let mut robots = vec![own(reading)];
    for (id, name, path) in reading.teams() {
        robots.extend(OF_TEAM.map(|(suffix, description, actions)| {
            let right = |action: &&str| ("repository".to_owned(), (*action).to_owned());
            let rights = actions.iter().map(right).collect();
            let fields = RobotFields {
                description: Some(format!("{name} {description}")),
                disable: Some(false),
                duration: Some(RobotDuration::FOREVER.days()),
                permissions: BTreeMap::from([(name.clone(), rights)]),
            };
            DesiredRobot {
                home: RobotHome::System,
                name: format!("{name}-{suffix}"),
                fields: Declared::new(fields, reading.cause(&path)).of_team(Some(id.as_str().into())),
                secret: SecretHome::Published,
            }
        }));
    }
    for (index, robot) in harbor.robots.iter().flatten().enumerate() {
        robots.push(of_system(reading, robot, &reading.path(&["robots"]).index(index)));
    }
    for (index, project) in harbor.projects.iter().flatten().enumerate() {
        let path = reading.path(&["projects"]).index(index).key("robots");
        for (index, robot) in project.robots.iter().flatten().enumerate() {
            robots.push(of_project(reading, project.name.as_str(), robot, &path.clone().index(index)));
        }
    }
    check_names(reading, &robots);
    robots
}

/// This task's own: a robot's request costs the server a tenth of an administrator's (server-behaviour 1.1).
fn own(reading: &Reading<'_>) -> DesiredRobot {
    let platform = &reading.values.platform.name;
    let fields = RobotFields {
        description: Some(own_description(platform.as_str())),
        disable: Some(false),
        duration: Some(RobotDuration::FOREVER.days()),
        permissions: permissions::own_by_scope(),
    };
    DesiredRobot {
        home: RobotHome::System,
        name: own_robot(platform.as_str()),
        fields: Declared::new(fields, reading.cause(&reading.path(&[]))),
        secret: SecretHome::Own,
    }
}

fn of_system(reading: &Reading<'_>, robot: &HarborRobot, path: &ValuePath) -> DesiredRobot {
    let mut permissions: Permissions = BTreeMap::new();
    for declared in &robot.permissions {
        let place = declared.project.as_ref().map_or(SYSTEM, |project| project.as_str());
        permissions.entry(place.to_owned()).or_default().extend(declared_rights(&declared.access));
    }
    check_rights(reading, &permissions, path);
    check_lengths(reading, path, robot.name.as_str(), robot.description.as_deref());
    let fields = RobotFields {
        description: robot.description.clone(),
        disable: robot.disabled,
        duration: robot.duration.map(RobotDuration::days),
        permissions,
    };
    DesiredRobot {
        home: RobotHome::System,
        name: robot.name.to_string(),
        fields: Declared::new(fields, reading.cause(path)),
        secret: secret(reading, robot.secret.as_ref(), path),
    }
}

fn of_project(reading: &Reading<'_>, project: &str, robot: &ProjectRobot, path: &ValuePath) -> DesiredRobot {
    let permissions = BTreeMap::from([(project.to_owned(), declared_rights(&robot.access).collect())]);
    check_rights(reading, &permissions, path);
    check_lengths(reading, path, &format!("{project}+{}", robot.name), robot.description.as_deref());
    let fields = RobotFields {
        description: robot.description.clone(),
        disable: robot.disabled,
        duration: robot.duration.map(RobotDuration::days),
        permissions,
    };
    DesiredRobot {
        home: RobotHome::Project(project.to_owned()),
        name: robot.name.to_string(),
        fields: Declared::new(fields, reading.cause(path)),
        secret: secret(reading, robot.secret.as_ref(), path),
    }
}

fn check_lengths(reading: &Reading<'_>, path: &ValuePath, stored_name: &str, description: Option<&str>) {
    let description = description.map(|description| (Column::RobotDescription, description));
    check(reading, path, [(Column::RobotName, stored_name)].into_iter().chain(description));
}

fn declared_rights(access: &[RobotAccess]) -> impl Iterator<Item = (String, String)> + '_ {
    access.iter().map(|right| {
        let denied = if right.effect == Some(RobotEffect::Deny) { DENIED } else { "" };
        (right.resource.clone(), format!("{}{denied}", right.action))
    })
}

/// Harbor refuses a robot that may do nothing (server-behaviour 5).
fn check_rights(reading: &Reading<'_>, permissions: &Permissions, path: &ValuePath) {
    if permissions.is_empty() || permissions.values().any(BTreeSet::is_empty) {
        let problem = reading.problem(path, "a robot may do something");
        reading.report(problem.with_hint("list its rights, or set `disabled: true`"));
    }
    for rights in permissions.values() {
        for (resource, action) in rights {
            if rights.contains(&(resource.clone(), format!("{action}{DENIED}"))) {
                let message = format!("`{resource}:{action}` is allowed and denied in one place");
                reading.report(reading.problem(path, &message).with_hint("write one of the two"));
            }
        }
    }
}

fn secret(reading: &Reading<'_>, declared: Option<&SecretValue>, path: &ValuePath) -> SecretHome {
    let Some(declared) = declared else { return SecretHome::Kept };
    let path = path.clone().key("secret");
    let misfit = || {
        let problem = reading.problem(&path, "harbor would refuse this secret of a robot");
        problem
            .with_hint("it has 8 to 128 characters, among them an upper case letter, a lower case letter and a digit")
    };
    SecretHome::Declared(reading.fitting_secret(declared, &path, fits_harbor, misfit))
}

/// Whether Harbor takes a text as a robot's secret (server-behaviour 5).
#[expect(clippy::disallowed_methods, reason = "the characters are looked at and not kept")]
pub(crate) fn fits_harbor(secret: &SecretString) -> bool {
    let text = secret.expose_secret();
    (8..=128).contains(&text.chars().count())
        && text.contains(|character: char| character.is_ascii_uppercase())
        && text.contains(|character: char| character.is_ascii_lowercase())
        && text.contains(|character: char| character.is_ascii_digit())
}

fn check_names(reading: &Reading<'_>, robots: &[DesiredRobot]) {
    let mut known = BTreeSet::new();
    for robot in robots {
        let name = robot.stored_name();
        if !known.insert(name.clone()) {
            let problem = reading.problem(&reading.path(&["robots"]), &format!("robot `{name}` is declared twice"));
            reading.report(problem.with_hint("what teams imply, and evenkeel's own robot, count too"));
        }
    }
}
