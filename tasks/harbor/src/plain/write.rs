//! What is written of plain kinds.

use std::sync::Arc;

use evenkeel_core::diff::Difference;
use evenkeel_engine::task::Task;

use super::{AnyKind, Row, Wanted};

/// One write.
#[derive(Debug)]
pub enum Write<T: Task> {
    /// Make an object.
    Create(Arc<Wanted<T>>),
    /// Change declared fields of an object, with these of its hidden secrets.
    Update(Arc<Wanted<T>>, Row, Vec<String>),
    /// Delete an object that is ours and not declared any more.
    Delete(&'static dyn AnyKind<T>, Row),
}

impl<T: Task> Write<T> {
    /// What makes a difference to what is there.
    #[must_use]
    pub fn of(wanted: &Arc<Wanted<T>>, there: Option<&Row>, difference: &Difference) -> Self {
        let Some(there) = there else { return Self::Create(Arc::clone(wanted)) };
        let secrets = difference.secrets.iter().map(|secret| secret.path.clone()).collect();
        Self::Update(Arc::clone(wanted), there.clone(), secrets)
    }

    /// Sends it. What is replaced as a whole is read again right before, so that others lose nothing that they have just written.
    ///
    /// # Errors
    ///
    /// When the application refuses it or cannot be reached.
    pub async fn send(&self, server: &T) -> Result<(), T::Error> {
        match self {
            Self::Create(wanted) => wanted.kind.create(server, &wanted.body).await,
            Self::Update(wanted, seen, writes) => {
                let rows = wanted.kind.read(server).await?;
                let there = rows.get(wanted.object.name()).filter(|there| there.sight == seen.sight);
                // One that is gone is told as such by the server.
                wanted.kind.update(server, there.unwrap_or(seen), &wanted.body, writes).await
            }
            Self::Delete(kind, there) => kind.delete(server, there).await,
        }
    }
}
