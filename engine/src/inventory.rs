//! What this tool made: the memory by which `--prune` knows its own objects from those of others (law 5).
//!
//! An object is *announced* before its create is sent, and known by the server's id (or *owned*, where it has none) from the first
//! reading on that shows it: another object of the same name is not ours, and what is ours by its name alone is never deleted.
//! A reading that does not show it yet strikes nothing off: replicas may lag behind the answer to a create.
//! An announced object counts as ours: it was observed to be absent just before, so that when it is there
//! later, our create made it and only its answer was lost. An announcement is taken back when the
//! application says that the create did not happen: the object was there already (a conflict: somebody
//! else made it), or the create was refused. What was known before is true again then: where an earlier create was cut off, the
//! server may have finished that one late, and the object that is in the way is ours.
//!
//! It is also what this tool remembers of secrets that an application hides (law 3): a keyed digest of
//! what was written last, per object and field. The write is announced before it is sent, which makes the
//! digest of an earlier write worthless, and confirmed once it has succeeded: a crash in between leads to
//! the same write once more, and never to a secret that is taken for another.

mod error;
mod journal;
mod lines;
mod secret;
mod stored;

use std::future::Future;

use evenkeel_core::{
    memory::{HiddenSecret, Identity, Memory},
    object::ObjectId,
};

pub use error::InventoryError;
pub(crate) use stored::StoredInventory;

/// What is noted of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there, and was made or adopted; which one it is the server does not show.
    Owned,
    /// It is the one with this identity.
    Known(Identity),
    /// It is not ours, or not there any more.
    Gone,
}

/// The memory of one task for one target.
pub trait Inventory: Send {
    /// What is remembered: the objects that are ours, and digests of the secrets that were written.
    fn memory(&self) -> Memory;

    /// Remembers, durably, that these objects are about to be created.
    ///
    /// # Errors
    ///
    /// When it cannot be stored: the creates must not be sent then.
    fn announce(&mut self, objects: &[ObjectId]) -> impl Future<Output = Result<(), InventoryError>> + Send;

    /// Remembers, durably, that these hidden secrets of an object are about to be written.
    ///
    /// # Errors
    ///
    /// When it cannot be stored: the write must not be sent then.
    fn announce_secrets(
        &mut self,
        object: &ObjectId,
        secrets: &[HiddenSecret],
    ) -> impl Future<Output = Result<(), InventoryError>> + Send;

    /// Notes that an object that this run has announced was certainly not created: what was known of it before is true again.
    fn take_back(&mut self, object: &ObjectId);

    /// Notes that announced secrets were written. It is stored like [`note`](Self::note); until then a
    /// crash leads to the same write once more.
    fn note_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]);

    /// Notes that announced secrets were certainly not written: what was remembered before is true again.
    fn take_back_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]);

    /// Notes what became of an object; of one that is gone no secret is remembered. It is stored with the next [`announce`](Self::announce) or
    /// [`store`](Self::store); until then a crash leaves the announcement, which is safe for
    /// everything but an object that turned out to be somebody else's.
    fn note(&mut self, object: &ObjectId, state: State);

    /// Takes in what other runs have stored meanwhile.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn reload(&mut self) -> impl Future<Output = Result<(), InventoryError>> + Send;

    /// Stores all notes.
    ///
    /// # Errors
    ///
    /// When they cannot be stored.
    fn store(&mut self) -> impl Future<Output = Result<(), InventoryError>> + Send;
}
