//! What is said of a change once it is in the plan.

use std::sync::Arc;

use super::super::Change;
use crate::{diff::FieldChange, memory::HiddenSecret, object::ObjectId};

/// The change that was just added, if one was: what is said here is said of that one only.
#[derive(Debug)]
pub struct AddedChange<'b, O>(pub(super) Option<&'b mut Change<O>>);

impl<O> AddedChange<'_, O> {
    /// Whether what waits for the change can do nothing without it, also where the object is there.
    pub fn is_needed(self, is_needed: bool) -> Self {
        self.with(|change| change.is_needed = is_needed)
    }

    /// Whether it takes something away that other people may count on: a membership, a right.
    pub fn removes_relation(self, removes_relation: bool) -> Self {
        self.with(|change| change.removes_relation = removes_relation)
    }

    /// Whether it removes data that people made.
    pub fn removes_data(self, removes_data: bool) -> Self {
        self.with(|change| change.removes_data = removes_data)
    }

    /// What lives in an object that is deleted, and goes with it.
    pub fn takes_along(self, objects: Vec<ObjectId>) -> Self {
        self.with(|change| change.takes_along = objects)
    }

    /// What is shown of it beside the fields that differ.
    pub fn showing(self, fields: impl IntoIterator<Item = FieldChange>) -> Self {
        self.with(|change| Arc::make_mut(&mut change.document).fields.extend(fields))
    }

    pub(super) fn writing(self, secrets: Vec<HiddenSecret>) -> Self {
        self.with(|change| change.secrets = secrets)
    }

    fn with(mut self, say: impl FnOnce(&mut Change<O>)) -> Self {
        if let Some(change) = &mut self.0 {
            say(change);
        }
        self
    }
}
