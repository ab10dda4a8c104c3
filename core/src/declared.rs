//! What the values ask of one object.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{cause::Cause, values::model::ImpliedPart};

/// A declared representation: only the fields that are managed are set in it.
#[derive(Clone, Debug)]
pub struct Declared<T> {
    /// The fields that are managed.
    pub value: T,
    /// Those of them that nobody wrote, by the field's name at the top of the representation, or `field.key` for one key of a map:
    /// they are for objects that evenkeel makes, and one that was there before keeps its own (law 11).
    pub built_in: BTreeSet<String>,
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
        Self { value, built_in: BTreeSet::new(), cause, field_causes: BTreeMap::new(), team: None }
    }

    /// The object with these fields as built-in ones, unless the values want the part that they belong to `everywhere`.
    #[must_use]
    pub fn with_built_in<'f>(mut self, part: ImpliedPart, fields: impl IntoIterator<Item = &'f str>) -> Self {
        if !part.is_everywhere() {
            self.built_in.extend(fields.into_iter().map(str::to_owned));
        }
        self
    }

    /// The built-in field that a path is in, if it is in one.
    #[must_use]
    pub fn built_in_at(&self, path: &str) -> Option<&str> {
        let is_within = |field: &&String| {
            path.strip_prefix(field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.built_in.iter().find(is_within).map(String::as_str)
    }

    /// The object as one of a team.
    #[must_use]
    pub fn of_team(mut self, team: Option<Arc<str>>) -> Self {
        self.team = team;
        self
    }
}
