//! Plain kinds of objects: what can be listed, made, changed and deleted, and differs by a table of rules.
//!
//! A kind is one declaration ([`PlainKind`], or [`Singleton`] for what is always there and only ever changed), whether its objects live
//! in nothing but the application or in another object, such as the labels of a project. Everything else follows from it: what is read
//! ([`ObservedObjects`]), how the declared ([`DeclaredObject`]) differs from it ([`plan()`]), what is ours and not declared any more
//! ([`prune`]), and what is written ([`Write`]). Nothing here knows an application: a kind brings its requests along.

mod any;
mod declared;
mod kind;
mod object;
mod observed;
mod plan;
#[cfg(test)]
mod tests;
mod write;

use std::{any::Any, sync::Arc};

pub use any::AnyKind;
pub use declared::DeclaredObject;
pub use kind::{Only, Parent, PlainKind, Refusal, Server, Singleton};
pub use object::{ObservedList, ObservedObject};
pub use observed::ObservedObjects;
pub use plan::{LeftBehind, left_behind, needed, plan, prune};
pub use write::Write;

/// An object in its kind's own type. Only its kind looks into it.
type Body = Arc<dyn Any + Send + Sync>;

/// The object, if it is of that type. By construction each kind is handed its own objects only.
fn typed<O: 'static>(body: &Body) -> Option<&O> {
    body.downcast_ref()
}
