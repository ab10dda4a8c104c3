//! What Harbor and the cluster hold of the objects that the values name. Reads only, in lists where there are lists.
//!
//! An unchanged server costs: the administrator's proof and the configuration; the pages of robots (those of all teams come from
//! one list), projects and quotas; and for each project its members, and its retention policy by number where that is
//! managed (neither has a list over projects). Robots come first: that list is refused to a wrong secret, where that of projects is
//! answered with less in it. `docs/performance.md` has the whole list, with what less common values add.

mod cluster;
mod credentials;
mod projects;
mod reach;
mod robots;
mod scanners;
mod sights;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::{Ownership, Sight},
    object::ObjectId,
};
use evenkeel_engine::plain::{ObservedObjects, Parent, left_behind, needed};
use evenkeel_harbor_client::{
    paging,
    types::{ConfigurationsResponse, Project, ProjectMemberEntity, Registry, ReplicationPolicy, RetentionPolicy},
};
use evenkeel_transport::ResultExt;
use futures::try_join;
use serde_json::Value;

pub use cluster::{ObservedCluster, ObservedSecret};
pub use credentials::Published;
pub(crate) use projects::retention_id;
use reach::Reach;
pub(crate) use reach::is_empty;
use robots::NamedRobots;
pub use robots::{Grantable, ObservedRobot, OwnRobot, rights};
pub use scanners::Scanners;
pub use sights::Looked;
pub(crate) use sights::membership;
pub use support::{Support, Version, WebhookSupport};
pub(crate) use support::{YOUNG_METADATA, Young, young_fields};

use crate::{
    Error, Harbor,
    desired::Desired,
    error::WithContext,
    names::{REGISTRY, ROBOT_NAME_PREFIX},
    system,
};

/// How many reads of one kind are begun before the first has ended. The session caps requests by
/// itself; this bounds how many answers are held at once.
const AT_ONCE: usize = 16;

/// What is there. Maps are by the name under which the values know an object.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The configuration.
    pub configuration: Configuration,
    /// All projects.
    pub projects: BTreeMap<String, Project>,
    /// The quotas of projects.
    pub quotas: BTreeMap<String, Quota>,
    /// The retention policies of projects for which one is declared, or ours and not declared any more.
    pub retentions: BTreeMap<String, RetentionPolicy>,
    /// The members of declared projects, and of those of ours that may go.
    pub members: BTreeMap<String, Vec<ProjectMemberEntity>>,
    /// The robots of the system and of projects that declare some, by the name without prefix.
    pub robots: BTreeMap<String, ObservedRobot>,
    /// How this task's own robot does.
    pub own_robot: OwnRobot,
    /// The replication policies.
    pub replications: BTreeMap<String, ReplicationPolicy>,
    /// Objects of plain kinds: of the whole system, and of projects, where some are declared or ours.
    pub objects: ObservedObjects,
    /// What the cluster holds; `None` where there is no cluster in this run.
    pub cluster: Option<ObservedCluster>,
    /// How the registry secrets do, by their objects.
    pub credentials: BTreeMap<ObjectId, Published>,
    /// Robots whose secret, as the values or the vault have it, does not work, or of which the server failed to tell.
    pub refused_secrets: BTreeSet<String>,
    /// What scans projects, where it is declared.
    pub scanners: Scanners,
    /// What the server can do, where that matters.
    pub support: Support,
    /// The rights that robots may be given; `None` where our own has all that it wants.
    pub grantable: Option<Grantable>,
    /// Which very objects are there.
    pub(crate) sights: BTreeMap<ObjectId, Sight>,
    /// Which lists were read that are not read always.
    pub looked: Looked,
}

impl Observed {
    /// The other registries, by name.
    pub(crate) fn registries(&self) -> impl Iterator<Item = (&str, &Registry)> {
        self.objects.objects_in::<Registry>(REGISTRY.as_str(), "").map(|(object, registry)| (object.name(), registry))
    }
}

/// The configuration, key by key.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The values. Secrets are not among them.
    pub values: BTreeMap<String, Value>,
    /// The keys that cannot be changed now.
    pub frozen: BTreeSet<String>,
}

impl Configuration {
    fn of(answer: &ConfigurationsResponse) -> Self {
        let mut configuration = Self::default();
        // A generated type is always written as the map that it was read from.
        let Ok(Value::Object(items)) = serde_json::to_value(answer) else { return configuration };
        for (key, mut item) in items {
            if item["editable"] == false {
                configuration.frozen.insert(key.clone());
            }
            // `scan_all_policy` has no value (server-behaviour 2).
            if let Some(value) = item.get_mut("value") {
                configuration.values.insert(key, value.take());
            }
        }
        configuration
    }

    /// A key that holds text.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.values.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether an administrator has switched on the mode in which nothing changes.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.values.get("read_only").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Whether the server's environment decides about every key (server-behaviour 2).
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        !self.values.is_empty() && self.values.keys().all(|key| self.frozen.contains(key))
    }

    /// Whether another prefix of robots is declared, and the server's environment lets it change.
    pub(crate) fn moves_prefix(&self, desired: &Desired) -> bool {
        let is_frozen = self.frozen.contains(ROBOT_NAME_PREFIX);
        !is_frozen && desired.configuration.prefix().is_some_and(|prefix| prefix != self.text(ROBOT_NAME_PREFIX))
    }
}

/// A project's quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its number.
    pub id: i64,
    /// How much may be stored, in bytes; -1 is unlimited.
    pub storage: i64,
}

impl Harbor {
    /// Reads everything that the plan needs, anew.
    pub(crate) async fn read(&self, desired: &Desired, ownership: &Ownership) -> Result<Observed, Error> {
        let mut reach = Reach::of(desired, ownership);
        let configuration = self.begin_reading().await?;
        let (NamedRobots { robots, strange }, own_robot) = self.read_robots().await?;
        let grantable = self.read_grantable(desired, &robots).await?;
        self.spare_own_robot(desired, &robots, grantable.as_ref());
        // One list of registries serves all that names some.
        let kinds =
            needed(system::kinds(), &desired.system, ownership, |kind| kind.kind() == REGISTRY && reach.registries);
        let ((projects, quotas), replications, objects, cluster) = try_join!(
            self.read_projects(),
            self.read_replications(reach.replications),
            ObservedObjects::read(self, kinds.into_iter().map(|kind| (kind, Parent::NONE))),
            self.read_cluster(desired, ownership),
        )?;
        // Another prefix renames the robots of every project: whose they are has to be known first.
        if configuration.moves_prefix(desired) {
            reach.robots.extend(projects.keys().cloned());
        }
        let (going, staying) = reach::left_behind(desired, ownership, &projects);
        reach.look_into(&going);
        reach.members.extend(staying);
        // What goes with a user or a group is in any project.
        let mut gone = left_behind(system::kinds(), &objects, ownership, &desired.objects()).into_iter();
        if gone.any(|gone| system::are_members(&gone.there.object)) {
            reach.members.extend(projects.keys().cloned());
        }
        let looked = reach.looked(strange);
        let lists = Observed {
            configuration,
            projects,
            quotas,
            robots,
            own_robot,
            replications,
            objects,
            cluster,
            grantable,
            looked,
            ..Observed::default()
        };
        let observed = self.read_belongings(&reach, lists).await?;
        let support = self.read_support(desired, &observed).await?;
        let (credentials, refused_secrets) = try_join!(
            async {
                let Observed { cluster, projects, robots, .. } = &observed;
                Ok(self.read_credentials(desired, cluster.as_ref(), projects, robots).await)
            },
            self.read_refused_secrets(desired, &observed.robots),
        )?;
        Ok(Observed { credentials, refused_secrets, support, ..observed })
    }

    /// Reads all that the server holds, and nothing of a cluster.
    pub(crate) async fn read_everything(&self) -> Result<Observed, Error> {
        let configuration = self.begin_reading().await?;
        let (NamedRobots { robots, strange }, own_robot) = self.read_robots().await?;
        let ((projects, quotas), replications, objects) = try_join!(
            self.read_projects(),
            self.read_replications(true),
            ObservedObjects::read(self, system::kinds().map(|kind| (kind, Parent::NONE))),
        )?;
        let reach = Reach::everything(&projects);
        let lists = Observed {
            configuration,
            projects,
            quotas,
            robots,
            own_robot,
            replications,
            objects,
            looked: reach.looked(strange),
            ..Observed::default()
        };
        self.read_belongings(&reach, lists).await
    }

    /// The configuration, with which everything begins: names of robots are known once their prefix is.
    async fn begin_reading(&self) -> Result<Configuration, Error> {
        self.directory.clear();
        self.made.clear();
        let configuration = self.read_configuration().await?;
        self.set_prefix(configuration.text("robot_name_prefix"));
        Ok(configuration)
    }

    /// What belongs to single projects, of those that are in the list.
    async fn read_belongings(&self, reach: &Reach, observed: Observed) -> Result<Observed, Error> {
        let projects = &observed.projects;
        let (members, retentions, objects, scanners, of_projects) = try_join!(
            self.read_members(&reach.members, projects),
            self.read_retentions(&reach.retentions, projects),
            ObservedObjects::read(self, reach.lists(projects)),
            self.read_scanners(&reach.scanners),
            self.read_project_robots(&reach.robots, projects),
        )?;
        let mut observed = Observed { members, retentions, scanners, ..observed };
        observed.objects.extend(objects);
        observed.robots.extend(of_projects.robots);
        observed.looked.strange_robots |= of_projects.strange;
        observed.sights = sights::sights(&observed);
        Ok(observed)
    }

    /// Robots may not (server-behaviour 5).
    async fn read_configuration(&self) -> Result<Configuration, Error> {
        let read = self.administrator().configuration_get().send().await.api().context(
            "read",
            "configuration of",
            "harbor",
        )?;
        Ok(Configuration::of(&read))
    }

    async fn read_replications(&self, wanted: bool) -> Result<BTreeMap<String, ReplicationPolicy>, Error> {
        if !wanted {
            return Ok(BTreeMap::new());
        }
        let answer = paging::replications(self.client()).await;
        let list = answer.context("list", "replications of", "harbor")?;
        Ok(list.into_iter().filter_map(|policy| Some((policy.name.clone()?, policy))).collect())
    }
}
