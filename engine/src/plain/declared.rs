//! What is declared of plain kinds.

use std::sync::Arc;

use evenkeel_core::{cause::Cause, declared::Declared, field::Field, object::ObjectId};

use super::{AnyKind, Body, ObservedObject, ObservedObjects, PlainKind, Refusal, Server, typed};

/// One declared object.
#[derive(Debug)]
pub struct DeclaredObject<S: Server> {
    /// The object.
    pub object: ObjectId,
    /// What has to be made or changed first, where that is planned too.
    pub(super) waits_for: Vec<ObjectId>,
    /// Whether what waits for it is of no use without the change, also where the object is there.
    pub(super) is_needed: bool,
    pub(super) kind: &'static dyn AnyKind<S>,
    /// The object in its kind's own type, with what asks for it.
    pub(super) declared: Declared<Body>,
    pub(super) fields: Field,
}

impl<S: Server> Clone for DeclaredObject<S> {
    fn clone(&self) -> Self {
        Self {
            object: self.object.clone(),
            waits_for: self.waits_for.clone(),
            is_needed: self.is_needed,
            kind: self.kind,
            declared: self.declared.clone(),
            fields: self.fields.clone(),
        }
    }
}

impl<S: Server> DeclaredObject<S> {
    /// An object that a value asks for, and that lives in nothing but the application.
    pub fn new<K: PlainKind<S>>(kind: &'static K, declared: Declared<K::Object>) -> Self {
        let Declared { value, built_in, cause, field_causes, team } = declared;
        let fields = Field::of_compared(&value);
        let object = ObjectId::new(K::KIND, K::name(&value).unwrap_or_default());
        let declared = Declared { value: Arc::new(value) as Body, built_in, cause, field_causes, team };
        Self { object, waits_for: Vec::new(), is_needed: false, kind, declared, fields }
    }

    /// The object as one that lives in the object `parent`, after which it is written.
    #[must_use]
    pub fn within(mut self, parent: &ObjectId) -> Self {
        self.object = ObjectId::within(self.object.kind().clone(), parent.name(), self.object.name());
        self.after([parent.clone()])
    }

    /// The object with what asks for each of its fields.
    #[must_use]
    pub fn caused(mut self, cause: impl Fn(&str) -> Cause) -> Self {
        if let Field::Map(fields) = &self.fields {
            self.declared.field_causes = fields.keys().map(|field| (field.clone(), cause(field))).collect();
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

    /// The object with another value of the same kind.
    #[must_use]
    pub fn edited<O: serde::Serialize + Clone + Send + Sync + 'static>(mut self, edit: impl FnOnce(&mut O)) -> Self {
        if let Some(mut value) = self.value::<O>().cloned() {
            edit(&mut value);
            self.fields = Field::of_compared(&value);
            self.declared.value = Arc::new(value);
        }
        self
    }

    /// The object in its kind's own type; `None` where that is another one.
    #[must_use]
    pub fn value<O: 'static>(&self) -> Option<&O> {
        typed(&self.declared.value)
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
    pub fn there<'a>(&self, observed: &'a ObservedObjects) -> Option<&'a ObservedObject> {
        let parent = self.object.parents().next().unwrap_or_default();
        observed.list(&self.kind.key(), parent)?.get(self.object.name())
    }

    /// The declared fields as the application would show them, where it does not show all that it takes.
    pub(super) fn as_shown(&self, there: &ObservedObject) -> Option<Field> {
        self.kind.as_shown(&self.declared.value, there)
    }

    /// The object without the fields that nobody wrote; `None` for a kind that cannot tell them apart.
    pub(super) fn without_built_in(&self) -> Option<Arc<Self>> {
        let (value, fields) = self.kind.without_built_in(&self.declared.value, &self.declared.built_in)?;
        let declared = Declared { value, ..self.declared.clone() };
        Some(Self { declared, fields, ..self.clone() }.into())
    }

    /// Whether a change of what is there takes something away that other people may count on.
    pub(super) fn takes_away(&self, there: &ObservedObject) -> bool {
        self.kind.takes_away(&self.declared.value, there)
    }

    /// Why a difference can never be made; `None` where it can.
    pub(super) fn refusal(&self, there: Option<&ObservedObject>) -> Option<Refusal> {
        self.kind.refusal(&self.declared.value, there)
    }
}
