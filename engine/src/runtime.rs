//! The process that work is done in: what it begins with, and how its work comes to an end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use evenkeel_core::report::Failure;
use evenkeel_transport::guard_memory;

use crate::{
    command_line::LogFormat, core_dumps, exit_code::ExitCode, progress::Progress, stop::Stop, telemetry, watch::Watch,
};

/// The one way in which a process of ours works, whether it runs a task, an export or a barrier.
#[derive(Debug)]
pub struct Runtime {
    /// Asks the work to stop: a signal does.
    pub stop: Stop,
    /// Where progress shows.
    pub progress: Progress,
}

impl Runtime {
    /// Starts the log, and keeps what a panic says and what the system writes of this process free of secrets.
    #[must_use]
    pub fn start(format: LogFormat) -> Self {
        let progress = match format {
            LogFormat::Text => Progress::on_terminal(),
            LogFormat::Json => Progress::hidden(),
        };
        telemetry::start(format, &progress);
        telemetry::silence_panics();
        core_dumps::forbid();
        guard_memory();
        Self { stop: Stop::new(), progress }
    }

    /// Does this work to its end, with a watch over signals and time. `overdue` tells that the work did not end within `limit`, and is called
    /// instead of what would have told how it ended.
    ///
    /// # Errors
    ///
    /// When the work broke down: that is a mistake of ours, and its report and exit code must not be lost with it.
    pub fn run<F: Future>(
        &self,
        limit: Duration,
        overdue: impl FnOnce() -> ExitCode + Send + 'static,
        work: F,
    ) -> Result<F::Output, Failure> {
        let watch = Watch::over(&self.stop, limit, overdue);
        let done = block_on(work);
        watch.run_is_over();
        done
    }
}

/// Does this to its end. What it has left behind in threads of its own, because it had no more time to wait for it, is not waited for here either.
fn block_on<F: Future>(work: F) -> Result<F::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| mistake("the system gives this process no event loop"))?;
    let done = catch_unwind(AssertUnwindSafe(|| runtime.block_on(work)));
    runtime.shutdown_background();
    done.map_err(|_| mistake("the run ended in the middle of its work"))
}

fn mistake(message: &str) -> Failure {
    let hint = Some("this is a mistake in evenkeel: please report it, with the log".to_owned());
    Failure { message: message.to_owned(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_breaks_down_has_an_end_that_can_be_told() {
        let broken = block_on(async {
            if true {
                panic!("canary")
            }
        });
        assert_eq!(broken.unwrap_err().message, "the run ended in the middle of its work");
        let broken = block_on(crate::off_runtime(|| {
            if true {
                panic!("canary")
            }
        }));
        assert_eq!(broken.unwrap_err().message, "the run ended in the middle of its work");
        assert_eq!(block_on(async { 1 }).unwrap(), 1);
    }
}
