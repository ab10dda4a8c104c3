//! What a task says of a change beside its fields.

use std::sync::Arc;

use crate::{cause::Cause, declared::Declared, object::ObjectId};

/// Where a change stands among others. By default it waits for none.
#[derive(Clone, Debug, Default)]
pub struct Dependencies {
    pub(super) waits_for: Vec<ObjectId>,
    pub(super) exclusive: Option<ObjectId>,
}

impl Dependencies {
    /// A change that comes after those of other objects.
    pub fn after(objects: impl IntoIterator<Item = ObjectId>) -> Self {
        Self { waits_for: objects.into_iter().collect(), exclusive: None }
    }

    /// No two changes that say this of the same `object` are made at the same time: some servers make duplicates then, or lose updates.
    #[must_use]
    pub fn exclusive_in(self, object: ObjectId) -> Self {
        Self { exclusive: Some(object), ..self }
    }
}

/// In whose name a change is made.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The value that asks for it.
    pub cause: &'a Cause,
    /// The team that the object belongs to.
    pub team: Option<&'a Arc<str>>,
}

impl<'a> Origin<'a> {
    /// A declaration says why, and for which team.
    pub const fn of<T>(declared: &'a Declared<T>) -> Self {
        Self { cause: &declared.cause, team: declared.team.as_ref() }
    }
}
