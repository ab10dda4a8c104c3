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
    bounds::{GRACE, TELLING_WITHIN},
    exit_code::ExitCode,
    stop::{Signals, Stop},
};

/// The run is under way.
const RUNNING: u8 = 0;
/// It has ended; what it has to tell is being written.
const TELLING: u8 = 1;
/// It did not end in time; that is being told.
const OVERDUE: u8 = 2;

/// A thread that watches over this process.
#[derive(Debug)]
pub(crate) struct Watch(Arc<AtomicU8>);

impl Watch {
    /// Watches from now on: for signals, and for the run to end within `limit` and [`GRACE`].
    ///
    /// The first signal asks the run to stop, and the process ends within [`GRACE`] then; the second ends the process at once; so does the
    /// first when there is no run any more. `overdue` tells that the run did not end in time, and is called instead of what would have told how it ended.
    #[must_use]
    pub(crate) fn over(stop: &Stop, limit: Duration, overdue: impl FnOnce() -> ExitCode + Send + 'static) -> Self {
        Self::within(stop, limit, GRACE - TELLING_WITHIN, overdue)
    }

    fn within(
        stop: &Stop,
        limit: Duration,
        grace: Duration,
        overdue: impl FnOnce() -> ExitCode + Send + 'static,
    ) -> Self {
        let phase = Arc::new(AtomicU8::new(RUNNING));
        let watcher = Watcher { phase: Arc::clone(&phase), stop: stop.clone(), limit, grace };
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
    pub(crate) fn run_is_over(&self) {
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
    /// How long the run may last when it has to end.
    grace: Duration,
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
            let mut limit = Instant::now().checked_add(self.limit.saturating_add(self.grace));
            loop {
                let late = async move {
                    match limit {
                        Some(limit) => sleep_until(limit).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    () = signals.next() => {
                        self.heard();
                        let end = Instant::now() + self.grace;
                        limit = Some(limit.map_or(end, |limit| limit.min(end)));
                    }
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
        Instant::now().checked_add(TELLING_WITHIN)
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
    fn a_process_whose_thread_hangs_ends_soon_after_the_first_signal() {
        assert_eq!(child("child_hears_one_signal"), Some(69));
    }

    #[test]
    fn a_second_signal_ends_a_process_whose_thread_hangs() {
        assert_eq!(child("child_hears_two_signals"), Some(75));
    }

    #[test]
    fn a_run_that_has_ended_is_not_overdue() {
        let phase = Arc::new(AtomicU8::new(RUNNING));
        let (limit, grace) = (Duration::ZERO, Duration::ZERO);
        let watcher = Watcher { phase: Arc::clone(&phase), stop: Stop::new(), limit, grace };
        Watch(phase).run_is_over();
        assert_eq!(watcher.late(Some(|| ExitCode::Unavailable)), None, "and this process goes on");
    }

    #[test]
    #[ignore = "is the process of another test"]
    fn child_hears_one_signal() {
        use rustix::process::{Signal, getpid, kill_process};
        let limit = Duration::from_secs(600);
        let _watch = Watch::within(&Stop::new(), limit, Duration::ZERO, || ExitCode::Unavailable);
        kill_process(getpid(), Signal::TERM).unwrap();
        loop {
            thread::park();
        }
    }

    #[test]
    #[ignore = "is the process of another test"]
    fn child_hears_two_signals() {
        use rustix::process::{Signal, getpid, kill_process};
        let stop = Stop::new();
        let _watch = Watch::over(&stop, Duration::from_secs(600), || ExitCode::Unexpected);
        kill_process(getpid(), Signal::TERM).unwrap();
        while !stop.is_asked() {
            thread::yield_now();
        }
        kill_process(getpid(), Signal::TERM).unwrap();
        loop {
            thread::park();
        }
    }

    #[test]
    #[ignore = "is the process of another test"]
    fn child_hangs() {
        let _watch = Watch::within(&Stop::new(), Duration::ZERO, Duration::ZERO, || ExitCode::Unavailable);
        loop {
            thread::park();
        }
    }
}
