//! What `--only` can select.

use std::collections::BTreeSet;

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
    plan::Plan,
    report::Failure,
};

use crate::command_line::Selector;

/// The objects that a selector can mean: those that are declared, planned or in the inventory. Relations are no objects of their
/// own: one that is as declared is neither planned nor listed, and counts as there where an object is that it belongs to.
pub(super) struct Known<'a> {
    declared: BTreeSet<ObjectId>,
    /// The kinds of relations; empty where the task does not say.
    relations: &'static [Kind],
    planned: Vec<&'a ObjectId>,
    ownership: &'a Ownership,
}

impl<'a> Known<'a> {
    pub(super) fn new<O>(
        (declared, relations): (BTreeSet<ObjectId>, &'static [Kind]),
        plan: &'a Plan<O>,
        ownership: &'a Ownership,
    ) -> Self {
        let planned = plan.changes().iter().map(|change| &change.object);
        let told = plan.notes().iter().chain(plan.warnings()).map(|note| &note.object);
        Self { declared, relations, planned: planned.chain(told).collect(), ownership }
    }

    /// Whether a selector means anything.
    pub(super) fn has(&self, selector: &Selector) -> bool {
        self.declared.iter().any(|object| selector.matches(object))
            || self.planned.iter().any(|object| selector.matches(object))
            || self.ownership.iter().any(|(object, _)| selector.matches(object))
            || self.is_relation_of_known(selector)
    }

    /// Whether a selector is about a kind of which nothing is declared by itself, and names a declared object.
    fn is_relation_of_known(&self, selector: &Selector) -> bool {
        let is_of = |kind: &Kind| kind.as_str() == selector.kind();
        let is_object = self.declared.iter().any(|object| is_of(object.kind()));
        let is_relation = self.relations.is_empty() || self.relations.iter().any(is_of);
        !is_object && is_relation && self.declared.iter().any(|object| selector.mentions(object.name()))
    }

    /// Why a run with such a selector does nothing.
    pub(super) fn failure(&self, selector: &Selector) -> Failure {
        let kinds: BTreeSet<&str> = self.declared.iter().map(|object| object.kind().as_str()).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        Failure {
            message: format!("`--only {selector}` selects nothing that is declared, planned, or in the inventory"),
            hint: Some(format!(
                "paste `KIND/NAME` from a plan; a `*` stands for any text, and the kinds of what is declared are {}",
                kinds.join(", ")
            )),
        }
    }
}
