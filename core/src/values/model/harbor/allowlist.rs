//! Vulnerabilities that are allowed.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::VulnerabilityId;

/// Vulnerabilities that are allowed although they would keep images from being pulled.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CveAllowlist {
    /// The whole list, such as `CVE-2024-3094`. Absent: not managed.
    pub items: Option<Vec<VulnerabilityId>>,
    /// When the list ends to hold: a moment such as `2027-01-31T00:00:00Z`, or `never`. Absent: not managed.
    #[schemars(
        regex(
            pattern = r"^(never|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))$"
        ),
        extend("x-expected" = "a moment such as `2027-01-31T00:00:00Z`, or `never`")
    )]
    pub expires_at: Option<String>,
}
