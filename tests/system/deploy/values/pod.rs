//! What all pods of the chart have.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Form;

/// An object of Kubernetes, as its own documents have it.
pub(super) type Object = BTreeMap<String, Value>;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Image {
    /// Registry and repository, without tag. Required.
    repository: String,
    /// Its digest, `sha256:…`: the same program for ever. It comes before a tag.
    #[schemars(regex(pattern = "^(sha256:[0-9a-f]{64})?$"))]
    digest: String,
    /// Its tag, where no digest is said. `latest` is refused.
    #[schemars(regex(pattern = "^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$"))]
    tag: String,
    /// When a node pulls it.
    pull_policy: PullPolicy,
}

#[derive(Default, Deserialize, JsonSchema)]
enum PullPolicy {
    #[default]
    IfNotPresent,
    Always,
    Never,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Deadlines {
    /// How long a barrier waits, in seconds.
    #[schemars(range(min = 1, max = 604_800))]
    barrier_seconds: u32,
    /// How long a run may take, in seconds.
    #[schemars(range(min = 1, max = 604_800))]
    run_seconds: u32,
    /// How long a Job may take with all its tries, in seconds; at least a minute more than barrier and run together. Helm's `--timeout` has to
    /// be longer.
    #[schemars(range(min = 1))]
    job_seconds: u32,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Certificates {
    /// The ConfigMap that holds them.
    config_map: String,
    /// The Secret that holds them, in place of a ConfigMap.
    secret: String,
    /// The key under which they are, in PEM.
    #[schemars(regex(pattern = "^[-._a-zA-Z0-9]+$"))]
    key: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Log {
    /// Its form.
    format: Form,
    /// What is in it: a level, or more exactly as `RUST_LOG` has it.
    level: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Network {
    /// Whether NetworkPolicies limit pods to name servers, the API server and the `egress` of their task.
    enabled: bool,
    /// Where the API server is.
    api_server: ApiServer,
    /// Where names are resolved.
    dns: Dns,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct ApiServer {
    /// Its addresses, as `kubectl get endpoints kubernetes` shows them, each with its mask.
    cidrs: Vec<String>,
    /// Its ports.
    ports: Vec<u16>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Dns {
    /// The name servers, as a NetworkPolicy names them.
    to: Vec<Object>,
    /// Their ports.
    ports: Vec<u16>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Resources {
    /// What is set aside.
    requests: Amounts,
    /// What it may take.
    limits: Amounts,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Amounts {
    /// Processors.
    cpu: String,
    /// Memory.
    memory: String,
    /// Room on the node's disk, where it is limited.
    #[serde(rename = "ephemeral-storage")]
    #[schemars(with = "String")]
    ephemeral_storage: Option<String>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Placement {
    /// Labels.
    labels: BTreeMap<String, String>,
    /// Annotations.
    annotations: BTreeMap<String, String>,
    /// Labels of the nodes that may run them.
    node_selector: BTreeMap<String, String>,
    /// Taints of nodes that they bear.
    tolerations: Vec<Object>,
    /// What they are near to, or far from.
    affinity: Object,
    /// Their priority class.
    priority_class_name: String,
    /// How names are resolved.
    dns_policy: DnsPolicy,
    /// Name servers and their options.
    dns_config: Object,
    /// Names with addresses of their own, such as that of a server inside.
    host_aliases: Vec<Object>,
}

#[derive(Default, Deserialize, JsonSchema)]
enum DnsPolicy {
    #[default]
    #[serde(rename = "")]
    Unsaid,
    ClusterFirst,
    Default,
    None,
}
