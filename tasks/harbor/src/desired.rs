//! What the values ask of Harbor and of the cluster: every object typed, with the value that it follows from.

mod adapters;
mod administration;
mod allowlist;
mod configuration;
mod lengths;
mod members;
mod objects;
mod patterns;
mod projects;
pub(crate) mod reading;
mod registries;
mod retention;
mod robots;
mod schedule;
mod secrets;
mod webhooks;

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    plan::{Cause, Note},
    values::{Document, Problems, Values},
};
use evenkeel_engine::secrets::SecretResolver;

use reading::Reading;

use crate::{Harbor, plain::Wanted, system};

pub(crate) use adapters::takes_a_role;
pub use administration::{Administration, administration};
pub use allowlist::{AllowlistEnd, DesiredAllowlist};
pub use configuration::DesiredConfiguration;
pub use patterns::Pattern;
pub(crate) use patterns::{EVERYTHING, REPOSITORIES, TAGS};
pub(crate) use projects::check_schedule;
pub use projects::{DesiredImmutableRule, DesiredLabel, DesiredMember, DesiredProject, DesiredWebhook, Member};
pub use reading::required_secrets;
pub use registries::{DesiredRegistry, DesiredReplication};
pub(crate) use retention::counts_untagged;
pub use retention::{DesiredRetention, DesiredRetentionRule, WantedRules};
pub(crate) use robots::fits_harbor;
pub use robots::{DesiredRobot, RobotFields, RobotHome, SecretHome, own_description, own_robot};
pub use secrets::{DesiredCluster, DesiredCredential, Form};
pub(crate) use webhooks::confidential_part;

/// A declared representation: only the fields that are managed are set in it.
#[derive(Clone, Debug)]
pub struct Declared<T> {
    /// The fields that are managed.
    pub value: T,
    /// The value that asks for the object.
    pub cause: Cause,
    /// The values that ask for single fields, by the field's name at the top of the representation.
    pub field_causes: BTreeMap<String, Cause>,
    /// The team that the object belongs to.
    pub team: Option<Arc<str>>,
}

impl<T> Declared<T> {
    /// An object that one value asks for.
    pub const fn new(value: T, cause: Cause) -> Self {
        Self { value, cause, field_causes: BTreeMap::new(), team: None }
    }

    /// The object as one of a team.
    #[must_use]
    pub fn of_team(mut self, team: Option<Arc<str>>) -> Self {
        self.team = team;
        self
    }
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
    /// Other registries.
    pub registries: Vec<DesiredRegistry>,
    /// Replication policies.
    pub replications: Vec<DesiredReplication>,
    /// Objects of the whole system.
    pub system: Vec<Arc<Wanted<Harbor>>>,
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
        let reading = Reading::new(values, document, secrets);
        let harbor = reading.harbor()?;
        let mut problems = Problems::default();
        let administration = problems.take(Administration::desired(&reading, harbor));
        let configuration = problems.take(configuration::desired(&reading, harbor));
        let projects = problems.take(projects::desired(&reading, harbor));
        let robots = problems.take(robots::desired(&reading, harbor));
        let registries = problems.take(registries::desired(&reading, harbor));
        let replications = problems.take(registries::replications(&reading, harbor));
        let system = problems.take(system::desired(&reading, harbor));
        let cluster = problems.take(secrets::desired(&reading, harbor));
        // What is missing here is among the problems.
        let desired = || {
            Some(Self {
                administration: administration?,
                configuration: configuration?,
                projects: projects?,
                robots: robots?,
                registries: registries?,
                replications: replications?,
                system: system?,
                cluster: cluster?,
                notes: Vec::new(),
            })
        };
        desired().ok_or(problems)
    }

    /// The login mode that the values want; `None` where they leave it alone.
    #[must_use]
    pub fn auth_mode(&self) -> Option<&str> {
        self.configuration.auth_mode.as_ref().and_then(|declared| declared.value.auth_mode.as_deref())
    }
}
