//! Stopping a run from outside: the first signal lets what is under way finish, the second does not.

use tokio::sync::watch;

use crate::exit_code::ExitCode;

/// Whether the run was asked to stop. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Not asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Asks the run to start nothing new.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether the run was asked to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is asked to stop.
    pub async fn asked(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }

    /// Asks to stop at the first SIGTERM or SIGINT, and leaves the process at the second. Signals are
    /// caught from this call on, and dealt with while the future runs.
    pub fn at_signals(self) -> impl Future<Output = ()> + Send {
        let signals = Signals::listen();
        async move {
            let Ok(mut signals) = signals else {
                tracing::warn!("signals cannot be listened to: a signal ends the run at once");
                return;
            };
            signals.next().await;
            tracing::warn!("stopping after what is under way; a second signal leaves at once");
            self.ask();
            signals.next().await;
            std::process::exit(i32::from(ExitCode::SomeFailed.number()));
        }
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
