//! What is written of plain kinds.

use std::sync::Arc;

use evenkeel_core::diff::Difference;

use super::{AnyKind, DeclaredObject, ObservedObject, Server};

/// One write.
#[derive(Debug)]
pub enum Write<S: Server> {
    /// Make an object.
    Create(Arc<DeclaredObject<S>>),
    /// Change declared fields of an object, with these of its hidden secrets.
    Update(Arc<DeclaredObject<S>>, ObservedObject, Vec<String>),
    /// Delete an object that is ours and not declared any more.
    Delete(&'static dyn AnyKind<S>, ObservedObject),
}

impl<S: Server> Write<S> {
    /// What makes a difference to what is there.
    pub(super) fn of(
        declared: &Arc<DeclaredObject<S>>,
        there: Option<&ObservedObject>,
        difference: &Difference,
    ) -> Self {
        let Some(there) = there else { return Self::Create(Arc::clone(declared)) };
        let secrets = difference.secrets.iter().map(|secret| secret.path.as_str().to_owned()).collect();
        Self::Update(Arc::clone(declared), there.clone(), secrets)
    }

    /// Sends it. What is replaced as a whole is read again right before, so that others lose nothing that they have just written.
    ///
    /// # Errors
    ///
    /// When the application refuses it or cannot be reached.
    pub async fn send(&self, server: &S) -> Result<(), S::Error> {
        match self {
            Self::Create(declared) => declared.kind.create(server, &declared.object, &declared.declared.value).await,
            Self::Update(declared, seen, secrets) => {
                let now = self.read_again(server).await?;
                // One that is gone is told as such by the server.
                let there = now.as_ref().unwrap_or(seen);
                declared.kind.update(server, there, &declared.declared.value, secrets).await
            }
            Self::Delete(kind, there) => kind.delete(server, there).await,
        }
    }

    /// The very object of an update as it is now; `None` where it is gone, or the update needs no more than was seen.
    async fn read_again(&self, server: &S) -> Result<Option<ObservedObject>, S::Error> {
        match self {
            Self::Update(declared, seen, _) if declared.kind.reads_before_update() => {
                let mut now = declared.kind.read(server, &seen.parent).await?;
                Ok(now.remove(declared.object.name()).filter(|there| there.sight == seen.sight))
            }
            _ => Ok(None),
        }
    }
}
