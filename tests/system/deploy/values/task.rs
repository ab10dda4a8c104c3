//! What the chart can be told of each task.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::pod::Object;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Tasks {
    /// Keycloak's realm (docs/keycloak.md).
    keycloak: Task,
    /// Harbor and the registry Secrets of teams (docs/harbor.md).
    harbor: Task,
    /// Copies of Secrets (docs/copy-certs.md).
    copy_certs: CopyCerts,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Task {
    /// Whether it runs.
    enabled: bool,
    /// What has to be ready before: targets of `wait-for` (docs/wait-for.md). Jobs of the tasks before it are added by the chart.
    wait_for: Vec<String>,
    /// The secrets that the values may refer to; they may take no others.
    secrets: Secrets,
    /// Options of its command line.
    options: Options,
    /// How it runs against drift, where that differs from `drift`.
    drift: OwnDrift,
    /// Where it may connect to beside name servers and the API server: rules as a NetworkPolicy has them under `egress`.
    egress: Vec<Object>,
    /// The service account as which it runs, where that is not one of the chart's.
    service_account: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct CopyCerts {
    /// Whether it runs.
    enabled: bool,
    /// Namespaces from which it copies, beside those of `teams`.
    sources: Vec<String>,
    /// Namespaces into which it copies.
    targets: Vec<String>,
    /// What has to be ready before; the API server unless something is said.
    wait_for: Vec<String>,
    /// The secrets that the values may refer to; they may take no others.
    secrets: Secrets,
    /// Options of its command line.
    options: CopyCertsOptions,
    /// How it runs against drift, where that differs from `drift`.
    drift: OwnDrift,
    /// Where it may connect to beside name servers and the API server.
    egress: Vec<Object>,
    /// The service account as which it runs, where that is not one of the chart's.
    service_account: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Secrets {
    /// Variables, each from a key of a Secret of the release's namespace: `{fromEnv: NAME}` in the layers.
    #[schemars(extend("propertyNames" = {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}))]
    env: BTreeMap<String, SecretKey>,
    /// Secrets of the release's namespace, each mounted as a folder: `{fromFile: /etc/evenkeel/secrets/NAME/KEY}` in the layers.
    files: Vec<String>,
    /// Secrets of any namespace that are read through the API: `{fromSecret: …}` in the layers. The task gets the right to read each.
    read: Vec<SecretName>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the type stands for the schema")]
struct SecretKey {
    /// The Secret.
    #[schemars(length(min = 1))]
    secret: String,
    /// The key in it.
    #[schemars(length(min = 1))]
    key: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the type stands for the schema")]
struct SecretName {
    /// Its namespace.
    #[schemars(length(min = 1))]
    namespace: String,
    /// Its name.
    #[schemars(length(min = 1))]
    name: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    /// `--prune`: delete objects that evenkeel made and that are not declared any more. The task gets the right to.
    #[schemars(with = "bool")]
    prune: Option<bool>,
    /// `--prune-data`: with `prune`, also what holds data that people made.
    #[schemars(with = "bool")]
    prune_data: Option<bool>,
    /// `--max-deletes`: more than this, and none.
    #[schemars(with = "u32")]
    max_deletes: Option<u32>,
    /// `--max-removals`: more memberships, roles and scopes to take away than this, and none.
    #[schemars(with = "u32")]
    max_removals: Option<u32>,
    /// `--verify-secrets`: try every secret that was handed out.
    #[schemars(with = "bool")]
    verify_secrets: Option<bool>,
    /// `--concurrency`: how many changes and requests may be under way.
    #[schemars(with = "u16", range(min = 1))]
    concurrency: Option<u16>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct CopyCertsOptions {
    /// `--prune`: delete copies whose source or rule is gone. The task gets the right to.
    #[schemars(with = "bool")]
    prune: Option<bool>,
    /// `--max-deletes`: more than this, and none.
    #[schemars(with = "u32")]
    max_deletes: Option<u32>,
    /// `--concurrency`: how many changes and requests may be under way.
    #[schemars(with = "u16", range(min = 1))]
    concurrency: Option<u16>,
    /// `--require-valid`: copy no certificate that does not work.
    #[schemars(with = "bool")]
    require_valid: Option<bool>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Drift {
    /// Whether there is a CronJob.
    enabled: bool,
    /// `apply` corrects drift. `plan` only reports, and fails its Job where there is some; `check` reports too, and fails its Job where
    /// somebody should see to something.
    mode: DriftMode,
    /// When. `~` in its first two fields is a minute and an hour of the release's own, the same at each rendering.
    schedule: String,
    /// The time zone of the schedule.
    time_zone: String,
    /// Whether it is suspended.
    suspend: bool,
    /// How late a run may begin, in seconds.
    #[schemars(range(min = 10))]
    starting_deadline_seconds: u32,
    /// How often another pod tries what failed.
    backoff_limit: u16,
    /// How many Jobs that succeeded are kept.
    successful_jobs_history_limit: u16,
    /// How many Jobs that failed are kept.
    failed_jobs_history_limit: u16,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum DriftMode {
    #[default]
    Apply,
    Plan,
    Check,
}

/// The same, each where it differs.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct OwnDrift {
    #[schemars(with = "bool")]
    enabled: Option<bool>,
    #[schemars(with = "DriftMode")]
    mode: Option<DriftMode>,
    #[schemars(with = "String")]
    schedule: Option<String>,
    #[schemars(with = "String")]
    time_zone: Option<String>,
    #[schemars(with = "bool")]
    suspend: Option<bool>,
    #[schemars(with = "u32", range(min = 10))]
    starting_deadline_seconds: Option<u32>,
    #[schemars(with = "u16")]
    backoff_limit: Option<u16>,
    #[schemars(with = "u16")]
    successful_jobs_history_limit: Option<u16>,
    #[schemars(with = "u16")]
    failed_jobs_history_limit: Option<u16>,
}
