//! The desired values as types. Their doc comments are the descriptions of the JSON Schema.
//!
//! Everything is optional unless the schema says otherwise: an absent field is not managed, which is not the
//! same as an empty list or `false`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

mod barriers;
mod copies;
mod drone;
mod gitea;
mod harbor;
mod keycloak;
mod kubernetes;
mod people;
mod platform;

pub use barriers::{Condition, ConditionCredentials, ConditionTarget, HttpCondition, HttpMethod, JsonScalar};
pub use copies::{Copy, CopySource, CopyTarget, LabelExpression, LabelOperator, LabelSelector, Patterns};
pub use drone::{Drone, DroneCron, DroneRepository, DroneSecret};
pub use gitea::{
    Gitea, GiteaAdmin, GiteaAuthenticationSource, GiteaCredentials, GiteaHook, GiteaOrganisation, GiteaRepository,
    GiteaUser,
};
pub use harbor::{
    AuditPurge, CveAllowlist, GarbageCollection, HarborScanner, HarborSystem, HarborUser, HarborUserGroup, PreheatAuth,
    PreheatInstance, PreheatLogin, PreheatVendor, ScanAll, ScannerAuth,
};
pub use harbor::{
    Harbor, HarborAdmin, HarborConfiguration, HarborLabel, HarborMember, HarborOidc, HarborProject, HarborRegistry,
    HarborReplication, HarborRobot, HarborWebhook, ImmutableTags, MemberRole, ProjectCache, ProjectRobot,
    ProjectSettings, RegistryCredential, RegistryCredentialKind, ReplicationFilter, ReplicationFilterKind,
    ReplicationTrigger, Retention, RetentionRule, RetentionTemplate, RobotAccess, RobotDuration, RobotEffect,
    RobotPermissions, RobotProject, Severity, TeamHarbor, WebhookFormat, WebhookTarget,
};
pub use keycloak::{
    AdminCredentials, ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, IdentityProvider,
    IdentityProviderGroups, IdentityProviderRepresentation, Implied, ImpliedPart, Keycloak, KeycloakAdmin,
    PlatformClient, RealmEventsConfigRepresentation, RealmRepresentation, RemovedUsers,
    RequiredActionProviderRepresentation, RoleNames, RoleRepresentation, UPConfig,
};
pub use kubernetes::{Inventory, Kubernetes};
pub use people::{FederatedIdentity, Permission, Team, TeamGitea, User};
pub use platform::{Names, Platform};

use super::names::TeamId;

/// The desired values of a whole platform: what the applications are kept equal to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Values {
    /// The platform itself: its name, domain and the names of what teams imply.
    pub platform: Platform,
    /// The teams, by id. What each implies in the applications is the team contract.
    #[serde(default)]
    #[schemars(schema_with = "team_map")]
    pub teams: BTreeMap<TeamId, Team>,
    /// Local accounts; ignored when an external identity provider is set.
    #[serde(default)]
    pub users: Vec<User>,
    /// Keycloak; without this section it is not managed.
    pub keycloak: Option<Keycloak>,
    /// Harbor; without this section it is not managed.
    pub harbor: Option<Harbor>,
    /// Gitea; without this section it is not managed.
    pub gitea: Option<Gitea>,
    /// Drone; without this section it is not managed.
    pub drone: Option<Drone>,
    /// Kubernetes objects that go with the applications.
    pub kubernetes: Option<Kubernetes>,
    /// Copies of Secrets and certificates between namespaces.
    #[serde(default)]
    pub copies: Vec<Copy>,
    /// Named sets of conditions that `wait-for` waits for.
    #[serde(default)]
    pub barriers: BTreeMap<String, Vec<Condition>>,
}

/// Teams by id: the ids are checked, and an unknown key inside a team stays an unknown key of that team.
fn team_map(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let id = generator.subschema_for::<TeamId>();
    let team = generator.subschema_for::<Team>();
    schemars::json_schema!({"type": "object", "propertyNames": id, "additionalProperties": team})
}
