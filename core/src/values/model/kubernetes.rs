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
