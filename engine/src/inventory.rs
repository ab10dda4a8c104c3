//! What this tool made: the memory by which `--prune` knows its own objects from those of others (law 5).
//!
//! An object is *announced* before its create is sent and *owned* once the create has succeeded. Both
//! count as ours: an announced object was observed to be absent just before, so that when it is there
//! later, our create made it and only its answer was lost. An announcement is taken back when the
//! application says that the create did not happen: the object was there already (a conflict: somebody
//! else made it), or the create was refused.
//!
//! It is also what this tool remembers of secrets that an application hides (law 3): a keyed digest of
//! what was written last, per object and field. The write is announced before it is sent, which makes the
//! digest of an earlier write worthless, and confirmed once it has succeeded: a crash in between leads to
//! the same write once more, and never to a secret that is taken for another.

mod file;
mod journal;

use std::{future::Future, path::PathBuf};

use evenkeel_core::{
    memory::{HiddenSecret, Memory},
    object::ObjectId,
};
use serde::{Deserialize, Serialize};

pub use file::FileInventory;

use crate::task::Class;

/// What the inventory knows of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its create may have been sent.
    Announced,
    /// It was made or adopted.
    Owned,
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

    /// Notes that announced secrets were written. It is stored like [`note`](Self::note); until then a
    /// crash leads to the same write once more.
    fn note_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]);

    /// Notes that announced secrets were certainly not written: what was remembered before is true again.
    fn take_back_secrets(&mut self, object: &ObjectId, secrets: &[HiddenSecret]);

    /// Notes what became of an object; of one that is gone no secret is remembered. It is stored with the next [`announce`](Self::announce) or
    /// [`store`](Self::store); until then a crash leaves the announcement, which is safe for
    /// everything but an object that turned out to be somebody else's.
    fn note(&mut self, object: &ObjectId, state: State);

    /// Stores all notes.
    ///
    /// # Errors
    ///
    /// When they cannot be stored.
    fn store(&mut self) -> impl Future<Output = Result<(), InventoryError>> + Send;
}

/// Why the inventory cannot be used. Whatever it is: nothing is deleted then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// The file is there and cannot be read.
    #[error("inventory `{}` cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A line of it makes no sense.
    #[error("inventory `{}` is damaged in line {line}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A later version of this tool wrote it.
    #[error("inventory `{}` has format {format}, which this version does not know", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// It belongs to another platform or task.
    #[error("inventory `{}` is that of task `{task}` on platform `{platform}`", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The platform that it belongs to.
        platform: String,
        /// The task that it belongs to.
        task: String,
    },
    /// It cannot be stored.
    #[error("inventory `{}` cannot be written: {reason}", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The system has no random key for its digests.
    #[error("there is no random key for the inventory: {reason}")]
    NoKey {
        /// What the system says.
        reason: String,
    },
    /// There is no place for it.
    #[error("there is no place for the inventory: neither `XDG_STATE_HOME` nor `HOME` is set")]
    NoPlace,
    /// Another run is under way.
    #[error("inventory `{}` is in use by another run", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

impl InventoryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and who may read it".to_owned(),
            Self::Damaged { .. } => {
                "restore the file, or move it away: what it lists is then not ours any more and never deleted"
                    .to_owned()
            }
            Self::Newer { .. } => "use the version that wrote it, or a later one".to_owned(),
            Self::Foreign { .. } => "name another file with `--inventory`".to_owned(),
            Self::NotWritable { .. } | Self::NoPlace => "name a file that can be written with `--inventory`".to_owned(),
            Self::NoKey { .. } => "run it again on a system whose random numbers work".to_owned(),
            Self::Busy { .. } => "wait until the other run has ended".to_owned(),
        }
    }

    pub(crate) const fn class(&self) -> Class {
        match self {
            Self::Busy { .. } => Class::Conflict,
            _ => Class::Configuration,
        }
    }
}
