//! A plan in the making: what a task's `plan` fills while it goes through what is declared.
//!
//! It compares, so that no task decides on its own what is managed of an object that was there before (law 11), which hidden secret is
//! another than the one written last (law 3), and what people are told of what could not be seen. A task brings its rules and its
//! operations.

mod added;
mod change;
mod compare;
mod shared;

use std::sync::Arc;

pub use added::AddedChange;
pub use change::{Dependencies, Origin};

use self::shared::Shared;
use super::{Action, Cause, Change, ChangeDocument, LeftAlone, Note, Plan, PlanError, Unjudged};
use crate::{
    diff::{Difference, FieldChange},
    memory::{Memory, Ownership, Secrets},
    object::ObjectId,
};

/// A plan in the making. `O` is the task's own typed operation.
#[derive(Debug)]
pub struct PlanBuilder<'a, O> {
    changes: Vec<Change<O>>,
    notes: Vec<Note>,
    warnings: Vec<Note>,
    unjudged: Vec<Unjudged>,
    left_alone: LeftAlone,
    ownership: &'a Ownership,
    secrets: &'a Secrets,
    hides_switches: bool,
    /// The paths of fields, of which tens of thousands of changes have the same few.
    paths: Shared<str>,
    /// The lists of what changes wait for.
    waits_for: Shared<[ObjectId]>,
}

impl<'a, O> PlanBuilder<'a, O> {
    /// A plan without changes, made with what is remembered of the target.
    #[must_use]
    pub fn new(memory: &'a Memory) -> Self {
        Self {
            changes: Vec::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
            unjudged: Vec::new(),
            left_alone: LeftAlone::default(),
            ownership: &memory.ownership,
            secrets: &memory.secrets,
            hides_switches: false,
            paths: Shared::default(),
            waits_for: Shared::default(),
        }
    }

    /// The same for an application that leaves switches out of its answers while they are off: one that is declared as `false` and not
    /// shown of an object that is there is no difference.
    #[must_use]
    pub fn hiding_switches(self) -> Self {
        Self { hides_switches: true, ..self }
    }

    /// Whether evenkeel made the object or was told to adopt it.
    #[must_use]
    pub fn is_ours(&self, object: &ObjectId) -> bool {
        self.ownership.contains(object)
    }

    /// Which objects are ours.
    #[must_use]
    pub const fn ownership(&self) -> &'a Ownership {
        self.ownership
    }

    /// What was written where the application shows nothing.
    #[must_use]
    pub const fn secrets(&self) -> &'a Secrets {
        self.secrets
    }

    /// Adds a change.
    pub fn push(
        &mut self,
        object: ObjectId,
        action: Action,
        difference: impl Into<Difference>,
        origin: Origin<'_>,
        dependencies: Dependencies,
        operation: O,
    ) -> AddedChange<'_, O> {
        let Difference { changes: fields, secrets, .. } = difference.into();
        let waits_for = self.waits_for.share(dependencies.waits_for.into());
        let document = ChangeDocument { object, action, fields, cause: origin.cause.clone(), waits_for };
        let added = self.add(document, origin, dependencies.exclusive, operation);
        added.writing(secrets)
    }

    /// Adds the delete of an object that is ours and not declared any more.
    pub fn delete(&mut self, object: ObjectId, dependencies: Dependencies, operation: O) -> AddedChange<'_, O> {
        let cause = Cause::undeclared();
        let origin = Origin { cause: &cause, team: None };
        self.push(object, Action::Delete, Difference::default(), origin, dependencies, operation)
    }

    /// Adds what makes a relation, such as a membership: it has no fields of its own.
    pub fn add_relation(
        &mut self,
        object: ObjectId,
        origin: Origin<'_>,
        dependencies: Dependencies,
        operation: O,
    ) -> AddedChange<'_, O> {
        self.relation(object, Action::Create, Vec::new(), origin, dependencies, operation)
    }

    /// Adds what takes a relation away. That is an update, and no delete: the values name both ends, or declare the whole list. `field`
    /// is how it is shown.
    pub fn remove_relation(
        &mut self,
        object: ObjectId,
        field: &str,
        origin: Origin<'_>,
        dependencies: Dependencies,
        operation: O,
    ) -> AddedChange<'_, O> {
        let path = self.paths.share(field.into());
        let fields = vec![FieldChange::new(path, Some(true.into()), Some(false.into()))];
        self.relation(object, Action::Update, fields, origin, dependencies, operation).removes_relation(true)
    }

    /// Hardly two relations wait for the same two ends: their lists are not looked for among those of others.
    fn relation(
        &mut self,
        object: ObjectId,
        action: Action,
        fields: Vec<FieldChange>,
        origin: Origin<'_>,
        dependencies: Dependencies,
        operation: O,
    ) -> AddedChange<'_, O> {
        let waits_for = dependencies.waits_for.into();
        let document = ChangeDocument { object, action, fields, cause: origin.cause.clone(), waits_for };
        self.add(document, origin, dependencies.exclusive, operation)
    }

    fn add(
        &mut self,
        document: ChangeDocument,
        origin: Origin<'_>,
        exclusive: Option<ObjectId>,
        operation: O,
    ) -> AddedChange<'_, O> {
        self.changes.push(Change {
            document: Arc::new(document),
            exclusive,
            team: origin.team.cloned(),
            removes_data: false,
            takes_along: Vec::new(),
            removes_relation: false,
            is_needed: false,
            secrets: Vec::new(),
            operation,
        });
        AddedChange(self.changes.last_mut())
    }

    /// Tells something that people should know and that is no change.
    pub fn note(&mut self, object: ObjectId, message: impl Into<String>) {
        self.notes.push(Note { object, message: message.into() });
    }

    /// Tells several such things.
    pub fn extend_notes(&mut self, notes: impl IntoIterator<Item = Note>) {
        self.notes.extend(notes);
    }

    /// Tells something that somebody should see to, although no change of this task can help.
    pub fn warn(&mut self, object: ObjectId, message: impl Into<String>) {
        self.warnings.push(Note { object, message: message.into() });
    }

    /// Tells of an object that is not ours, and that differs from what is declared.
    pub fn refuse(&mut self, object: &ObjectId) {
        let message =
            format!("is there and not ours, so that it stays as it is; `apply --adopt --only {object}` makes it ours");
        self.warn(object.clone(), message);
    }

    /// Tells of an object that is as declared, and not ours.
    pub fn note_foreign(&mut self, object: &ObjectId) {
        let message = format!(
            "holds what it should, and is not ours: `apply --adopt --only {object}` makes it ours, for `--prune` too"
        );
        self.note(object.clone(), message);
    }

    /// Says that no change can be planned for some objects. The same is said once.
    pub fn leave_unjudged(&mut self, unjudged: Unjudged) {
        if !self.unjudged.contains(&unjudged) {
            self.unjudged.push(unjudged);
        }
    }

    /// The same of one more object, where the same is in the way of others: that is said in one line.
    pub fn join_unjudged(&mut self, unjudged: Unjudged) {
        match self.unjudged.iter_mut().find(|known| known.message == unjudged.message) {
            Some(known) => known.objects.extend(unjudged.objects),
            None => self.unjudged.push(unjudged),
        }
    }

    /// Says that an object is not ours and keeps built-in settings, which nobody declared (law 11).
    pub fn leave_alone(&mut self, object: &ObjectId, fields: impl IntoIterator<Item = impl Into<String>>) {
        self.left_alone.add(object, fields);
    }

    /// Keeps of what was left alone the objects that are `wanted`.
    pub fn retain_left_alone(&mut self, wanted: impl Fn(&ObjectId) -> bool) {
        self.left_alone.retain(wanted);
    }

    /// Tells of all that was left alone in one line about `target`. `advice` says how to have it managed.
    pub fn note_left_alone(&mut self, target: ObjectId, advice: &str) {
        self.notes.extend(self.left_alone.note(target, advice));
    }

    /// The changes so far, in the order in which they were added.
    #[must_use]
    pub fn changes(&self) -> &[Change<O>] {
        &self.changes
    }

    /// The same, for what can be said of changes only once others are known.
    pub fn changes_mut(&mut self) -> &mut [Change<O>] {
        &mut self.changes
    }

    /// Keeps the changes that are `wanted`.
    pub fn retain(&mut self, wanted: impl FnMut(&Change<O>) -> bool) {
        self.changes.retain(wanted);
    }

    /// The plan, in an order in which each change comes after what it waits for.
    ///
    /// # Errors
    ///
    /// When an object is changed twice or changes wait for each other: a mistake of the task.
    pub fn finish(self) -> Result<Plan<O>, PlanError> {
        Ok(Plan::new(self.changes, self.notes)?.with_warnings(self.warnings).with_unjudged(self.unjudged))
    }
}

#[cfg(test)]
mod tests;
