use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::harbor::TeamHarbor;
use super::keycloak::roles_by_client;
use crate::values::names::{AddressableName, Email, GroupPath, TeamId, UserName};
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

/// A local account of Keycloak, with an email, a user name or both. Absent fields are not managed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Email address, also the user name where none is declared; compared without regard to case.
    pub email: Option<Email>,
    /// Name to log in with, where it is not the email; compared without regard to case. The account is then known by it.
    pub username: Option<UserName>,
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
    /// Paths of the groups that the user is in beside those of teams and administrators, such as `/staff/interns`: the whole list.
    pub groups: Option<Vec<GroupPath>>,
    /// Realm roles that the user has directly, not by a group: the whole list.
    pub realm_roles: Option<Vec<AddressableName>>,
    /// Roles of clients that the user has directly, by `clientId`: the whole list of each client.
    #[serde(default)]
    #[schemars(schema_with = "roles_by_client")]
    pub client_roles: Option<BTreeMap<AddressableName, Vec<AddressableName>>>,
    /// What the user must do at the next login, such as `CONFIGURE_TOTP`: the whole list. Who has done it is asked again by the
    /// next run, for as long as it is declared.
    pub required_actions: Option<Vec<AddressableName>>,
    /// Accounts at identity providers with which the user logs in, one for each provider; those at other providers stay.
    pub federated_identities: Option<Vec<FederatedIdentity>>,
    /// Whether the account may log in.
    pub enabled: Option<bool>,
    /// Whether the email address is known to be the user's. A new account's is, if it has one and nothing else is declared.
    pub email_verified: Option<bool>,
    /// Further attributes of the account: lists of texts by name. Attributes of other people stay; the user profile says
    /// which attributes there may be.
    pub attributes: Option<BTreeMap<String, Vec<String>>>,
    /// Password at creation: set once, temporary, never reset.
    pub initial_password: Option<SecretValue>,
}

impl User {
    /// What the account is known by, in lower case: the user name, or the email where none is declared. Whoever has neither is a
    /// problem of the values.
    #[must_use]
    pub fn name(&self) -> String {
        let email = || self.email.as_ref().map(Email::folded).unwrap_or_default();
        self.username.as_ref().map_or_else(email, UserName::folded)
    }
}

/// A user's account at an identity provider.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FederatedIdentity {
    /// Alias of the identity provider.
    pub identity_provider: AddressableName,
    /// Id of the account there.
    pub user_id: String,
    /// Name of the account there.
    pub user_name: Option<String>,
}
