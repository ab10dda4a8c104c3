//! One object that is there.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{field::Field, memory::Sight, object::ObjectId};

use super::{Body, Parent, PlainKind, Server, typed};

/// The objects of one list by their names.
pub type ObservedList = BTreeMap<String, ObservedObject>;

/// An object that is there.
#[derive(Clone, Debug)]
pub struct ObservedObject {
    /// The object.
    pub object: ObjectId,
    /// What is compared of it.
    pub fields: Field,
    /// Which very object it is.
    pub sight: Sight,
    /// What it lives in.
    pub(super) parent: Parent,
    /// The object in its kind's own type.
    pub(super) body: Body,
}

impl ObservedObject {
    pub(super) fn new<S: Server, K: PlainKind<S>>(name: &str, there: K::Object, parent: &Parent) -> Self {
        Self {
            object: parent.object(K::KIND, name),
            fields: Field::of_compared(&there),
            sight: K::sight(&there, parent),
            parent: parent.clone(),
            body: Arc::new(there),
        }
    }

    /// The object in its kind's own type; `None` where that is another one.
    #[must_use]
    pub fn value<O: 'static>(&self) -> Option<&O> {
        typed(&self.body)
    }
}
