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
mod prefix;
mod projects;
mod prune;
mod refusals;
mod registries;
mod retention;
mod robots;
mod secrets;
mod support;
mod system;
mod webhooks;

use std::sync::Arc;

use evenkeel_core::{
    diff::{Difference, FieldChange, Recollection, Rules},
    field::Field,
    memory::{Memory, Ownership, Secrets},
    object::ObjectId,
    plan::{Action, Cause, Change, ChangeDocument, LeftAlone, Note, Plan, PlanError, Unjudged},
};
use evenkeel_harbor_client::types::{
    Configurations, CveAllowlist, ImmutableRule, Label, ProjectReq, Registry, ReplicationPolicy, WebhookPolicy,
};
use evenkeel_kubernetes_client::{
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, service_account::ServiceAccount,
};
use serde::Serialize;

pub use notes::NotedSecret;
use prefix::ComingPrefix;
pub(crate) use prefix::{moves_prefix, ours};
pub(crate) use projects::selected;
pub(crate) use prune::RULES_STAY;
pub(crate) use retention::{TEMPLATE_OF_CACHE, keep_last, rest_of_policy, schedule, seen as seen_rule};
pub use retention::{is_ours, retention_policy};
pub use secrets::{Obstacle, Publication};

use crate::{
    Harbor,
    desired::{Declared, Desired, DesiredReplication, DesiredRetention, DesiredRobot, Member},
    names,
    observe::Observed,
    plain::Write,
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
    /// Make an immutable tag rule in a project.
    CreateImmutableRule(String, Box<ImmutableRule>),
    /// Replace an immutable tag rule of a project; its number is inside.
    UpdateImmutableRule(String, Box<ImmutableRule>),
    /// Make a webhook policy in a project.
    CreateWebhook(String, Box<WebhookPolicy>),
    /// Change declared fields of a project's webhook policy with this number.
    UpdateWebhook(String, i64, Box<WebhookPolicy>),
    /// Make a label in a project.
    CreateLabel(String, Box<Label>),
    /// Change declared fields of the label, which is given as it is there.
    UpdateLabel(Box<Label>, Box<Label>),
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
    /// Make a registry.
    CreateRegistry(Box<Registry>),
    /// Say that the server does not speak to registries of this kind, but to those.
    NoAdapter(String, Vec<String>),
    /// Change these fields of the registry with this number.
    UpdateRegistry(i64, Box<Registry>),
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
    /// A project and the number of one of its immutable tag rules.
    ImmutableRule(String, i64),
    /// A project and the number of one of its webhook policies.
    Webhook(String, i64),
    /// A label's number.
    Label(i64),
    /// A registry's number.
    Registry(i64),
    /// A replication policy's number.
    Replication(i64),
    /// A Secret, as it was seen.
    Secret(Box<ObjectMeta>),
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
    let mut draft = Draft {
        changes: Vec::new(),
        notes: desired.notes.clone(),
        warnings: Vec::new(),
        unjudged,
        left_alone: LeftAlone::default(),
        ownership: &memory.ownership,
        secrets: &memory.secrets,
        prefix: prefix::plan(desired, observed, &memory.ownership),
    };
    configuration::plan(&mut draft, desired, observed);
    robots::plan_own(&mut draft, desired, observed);
    system::plan(&mut draft, desired, observed);
    registries::plan(&mut draft, desired, observed);
    projects::plan(&mut draft, desired, observed);
    members::plan(&mut draft, desired, observed);
    robots::plan(&mut draft, desired, observed);
    secrets::plan(&mut draft, desired, observed, &memory.ownership);
    notes::plan(&mut draft, desired, observed);
    registries::plan_replications(&mut draft, desired, observed);
    refusals::plan(&mut draft, desired, observed);
    prune::plan(&mut draft, declared, observed, memory);
    system::prune(&mut draft, declared, observed, &memory.ownership);
    let server = ObjectId::new(names::SERVER, names::TASK);
    draft.notes.extend(draft.left_alone.note(server.clone(), HOW_TO_MANAGE));
    if !draft.changes.is_empty() && observed.configuration.is_read_only() {
        draft.note(server, "is in read-only mode: it refuses every change but those of its configuration");
    }
    Ok(Plan::new(draft.changes, draft.notes)?.with_warnings(draft.warnings).with_unjudged(draft.unjudged))
}

/// The plan in the making.
struct Draft<'a> {
    changes: Vec<Change<Operation>>,
    notes: Vec<Note>,
    /// What somebody should see to, although no change of this task can help.
    warnings: Vec<Note>,
    unjudged: Vec<Unjudged>,
    left_alone: LeftAlone,
    ownership: &'a Ownership,
    secrets: &'a Secrets,
    prefix: ComingPrefix,
}

/// Where a change stands among others.
#[derive(Default)]
struct Place {
    waits_for: Vec<ObjectId>,
    exclusive: Option<ObjectId>,
}

impl Place {
    /// A change that waits for others.
    fn after(waits_for: impl IntoIterator<Item = ObjectId>) -> Self {
        Self { waits_for: waits_for.into_iter().collect(), exclusive: None }
    }

    /// No two changes of `object` at the same time.
    fn alone_in(mut self, object: ObjectId) -> Self {
        self.exclusive = Some(object);
        self
    }
}

/// In whose name a change is made.
struct Owner<'a> {
    cause: &'a Cause,
    team: Option<&'a Arc<str>>,
}

impl<'a> Owner<'a> {
    fn of<T>(declared: &'a Declared<T>) -> Self {
        Self { cause: &declared.cause, team: declared.team.as_ref() }
    }
}

impl Draft<'_> {
    /// Whether evenkeel made the object or was told to adopt it.
    fn is_ours(&self, object: &ObjectId) -> bool {
        self.ownership.contains(object)
    }

    /// How the declared fields differ from what is there; what cannot be seen becomes a note.
    fn difference<T: Serialize, U: Serialize>(
        &mut self,
        object: &ObjectId,
        declared: &Declared<T>,
        observed: Option<&U>,
        rules: Rules,
    ) -> Difference {
        let recollection = Recollection { secrets: self.secrets, object };
        let mut difference =
            Difference::recalling(&fields(&declared.value), observed.map(fields).as_ref(), rules, recollection);
        self.notes.extend(difference.notes(object));
        for change in &mut difference.changes {
            let field = change.path.split(['.', '[']).next().unwrap_or_default();
            change.cause = declared.field_causes.get(field).cloned().map(Box::new);
        }
        difference
    }

    /// Adds a change if the declared fields differ from what is there, or the object is not.
    fn compare<T: Serialize, U: Serialize>(
        &mut self,
        object: ObjectId,
        declared: &Declared<T>,
        observed: Option<&U>,
        rules: Rules,
        place: Place,
        operation: impl FnOnce(Action) -> Operation,
    ) {
        let difference = self.difference(&object, declared, observed, rules);
        if observed.is_some() && difference.is_empty() {
            return;
        }
        let action = if observed.is_some() { Action::Update } else { Action::Create };
        self.push(object, action, difference, &Owner::of(declared), place, operation(action));
    }

    fn push(
        &mut self,
        object: ObjectId,
        action: Action,
        difference: Difference,
        owner: &Owner<'_>,
        place: Place,
        operation: Operation,
    ) {
        let document = ChangeDocument {
            object,
            action,
            fields: difference.changes,
            cause: owner.cause.clone(),
            waits_for: place.waits_for.into(),
        };
        self.changes.push(Change {
            document: document.into(),
            exclusive: place.exclusive,
            team: owner.team.cloned(),
            removes_data: false,
            takes_along: Vec::new(),
            removes_relation: false,
            is_needed: false,
            secrets: difference.secrets,
            operation,
        });
    }

    /// Adds a change of one field that has no representation of its own.
    fn push_field(
        &mut self,
        object: ObjectId,
        action: Action,
        field: FieldChange,
        owner: &Owner<'_>,
        place: Place,
        operation: Operation,
    ) {
        let difference = Difference { changes: vec![field], ..Difference::default() };
        self.push(object, action, difference, owner, place, operation);
    }

    /// Says of the change that was added for an object that it takes something away which other people may count on.
    fn takes_relation(&mut self, object: &ObjectId) {
        if let Some(change) = self.changes.last_mut().filter(|change| change.object == *object) {
            change.removes_relation = true;
        }
    }

    /// Says of the change that was added for an object that what waits for it can do nothing without it.
    fn is_needed(&mut self, object: &ObjectId) {
        if let Some(change) = self.changes.last_mut().filter(|change| change.object == *object) {
            change.is_needed = true;
        }
    }

    fn note(&mut self, object: ObjectId, message: impl Into<String>) {
        self.notes.push(Note { object, message: message.into() });
    }
}

/// One field from one value to another.
fn field(path: &str, before: Option<serde_json::Value>, after: Option<serde_json::Value>) -> FieldChange {
    FieldChange { path: path.into(), before: before.map(Box::new), after, secret: false, cause: None }
}

/// A secret field, of which nothing is shown.
fn secret_field(path: &str) -> FieldChange {
    FieldChange { path: path.into(), before: None, after: None, secret: true, cause: None }
}

/// A representation as fields. One that cannot be read as such, which no generated type can cause,
/// counts as unknown: it is reported and never written.
fn fields<T: Serialize + ?Sized>(representation: &T) -> Field {
    Field::of(representation).unwrap_or(Field::Unknown)
}
