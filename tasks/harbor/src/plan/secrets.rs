//! The teams' registry secrets in the cluster. A secret that works is never touched; what is wrong around it is put right.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    diff::{Difference, FieldChange},
    memory::Ownership,
    object::ObjectId,
    plan::{Action, Dependencies, Origin, Unjudged, WhyUnjudged},
};
use evenkeel_engine::task::{Class, Classified};
use evenkeel_kubernetes_client::{
    KubernetesError, k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, namespace::Closed,
    secret::SecretObject,
};

use super::{Operation, PlanBuilder, ours, prefix::ComingPrefix, robots::is_withheld};
use crate::{
    desired::{Desired, DesiredCluster, DesiredCredential, Form},
    names::{self, DEFAULT_ACCOUNT, NAMESPACE, PULL_SECRETS},
    observe::{Observed, ObservedSecret, Published},
    published::RobotCredentials,
};

/// A Secret that is to be written, and what it was seen as.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Whose credentials, where.
    pub credential: DesiredCredential,
    /// The host by which images are named and pulled.
    pub registry_host: String,
    /// The owner's name, for labels.
    pub platform: String,
    /// The Secret as it was seen; `None` where there is none.
    pub seen: Option<ObservedSecret>,
    /// The robot's state before its secret was looked at.
    pub robot_update_time: String,
    /// Whether the robot may get another secret: one that other people made keeps its own, which they may be using.
    pub may_set_secret: bool,
    /// Whether it has to be deleted and made again, because what differs can never change in it.
    pub recreate: bool,
}

impl Publication {
    /// What the Secret was seen as.
    #[must_use]
    pub fn metadata(&self) -> Option<&ObjectMeta> {
        self.seen.as_ref().map(ObservedSecret::metadata)
    }
}

/// Why nothing can be put into the cluster.
#[derive(Clone, Debug)]
pub enum Obstacle {
    /// There is no cluster in this run.
    NoCluster,
    /// The namespace is missing.
    Missing,
    /// The namespace is being deleted.
    Terminating,
    /// A Secret of that name is there and is not ours.
    Foreign,
    /// The cluster could not be read.
    Cluster(KubernetesError),
}

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed, prefix: &ComingPrefix) {
    let Some(wanted) = &desired.cluster else { return };
    let ownership = plan.ownership();
    let robots = ours(desired, observed, ownership);
    let mut planning = Planning { plan, wanted, observed, ownership, robots, prefix };
    planning.namespaces();
    for credential in planning.credentials() {
        planning.credential(credential);
    }
    planning.accounts();
}

struct Planning<'a, 'b> {
    plan: &'a mut PlanBuilder<'b>,
    wanted: &'a DesiredCluster,
    observed: &'a Observed,
    ownership: &'a Ownership,
    /// The robots that are ours.
    robots: BTreeSet<String>,
    prefix: &'a ComingPrefix,
}

impl<'a> Planning<'a, '_> {
    /// The credentials whose robot is there or will be.
    fn credentials(&self) -> Vec<&'a DesiredCredential> {
        let (observed, ownership) = (self.observed, self.ownership);
        let is_withheld = |credential: &&DesiredCredential| {
            !self.robots.contains(&credential.robot)
                && is_withheld(&credential.robot, &credential.project, observed, ownership)
        };
        self.wanted.credentials.iter().filter(|credential| !is_withheld(credential)).collect()
    }

    /// Missing namespaces are made where the values say so.
    fn namespaces(&mut self) {
        let Some(cluster) = &self.observed.cluster else { return };
        for (name, closed) in &cluster.closed_namespaces {
            let message = match closed {
                Closed::Missing if self.wanted.create_namespaces => continue,
                Closed::Missing => "does not exist: its registry secrets wait",
                Closed::Terminating => "is being deleted: its registry secrets wait",
            };
            self.plan.note(ObjectId::new(NAMESPACE, name.as_str()), message);
        }
        let mut teams: BTreeMap<&str, &DesiredCredential> = BTreeMap::new();
        for credential in self.credentials() {
            teams.entry(credential.namespace.as_str()).or_insert(credential);
        }
        for (name, credential) in teams {
            if self.wanted.create_namespaces && cluster.closed_namespaces.get(name) == Some(&Closed::Missing) {
                let operation = Operation::CreateNamespace(name.to_owned());
                let (object, origin) = (ObjectId::new(NAMESPACE, name), origin(credential));
                let nothing = Difference::default();
                self.plan.push(object, Action::Create, nothing, origin, Dependencies::default(), operation);
            }
        }
    }

    fn credential(&mut self, credential: &DesiredCredential) {
        let object = credential.object();
        let seen = self.observed.cluster.as_ref().and_then(|cluster| cluster.secrets.get(&object));
        let state = self.observed.credentials.get(&object).copied();
        let changes = match seen {
            Some(seen) => self.changes(credential, seen, state),
            None => new_secret(credential),
        };
        let is_foreign = seen.is_some_and(|seen| !seen.labelled && !self.ownership.contains(&object));
        if is_foreign && changes.iter().all(|change| &*change.path == LABELS) {
            return self.plan.note_foreign(&object);
        }
        let note_only = changes.is_empty() && state == Some(Published::WorksUnnoted);
        let ask_again = changes.is_empty() && state == Some(Published::Unverified);
        if changes.is_empty() && !note_only && !ask_again {
            return;
        }
        let action = if seen.is_some() { Action::Update } else { Action::Create };
        let obstacle = if is_foreign { Some(Obstacle::Foreign) } else { self.obstacle(credential, seen) };
        if let Some(Obstacle::Cluster(error)) = &obstacle {
            self.not_judged(&object, error);
        }
        let publication = Box::new(Publication {
            credential: credential.clone(),
            registry_host: self.wanted.registry_host.clone(),
            platform: self.wanted.platform.clone(),
            seen: seen.cloned(),
            robot_update_time: self.robot_update_time(&credential.robot),
            may_set_secret: !self.observed.robots.contains_key(&credential.robot)
                || self.robots.contains(&credential.robot),
            recreate: seen.is_some_and(|seen| must_be_made_again(&seen.secret, &changes)),
        });
        let changes = match (note_only, ask_again) {
            (true, _) => vec![FieldChange::new("verified", Some(false.into()), Some(true.into()))],
            (_, true) => {
                let message = "harbor failed to say whether it works: it is asked again, and stays as it is until it has answered";
                self.plan.note(object.clone(), message);
                vec![FieldChange::new("verified", None, Some(true.into()))]
            }
            _ => changes,
        };
        if is_foreign {
            self.plan.refuse(&object);
        }
        if publication.recreate && !is_foreign {
            self.plan.note(object.clone(), "is deleted and made again, because what differs can never change in it");
        }
        let operation = match obstacle {
            Some(obstacle) => Operation::Wait(object.path(), Box::new(obstacle)),
            None if note_only => Operation::NoteVerified(publication),
            None => Operation::Publish(publication),
        };
        let waits_for = [
            names::project(&credential.project),
            names::robot(&credential.robot),
            ObjectId::new(NAMESPACE, credential.namespace.as_str()),
        ];
        let dependencies = Dependencies::after(waits_for.into_iter().chain(self.prefix.change.clone()))
            .exclusive_in(names::robot(&credential.robot));
        self.plan.push(object, action, changes, origin(credential), dependencies, operation);
    }

    /// Of a Secret in a cluster that does not answer nobody knows whether it is there.
    fn not_judged(&mut self, object: &ObjectId, error: &KubernetesError) {
        if error.class() != Class::Unavailable {
            return;
        }
        let hint = Classified::hint(error).unwrap_or_else(|| "run it again".to_owned());
        let (objects, message) = (vec![object.clone()], error.to_string());
        self.plan.join_unjudged(Unjudged { objects, why: WhyUnjudged::Away, message, hint });
    }

    /// What is wrong with a Secret, beside a note that is out of date.
    fn changes(
        &self,
        credential: &DesiredCredential,
        seen: &ObservedSecret,
        state: Option<Published>,
    ) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        let (form, secret) = (credential.form, &seen.secret);
        if !seen.labelled {
            changes.push(FieldChange::new(LABELS, None, Some("evenkeel".into())));
        }
        if secret.secret_type != form.secret_type() {
            changes.push(FieldChange::new(
                TYPE,
                Some(secret.secret_type.as_str().into()),
                Some(form.secret_type().into()),
            ));
        }
        let content = secret.data.get(form.key());
        let published = content.and_then(|content| RobotCredentials::of_content(content, &self.wanted.registry_host));
        let Some((content, published)) = content.zip(published) else {
            changes.push(FieldChange::secret("data"));
            return changes;
        };
        let wanted = RobotCredentials {
            host: self.wanted.registry_host.clone(),
            user: format!("{}{}", self.prefix.text, credential.robot),
            password: published.password.clone(),
        };
        if published.host != wanted.host {
            changes.push(FieldChange::new(
                "host",
                Some(published.host.as_str().into()),
                Some(wanted.host.as_str().into()),
            ));
        }
        if published.user != wanted.user {
            changes.push(FieldChange::new(
                "username",
                Some(published.user.as_str().into()),
                Some(wanted.user.as_str().into()),
            ));
        }
        let robot = self.observed.robots.get(&credential.robot);
        if state == Some(Published::Refused) || robot.is_none() {
            changes.push(FieldChange::secret("password"));
        }
        if changes.is_empty() && wanted.content() != *content && !wanted.means(content) {
            changes.push(FieldChange::secret("data"));
        }
        changes
    }

    fn robot_update_time(&self, robot: &str) -> String {
        self.observed.robots.get(robot).and_then(|there| there.robot.update_time.clone()).unwrap_or_default()
    }

    /// Why a Secret cannot be written now.
    fn obstacle(&self, credential: &DesiredCredential, seen: Option<&ObservedSecret>) -> Option<Obstacle> {
        let Some(cluster) = &self.observed.cluster else { return Some(Obstacle::NoCluster) };
        if seen.is_some() {
            return None;
        }
        if let Some(error) = cluster.failure.as_ref().or_else(|| cluster.unread.get(&credential.object())) {
            return Some(Obstacle::Cluster(error.clone()));
        }
        match cluster.closed_namespaces.get(&credential.namespace) {
            Some(Closed::Missing) if !self.wanted.create_namespaces => Some(Obstacle::Missing),
            Some(Closed::Terminating) => Some(Obstacle::Terminating),
            _ => None,
        }
    }

    /// The pull secrets are entries of the account that pods run as by default; all other entries stay.
    fn accounts(&mut self) {
        let mut wanted: BTreeMap<&str, Vec<&DesiredCredential>> = BTreeMap::new();
        for credential in self.credentials().into_iter().filter(|credential| credential.form == Form::PullSecret) {
            wanted.entry(credential.namespace.as_str()).or_default().push(credential);
        }
        for (namespace, credentials) in wanted {
            self.account(namespace, &credentials);
        }
    }

    fn account(&mut self, namespace: &str, credentials: &[&DesiredCredential]) {
        let there = self.observed.cluster.as_ref().and_then(|cluster| cluster.accounts.get(namespace));
        let is_there = |name: &str| there.is_some_and(|there| there.image_pull_secrets().any(|one| one == name));
        let missing: Vec<&&DesiredCredential> =
            credentials.iter().filter(|credential| !is_there(credential.name)).collect();
        let Some(first) = missing.first() else { return };
        let object = ObjectId::within(PULL_SECRETS, namespace, DEFAULT_ACCOUNT);
        let before = there.map(|there| there.image_pull_secrets().collect::<BTreeSet<_>>());
        let before = before.map(|before| before.into_iter().collect::<Vec<_>>().into());
        let after: Vec<&str> = missing.iter().map(|credential| credential.name).collect();
        let names = after.iter().map(|name| (*name).to_owned()).collect();
        let waits_for =
            missing.iter().map(|credential| credential.object()).chain([ObjectId::new(NAMESPACE, namespace)]);
        let dependencies = Dependencies::after(waits_for).exclusive_in(object.clone());
        let obstacle = match &self.observed.cluster {
            None => Some(Obstacle::NoCluster),
            Some(cluster) => cluster.failure.clone().map(Obstacle::Cluster),
        };
        let operation = match obstacle {
            Some(obstacle) => Operation::Wait(object.path(), Box::new(obstacle)),
            None => Operation::AddPullSecrets(namespace.to_owned(), names, there.cloned().map(Box::new)),
        };
        let change = FieldChange::new("imagePullSecrets", before, Some(after.into()));
        self.plan.push(object, Action::Update, change, origin(first), dependencies, operation);
    }
}

const LABELS: &str = "labels";
const TYPE: &str = "type";

/// A type never changes, nor does anything in an immutable Secret (server-behaviour 9).
fn must_be_made_again(secret: &SecretObject, changes: &[FieldChange]) -> bool {
    let of_data = |change: &FieldChange| &*change.path != LABELS;
    changes.iter().any(|change| &*change.path == TYPE || secret.immutable && of_data(change))
}

fn new_secret(credential: &DesiredCredential) -> Vec<FieldChange> {
    vec![FieldChange::new(TYPE, None, Some(credential.form.secret_type().into())), FieldChange::secret("data")]
}

const fn origin(credential: &DesiredCredential) -> Origin<'_> {
    Origin { cause: &credential.cause, team: credential.team.as_ref() }
}
