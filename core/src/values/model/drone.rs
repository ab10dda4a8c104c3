use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::{HttpUrl, NamespaceName};
use crate::values::representation::{Representation, representation};
use crate::values::secret::SecretValue;

/// Drone: repositories and what goes with them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drone {
    /// Public address. Default `https://drone.<platform.domain>`.
    pub url: Option<HttpUrl>,
    /// Address for all calls of a run, wherever it runs, such as one inside the cluster. Default: the public address.
    pub internal_url: Option<HttpUrl>,
    /// Token of the account that makes the changes.
    pub token: SecretValue,
    /// Namespace in which Drone runs. Default `drone`.
    pub namespace: NamespaceName,
    /// Repositories that Drone builds.
    pub repositories: Option<Vec<DroneRepository>>,
}

/// A repository that Drone builds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DroneRepository {
    /// Owner and name: `otomi/values`.
    #[schemars(regex(pattern = r"^[^\s/]+/[^\s/]+$"), extend("x-expected" = "owner and name with a slash between, such as `otomi/values`"))]
    pub slug: String,
    /// Whether its builds may use privileged containers and host volumes.
    pub trusted: Option<bool>,
    /// How long a build may take, in minutes.
    #[schemars(range(min = 1))]
    pub timeout: Option<u32>,
    /// Timed builds.
    pub cron: Option<Vec<DroneCron>>,
    /// Secrets of its builds.
    pub secrets: Option<Vec<DroneSecret>>,
}

representation! {
    /// Fields of a timed build that are to be managed.
    DroneCron,
    /// Fields of a build secret that are to be managed.
    DroneSecret,
}
