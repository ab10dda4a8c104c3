use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::HttpUrl;
use crate::values::representation::{Representation, representation};
use crate::values::secret::SecretValue;

mod allowlist;
mod project;
mod registry;
mod retention;
mod robot;
mod system;

pub use allowlist::CveAllowlist;
pub use project::{
    HarborLabel, HarborMember, HarborProject, HarborWebhook, ImmutableTags, MemberRole, ProjectCache, ProjectSettings,
    Retention, Severity, TeamHarbor, WebhookFormat, WebhookTarget,
};
pub use registry::{
    HarborRegistry, HarborReplication, RegistryCredential, RegistryCredentialKind, ReplicationFilter,
    ReplicationFilterKind, ReplicationTrigger,
};
pub use retention::{RetentionRule, RetentionTemplate};
pub use robot::{HarborRobot, ProjectRobot, RobotAccess, RobotDuration, RobotEffect, RobotPermissions, RobotProject};
pub use system::{
    AuditPurge, GarbageCollection, HarborScanner, HarborSystem, HarborUser, HarborUserGroup, PreheatAuth,
    PreheatInstance, PreheatLogin, PreheatVendor, ScanAll, ScannerAuth,
};

/// Harbor: configuration, projects and robot accounts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Harbor {
    /// Public address. Default `https://harbor.<platform.domain>`.
    pub url: Option<HttpUrl>,
    /// Address for all calls of a run, wherever it runs, such as one inside the cluster. Default: the public address.
    pub internal_url: Option<HttpUrl>,
    /// Host by which images are named and pulled. Default `harbor.<platform.domain>`.
    pub registry_host: Option<String>,
    /// The account that makes the changes.
    pub admin: HarborAdmin,
    /// Login through OpenID Connect; absent means that it is not managed.
    pub oidc: Option<HarborOidc>,
    /// Any other configuration key to manage, by Harbor's own names.
    pub configuration: Option<HarborConfiguration>,
    /// Whether a change of `platform.names.robotPrefix` may rename robots that evenkeel did not make: whoever uses them has to
    /// log in by another name from then on. Default `false`: the change is refused.
    #[serde(default)]
    pub rename_foreign_robots: bool,
    /// Settings of every team's project, unless the team overrides them.
    pub team_defaults: Option<TeamHarbor>,
    /// Projects beyond what teams imply.
    pub projects: Option<Vec<HarborProject>>,
    /// Robot accounts beyond what teams imply.
    pub robots: Option<Vec<HarborRobot>>,
    /// Registries that projects replicate from and to.
    pub registries: Option<Vec<HarborRegistry>>,
    /// Replication policies.
    pub replications: Option<Vec<HarborReplication>>,
    /// Objects of the whole system: schedules, scanners, labels and what else no project holds.
    pub system: Option<HarborSystem>,
    /// Local accounts. There are such only while the login mode is `db_auth`.
    pub users: Option<Vec<HarborUser>>,
    /// Groups of users, known before somebody of them logs in or becomes a member.
    pub user_groups: Option<Vec<HarborUserGroup>>,
}

/// The account that makes the changes in Harbor.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborAdmin {
    /// User name. Default `admin`.
    pub username: String,
    /// Password.
    pub password: SecretValue,
}

/// Login to Harbor through OpenID Connect.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborOidc {
    /// Address of the realm. Default: the realm of `keycloak` in these values.
    pub endpoint: Option<HttpUrl>,
    /// Client id. Default `platform.names.client`.
    pub client_id: Option<String>,
    /// Client secret. Default `keycloak.client.secret`.
    pub client_secret: Option<SecretValue>,
    /// Claim that becomes the user name. Default `email`.
    pub user_claim: Option<String>,
    /// Whether an account is made at the first login. Default `true`.
    pub auto_onboard: Option<bool>,
    /// Whether the provider's certificate is checked. Default `true`.
    pub verify_cert: Option<bool>,
    /// Claim that carries the groups. Default `groups`.
    pub groups_claim: Option<String>,
    /// Scopes that are asked for, with commas between. Default `openid`.
    pub scope: Option<String>,
}

representation! {
    /// Configuration keys of Harbor that are to be managed.
    HarborConfiguration,
}
