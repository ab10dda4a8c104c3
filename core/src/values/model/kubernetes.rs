use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::NamespaceName;

/// Kubernetes objects that go with the applications.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubernetes {
    /// Whether a team's missing namespace is made; otherwise it is reported. Default `false`.
    #[serde(default)]
    pub create_namespaces: bool,
    /// Where inventory, lease and last reports live.
    pub inventory: Option<Inventory>,
}

/// Where inventory, lease and last reports live.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inventory {
    /// Namespace of the inventory.
    pub namespace: NamespaceName,
}

/// Copies of Secrets from some namespaces to another.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Copy {
    /// Which Secrets are copied.
    pub from: CopySource,
    /// Where the copies go.
    pub to: CopyTarget,
}

/// Which Secrets are copied.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopySource {
    /// Pattern of namespace names, with `*` for any text.
    pub namespaces: String,
    /// Pattern of Secret names, with `*` for any text. Default: all.
    pub names: Option<String>,
    /// Type of the Secrets, such as `kubernetes.io/tls`. Default: any.
    #[serde(rename = "type")]
    pub secret_type: Option<String>,
}

/// Where copies go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyTarget {
    /// Namespace of the copies.
    pub namespace: NamespaceName,
    /// Name of a copy; `{namespace}` and `{name}` stand for those of its source.
    pub name: String,
}
