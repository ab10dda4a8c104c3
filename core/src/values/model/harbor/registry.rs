//! Other registries, and what is copied from and to them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::{HttpUrl, ObjectName};
use crate::values::secret::SecretValue;

/// A registry that projects replicate from and to. The server contacts it before it takes it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborRegistry {
    /// Name.
    pub name: ObjectName,
    /// Kind, such as `docker-registry`, `harbor`, `docker-hub`, `github-ghcr`, `google-gcr`, `aws-ecr`, `azure-acr` or `quay`: one for which
    /// the server has an adapter. Cannot be changed later.
    #[serde(rename = "type")]
    pub kind: String,
    /// Address.
    pub url: HttpUrl,
    /// Description.
    pub description: Option<String>,
    /// How to log in there.
    pub credential: Option<RegistryCredential>,
    /// Whether any certificate is accepted.
    pub insecure: Option<bool>,
    /// Certificate of its authority in PEM form. Harbor 2.15 and newer.
    pub ca_certificate: Option<String>,
}

/// How to log in at a registry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryCredential {
    /// Kind. Default `basic`.
    #[serde(rename = "type")]
    pub kind: Option<RegistryCredentialKind>,
    /// User name or access key: `_json_key` for `google-gcr`, `json_file` for `quay`. Without it `aws-ecr` takes the role of the server's
    /// machine.
    pub access_key: Option<String>,
    /// Password, key or token; for `google-gcr` and `quay` the text of the JSON file.
    pub access_secret: Option<SecretValue>,
}

/// How a registry is told who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum RegistryCredentialKind {
    /// By a name and a password.
    Basic,
    /// By a token.
    Oauth,
    /// By what parts of harbor tell each other.
    Secret,
}

impl RegistryCredentialKind {
    /// Harbor's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Oauth => "oauth",
            Self::Secret => "secret",
        }
    }
}

/// What is copied from or to another registry: exactly one of `source` and `destination` names it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborReplication {
    /// Name.
    pub name: ObjectName,
    /// Description.
    pub description: Option<String>,
    /// Registry that is copied from, by name.
    pub source: Option<ObjectName>,
    /// Registry that is copied to, by name.
    pub destination: Option<ObjectName>,
    /// Project at the destination. Default: that of the source.
    pub destination_namespace: Option<String>,
    /// How many parts of an image's path the destination's project replaces; `-1` replaces all but the last.
    #[schemars(range(min = -1, max = 127))]
    pub namespace_replace_count: Option<i8>,
    /// What is copied. Default: everything.
    pub filters: Option<Vec<ReplicationFilter>>,
    /// When. Default `manual`, at creation.
    pub trigger: Option<ReplicationTrigger>,
    /// Schedule with six fields, the first for seconds; for trigger `scheduled`.
    pub schedule: Option<String>,
    /// Whether deletes are copied too.
    pub replicate_deletion: Option<bool>,
    /// Whether images at the destination are overwritten.
    #[serde(rename = "override")]
    pub overwrite: Option<bool>,
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// Kilobytes per second of each task; `0` is unlimited.
    pub speed: Option<i32>,
    /// Whether large layers are copied in parts.
    pub copy_by_chunk: Option<bool>,
    /// Whether a run is left out while the one before is under way; not for trigger `event_based`. Harbor 2.14 and newer.
    pub single_active: Option<bool>,
}

/// When copies are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ReplicationTrigger {
    /// By hand.
    Manual,
    /// By a schedule.
    Scheduled,
    /// At each push and, with `replicateDeletion`, each delete in this harbor; for a `destination`.
    EventBased,
}

/// One condition of what is copied.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplicationFilter {
    /// What the pattern is for.
    #[serde(rename = "type")]
    pub kind: ReplicationFilterKind,
    /// Pattern, such as `library/**`; for `resource` either `image` or `artifact`.
    pub value: Option<String>,
    /// For `label`, in place of `value`: the labels that an image has to have.
    #[schemars(length(min = 1))]
    pub labels: Option<Vec<String>>,
    /// Whether what fits is left out; for tags and labels.
    #[serde(default)]
    pub exclude: bool,
}

/// What a condition of a replication is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ReplicationFilterKind {
    /// Names of repositories.
    Name,
    /// Tags.
    Tag,
    /// Labels of images.
    Label,
    /// Kinds of resources, such as `image`.
    Resource,
}
