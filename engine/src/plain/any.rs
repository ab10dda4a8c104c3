//! Kinds without the types of their objects, so that one list holds them all.

use std::{collections::BTreeSet, fmt, sync::Arc};

use evenkeel_core::{
    diff::Rules,
    field::Field,
    object::{Kind, ObjectId},
};
use futures::future::BoxFuture;

use super::{Body, ObservedList, ObservedObject, Parent, PlainKind, Refusal, Server, typed};

/// Any kind, without the type of its objects.
pub trait AnyKind<S: Server>: fmt::Debug + Send + Sync {
    /// What the objects of this kind are kept under: the name of the kind, or of its only object.
    fn key(&self) -> String;

    /// The kind's name.
    fn kind(&self) -> Kind;

    /// Whether there is one object, which is always there.
    fn is_singleton(&self) -> bool;

    /// Whether a delete removes data that people made.
    fn holds_data(&self) -> bool;

    /// Whether an update needs the object as it is at that moment.
    fn reads_before_update(&self) -> bool;

    /// How fields compare.
    fn rules(&self) -> Rules;

    /// Reads all objects of this kind that live in `parent`, by their names.
    fn read<'a>(&'a self, server: &'a S, parent: &'a Parent) -> BoxFuture<'a, Result<ObservedList, S::Error>>;

    /// As [`PlainKind::as_shown`], in fields.
    fn as_shown(&self, declared: &Body, there: &ObservedObject) -> Option<Field>;

    /// As [`PlainKind::without_built_in`], with its fields.
    fn without_built_in(&self, declared: &Body, built_in: &BTreeSet<String>) -> Option<(Body, Field)>;

    /// As [`PlainKind::refusal`].
    fn refusal(&self, declared: &Body, there: Option<&ObservedObject>) -> Option<Refusal>;

    /// As [`PlainKind::takes_away`].
    fn takes_away(&self, declared: &Body, there: &ObservedObject) -> bool;

    /// As [`PlainKind::create`].
    fn create<'a>(
        &'a self,
        server: &'a S,
        object: &'a ObjectId,
        declared: &'a Body,
    ) -> BoxFuture<'a, Result<(), S::Error>>;

    /// As [`PlainKind::update`].
    fn update<'a>(
        &'a self,
        server: &'a S,
        there: &'a ObservedObject,
        declared: &'a Body,
        secrets: &'a [String],
    ) -> BoxFuture<'a, Result<(), S::Error>>;

    /// As [`PlainKind::delete`].
    fn delete<'a>(&'a self, server: &'a S, there: &'a ObservedObject) -> BoxFuture<'a, Result<(), S::Error>>;
}

impl<S: Server, K: PlainKind<S>> AnyKind<S> for K {
    fn key(&self) -> String {
        K::ONLY.map_or_else(|| K::KIND.to_string(), str::to_owned)
    }

    fn kind(&self) -> Kind {
        K::KIND
    }

    fn is_singleton(&self) -> bool {
        K::ONLY.is_some()
    }

    fn holds_data(&self) -> bool {
        K::HOLDS_DATA
    }

    fn reads_before_update(&self) -> bool {
        K::READS_BEFORE_UPDATE
    }

    fn rules(&self) -> Rules {
        K::RULES
    }

    fn read<'a>(&'a self, server: &'a S, parent: &'a Parent) -> BoxFuture<'a, Result<ObservedList, S::Error>> {
        Box::pin(async move {
            let mut list = ObservedList::new();
            for there in K::list(server, parent).await? {
                let Some(name) = K::name(&there) else { continue };
                list.entry(name).or_insert_with_key(|name| ObservedObject::new::<S, K>(name, there, parent));
            }
            Ok(list)
        })
    }

    fn as_shown(&self, declared: &Body, there: &ObservedObject) -> Option<Field> {
        K::as_shown(typed(declared)?, there.value()?).map(|shown| Field::of_compared(&shown))
    }

    fn without_built_in(&self, declared: &Body, built_in: &BTreeSet<String>) -> Option<(Body, Field)> {
        let rest = K::without_built_in(typed(declared)?, built_in)?;
        let fields = Field::of_compared(&rest);
        Some((Arc::new(rest), fields))
    }

    fn refusal(&self, declared: &Body, there: Option<&ObservedObject>) -> Option<Refusal> {
        K::refusal(typed(declared)?, there.and_then(ObservedObject::value))
    }

    fn takes_away(&self, declared: &Body, there: &ObservedObject) -> bool {
        typed(declared).zip(there.value()).is_some_and(|(declared, there)| K::takes_away(declared, there))
    }

    fn create<'a>(
        &'a self,
        server: &'a S,
        object: &'a ObjectId,
        declared: &'a Body,
    ) -> BoxFuture<'a, Result<(), S::Error>> {
        Box::pin(async move {
            match typed(declared) {
                Some(declared) => K::create(server, object, declared).await,
                None => Ok(()),
            }
        })
    }

    fn update<'a>(
        &'a self,
        server: &'a S,
        there: &'a ObservedObject,
        declared: &'a Body,
        secrets: &'a [String],
    ) -> BoxFuture<'a, Result<(), S::Error>> {
        Box::pin(async move {
            match (there.value(), typed(declared)) {
                (Some(value), Some(declared)) => K::update(server, &there.object, value, declared, secrets).await,
                _ => Ok(()),
            }
        })
    }

    fn delete<'a>(&'a self, server: &'a S, there: &'a ObservedObject) -> BoxFuture<'a, Result<(), S::Error>> {
        Box::pin(async move {
            match there.value() {
                Some(value) => K::delete(server, &there.object, value).await,
                None => Ok(()),
            }
        })
    }
}
