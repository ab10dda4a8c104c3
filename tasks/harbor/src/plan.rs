//! What has to change: desired × observed → changes. Pure.
//!
//! Read it as a table, in the order of the writes: this task's own robot, the configuration, registries, projects with quota and
//! retention, members, robots, the teams' secrets, replications. Nothing is ever removed because it is not declared, except a
//! membership that a declared list leaves out, and what `plan/prune.rs` finds in the inventory.

mod allowlists;
mod configuration;
mod inside;
mod members;
mod notes;
mod objects;
mod prefix;
mod projects;
mod prune;
mod refusals;
mod registries;
mod retention;
mod robots;
mod secrets;
mod support;

use std::sync::Arc;

use evenkeel_core::{
    memory::Memory,
    object::ObjectId,
    plan::{Plan, PlanError},
};
use evenkeel_engine::plain::Write;
use evenkeel_harbor_client::types::{Configurations, CveAllowlist, ProjectReq, ReplicationPolicy};
use evenkeel_kubernetes_client::{
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, service_account::ServiceAccount,
};

pub use notes::NotedSecret;
pub(crate) use prefix::ours;
pub(crate) use prune::RULES_STAY;
pub(crate) use retention::{TEMPLATE_OF_CACHE, keep_last, rest_of_policy, schedule, seen as seen_rule};
pub use retention::{is_ours, retention_policy};
pub use secrets::{Obstacle, Publication};

use crate::{
    Harbor,
    desired::{Desired, DesiredReplication, DesiredRetention, DesiredRobot, Member},
    names,
    observe::Observed,
};

/// One write, with everything that it needs beside the numbers of the moment.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Change these keys of the configuration.
    Configure(Box<Configurations>),
    /// Say that the server's environment decides about the configuration.
    ConfigurationIsFixed,
    /// Say that these robots of other people would get another name.
    PrefixIsShared(Vec<String>),
    /// Say that the login mode stays what it is.
    AuthModeIsFrozen(String),
    /// Make a project. The registry that it is a cache of is known by name.
    CreateProject(Box<ProjectReq>, Option<String>),
    /// Change settings of a project.
    UpdateProject(String, Box<ProjectReq>),
    /// Change the quota with this number to so many bytes.
    UpdateQuota(i64, i64),
    /// Nothing: a new project was made with its quota, which is shown as the change that it is.
    QuotaOfNewProject,
    /// Replace the list of vulnerabilities that a project allows.
    SetAllowlist(String, Box<CveAllowlist>),
    /// Choose what scans a project, by name.
    SetScanner(String, String),
    /// Make a project's retention policy, or bring our rules into the one with this number.
    SetRetention(String, Option<i64>, DesiredRetention),
    /// Make somebody a member of a project.
    AddMember(String, Member, i64),
    /// Change the role of a project's membership with this number.
    UpdateMember(String, i64, i64),
    /// Take a project's membership with this number away.
    RemoveMember(String, i64),
    /// Make a robot.
    CreateRobot(Box<DesiredRobot>),
    /// Change declared fields of a robot; wake it where its time is over. A Secret that works all the same is noted to do so.
    UpdateRobot(Box<DesiredRobot>, i64, bool, Option<Box<NotedSecret>>),
    /// Make a secret for this task's own robot, and work as it from then on.
    EquipOwnRobot(String),
    /// Set the declared secret of a robot.
    SetSecret(Box<DesiredRobot>),
    /// Say that the server does not speak to registries of this kind, but to those.
    NoAdapter(String, Vec<String>),
    /// Make a replication policy.
    CreateReplication(Box<DesiredReplication>),
    /// Change declared fields of a replication policy, which is given as it is there.
    UpdateReplication(Box<DesiredReplication>, Box<ReplicationPolicy>),
    /// Write an object of a plain kind.
    Plain(Arc<Write<Harbor>>),
    /// Make a namespace.
    CreateNamespace(String),
    /// Put a robot's credentials into the cluster, once they work.
    Publish(Box<Publication>),
    /// Note on a Secret that its content was seen to work.
    NoteVerified(Box<Publication>),
    /// Add names to the pull secrets of a namespace's default account, which is given as it is there.
    AddPullSecrets(String, Vec<String>, Option<Box<ServiceAccount>>),
    /// Say why nothing can be put into the cluster.
    Wait(String, Box<Obstacle>),
    /// Remove an object that is ours and not declared any more.
    Delete(Removal),
}

/// What is removed, by the number under which it was observed.
#[derive(Clone, Debug, PartialEq)]
pub enum Removal {
    /// A project's name and number, with the stored names of its robots, which go along. The server refuses while it holds
    /// repositories.
    Project(String, i64, Vec<String>),
    /// A project and the number of one of its memberships.
    Member(String, i64),
    /// A robot's stored name and number.
    Robot(String, i64),
    /// Our rules in a project's retention policy with this number, as they are shown, and the policy where nothing else is in it.
    Retention(String, i64, Vec<serde_json::Value>),
    /// A replication policy's number.
    Replication(i64),
    /// A Secret, as it was seen.
    Secret(Box<ObjectMeta>),
}

/// The plan in the making.
type PlanBuilder<'a> = evenkeel_core::plan::PlanBuilder<'a, Operation>;

impl From<Write<Harbor>> for Operation {
    fn from(write: Write<Harbor>) -> Self {
        Self::Plain(write.into())
    }
}

/// What makes settings managed that nobody declared, of an object that was there before evenkeel.
const HOW_TO_MANAGE: &str = "declare what should change, or make one ours with `apply --adopt --only KIND/NAME`, which lets \
                             `--prune` remove it too";

/// What has to change. See the module's words.
///
/// # Errors
///
/// When changes contradict each other, which is a mistake of this task.
pub fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Result<Plan<Operation>, PlanError> {
    let declared = desired;
    let (desired, unjudged) = support::possible(declared, observed);
    let desired = desired.as_ref();
    let prefix = prefix::plan(desired, observed, &memory.ownership);
    let mut builder = PlanBuilder::new(memory);
    builder.extend_notes(desired.notes.iter().cloned());
    for unjudged in unjudged {
        builder.leave_unjudged(unjudged);
    }
    configuration::plan(&mut builder, desired, observed, &prefix);
    robots::plan_own(&mut builder, desired, observed, &prefix);
    objects::plan(&mut builder, &desired.system, desired, observed);
    registries::tell_unknown_adapters(&mut builder, observed);
    projects::plan(&mut builder, desired, observed);
    members::plan(&mut builder, desired, observed);
    robots::plan(&mut builder, desired, observed, &prefix);
    secrets::plan(&mut builder, desired, observed, &prefix);
    notes::plan(&mut builder, desired, observed);
    registries::plan_replications(&mut builder, desired, observed);
    refusals::plan(&mut builder, desired, observed);
    prune::plan(&mut builder, declared, observed, memory);
    let server = ObjectId::new(names::SERVER, names::TASK);
    builder.note_left_alone(server.clone(), HOW_TO_MANAGE);
    if !builder.changes().is_empty() && observed.configuration.is_read_only() {
        builder.note(server, "is in read-only mode: it refuses every change but those of its configuration");
    }
    builder.finish()
}
