//! What Harbor holds beside projects: its schedules, scanners, allowed vulnerabilities, labels, preheat providers, users and groups.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CveAllowlist, HarborLabel};
use crate::values::names::{AddressableName, Email, HttpUrl, ObjectName};
use crate::values::secret::SecretValue;

/// Objects of the whole system. Absent fields are not managed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborSystem {
    /// When storage that nothing uses is freed.
    pub garbage_collection: Option<GarbageCollection>,
    /// When old entries of the audit log are removed.
    pub audit_purge: Option<AuditPurge>,
    /// When all images are scanned.
    pub scan_all: Option<ScanAll>,
    /// Scanners beside those that Harbor was installed with.
    pub scanners: Option<Vec<HarborScanner>>,
    /// Name of the scanner of all projects that choose no other.
    pub default_scanner: Option<AddressableName>,
    /// Vulnerabilities that are allowed in all projects that have no list of their own.
    pub cve_allowlist: Option<CveAllowlist>,
    /// Labels for the images of all projects.
    pub labels: Option<Vec<HarborLabel>>,
    /// Instances of providers that images are brought to before they are pulled.
    pub preheat: Option<Vec<PreheatInstance>>,
}

/// When storage that nothing uses is freed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GarbageCollection {
    /// Schedule with six fields, the first for seconds; an empty text for none.
    pub schedule: String,
    /// Whether images without a tag are deleted too.
    pub delete_untagged: Option<bool>,
    /// How many workers delete at the same time.
    #[schemars(range(min = 1, max = 10))]
    pub workers: Option<u8>,
}

/// When old entries of the audit log are removed. With a schedule, `retentionHours` and `eventTypes` are needed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditPurge {
    /// Schedule with six fields, the first for seconds; an empty text for none.
    pub schedule: String,
    /// Hours for which entries are kept.
    #[schemars(range(min = 1, max = 240_000))]
    pub retention_hours: Option<u32>,
    /// Events whose entries are removed, such as `create_artifact`.
    #[schemars(length(min = 1))]
    pub event_types: Option<Vec<String>>,
}

/// When all images are scanned.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanAll {
    /// Schedule with six fields, the first for seconds; an empty text for none.
    pub schedule: String,
}

/// A scanner. The server contacts it before it takes it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborScanner {
    /// Name. `Trivy` is the name of the one that Harbor was installed with.
    pub name: AddressableName,
    /// Address of its adapter; no two scanners have the same.
    pub url: HttpUrl,
    /// Description.
    pub description: Option<String>,
    /// How to log in there; absent means that it is not managed.
    pub auth: Option<ScannerAuth>,
    /// What is sent to log in: `user:password`, a token or a key. Needed unless `auth` is `none`.
    pub credential: Option<SecretValue>,
    /// Whether any certificate is accepted.
    pub skip_cert_verify: Option<bool>,
    /// Whether it pulls by the registry's internal address.
    pub use_internal_address: Option<bool>,
    /// Whether it is off.
    pub disabled: Option<bool>,
}

/// How Harbor logs in at a scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum ScannerAuth {
    /// Not at all.
    None,
    /// With a user name and a password.
    Basic,
    /// With a token.
    Bearer,
    /// With a key in the header `X-ScannerAdapter-API-Key`.
    ApiKey,
}

/// An instance of a provider that images are brought to before they are pulled.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreheatInstance {
    /// Name: letters and digits, with single `.`, `_` or `-` between them.
    #[schemars(
        regex(pattern = r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$"),
        extend("x-expected" = "a name: letters and digits, with single `.`, `_` or `-` between them")
    )]
    pub name: ObjectName,
    /// What it is. Cannot be changed later.
    pub vendor: PreheatVendor,
    /// Address; no two instances have the same.
    pub endpoint: HttpUrl,
    /// Description.
    pub description: Option<String>,
    /// How to log in there: at most one of its fields, and none of them for no login.
    pub auth: Option<PreheatAuth>,
    /// Whether it is on. A new one is, unless declared otherwise.
    pub enabled: Option<bool>,
    /// Whether it is the default one. Only one is.
    pub default: Option<bool>,
    /// Whether any certificate is accepted.
    pub insecure: Option<bool>,
}

/// Kinds of preheat providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum PreheatVendor {
    /// Dragonfly.
    Dragonfly,
    /// Kraken.
    Kraken,
}

/// How Harbor logs in at a preheat provider.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreheatAuth {
    /// With a user name and a password.
    pub basic: Option<PreheatLogin>,
    /// With a token.
    pub token: Option<SecretValue>,
}

/// A user name and a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreheatLogin {
    /// User name.
    pub username: String,
    /// Password.
    pub password: SecretValue,
}

/// A local account of Harbor, while its login mode is `db_auth`. Absent fields are not managed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborUser {
    /// User name. The administrator that Harbor was installed with is none of these accounts.
    #[schemars(
        regex(pattern = r##"^[^,"~#%$`]+$"##),
        extend("x-expected" = "a user name without any of `,`, `\"`, `~`, `#`, `%`, `$` and backticks")
    )]
    pub username: AddressableName,
    /// Email address, unique among all accounts.
    pub email: Email,
    /// Name for people. A new account's is its user name, unless declared otherwise.
    #[schemars(
        length(min = 1, max = 255),
        regex(pattern = r##"^[^,"~#%$`]+$"##),
        extend("x-expected" = "a name of at most 255 characters, without any of `,`, `\"`, `~`, `#`, `%`, `$` and backticks")
    )]
    pub real_name: Option<String>,
    /// Comment.
    #[schemars(length(max = 30))]
    pub comment: Option<String>,
    /// Whether the user administrates the whole system.
    pub admin: Option<bool>,
    /// Password at creation: set once, never reset. Needed where the account is made.
    pub initial_password: Option<SecretValue>,
}

/// A group of users that projects can name as a member.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarborUserGroup {
    /// Name. Of a group of an OpenID Connect provider it is what the claim of groups says; case counts.
    pub name: AddressableName,
    /// Distinguished name of the group, for a group of LDAP.
    pub ldap_dn: Option<AddressableName>,
}
