//! Projects, and what belongs to them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CveAllowlist, ProjectRobot, RetentionRule};
use crate::values::names::{AddressableName, ObjectName, ProjectName, StorageQuota};
use crate::values::secret::{SecretValue, WebhookAddress};

/// Declares a type with fields of its own and the settings that every project has: serde cannot flatten one into the other
/// and still name unknown keys with their place.
macro_rules! with_project_settings {
    ($(#[$meta:meta])* $name:ident { $($(#[$own_meta:meta])* $own:ident: $own_type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $($(#[$own_meta])* pub $own: $own_type,)*
            /// Whether anyone may pull.
            pub public: Option<bool>,
            /// How much the project may store.
            pub storage_quota: Option<StorageQuota>,
            /// Which images are kept.
            pub retention: Option<Retention>,
            /// Whether images are scanned when they are pushed.
            pub auto_scan: Option<bool>,
            /// Whether a list of components is made when an image is pushed.
            pub auto_sbom: Option<bool>,
            /// Whether images with vulnerabilities cannot be pulled.
            pub prevent_vulnerable: Option<bool>,
            /// From which severity on an image counts as vulnerable.
            pub severity: Option<Severity>,
            /// Whether only images with a Cosign signature can be pulled.
            pub require_signature: Option<bool>,
            /// Whether vulnerabilities that the whole system allows are allowed here, and the project's own list counts for nothing.
            pub system_allowlist: Option<bool>,
            /// Vulnerabilities that are allowed in the project.
            pub cve_allowlist: Option<CveAllowlist>,
            /// What scans the project's images, by its name among the scanners of the system.
            pub scanner: Option<AddressableName>,
            /// Tags that can neither be overwritten nor deleted.
            pub immutable_tags: Option<Vec<ImmutableTags>>,
            /// Who is told about events in the project.
            pub webhooks: Option<Vec<HarborWebhook>>,
            /// Labels for images.
            pub labels: Option<Vec<HarborLabel>>,
        }

        impl $name {
            /// The settings alone.
            #[must_use]
            pub fn settings(&self) -> ProjectSettings<'_> {
                ProjectSettings {
                    public: self.public,
                    storage_quota: self.storage_quota.as_ref(),
                    retention: self.retention.as_ref(),
                    auto_scan: self.auto_scan,
                    auto_sbom: self.auto_sbom,
                    prevent_vulnerable: self.prevent_vulnerable,
                    severity: self.severity,
                    require_signature: self.require_signature,
                    system_allowlist: self.system_allowlist,
                    cve_allowlist: self.cve_allowlist.as_ref(),
                    scanner: self.scanner.as_ref(),
                    immutable_tags: self.immutable_tags.as_deref(),
                    webhooks: self.webhooks.as_deref(),
                    labels: self.labels.as_deref(),
                }
            }
        }
    };
}

with_project_settings! {
    /// Settings of a team's project.
    #[derive(Default)]
    TeamHarbor {}
}

with_project_settings! {
    /// A project beyond those of teams.
    HarborProject {
        /// Name.
        name: ProjectName,
        /// Registry that the project is a cache of, by its name under `registries`. Cannot be changed later.
        registry: Option<ObjectName>,
        /// How a cache fetches from its registry; together with `registry`.
        cache: Option<ProjectCache>,
        /// Groups and users that are members: the whole list, but for whoever made the project.
        members: Option<Vec<HarborMember>>,
        /// Robot accounts of the project.
        robots: Option<Vec<ProjectRobot>>,
    }
}

/// The settings that every project has; absent ones are not managed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProjectSettings<'a> {
    /// Whether anyone may pull.
    pub public: Option<bool>,
    /// How much the project may store.
    pub storage_quota: Option<&'a StorageQuota>,
    /// Which images are kept.
    pub retention: Option<&'a Retention>,
    /// Whether images are scanned when they are pushed.
    pub auto_scan: Option<bool>,
    /// Whether a list of components is made when an image is pushed.
    pub auto_sbom: Option<bool>,
    /// Whether images with vulnerabilities cannot be pulled.
    pub prevent_vulnerable: Option<bool>,
    /// From which severity on an image counts as vulnerable.
    pub severity: Option<Severity>,
    /// Whether only images with a Cosign signature can be pulled.
    pub require_signature: Option<bool>,
    /// Whether vulnerabilities that the whole system allows are allowed here.
    pub system_allowlist: Option<bool>,
    /// Vulnerabilities that are allowed in the project.
    pub cve_allowlist: Option<&'a CveAllowlist>,
    /// What scans the project's images.
    pub scanner: Option<&'a AddressableName>,
    /// Tags that can neither be overwritten nor deleted.
    pub immutable_tags: Option<&'a [ImmutableTags]>,
    /// Who is told about events in the project.
    pub webhooks: Option<&'a [HarborWebhook]>,
    /// Labels for images.
    pub labels: Option<&'a [HarborLabel]>,
}

/// From which severity on an image counts as vulnerable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Severity {
    /// Any.
    None,
    /// Low and above.
    Low,
    /// Medium and above.
    Medium,
    /// High and above.
    High,
    /// Critical only.
    Critical,
}

impl Severity {
    /// Harbor's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Which images of a project are kept.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retention {
    /// How many of the most recently pushed images of a repository are kept.
    #[schemars(range(min = 1))]
    pub keep_last: Option<u32>,
    /// The rules of what is kept, in place of `keepLast`: the whole list, so that rules of others go.
    #[schemars(length(max = 15))]
    pub rules: Option<Vec<RetentionRule>>,
    /// When the others are removed: a schedule with six fields, the first for seconds. Default: daily at midnight, set once.
    pub schedule: Option<String>,
}

/// How a cache fetches from its registry.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectCache {
    /// Kilobits per second between harbor and the registry; `-1` is unlimited. Harbor 2.12 and newer.
    #[schemars(range(min = -1))]
    pub speed_kb: Option<i32>,
    /// Connections to the registry for each image; `-1` is unlimited. Harbor 2.14.1 and newer.
    #[schemars(range(min = -1))]
    pub max_connections: Option<i32>,
    /// Whether what the registry has removed is still served. Harbor 2.15.1 and newer.
    pub serve_removed: Option<bool>,
}

/// Tags that can neither be overwritten nor deleted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImmutableTags {
    /// Pattern of tags, such as `v*`; `**` stands for any text with slashes.
    pub tags: Option<String>,
    /// Pattern of tags that the rule is not about, in place of `tags`.
    pub exclude_tags: Option<String>,
    /// Pattern of repositories. Default: all.
    pub repositories: Option<String>,
    /// Pattern of repositories that the rule is not about, in place of `repositories`.
    pub exclude_repositories: Option<String>,
    /// Whether the rule is off.
    pub disabled: Option<bool>,
}

/// Who is told about events in a project.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborWebhook {
    /// Name, unique in the project.
    pub name: AddressableName,
    /// Description.
    pub description: Option<String>,
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// Events that are told, such as `PUSH_ARTIFACT`.
    #[schemars(length(min = 1))]
    pub events: Vec<String>,
    /// Address that is called, or a reference to it. One that is a reference, has a query or is Slack's is never shown.
    pub address: WebhookAddress,
    /// What is called there. Default `http`.
    pub target: Option<WebhookTarget>,
    /// Value of the header `Authorization`.
    pub auth_header: Option<SecretValue>,
    /// Whether any certificate is accepted.
    pub skip_cert_verify: Option<bool>,
    /// Form of the message; not for Slack.
    pub format: Option<WebhookFormat>,
}

/// What a webhook calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum WebhookTarget {
    /// Any HTTP end point.
    Http,
    /// Slack.
    Slack,
}

/// The form of a webhook's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum WebhookFormat {
    /// Harbor's own.
    Default,
    /// CloudEvents.
    CloudEvents,
}

/// A label for images.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborLabel {
    /// Name, unique in the project, or among the labels of all projects.
    pub name: AddressableName,
    /// Description.
    pub description: Option<String>,
    /// Colour, such as `#48960C`.
    #[schemars(regex(pattern = r"^#[0-9A-Fa-f]{6}$"), extend("x-expected" = "a colour such as `#48960C`"))]
    pub color: Option<String>,
}

/// A group or a user that is a member of a project: exactly one of the two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborMember {
    /// Group of the login provider; case counts.
    pub group: Option<AddressableName>,
    /// User; with login through OpenID Connect there is one only after the first login.
    pub user: Option<AddressableName>,
    /// What the member may do.
    pub role: MemberRole,
}

/// What a member of a project may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum MemberRole {
    /// Everything in the project.
    ProjectAdmin,
    /// Pull and push.
    Developer,
    /// Pull.
    Guest,
    /// Pull, push, delete images, manage robots and webhooks.
    Maintainer,
    /// Pull, without seeing members and logs.
    LimitedGuest,
}

impl MemberRole {
    /// Harbor's number for it.
    #[must_use]
    pub const fn id(self) -> i64 {
        match self {
            Self::ProjectAdmin => 1,
            Self::Developer => 2,
            Self::Guest => 3,
            Self::Maintainer => 4,
            Self::LimitedGuest => 5,
        }
    }
}
