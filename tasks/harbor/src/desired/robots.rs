//! Robots: those of teams, those that the values declare for the system or a project, and this task's own.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    object::ObjectId,
    plan::Cause,
    values::{
        Problems, ValuePath,
        model::{Harbor, HarborRobot, ProjectRobot, RobotAccess, RobotDuration, RobotEffect},
    },
};
use evenkeel_harbor_client::types::{Access, RobotPermission};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Declared,
    lengths::{Column, check},
    reading::Reading,
};
use crate::{
    names,
    observe::DENIED,
    rights::{self, SYSTEM},
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
    pub permissions: BTreeMap<String, BTreeSet<(String, String)>>,
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

pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> Result<Vec<DesiredRobot>, Problems> {
    let mut problems = Problems::default();
    let mut robots = vec![own(reading)];
    for (id, name, path) in reading.teams() {
        for (suffix, description, actions) in OF_TEAM {
            let right = |action: &&str| ("repository".to_owned(), (*action).to_owned());
            let rights = actions.iter().map(right).collect();
            let fields = RobotFields {
                description: Some(format!("{name} {description}")),
                disable: Some(false),
                duration: Some(RobotDuration::FOREVER.days()),
                permissions: BTreeMap::from([(name.clone(), rights)]),
            };
            robots.push(DesiredRobot {
                home: RobotHome::System,
                name: format!("{name}-{suffix}"),
                fields: Declared::new(fields, reading.cause(&path)).of_team(Reading::team(id)),
                secret: SecretHome::Published,
            });
        }
    }
    for (index, robot) in harbor.robots.iter().flatten().enumerate() {
        let path = reading.path(&["robots"]).index(index);
        problems.take(long_texts(reading, &path, robot.name.as_str(), robot.description.as_deref()));
        robots.extend(problems.take(of_system(reading, robot, &path)));
    }
    for (index, project) in harbor.projects.iter().flatten().enumerate() {
        let path = reading.path(&["projects"]).index(index).key("robots");
        for (index, robot) in project.robots.iter().flatten().enumerate() {
            let path = path.clone().index(index);
            let stored = format!("{}+{}", project.name, robot.name);
            problems.take(long_texts(reading, &path, &stored, robot.description.as_deref()));
            robots.extend(problems.take(of_project(reading, project.name.as_str(), robot, &path)));
        }
    }
    problems.take(each_once(reading, &robots));
    problems.into_result(robots)
}

/// This task's own: a robot's request costs the server a tenth of an administrator's (server-behaviour 1.1).
fn own(reading: &Reading<'_>) -> DesiredRobot {
    let platform = &reading.values.platform.name;
    let fields = RobotFields {
        description: Some(own_description(platform.as_str())),
        disable: Some(false),
        duration: Some(RobotDuration::FOREVER.days()),
        permissions: rights::own_by_place(),
    };
    DesiredRobot {
        home: RobotHome::System,
        name: own_robot(platform.as_str()),
        fields: Declared::new(fields, reading.cause(&reading.path(&[]))),
        secret: SecretHome::Own,
    }
}

fn of_system(reading: &Reading<'_>, robot: &HarborRobot, path: &ValuePath) -> Result<DesiredRobot, Problems> {
    let mut permissions: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for declared in &robot.permissions {
        let place = declared.project.as_ref().map_or(SYSTEM, |project| project.as_str());
        permissions.entry(place.to_owned()).or_default().extend(declared_rights(&declared.access));
    }
    Ok(DesiredRobot {
        home: RobotHome::System,
        name: robot.name.to_string(),
        fields: Declared::new(
            RobotFields {
                description: robot.description.clone(),
                disable: robot.disabled,
                duration: robot.duration.map(RobotDuration::days),
                permissions: not_empty(reading, permissions, path)?,
            },
            reading.cause(path),
        ),
        secret: secret(reading, robot.secret.as_ref(), path)?,
    })
}

fn of_project(
    reading: &Reading<'_>,
    project: &str,
    robot: &ProjectRobot,
    path: &ValuePath,
) -> Result<DesiredRobot, Problems> {
    let permissions = BTreeMap::from([(project.to_owned(), declared_rights(&robot.access).collect())]);
    Ok(DesiredRobot {
        home: RobotHome::Project(project.to_owned()),
        name: robot.name.to_string(),
        fields: Declared::new(
            RobotFields {
                description: robot.description.clone(),
                disable: robot.disabled,
                duration: robot.duration.map(RobotDuration::days),
                permissions: not_empty(reading, permissions, path)?,
            },
            reading.cause(path),
        ),
        secret: secret(reading, robot.secret.as_ref(), path)?,
    })
}

fn long_texts(
    reading: &Reading<'_>,
    path: &ValuePath,
    stored_name: &str,
    description: Option<&str>,
) -> Result<(), Problems> {
    let description = description.map(|description| (Column::RobotDescription, description));
    check(reading, path, [(Column::RobotName, stored_name)].into_iter().chain(description))
}

fn declared_rights(access: &[RobotAccess]) -> impl Iterator<Item = (String, String)> + '_ {
    access.iter().map(|right| {
        let denied = if right.effect == Some(RobotEffect::Deny) { DENIED } else { "" };
        (right.resource.clone(), format!("{}{denied}", right.action))
    })
}

/// Harbor refuses a robot that may do nothing (server-behaviour 5).
fn not_empty(
    reading: &Reading<'_>,
    permissions: BTreeMap<String, BTreeSet<(String, String)>>,
    path: &ValuePath,
) -> Result<BTreeMap<String, BTreeSet<(String, String)>>, Problems> {
    if permissions.is_empty() || permissions.values().any(BTreeSet::is_empty) {
        let problem = reading.problem(path, "a robot may do something");
        return Err(problem.with_hint("list its rights, or set `disabled: true`").into());
    }
    for (resource, action) in permissions.values().flatten() {
        let denied = (resource.clone(), format!("{action}{DENIED}"));
        if permissions
            .values()
            .any(|rights| rights.contains(&(resource.clone(), action.clone())) && rights.contains(&denied))
        {
            let problem = reading.problem(path, &format!("`{resource}:{action}` is allowed and denied in one place"));
            return Err(problem.with_hint("write one of the two").into());
        }
    }
    Ok(permissions)
}

fn secret(
    reading: &Reading<'_>,
    declared: Option<&evenkeel_core::values::SecretValue>,
    path: &ValuePath,
) -> Result<SecretHome, Problems> {
    let Some(declared) = declared else { return Ok(SecretHome::Kept) };
    let path = path.clone().key("secret");
    let secret = reading.secret(declared, &path)?;
    if fits_harbor(&secret) {
        return Ok(SecretHome::Declared(secret));
    }
    let problem = reading.problem(&path, "harbor would refuse this secret of a robot");
    Err(problem
        .with_hint("it has 8 to 128 characters, among them an upper case letter, a lower case letter and a digit")
        .into())
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

fn each_once(reading: &Reading<'_>, robots: &[DesiredRobot]) -> Result<(), Problems> {
    let mut seen: BTreeMap<String, &Cause> = BTreeMap::new();
    for robot in robots {
        let name = robot.stored_name();
        if seen.insert(name.clone(), &robot.fields.cause).is_some() {
            let problem = reading.problem(&reading.path(&["robots"]), &format!("robot `{name}` is declared twice"));
            return Err(problem.with_hint("what teams imply, and evenkeel's own robot, count too").into());
        }
    }
    Ok(())
}
