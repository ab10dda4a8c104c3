use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::{DomainName, ObjectName, PlatformName, RealmName, TeamPrefix};
use crate::values::secret::CaBundle;

/// The platform itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Platform {
    /// Name of the owner: inventory and labels carry it.
    pub name: PlatformName,
    /// Domain under which the applications are reached: `keycloak.<domain>`, `harbor.<domain>` and so on.
    pub domain: Option<DomainName>,
    /// Names of what the platform and its teams imply; the defaults are those of existing installations.
    pub names: Names,
    /// Certificates that every client trusts, on top of the system's.
    pub ca_bundle: Option<CaBundle>,
}

/// Names of what the platform and its teams imply in the applications.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Names {
    /// Keycloak realm. Default `otomi`.
    pub realm: RealmName,
    /// Keycloak client that the applications share. Default `otomi`.
    pub client: ObjectName,
    /// Put before a team's id wherever the team has an object. Default `team-`.
    pub team_prefix: TeamPrefix,
    /// Role and group of platform administrators. Default `platform-admin`.
    pub platform_admin: ObjectName,
    /// Role and group of administrators of all teams. Default `all-teams-admin`.
    pub all_teams_admin: ObjectName,
    /// Role and group of team administrators. Default `team-admin`.
    pub team_admin: ObjectName,
    /// Put before the names of all Harbor robot accounts by the server, those of other people among them; absent means that it
    /// is not managed.
    pub robot_prefix: Option<ObjectName>,
    /// Gitea organisation of the platform. Default `otomi`.
    pub organisation: ObjectName,
    /// Gitea team whose members may read. Default `otomi-viewer`.
    pub viewer: ObjectName,
}

impl Names {
    /// Name of a team's objects in every application: `<teamPrefix><id>`.
    #[must_use]
    pub fn team(&self, id: &crate::values::names::TeamId) -> String {
        format!("{}{id}", self.team_prefix)
    }
}

impl Platform {
    /// Public address of an application under the domain, `https://<application>.<domain>`; `None` without a domain.
    #[must_use]
    pub fn address_of(&self, application: &str) -> Option<String> {
        self.domain.as_ref().map(|domain| format!("https://{application}.{domain}"))
    }
}
