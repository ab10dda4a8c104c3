//! Watching over a process from a thread of its own, so that it has an end whatever it waits for.
//!
//! A run ends by itself at its deadline, and soon after a signal. But a call of the system that does not return, such as
//! opening a pipe that nobody writes to, can hold up the thread that would notice either. This thread holds on to nothing, and ends the
//! process instead.

use std::{
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use crate::{
    exit_code::ExitCode,
    stop::{Signals, Stop},
};

/// How long after its deadline a run may take to finish what it has begun, to give back its lease and to tell how it ended.
pub const GRACE: Duration = Duration::from_secs(15);

/// The run is under way.
const RUNNING: u8 = 0;
/// It has ended; what it has to tell is being written.
const TELLING: u8 = 1;
/// It did not end in time; that is being told.
const OVERDUE: u8 = 2;

/// A thread that watches over this process.
#[derive(Debug)]
pub struct Watch(Arc<AtomicU8>);

impl Watch {
    /// Watches from now on: for signals, and for the run to end within `limit` and [`GRACE`].
    ///
    /// The first signal asks the run to stop, the second ends the process at once; so does the first when there is no
    /// run any more. `overdue` tells that the run did not end in time, and is called instead of what would have told how it ended.
    #[must_use]
    pub fn over(stop: &Stop, limit: Duration, overdue: impl FnOnce() -> ExitCode + Send + 'static) -> Self {
        Self::within(stop, limit.saturating_add(GRACE), overdue)
    }

    fn within(stop: &Stop, limit: Duration, overdue: impl FnOnce() -> ExitCode + Send + 'static) -> Self {
        let phase = Arc::new(AtomicU8::new(RUNNING));
        let watcher = Watcher { phase: Arc::clone(&phase), stop: stop.clone(), limit };
        let (listening, is_listening) = mpsc::channel();
        let thread = thread::Builder::new().name("watch".to_owned());
        let started = thread.spawn(move || watcher.watch(overdue, &listening));
        // Signals are caught when this returns.
        if started.is_err() || is_listening.recv().is_err() {
            tracing::warn!("signals cannot be listened to: a signal ends the run at once");
        }
        Self(phase)
    }

    /// Says that the run has ended: telling how has no deadline, because somebody may be reading page by page, but a signal ends it.
    ///
    /// When the run did not end in time, this never returns: the process is about to end.
    pub fn run_is_over(&self) {
        if self.0.compare_exchange(RUNNING, TELLING, Ordering::SeqCst, Ordering::SeqCst) == Err(OVERDUE) {
            loop {
                thread::park();
            }
        }
    }
}

struct Watcher {
    phase: Arc<AtomicU8>,
    stop: Stop,
    limit: Duration,
}

impl Watcher {
    /// Never returns, unless nothing can be watched for.
    fn watch(self, overdue: impl FnOnce() -> ExitCode + Send + 'static, listening: &mpsc::Sender<()>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen() else { return };
            // Whoever waits for it has gone when this cannot be sent.
            let _ = listening.send(());
            let mut overdue = Some(overdue);
            // A limit that lies beyond all time is none.
            let mut limit = Instant::now().checked_add(self.limit);
            loop {
                let late = async move {
                    match limit {
                        Some(limit) => sleep_until(limit).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    () = signals.next() => self.heard(),
                    () = late => limit = self.late(overdue.take()),
                }
            }
        });
    }

    /// A signal came.
    fn heard(&self) {
        if self.stop.is_asked() || self.phase.load(Ordering::SeqCst) != RUNNING {
            exit(i32::from(ExitCode::SomeFailed.number()));
        }
        self.stop.ask();
        // Whoever should read it may not, and writing it then never ends.
        thread::spawn(|| tracing::warn!("stopping after what is under way; a second signal leaves at once"));
    }

    /// The run should have ended. Returns when this is to be called again.
    fn late(&self, overdue: Option<impl FnOnce() -> ExitCode + Send + 'static>) -> Option<Instant> {
        let Some(overdue) = overdue else { exit(i32::from(ExitCode::Unavailable.number())) };
        if self.phase.compare_exchange(RUNNING, OVERDUE, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            return None;
        }
        thread::spawn(move || exit(i32::from(overdue().number())));
        Instant::now().checked_add(GRACE)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// The watch ends a whole process, so that this needs one of its own.
    fn child(name: &str) -> Option<i32> {
        let name = format!("watch::tests::{name}");
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", &name, "--ignored", "--nocapture"]).output().unwrap().status.code()
    }

    #[test]
    fn a_run_whose_thread_hangs_is_ended_when_its_time_is_long_over() {
        assert_eq!(child("child_hangs"), Some(69));
    }

    #[test]
    fn a_run_that_has_ended_is_not_overdue() {
        let phase = Arc::new(AtomicU8::new(RUNNING));
        let watcher = Watcher { phase: Arc::clone(&phase), stop: Stop::new(), limit: Duration::ZERO };
        Watch(phase).run_is_over();
        assert_eq!(watcher.late(Some(|| ExitCode::Unavailable)), None, "and this process goes on");
    }

    #[test]
    #[ignore = "is the process of another test"]
    fn child_hangs() {
        let _watch = Watch::within(&Stop::new(), Duration::ZERO, || ExitCode::Unavailable);
        loop {
            thread::park();
        }
    }
}
