//! What has to change: rules × what is there → changes. Pure.
//!
//! A copy is equal when type, keys, what is under them, and our marks are. Whether a copy may be written is asked afterwards, so that
//! the plan shows what stays undone and why.

mod contest;
mod prune;
mod unseen;
mod warnings;

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::{
    diff::FieldChange,
    memory::Memory,
    object::ObjectId,
    plan::{Action, Dependencies, Origin, Plan, PlanBuilder, PlanError},
};
use evenkeel_kubernetes_client::{ObjectName, namespace::Closed};

use crate::{
    desired::{Desired, Destination},
    labelling::Labelling,
    names::{self, Marks, NAMESPACE},
    observe::{Observed, ObservedCopy, ObservedTarget, Seen},
    wanted::{Wanted, wanted},
};

/// The longest name of an object.
const LONGEST_NAME: usize = 253;

/// One write, with everything that it needs.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Make a copy that is not there.
    Create(Box<Copying>),
    /// Change a copy as it was seen.
    Update(Box<Copying>, Seen),
    /// Delete what was seen and make the copy: what differs can never change in it.
    Recreate(Box<Copying>, Seen),
    /// Say why a copy is not written.
    Refuse(Box<Obstacle>),
    /// Delete a copy as it was seen.
    Delete(Seen),
}

/// What becomes a copy.
#[derive(Clone, Debug)]
pub struct Copying {
    /// The source.
    pub source: ObjectName,
    /// The `resourceVersion` of the source that the plan is made for.
    pub version: Arc<str>,
    /// The copy.
    pub target: ObjectName,
    /// What is noted on the copy.
    pub marks: Marks,
    /// What the rule declares beside that.
    pub labelling: Labelling,
    /// Keys of the copy that its source does not have.
    pub vanished: Vec<String>,
}

/// Why a copy is not written.
#[derive(Clone, Debug)]
pub enum Obstacle {
    /// A Secret of that name is there and is not ours.
    Foreign,
    /// These Secrets would all be copied to it.
    Contested(Vec<String>),
    /// The certificate does not work.
    Broken {
        /// The source.
        from: String,
        /// What is wrong with it.
        flaws: String,
    },
    /// The namespace is missing.
    NamespaceMissing,
    /// The namespace is being deleted.
    NamespaceTerminating,
    /// The name would be too long.
    NameTooLong,
}

/// What has to change. See the module's words.
///
/// # Errors
///
/// When changes contradict each other, which is a mistake of this task.
pub fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Result<Plan<Operation>, PlanError> {
    let mut planning = Planning { desired, observed, plan: PlanBuilder::new(memory) };
    let wanted = wanted(desired, &observed.sources, &observed.destinations);
    planning.tell_of_reaches();
    for (target, candidates) in &wanted {
        planning.copy(target, candidates);
    }
    planning.prune(&wanted);
    planning.tell_of_targets(&wanted);
    planning.plan.finish()
}

/// The copies that the rules ask for.
#[must_use]
pub fn declared(desired: &Desired, observed: &Observed) -> BTreeSet<ObjectId> {
    wanted(desired, &observed.sources, &observed.destinations).keys().map(names::secret).collect()
}

/// What `--adopt` makes ours: declared copies that are there, and our copies that nobody declares any more.
#[must_use]
pub fn existing(desired: &Desired, observed: &Observed) -> Vec<ObjectId> {
    let wanted = wanted(desired, &observed.sources, &observed.destinations);
    let mut existing = Vec::new();
    for (namespace, target) in &observed.targets {
        for (name, copy) in &target.copies {
            let name = ObjectName::in_namespace(namespace, name);
            if wanted.contains_key(&name) || prune::carries_our_hand(copy, &desired.platform) {
                existing.push(names::secret(&name));
            }
        }
    }
    existing
}

/// The plan in the making, and what it is made from.
struct Planning<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    plan: PlanBuilder<'a, Operation>,
}

impl Planning<'_> {
    fn target(&self, target: &ObjectName) -> Option<&ObservedTarget> {
        self.observed.targets.get(target.namespace.as_deref().unwrap_or_default())
    }

    /// Whether a Secret may be written to: it says that it is ours, or we have made it and only its labels are gone, or somebody
    /// has just said that it is ours. The inventory alone is no proof: one file may know several clusters.
    fn is_ours(&self, object: &ObjectId, copy: &ObservedCopy) -> bool {
        copy.marks.are_ours(&self.desired.platform)
            || self.plan.is_ours(object) && (copy.is_written_by_us || self.plan.secrets().is_adopting())
    }

    fn copy(&mut self, target: &ObjectName, candidates: &[Wanted<'_>]) {
        let Some(place) = self.target(target).filter(|place| place.failure.is_none()) else { return };
        let (copy, closed) = (place.copies.get(&target.name).cloned(), place.closed);
        let object = names::secret(target);
        let (wanted, contested) = contest::settle(candidates, copy.as_ref());
        if closed == Some(Closed::Terminating) && matches!(wanted.rule.to, Destination::Many { .. }) {
            let namespace = ObjectId::new(NAMESPACE, target.namespace.as_deref().unwrap_or_default());
            return self.plan.note(namespace, "is being deleted, so that nothing is copied to it");
        }
        if let Some(others) = &contested
            && copy.is_some()
        {
            self.plan.warn(
                object.clone(),
                format!("stays the copy of `{}`: {others} would be copied to it too", wanted.source),
            );
        }
        let flaws = self.look_at_certificate(&object, &wanted);
        if !wanted.observed.content.is_filled {
            let then = if copy.is_some() { "the copy stays as it is" } else { "it is not copied" };
            return self.plan.warn(object, format!("`{}` holds nothing yet, so that {then}", wanted.source));
        }
        let marks = Marks::new(&self.desired.platform, wanted.source, &wanted.observed.version, &wanted.rule.text);
        let fields = differences(&wanted, copy.as_ref(), &marks);
        if fields.is_empty() {
            return;
        }
        let is_foreign = copy.as_ref().is_some_and(|copy| !self.is_ours(&object, copy));
        if is_foreign && fields.iter().all(is_mark) {
            return self.plan.note_foreign(&object);
        }
        let obstacle = match (is_foreign, contested, copy.is_some(), closed) {
            (true, ..) => Some(Obstacle::Foreign),
            (_, Some(_), false, _) => {
                Some(Obstacle::Contested(candidates.iter().map(|one| one.source.to_string()).collect()))
            }
            (_, _, false, Some(Closed::Missing)) => Some(Obstacle::NamespaceMissing),
            (_, _, false, Some(Closed::Terminating)) => Some(Obstacle::NamespaceTerminating),
            _ if target.name.len() > LONGEST_NAME => Some(Obstacle::NameTooLong),
            _ => flaws.map(|flaws| Obstacle::Broken { from: wanted.source.to_string(), flaws }),
        };
        let remade = copy.as_ref().and_then(|copy| why_made_again(copy, &wanted, &fields));
        self.tell_of_fate(&object, obstacle.as_ref(), remade);
        let (action, operation) = operation(&wanted, target, (copy, marks), remade.is_some());
        let operation = obstacle.map_or(operation, |obstacle| Operation::Refuse(Box::new(obstacle)));
        let mut namespaces = [&wanted.source.namespace, &target.namespace].into_iter().flatten();
        let team = namespaces.find_map(|namespace| self.desired.team_of(namespace));
        let origin = Origin { cause: &wanted.rule.cause, team };
        self.plan.push(object, action, fields, origin, Dependencies::default(), operation);
    }

    /// Says of a copy that it stays, or that it is made again: never both.
    fn tell_of_fate(&mut self, object: &ObjectId, obstacle: Option<&Obstacle>, remade: Option<&'static str>) {
        match (obstacle, remade) {
            (Some(Obstacle::Foreign), _) => self.plan.refuse(object),
            (None, Some(why)) => self.plan.note(object.clone(), format!("is deleted and made again, because {why}")),
            _ => {}
        }
    }
}

/// The fields in which a copy differs from its source and from what shall be noted on it.
fn differences(wanted: &Wanted<'_>, copy: Option<&ObservedCopy>, marks: &Marks) -> Vec<FieldChange> {
    let content = &wanted.observed.content;
    let there = copy.map(|copy| &copy.content);
    let mut fields = Vec::new();
    if there.is_none_or(|there| there.secret_type != content.secret_type) {
        let before = there.map(|there| (*there.secret_type).into());
        fields.push(FieldChange::new("type", before, Some((*content.secret_type).into())));
    }
    for (key, value) in &content.data {
        match there.map(|there| there.get(key)) {
            Some(Some(same)) if same == *value => {}
            Some(None) => fields.push(FieldChange::new(format!("data.{key}"), None, Some(HIDDEN.into()))),
            _ => fields.push(FieldChange::secret(format!("data.{key}"))),
        }
    }
    for (key, _) in there.iter().flat_map(|there| there.data.iter()).filter(|(key, _)| content.get(key).is_none()) {
        fields.push(FieldChange::new(format!("data.{key}"), Some(HIDDEN.into()), None));
    }
    let noted = copy.map(|copy| &copy.marks).cloned().unwrap_or_default();
    for (mark, there) in marks.iter().zip(noted.iter()) {
        if mark != there {
            let shown = |value: Option<Arc<str>>| value.map(|value| (*value).into());
            fields.push(FieldChange::new(mark.path(), shown(there.value), shown(mark.value)));
        }
    }
    fields.extend(wanted.rule.labelling.differences(copy.map(|copy| &copy.labelling)));
    fields
}

/// What stands for a value that is there on one side only.
const HIDDEN: &str = "(secret)";

fn is_mark(field: &FieldChange) -> bool {
    &*field.path != "type" && !field.path.starts_with("data.")
}

/// Why a copy cannot be changed into what it should be: a type never changes, nor does what an immutable Secret holds
/// (server-behaviour 9).
fn why_made_again(copy: &ObservedCopy, wanted: &Wanted<'_>, fields: &[FieldChange]) -> Option<&'static str> {
    if copy.content.secret_type != wanted.observed.content.secret_type {
        return Some("a type can never change");
    }
    (copy.immutable && !fields.iter().all(is_mark)).then_some("it is immutable")
}

fn operation(
    wanted: &Wanted<'_>,
    target: &ObjectName,
    (copy, marks): (Option<ObservedCopy>, Marks),
    is_remade: bool,
) -> (Action, Operation) {
    let content = &wanted.observed.content;
    let there = copy.iter().flat_map(|copy| copy.content.data.iter());
    let vanished = there.filter(|(key, _)| content.get(key).is_none()).map(|(key, _)| key.to_string()).collect();
    let copying = Box::new(Copying {
        source: wanted.source.clone(),
        version: Arc::clone(&wanted.observed.version),
        target: target.clone(),
        marks,
        labelling: wanted.rule.labelling.clone(),
        vanished,
    });
    match copy {
        None => (Action::Create, Operation::Create(copying)),
        Some(copy) if is_remade => (Action::Update, Operation::Recreate(copying, copy.seen)),
        Some(copy) => (Action::Update, Operation::Update(copying, copy.seen)),
    }
}
