//! What is declared of plain kinds.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    diff::{Difference, Recollection},
    field::Field,
    memory::Secrets,
    object::ObjectId,
    plan::Cause,
};
use evenkeel_engine::task::Task;

use super::{AnyKind, Body, PlainKind, Refusal, Row, Seen, fields};

/// One declared object.
#[derive(Debug)]
pub struct Wanted<T: Task> {
    /// The object.
    pub object: ObjectId,
    /// The value that asks for it.
    pub cause: Cause,
    /// What has to be made or changed first, where that is planned too.
    pub waits_for: Vec<ObjectId>,
    /// Whether what waits for it is of no use without the change, also where the object is there.
    pub is_needed: bool,
    pub(super) kind: &'static dyn AnyKind<T>,
    pub(super) body: Body,
    fields: Field,
    field_causes: BTreeMap<String, Cause>,
}

impl<T: Task> Wanted<T> {
    /// An object that a value asks for.
    pub fn new<K: PlainKind<T>>(kind: &'static K, declared: K::Object, cause: Cause) -> Self {
        let name = K::name(&declared).unwrap_or_default();
        Self {
            object: ObjectId::new(K::KIND, name),
            cause,
            waits_for: Vec::new(),
            is_needed: false,
            kind,
            fields: fields(&declared),
            body: Arc::new(declared),
            field_causes: BTreeMap::new(),
        }
    }

    /// The object with what asks for each of its fields.
    #[must_use]
    pub fn caused(mut self, cause: impl Fn(&str) -> Cause) -> Self {
        if let Field::Map(fields) = &self.fields {
            self.field_causes = fields.keys().map(|field| (field.clone(), cause(field))).collect();
        }
        self
    }

    /// The object, after others.
    #[must_use]
    pub fn after(mut self, objects: impl IntoIterator<Item = ObjectId>) -> Self {
        self.waits_for.extend(objects);
        self
    }

    /// The object as one without whose change what waits for it is of no use.
    #[must_use]
    pub fn needed(self) -> Self {
        Self { is_needed: true, ..self }
    }

    /// Whether it is one of which there is always exactly one.
    #[must_use]
    pub fn is_singleton(&self) -> bool {
        self.kind.is_singleton()
    }

    /// Whether the values say something of a field.
    #[must_use]
    pub fn declares(&self, field: &str) -> bool {
        self.fields.get(field).is_some()
    }

    /// The object as it is there.
    #[must_use]
    pub fn there<'a>(&self, seen: &'a Seen) -> Option<&'a Row> {
        seen.rows(&self.kind.key())?.get(self.object.name())
    }

    /// How the declared fields differ from what is there.
    #[must_use]
    pub fn difference(&self, there: Option<&Row>, secrets: &Secrets) -> Difference {
        let recollection = Recollection { secrets, object: &self.object };
        let observed = there.map(|row| &row.fields);
        let mut difference = Difference::recalling(&self.fields, observed, self.kind.rules(), recollection);
        for change in &mut difference.changes {
            let field = change.path.split(['.', '[']).next().unwrap_or_default();
            change.cause = self.field_causes.get(field).cloned().map(Box::new);
        }
        difference
    }

    /// Whether a change of what is there takes something away that other people may count on.
    #[must_use]
    pub fn takes_away(&self, there: &Row) -> bool {
        self.kind.takes_away(&self.body, there)
    }

    /// Why a difference can never be made; `None` where it can.
    #[must_use]
    pub fn refusal(&self, there: Option<&Row>) -> Option<Refusal> {
        self.kind.refusal(&self.body, there)
    }
}
