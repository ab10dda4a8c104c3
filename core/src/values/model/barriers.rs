use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::RequestUrl;

/// A condition that `wait-for` waits for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// Address that is asked.
    pub http: RequestUrl,
    /// Answers that count as success. Default `[200]`.
    #[serde(default = "default_status")]
    #[schemars(length(min = 1), inner(range(min = 100, max = 599)))]
    pub status: Vec<u16>,
    /// How many successes must follow each other. Default 1.
    #[serde(default = "default_confirmations")]
    #[schemars(range(min = 1))]
    pub confirmations: u32,
}

fn default_status() -> Vec<u16> {
    vec![200]
}

fn default_confirmations() -> u32 {
    1
}
