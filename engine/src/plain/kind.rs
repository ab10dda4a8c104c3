//! What a kind has to say of itself.

use std::{collections::BTreeSet, fmt};

use evenkeel_core::{
    diff::Rules,
    memory::Sight,
    object::{Kind, ObjectId},
};
use serde::Serialize;

/// What sends the requests of its kinds: a task that is logged in to an application.
pub trait Server: Send + Sync + 'static {
    /// Why a request failed.
    type Error: Send;
}

/// A kind of objects that are listed together, each known by its name there. Several tasks may have kinds of their own; `S` is the one
/// that sends the requests.
pub trait PlainKind<S: Server>: fmt::Debug + Send + Sync + 'static {
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
    /// Whether an update needs the object as it is at that moment, because the application replaces it as a whole: then it is read
    /// again right before, so that others lose nothing that they have just written.
    const READS_BEFORE_UPDATE: bool = true;

    /// What an object is called; `None` for one of which values cannot speak. Of several in one list that are called the same, the first
    /// counts.
    fn name(object: &Self::Object) -> Option<String>;

    /// Which very object it is.
    fn sight(there: &Self::Object, parent: &Parent) -> Sight;

    /// The declared object as the application would show it, where it does not show all that it takes.
    fn as_shown(declared: &Self::Object, there: &Self::Object) -> Option<Self::Object> {
        let _ = (declared, there);
        None
    }

    /// The declared object without these fields at its top, or, as `field.key`, without these keys of its maps: nobody wrote them, and an
    /// object that was there before keeps its own (law 11). `None` for a kind whose values have no such fields.
    fn without_built_in(declared: &Self::Object, built_in: &BTreeSet<String>) -> Option<Self::Object> {
        let _ = (declared, built_in);
        None
    }

    /// Why a difference to what is there (`None`: nothing is) can never be made; `None` where it can.
    fn refusal(declared: &Self::Object, there: Option<&Self::Object>) -> Option<Refusal> {
        let _ = (declared, there);
        None
    }

    /// Whether a change takes something away that other people may count on, such as a role.
    fn takes_away(declared: &Self::Object, there: &Self::Object) -> bool {
        let _ = (declared, there);
        false
    }

    /// Reads all objects of this kind that live in `parent`.
    fn list(server: &S, parent: &Parent) -> impl Future<Output = Result<Vec<Self::Object>, S::Error>> + Send;

    /// Makes an object.
    fn create(
        server: &S,
        object: &ObjectId,
        declared: &Self::Object,
    ) -> impl Future<Output = Result<(), S::Error>> + Send;

    /// Changes the declared fields of an object. Hidden secrets whose paths are not in `secrets` stay.
    fn update(
        server: &S,
        object: &ObjectId,
        there: &Self::Object,
        declared: &Self::Object,
        secrets: &[String],
    ) -> impl Future<Output = Result<(), S::Error>> + Send;

    /// Deletes an object, by what it was seen as. One that is gone already is as it should be.
    fn delete(server: &S, object: &ObjectId, there: &Self::Object)
    -> impl Future<Output = Result<(), S::Error>> + Send;
}

/// What the objects of one list live in: another object, or nothing but the application.
#[derive(Clone, Debug, Default)]
pub struct Parent(Option<(String, Sight)>);

impl Parent {
    /// Nothing but the application.
    pub const NONE: Self = Self(None);

    /// The object of this name, which is there.
    pub fn new(name: impl Into<String>, sight: Sight) -> Self {
        Self(Some((name.into(), sight)))
    }

    /// The parent's name; empty where there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.as_ref().map_or("", |(name, _)| name)
    }

    /// Which very object the parent is; unknown where there is none.
    #[must_use]
    pub fn sight(&self) -> &Sight {
        self.0.as_ref().map_or(&Sight::Unknown, |(_, sight)| sight)
    }

    /// The object of this kind and name that lives in it.
    #[must_use]
    pub fn object(&self, kind: Kind, name: &str) -> ObjectId {
        match &self.0 {
            Some((parent, _)) => ObjectId::within(kind, parent, name),
            None => ObjectId::new(kind, name),
        }
    }
}

/// Something of which there is exactly one, such as a schedule: it is read and written, and nothing else.
pub trait Singleton<S: Server>: fmt::Debug + Send + Sync + 'static {
    /// As [`PlainKind::Object`].
    type Object: Serialize + Clone + fmt::Debug + Send + Sync + 'static;
    /// As [`PlainKind::KIND`]; several singletons may share one.
    const KIND: Kind;
    /// Its name.
    const NAME: &'static str;
    /// As [`PlainKind::RULES`].
    const RULES: Rules = Rules(&[]);

    /// As [`PlainKind::refusal`].
    fn refusal(declared: &Self::Object, there: &Self::Object) -> Option<Refusal> {
        let _ = (declared, there);
        None
    }

    /// Reads it.
    fn read(server: &S) -> impl Future<Output = Result<Self::Object, S::Error>> + Send;

    /// Writes the declared fields over what is there, which was read a moment ago.
    fn write(
        server: &S,
        there: &Self::Object,
        declared: &Self::Object,
    ) -> impl Future<Output = Result<(), S::Error>> + Send;
}

/// A singleton as a kind.
#[derive(Debug)]
pub struct Only<K>(pub K);

impl<S: Server, K: Singleton<S>> PlainKind<S> for Only<K> {
    type Object = K::Object;
    const KIND: Kind = K::KIND;
    const ONLY: Option<&'static str> = Some(K::NAME);
    const RULES: Rules = K::RULES;

    fn name(_: &K::Object) -> Option<String> {
        Some(K::NAME.to_owned())
    }

    fn sight(_: &K::Object, _: &Parent) -> Sight {
        Sight::There
    }

    fn refusal(declared: &K::Object, there: Option<&K::Object>) -> Option<Refusal> {
        K::refusal(declared, there?)
    }

    async fn list(server: &S, _: &Parent) -> Result<Vec<K::Object>, S::Error> {
        Ok(vec![K::read(server).await?])
    }

    /// It is always there.
    async fn create(_: &S, _: &ObjectId, _: &K::Object) -> Result<(), S::Error> {
        Ok(())
    }

    async fn update(
        server: &S,
        _: &ObjectId,
        there: &K::Object,
        declared: &K::Object,
        _: &[String],
    ) -> Result<(), S::Error> {
        K::write(server, there, declared).await
    }

    /// It is never ours.
    async fn delete(_: &S, _: &ObjectId, _: &K::Object) -> Result<(), S::Error> {
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
