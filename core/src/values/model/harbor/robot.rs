//! Robot accounts.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use crate::values::names::{ProjectName, RobotName};
use crate::values::secret::SecretValue;

/// A robot account of the whole system, beyond those of teams.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborRobot {
    /// Name, without the prefix that the server puts before it.
    pub name: RobotName,
    /// Description.
    pub description: Option<String>,
    /// Whether it is off.
    pub disabled: Option<bool>,
    /// Days until it expires; `-1` is never. Default `-1`, at creation.
    pub duration: Option<RobotDuration>,
    /// What it may do, and where.
    #[schemars(length(min = 1))]
    pub permissions: Vec<RobotPermissions>,
    /// Secret: 8 to 128 characters with an upper case letter, a lower case letter and a digit. Default: one is made.
    pub secret: Option<SecretValue>,
}

/// A robot account of one project.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectRobot {
    /// Name, without prefix and project.
    pub name: RobotName,
    /// Description.
    pub description: Option<String>,
    /// Whether it is off.
    pub disabled: Option<bool>,
    /// Days until it expires; `-1` is never. Default `-1`, at creation.
    pub duration: Option<RobotDuration>,
    /// What it may do in the project.
    #[schemars(length(min = 1))]
    pub access: Vec<RobotAccess>,
    /// Secret: 8 to 128 characters with an upper case letter, a lower case letter and a digit. Default: one is made.
    pub secret: Option<SecretValue>,
}

/// What a robot may do in one place: in `project`, or in the whole system without it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RobotPermissions {
    /// Project, or `*` for all. Absent: rights about the system itself.
    pub project: Option<RobotProject>,
    /// The rights.
    #[schemars(length(min = 1))]
    pub access: Vec<RobotAccess>,
}

/// A project by name, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct RobotProject(
    #[schemars(
        regex(pattern = r"^(\*|[a-z0-9]+(?:[._-][a-z0-9]+)*)$"),
        length(max = 255),
        extend("x-expected" = "a project name, or `*` for all projects")
    )]
    String,
);

impl RobotProject {
    /// The project's name, or `*`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RobotProject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "*" => Ok(Self(text)),
            name => ProjectName::parse(name).map(|_| Self(text)).map_err(de::Error::custom),
        }
    }
}

/// One right of a robot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RobotAccess {
    /// What it is about, such as `repository`.
    pub resource: String,
    /// What may be done with it, such as `pull`.
    pub action: String,
    /// Whether it may be done: `deny` takes out what a wider right would allow. Default `allow`.
    pub effect: Option<RobotEffect>,
}

/// Whether a right allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum RobotEffect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// How many days a robot lives; `-1` is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(inline)]
pub struct RobotDuration(#[schemars(range(min = -1))] i64);

impl RobotDuration {
    /// For ever.
    pub const FOREVER: Self = Self(-1);

    /// The days, or -1.
    #[must_use]
    pub const fn days(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for RobotDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match i64::deserialize(deserializer)? {
            days if days == -1 || days > 0 => Ok(Self(days)),
            _ => Err(de::Error::custom("expected a number of days, or -1 for ever")),
        }
    }
}
