use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::harbor::TeamHarbor;
use crate::values::names::{Email, TeamId};
use crate::values::secret::SecretValue;

/// A team. `{}` is a team with nothing but what the team contract implies.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Team {
    /// Name for people.
    pub display_name: Option<String>,
    /// Id of the team's group at the external identity provider.
    pub identity_group: Option<String>,
    /// Overrides `harbor.teamDefaults` for this team.
    pub harbor: Option<TeamHarbor>,
    /// The team's rights in Gitea.
    pub gitea: Option<TeamGitea>,
}

/// A team's rights in Gitea.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TeamGitea {
    /// What the team may do with the code of its repositories.
    pub permission: Option<Permission>,
}

/// What a Gitea team may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Permission {
    /// Read code.
    Read,
    /// Read and write code.
    Write,
    /// Administer repositories.
    Admin,
}

/// A local account of Keycloak. Absent fields are not managed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Email address, also the user name; compared without regard to case.
    pub email: Email,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Teams that the user belongs to; an empty list means none, and takes the user out of every team.
    pub teams: Option<Vec<TeamId>>,
    /// Whether the user administers teams.
    pub team_admin: Option<bool>,
    /// Whether the user administers the platform.
    pub platform_admin: Option<bool>,
    /// Whether the user administers all teams.
    pub all_teams_admin: Option<bool>,
    /// Whether the account may log in.
    pub enabled: Option<bool>,
    /// Whether the email address is known to be the user's. A new account's is, unless declared otherwise.
    pub email_verified: Option<bool>,
    /// Further attributes of the account: lists of texts by name. Attributes of other people stay; the user profile says
    /// which attributes there may be.
    pub attributes: Option<BTreeMap<String, Vec<String>>>,
    /// Password at creation: set once, temporary, never reset.
    pub initial_password: Option<SecretValue>,
}
