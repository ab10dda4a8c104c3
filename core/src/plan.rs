//! A plan is a value: which objects change, in which fields, why, and what each change waits for. A task makes one with a
//! [`PlanBuilder`].

mod builder;
mod document;
mod left_alone;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Deref,
    sync::Arc,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use builder::{AddedChange, Dependencies, Origin, PlanBuilder};
pub use document::{ChangeDocument, PlanDocument};
pub use left_alone::LeftAlone;
pub use text::Style;
pub(crate) use text::write_note;

pub use crate::cause::Cause;
use crate::{memory::HiddenSecret, object::ObjectId};

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is not there and will be made.
    Create,
    /// It is there and some declared fields differ.
    Update,
    /// It is there and will be removed.
    Delete,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// One change of one object. `O` is the task's own typed operation, which only its `apply` reads.
///
/// It reads like its document: `change.object`, `change.action`, `change.fields`.
#[derive(Clone, Debug)]
pub struct Change<O> {
    /// What people and programs may see of it. The plan, its document and the report share it: a first run
    /// may have tens of thousands of changes.
    pub document: Arc<ChangeDocument>,
    /// No two changes with the same value here are applied at the same time: the parent whose
    /// children race, or the object whose writes overwrite each other.
    pub exclusive: Option<ObjectId>,
    /// The team that the object belongs to, for `--team`.
    pub team: Option<Arc<str>>,
    /// Whether a delete removes data that people made (users, repositories): it needs a second,
    /// explicit word (law 5).
    pub removes_data: bool,
    /// What lives in an object that is deleted, and goes with it. What of it is not ours keeps the delete from happening, and all of
    /// it counts as deleted.
    pub takes_along: Vec<ObjectId>,
    /// Whether it takes a relation away that other people may count on: a membership, a role, a scope. Only so many may go in one
    /// run.
    pub removes_relation: bool,
    /// Whether what waits for an update can do nothing without it. Without an object that was to be made nothing that waits for it can
    /// be done; an object that is there and could not be changed is there all the same.
    pub is_needed: bool,
    /// The secrets that this change writes and the application hides from then on. Hidden secrets of
    /// the object that are not among them have to stay as they are.
    pub secrets: Vec<HiddenSecret>,
    /// What `apply` does.
    pub operation: O,
}

impl<O> Change<O> {
    /// Whether the change writes the hidden secret at this path.
    #[must_use]
    pub fn writes_secret(&self, path: &str) -> bool {
        self.secrets.iter().any(|secret| secret.path == *path)
    }
}

impl<O> Deref for Change<O> {
    type Target = ChangeDocument;

    fn deref(&self) -> &ChangeDocument {
        &self.document
    }
}

/// Something that people should know and that is no change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// The object it is about.
    pub object: ObjectId,
    /// What there is to know; no secret, no final period.
    pub message: String,
}

/// Why no change can be planned for a declared object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyUnjudged {
    /// What holds it does not answer: another try may show it.
    Away,
    /// The account may not see it.
    Unseen,
    /// It differs in what never changes: somebody has to declare something else.
    Fixed,
}

/// Declared objects for which no change can be planned: nobody knows whether they differ, or they differ in what never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// The objects.
    pub objects: Vec<ObjectId>,
    /// What is in the way.
    pub why: WhyUnjudged,
    /// What could not be seen; no final period.
    pub message: String,
    /// Which right is missing, and where to give it.
    pub hint: String,
}

/// Why a set of changes is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Two changes of one object.
    #[error("`{0}` is planned twice")]
    Twice(ObjectId),
    /// Changes that wait for each other in a ring.
    #[error("`{0}` waits for itself")]
    Ring(ObjectId),
}

/// All changes of a run, each after everything that it waits for.
#[derive(Clone, Debug)]
pub struct Plan<O> {
    changes: Vec<Change<O>>,
    warnings: Vec<Note>,
    notes: Vec<Note>,
    unjudged: Vec<Unjudged>,
}

impl<O> Plan<O> {
    /// Puts the changes in an order in which each comes after what it waits for, and otherwise
    /// leaves them in the order given.
    ///
    /// # Errors
    ///
    /// When an object is changed twice or changes wait for each other: a mistake of the task.
    pub fn new(changes: Vec<Change<O>>, mut notes: Vec<Note>) -> Result<Self, PlanError> {
        notes.sort();
        notes.dedup();
        Ok(Self { changes: ordered(changes)?, warnings: Vec::new(), notes, unjudged: Vec::new() })
    }

    /// The plan with what could not be judged: nothing is changed of it, and it is no sign of being equal.
    #[must_use]
    pub fn with_unjudged(mut self, unjudged: Vec<Unjudged>) -> Self {
        self.unjudged = unjudged;
        self
    }

    /// The plan with what somebody should see to, although no change of this task can help: a certificate that ends soon.
    #[must_use]
    pub fn with_warnings(mut self, mut warnings: Vec<Note>) -> Self {
        warnings.sort();
        self.warnings = warnings;
        self
    }

    /// What somebody should see to.
    #[must_use]
    pub fn warnings(&self) -> &[Note] {
        &self.warnings
    }

    /// What could not be judged.
    #[must_use]
    pub fn unjudged(&self) -> &[Unjudged] {
        &self.unjudged
    }

    /// Keeps of what could not be judged, and of the warnings, what is about objects that are `wanted`.
    #[must_use]
    pub fn judging_only(mut self, wanted: impl Fn(&ObjectId) -> bool) -> Self {
        for unjudged in &mut self.unjudged {
            unjudged.objects.retain(|object| wanted(object));
        }
        self.unjudged.retain(|unjudged| !unjudged.objects.is_empty());
        self.warnings.retain(|warning| wanted(&warning.object));
        self
    }

    /// The changes, each after what it waits for.
    #[must_use]
    pub fn changes(&self) -> &[Change<O>] {
        &self.changes
    }

    /// What people should know.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Keeps the changes that are `wanted`, and those that they wait for.
    #[must_use]
    pub fn only(self, wanted: impl Fn(&Change<O>) -> bool) -> Self {
        let mut kept: BTreeSet<ObjectId> = BTreeSet::new();
        // Backwards: whoever waits comes before what it waits for.
        for change in self.changes.iter().rev() {
            if kept.contains(&change.object) || wanted(change) {
                kept.insert(change.object.clone());
                kept.extend(change.waits_for.iter().cloned());
            }
        }
        let changes = self.changes.into_iter().filter(|change| kept.contains(&change.object)).collect();
        Self { changes, ..self }
    }

    /// Takes the changes that are not `allowed` out of the plan, and leaves a note for each.
    #[must_use]
    pub fn without(mut self, refused: impl Fn(&Change<O>) -> Option<String>) -> Self {
        let mut kept = Vec::with_capacity(self.changes.len());
        for change in self.changes {
            match refused(&change) {
                Some(message) => self.notes.push(Note { object: change.object.clone(), message }),
                None => kept.push(change),
            }
        }
        self.notes.sort();
        Self { changes: kept, ..self }
    }

    /// The plan as people and programs may see it.
    #[must_use]
    pub fn document(&self, task: &str, target: &str) -> PlanDocument {
        PlanDocument {
            task: task.to_owned(),
            target: target.to_owned(),
            changes: self.changes.iter().map(|change| Arc::clone(&change.document)).collect(),
            warnings: self.warnings.clone(),
            notes: self.notes.clone(),
        }
    }
}

/// A depth-first order; changes keep their given order where nothing else is asked.
fn ordered<O>(changes: Vec<Change<O>>) -> Result<Vec<Change<O>>, PlanError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        New,
        Open,
        Done,
    }
    let mut index = BTreeMap::new();
    for (position, change) in changes.iter().enumerate() {
        if index.insert(change.object.clone(), position).is_some() {
            return Err(PlanError::Twice(change.object.clone()));
        }
    }
    let mut visits = vec![Visit::New; changes.len()];
    let mut order = Vec::with_capacity(changes.len());
    // An own stack: a chain of changes may be longer than the thread's stack is deep.
    for start in 0..changes.len() {
        let mut stack = vec![(start, 0)];
        while let Some((position, next)) = stack.pop() {
            if visits[position] == Visit::Done {
                continue;
            }
            visits[position] = Visit::Open;
            match changes[position].waits_for.get(next) {
                Some(object) => {
                    stack.push((position, next + 1));
                    match index.get(object) {
                        Some(&waited) if visits[waited] == Visit::Open => return Err(PlanError::Ring(object.clone())),
                        Some(&waited) if visits[waited] == Visit::New => stack.push((waited, 0)),
                        _ => {}
                    }
                }
                None => {
                    visits[position] = Visit::Done;
                    order.push(position);
                }
            }
        }
    }
    let mut slots: Vec<Option<Change<O>>> = changes.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|position| slots[position].take()).collect())
}

#[cfg(test)]
mod tests;
