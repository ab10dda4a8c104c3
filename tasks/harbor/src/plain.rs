//! Plain kinds of objects: what can be listed, made, changed and deleted, and differs by a table of rules.
//!
//! A kind is one declaration ([`PlainKind`], or [`Singleton`] for what is always there and only ever changed). Everything else follows
//! from it: what is read ([`Seen`]), how the declared ([`Wanted`]) differs from it, what is written ([`Write`]), and what is ours and
//! not declared any more ([`left_behind`]). Nothing here knows an application: a kind brings its requests along.

mod kind;
mod seen;
mod wanted;
mod write;

use std::{any::Any, sync::Arc};

use evenkeel_core::field::Field;
use serde::Serialize;

pub use kind::{AnyKind, Only, PlainKind, Refusal, Singleton};
pub use seen::{Row, Seen, left_behind};
pub use wanted::Wanted;
pub use write::Write;

/// An object in its kind's own type. Only its kind looks into it.
type Body = Arc<dyn Any + Send + Sync>;

/// The object, if it is of that type. By construction each kind is handed its own objects only.
fn typed<O: 'static>(body: &Body) -> Option<&O> {
    body.downcast_ref()
}

/// An object as fields. One that cannot be read as such counts as unknown: it is reported and never written.
fn fields<O: Serialize>(object: &O) -> Field {
    Field::of(object).unwrap_or(Field::Unknown)
}
