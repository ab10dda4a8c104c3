//! What may block, away from the thread that hears of signals and of the deadline.

use std::panic::resume_unwind;

/// Does this in a thread of its own. Whoever gives up waiting leaves the thread behind: a file that is a pipe to which nobody writes holds up
/// that thread and nothing else. A process does not wait for such threads when it ends ([`Runtime`](crate::Runtime)).
pub async fn off_runtime<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is ending, and so is everything that waits for this.
            Err(_) => std::future::pending().await,
        },
    }
}
