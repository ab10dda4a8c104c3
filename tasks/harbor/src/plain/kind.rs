//! What a kind has to say of itself.

use std::{fmt, sync::Arc};

use evenkeel_core::{
    diff::Rules,
    memory::Sight,
    object::{Kind, ObjectId},
};
use evenkeel_engine::task::Task;
use futures::future::BoxFuture;
use serde::Serialize;

use super::{Body, Row, fields, seen::Rows, typed};

/// A kind of objects that are in one list, each known by its name. Several tasks may have kinds of their own; `T` is the one that sends
/// the requests.
pub trait PlainKind<T: Task>: fmt::Debug + Send + Sync + 'static {
    /// An object, declared or there. Its fields have the names that people see in plans; of a declared one only those are set that are
    /// managed. What is not serialised is not compared.
    type Object: Serialize + Clone + fmt::Debug + Send + Sync + 'static;
    /// The kind's name.
    const KIND: Kind;
    /// The name of the only object of this kind, for what is always there: it is never made, deleted, or ours.
    const ONLY: Option<&'static str> = None;
    /// How fields compare.
    const RULES: Rules = Rules(&[]);
    /// Whether a delete removes data that people made.
    const HOLDS_DATA: bool = false;

    /// What an object is called; `None` for one of which values cannot speak.
    fn name(object: &Self::Object) -> Option<String>;

    /// Which very object it is.
    fn sight(there: &Self::Object) -> Sight;

    /// Why a difference to what is there (`None`: nothing is) can never be made; `None` where it can.
    fn refusal(wanted: &Self::Object, there: Option<&Self::Object>) -> Option<Refusal> {
        let _ = (wanted, there);
        None
    }

    /// Whether a change takes something away that other people may count on, such as a role.
    fn takes_away(wanted: &Self::Object, there: &Self::Object) -> bool {
        let _ = (wanted, there);
        false
    }

    /// Reads all objects of this kind.
    fn list(server: &T) -> impl Future<Output = Result<Vec<Self::Object>, T::Error>> + Send;

    /// Makes an object.
    fn create(server: &T, wanted: &Self::Object) -> impl Future<Output = Result<(), T::Error>> + Send;

    /// Changes the declared fields of an object, which was read a moment ago. Hidden secrets whose paths are not in `writes` stay.
    fn update(
        server: &T,
        there: &Self::Object,
        wanted: &Self::Object,
        writes: &[String],
    ) -> impl Future<Output = Result<(), T::Error>> + Send;

    /// Deletes an object, by what it was seen as. One that is gone already is as it should be.
    fn delete(server: &T, there: &Self::Object) -> impl Future<Output = Result<(), T::Error>> + Send;
}

/// Something of which there is exactly one, such as a schedule: it is read and written, and nothing else.
pub trait Singleton<T: Task>: fmt::Debug + Send + Sync + 'static {
    /// As [`PlainKind::Object`].
    type Object: Serialize + Clone + fmt::Debug + Send + Sync + 'static;
    /// As [`PlainKind::KIND`]; several singletons may share one.
    const KIND: Kind;
    /// Its name.
    const NAME: &'static str;
    /// As [`PlainKind::RULES`].
    const RULES: Rules = Rules(&[]);

    /// As [`PlainKind::refusal`].
    fn refusal(wanted: &Self::Object, there: &Self::Object) -> Option<Refusal> {
        let _ = (wanted, there);
        None
    }

    /// Reads it.
    fn read(server: &T) -> impl Future<Output = Result<Self::Object, T::Error>> + Send;

    /// Writes the declared fields over what is there, which was read a moment ago.
    fn write(
        server: &T,
        there: &Self::Object,
        wanted: &Self::Object,
    ) -> impl Future<Output = Result<(), T::Error>> + Send;
}

/// A singleton as a kind.
#[derive(Debug)]
pub struct Only<S>(pub S);

impl<T: Task, S: Singleton<T>> PlainKind<T> for Only<S> {
    type Object = S::Object;
    const KIND: Kind = S::KIND;
    const ONLY: Option<&'static str> = Some(S::NAME);
    const RULES: Rules = S::RULES;

    fn name(_: &S::Object) -> Option<String> {
        Some(S::NAME.to_owned())
    }

    fn sight(_: &S::Object) -> Sight {
        Sight::There
    }

    fn refusal(wanted: &S::Object, there: Option<&S::Object>) -> Option<Refusal> {
        S::refusal(wanted, there?)
    }

    async fn list(server: &T) -> Result<Vec<S::Object>, T::Error> {
        Ok(vec![S::read(server).await?])
    }

    /// It is always there.
    async fn create(_: &T, _: &S::Object) -> Result<(), T::Error> {
        Ok(())
    }

    async fn update(server: &T, there: &S::Object, wanted: &S::Object, _: &[String]) -> Result<(), T::Error> {
        S::write(server, there, wanted).await
    }

    /// It is never ours.
    async fn delete(_: &T, _: &S::Object) -> Result<(), T::Error> {
        Ok(())
    }
}

/// Why a declared difference can never be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is in the way; no final period.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Any kind, without the type of its objects.
pub trait AnyKind<T: Task>: fmt::Debug + Send + Sync {
    /// What the objects of this kind are kept under: the name of the kind, or of its only object.
    fn key(&self) -> String;

    /// The kind's name.
    fn kind(&self) -> Kind;

    /// Whether there is one object, which is always there.
    fn is_singleton(&self) -> bool;

    /// Whether a delete removes data that people made.
    fn holds_data(&self) -> bool;

    /// How fields compare.
    fn rules(&self) -> Rules;

    /// Reads all objects of this kind, by their names.
    fn read<'a>(&'a self, server: &'a T) -> BoxFuture<'a, Result<Rows, T::Error>>;

    /// As [`PlainKind::refusal`].
    fn refusal(&self, wanted: &Body, there: Option<&Row>) -> Option<Refusal>;

    /// As [`PlainKind::takes_away`].
    fn takes_away(&self, wanted: &Body, there: &Row) -> bool;

    /// As [`PlainKind::create`].
    fn create<'a>(&'a self, server: &'a T, wanted: &'a Body) -> BoxFuture<'a, Result<(), T::Error>>;

    /// As [`PlainKind::update`].
    fn update<'a>(
        &'a self,
        server: &'a T,
        there: &'a Row,
        wanted: &'a Body,
        writes: &'a [String],
    ) -> BoxFuture<'a, Result<(), T::Error>>;

    /// As [`PlainKind::delete`].
    fn delete<'a>(&'a self, server: &'a T, there: &'a Row) -> BoxFuture<'a, Result<(), T::Error>>;
}

impl<T: Task, K: PlainKind<T>> AnyKind<T> for K {
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

    fn rules(&self) -> Rules {
        K::RULES
    }

    fn read<'a>(&'a self, server: &'a T) -> BoxFuture<'a, Result<Rows, T::Error>> {
        Box::pin(async move {
            let mut rows = Rows::new();
            for object in K::list(server).await? {
                let Some(name) = K::name(&object) else { continue };
                let row = Row {
                    object: ObjectId::new(K::KIND, name.as_str()),
                    fields: fields(&object),
                    sight: K::sight(&object),
                    body: Arc::new(object),
                };
                rows.insert(name, row);
            }
            Ok(rows)
        })
    }

    fn refusal(&self, wanted: &Body, there: Option<&Row>) -> Option<Refusal> {
        K::refusal(typed(wanted)?, there.and_then(|row| typed(&row.body)))
    }

    fn takes_away(&self, wanted: &Body, there: &Row) -> bool {
        typed(wanted).zip(typed(&there.body)).is_some_and(|(wanted, there)| K::takes_away(wanted, there))
    }

    fn create<'a>(&'a self, server: &'a T, wanted: &'a Body) -> BoxFuture<'a, Result<(), T::Error>> {
        Box::pin(async move {
            match typed(wanted) {
                Some(wanted) => K::create(server, wanted).await,
                None => Ok(()),
            }
        })
    }

    fn update<'a>(
        &'a self,
        server: &'a T,
        there: &'a Row,
        wanted: &'a Body,
        writes: &'a [String],
    ) -> BoxFuture<'a, Result<(), T::Error>> {
        Box::pin(async move {
            match (typed(&there.body), typed(wanted)) {
                (Some(there), Some(wanted)) => K::update(server, there, wanted, writes).await,
                _ => Ok(()),
            }
        })
    }

    fn delete<'a>(&'a self, server: &'a T, there: &'a Row) -> BoxFuture<'a, Result<(), T::Error>> {
        Box::pin(async move {
            match typed(&there.body) {
                Some(there) => K::delete(server, there).await,
                None => Ok(()),
            }
        })
    }
}
