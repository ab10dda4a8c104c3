//! One run of a task: values → desired, then observe → plan → apply until nothing is left to do.
//!
//! `plan` and `check` are the same run without its last step: nothing here asks "is this a dry run?"
//! in the middle of a write.

mod converge;
mod ending;
mod prepare;
mod record;
mod select;

use std::{sync::Arc, time::Duration};

use evenkeel_core::{
    memory::{Memory, Ownership},
    plan::{Plan, PlanDocument},
    report::{Failure, Mode, Report},
    values::Problems,
};
use tokio::time::{Instant, sleep_until};

pub(crate) use ending::Ending;
pub(crate) use prepare::load;
use prepare::{Prepared, prepare};
use record::Record;
use select::Selection;

use crate::{
    command_line::{Options, TaskCommand},
    executor::{Bounds, Halt},
    exit_code::ExitCode,
    inventory::{FileInventory, Inventory, InventoryError},
    progress::Progress,
    secrets::SecretResolver,
    stop::Stop,
    task::{Context, Task},
};

/// What a run has around it: what is the process's when it runs by itself, and whatever a program
/// that runs a task inside gives it.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Where secrets come from.
    pub secrets: Arc<SecretResolver>,
    /// Asks the run to stop.
    pub stop: Stop,
    /// Where progress shows.
    pub progress: Progress,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The exit code for it.
    pub exit_code: ExitCode,
    /// What the run did, also when it did not come far.
    pub report: Report,
    /// What it found to change at first; `None` when it did not come so far.
    pub plan: Option<PlanDocument>,
    /// What is wrong with the values, with their source lines.
    pub problems: Option<Problems>,
    /// The errors that ended the whole run, one by one; [`Report::failure`] has them in one.
    pub failures: Vec<Failure>,
}

/// Runs a task. Returns whatever happens: a failure is in what it returns.
pub async fn run<T: Task>(command: &TaskCommand, surroundings: &Surroundings) -> Finished {
    let begin = Instant::now();
    let mut record = Record::new(T::NAME, mode(command));
    let ending = match attempt::<T>(command, surroundings, &mut record, begin).await {
        Ok(code) => Ending::of(code),
        Err(ending) => ending,
    };
    record.finish(ending, begin.elapsed(), matches!(command, TaskCommand::Plan { detailed_exitcode: true, .. }))
}

/// The end of a run that broke down: it can tell no more than that.
pub(crate) fn unexpected<T: Task>(command: &TaskCommand, message: &str) -> Finished {
    let hint = Some("this is a mistake in evenkeel: please report it, with the log".to_owned());
    let failure = Failure { message: message.to_owned(), hint };
    Record::new(T::NAME, mode(command)).finish(Ending::failed(ExitCode::Unexpected, failure), Duration::ZERO, false)
}

const fn mode(command: &TaskCommand) -> Mode {
    match command {
        TaskCommand::Plan { .. } => Mode::Plan,
        TaskCommand::Apply { .. } => Mode::Apply,
        TaskCommand::Check { .. } => Mode::Check,
    }
}

async fn attempt<T: Task>(
    command: &TaskCommand,
    surroundings: &Surroundings,
    record: &mut Record,
    begin: Instant,
) -> Result<ExitCode, Ending> {
    let options = command.options();
    let prepared = prepare::<T>(&options.values, &surroundings.secrets)?;
    record.target = T::target(&prepared.desired);
    let inventory = open_inventory::<T>(command, &prepared, &record.target)?;
    let deadline = begin + options.timeout;
    let bounds =
        Bounds { concurrency: options.concurrency.get(), deadline, timeout: options.timeout, stop: &surroundings.stop };
    let context = Context {
        deadline: deadline.into_std(),
        concurrency: options.concurrency.get(),
        secrets: Arc::clone(&surroundings.secrets),
    };
    let task = {
        let _step = surroundings.progress.waiting("connecting");
        // Boxed, here and below: a task's futures are large, and every level that holds one would hold it on the stack.
        read(&bounds, Box::pin(T::connect(&prepared.desired, &context))).await?
    };
    let session =
        Session { task: &task, desired: &prepared.desired, options, bounds: &bounds, progress: &surroundings.progress };
    let result = match command {
        TaskCommand::Plan { .. } | TaskCommand::Check { .. } => session.look(&inventory.memory(), record).await,
        TaskCommand::Apply { adopt, .. } => session.converge(inventory, *adopt, record).await,
    };
    record.requests = task.requests();
    result
}

/// A logged-in task with everything that its run needs.
struct Session<'a, T: Task> {
    task: &'a T,
    desired: &'a T::Desired,
    options: &'a Options,
    bounds: &'a Bounds<'a>,
    progress: &'a Progress,
}

impl<T: Task> Session<'_, T> {
    /// Observes and plans; nothing is written.
    async fn look(&self, memory: &Memory, record: &mut Record) -> Result<ExitCode, Ending> {
        let observed = self.observe(&memory.ownership).await?;
        let selection = self.plan(&observed, memory, record)?;
        record.plan_only(&selection.plan);
        match selection.refused {
            Some(failure) => Err(Ending::failed(ExitCode::Configuration, failure)),
            None if selection.plan.is_empty() => Ok(ExitCode::Converged),
            None => Ok(ExitCode::Differences),
        }
    }

    async fn observe(&self, ownership: &Ownership) -> Result<T::Observed, Ending> {
        let _step = self.progress.waiting("reading");
        tracing::debug!("reading what is there");
        read(self.bounds, Box::pin(self.task.observe(self.desired, ownership))).await
    }

    fn plan(
        &self,
        observed: &T::Observed,
        memory: &Memory,
        record: &Record,
    ) -> Result<Selection<T::Operation>, Ending> {
        let plan: Plan<T::Operation> =
            T::plan(self.desired, observed, memory).map_err(|error| Ending::mistake(&error))?;
        if record.is_new() {
            self.warn_of_empty_selectors(observed, &plan);
        }
        Ok(select::select(plan, self.options, &memory.ownership, record.deleted()))
    }

    /// A selector that fits neither what is declared nor what could be deleted is most likely mistyped.
    /// It is no error: an object that was pruned is selected in vain at the next run.
    fn warn_of_empty_selectors(&self, observed: &T::Observed, plan: &Plan<T::Operation>) {
        if self.options.only.is_empty() {
            return;
        }
        let there = T::existing(self.desired, observed);
        for selector in &self.options.only {
            let planned = || plan.changes().iter().any(|change| selector.matches(&change.object));
            if !there.iter().any(|object| selector.matches(object)) && !planned() {
                tracing::warn!("`--only {selector}` selects nothing that is declared");
            }
        }
    }
}

/// Waits for a read; it is given up when the run has to end.
async fn read<R, E: crate::task::Classified>(
    bounds: &Bounds<'_>,
    reading: impl Future<Output = Result<R, E>>,
) -> Result<R, Ending> {
    tokio::select! {
        biased;
        () = bounds.stop.asked() => Err(Ending::halted(Halt::Stopped, bounds)),
        result = reading => result.map_err(|error| Ending::of_error(&error)),
        () = sleep_until(bounds.deadline) => Err(Ending::halted(Halt::Deadline, bounds)),
    }
}

/// The inventory. A run that only looks on goes on without one that cannot be read, and then takes
/// nothing for ours; a run that could delete or create must not.
fn open_inventory<T: Task>(
    command: &TaskCommand,
    prepared: &Prepared<T>,
    target: &str,
) -> Result<FileInventory, Ending> {
    let options = command.options();
    let opened = FileInventory::open(options.inventory.clone(), &prepared.platform, T::NAME, target);
    let looks_on = !options.prune && !matches!(command, TaskCommand::Apply { .. });
    opened.or_else(|error: InventoryError| {
        if !looks_on {
            return Err(Ending::of_inventory(&error));
        }
        tracing::warn!("{error}: nothing is taken for ours");
        Ok(FileInventory::empty(target))
    })
}

/// Milliseconds of a duration, as the report counts them.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
