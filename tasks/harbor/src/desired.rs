//! What the values ask of Harbor and of the cluster: every object typed, with the value that it follows from.

pub(crate) mod adapters;
mod administration;
mod configuration;
pub(crate) mod lengths;
mod members;
mod objects;
mod patterns;
mod projects;
mod registries;
mod required_secrets;
mod retention;
mod robots;
mod secrets;
mod webhooks;

use std::sync::Arc;

use evenkeel_core::{
    plan::Note,
    reading::Reading,
    values::{Document, Problems, Values, model::Harbor as Section},
};
use evenkeel_engine::{plain::DeclaredObject, secrets::SecretResolver};

use crate::{Harbor, system};

pub(crate) use adapters::takes_a_role;
pub use administration::{Administration, administration};
pub use configuration::DesiredConfiguration;
pub use evenkeel_core::declared::Declared;
pub use members::{DesiredMember, Member};
pub use patterns::Pattern;
pub(crate) use patterns::{EVERYTHING, REPOSITORIES, TAGS};
pub use projects::DesiredProject;
pub use registries::DesiredReplication;
pub use required_secrets::required_secrets;
pub(crate) use retention::counts_untagged;
pub use retention::{DesiredRetention, DesiredRetentionRule, WantedRules};
pub(crate) use robots::fits_harbor;
pub use robots::{DesiredRobot, Permissions, RobotFields, RobotHome, SecretHome, own_description, own_robot};
pub use secrets::{DesiredCluster, DesiredCredential, Form};
pub(crate) use webhooks::confidential_part;

/// The section of the values that is about Harbor.
const SECTION: &str = "harbor";

fn section<'a>(reading: &Reading<'a>) -> Result<&'a Section, Problems> {
    let hint = "add `harbor.admin.password` and either `harbor.url` or `platform.domain`";
    reading.declared_section(reading.values.harbor.as_ref(), hint)
}

/// Everything that the values ask of Harbor and of the cluster.
#[derive(Clone, Debug)]
pub struct Desired {
    /// Where the server is and how to log in.
    pub administration: Administration,
    /// The keys of the configuration that are managed.
    pub configuration: DesiredConfiguration,
    /// The projects, those of teams first.
    pub projects: Vec<DesiredProject>,
    /// The robots, this task's own first.
    pub robots: Vec<DesiredRobot>,
    /// Replication policies.
    pub replications: Vec<DesiredReplication>,
    /// Objects of the whole system.
    pub system: Vec<Arc<DeclaredObject<Harbor>>>,
    /// The teams' secrets in the cluster; `None` where the values do not speak of a cluster.
    pub cluster: Option<DesiredCluster>,
    /// What people should know about the values themselves.
    pub notes: Vec<Note>,
}

impl Desired {
    /// Values into what Harbor and the cluster should hold. Pure.
    ///
    /// # Errors
    ///
    /// Every value that this task cannot work with, with its place.
    pub fn from_values(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Self, Problems> {
        let reading = Reading::new(values, document, secrets, SECTION);
        let harbor = section(&reading)?;
        let desired = Self {
            administration: Administration::desired(&reading, harbor),
            configuration: configuration::desired(&reading, harbor),
            projects: projects::desired(&reading, harbor),
            robots: robots::desired(&reading, harbor),
            replications: registries::replications(&reading, harbor),
            system: system::desired(&reading, harbor),
            cluster: secrets::desired(&reading, harbor),
            notes: Vec::new(),
        };
        reading.finish(desired)
    }

    /// The login mode that the values want; `None` where they leave it alone.
    #[must_use]
    pub fn auth_mode(&self) -> Option<&str> {
        self.configuration.auth_mode.as_ref().and_then(|declared| declared.value.auth_mode.as_deref())
    }
}
