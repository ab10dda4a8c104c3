//! One run of a task: values → desired, then observe → plan → apply until nothing is left to do.
//!
//! `plan` and `check` are the same run without its last step: nothing here asks "is this a dry run?"
//! in the middle of a write.

mod converge;
mod ending;
mod events;
mod former;
mod ours;
mod prepare;
mod record;
mod select;
mod selectable;

use std::{sync::Arc, time::Duration};

use evenkeel_core::{
    memory::{Memory, Ownership},
    plan::{Plan, PlanDocument},
    report::{Failure, Mode, Report},
    values::Problems,
};
use evenkeel_kubernetes_client::{Connection, ObjectName, lease::Terms};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

pub(crate) use ending::Ending;
use prepare::{Prepared, prepare};
pub(crate) use prepare::{inspect, load, load_off_runtime, resolve_off_runtime};
use record::Record;
use select::Selection;

use crate::{
    bounds::{Bounds, Halt},
    cluster::ClusterAccess,
    command_line::{Options, OwnOptions, TaskCommand},
    exit_code::ExitCode,
    failure::Classified,
    home::Home,
    inventory::{Inventory, StoredInventory},
    lease::RunLease,
    progress::Progress,
    runtime::Runtime,
    secrets::{Reach, SecretResolver},
    sessions::Sessions,
    stop::Stop,
    target::TargetId,
    task::{Context, Task},
    vault::Vault,
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
    /// The Kubernetes cluster, when it is not the one that the options lead to.
    pub cluster: Option<Connection>,
    /// How a run's lease is held.
    pub lease: Terms,
    /// The pod that the process runs in: the Job that owns it hears how the run ended.
    pub pod: Option<ObjectName>,
}

impl Surroundings {
    /// Those of a run that this process does by itself; secrets come from where `reach` allows.
    #[must_use]
    pub fn of(runtime: &Runtime, reach: Reach) -> Self {
        Self {
            secrets: Arc::new(SecretResolver::of_process(reach)),
            stop: runtime.stop.clone(),
            progress: runtime.progress.clone(),
            ..Self::default()
        }
    }
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
pub async fn run<T: Task>(command: &TaskCommand<T::RunOptions>, surroundings: &Surroundings) -> Finished {
    let begin = Instant::now();
    let mut record = Record::new(T::NAME, mode(command));
    let context = context::<T>(command.options(), surroundings, begin);
    let ending = match attempt::<T>(command, surroundings, &context, &mut record, begin).await {
        Ok(code) => Ending::of(code),
        Err(ending) => ending,
    };
    record.count(context.cluster.requests());
    let detailed_exitcode = match command {
        TaskCommand::Plan { detailed_exitcode, .. } => *detailed_exitcode,
        TaskCommand::Check { .. } => record.has_warnings(),
        TaskCommand::Apply { .. } => false,
    };
    let finished = record.finish(ending, begin.elapsed(), detailed_exitcode);
    if let Some(pod) = &surroundings.pod {
        let had_to_end = surroundings.stop.is_asked() || begin.elapsed() >= command.options().timeout;
        events::tell(&finished, pod, &context.cluster, had_to_end).await;
    }
    finished
}

fn context<T: Task>(options: &Options<T::RunOptions>, surroundings: &Surroundings, begin: Instant) -> Context {
    let deadline = (begin + options.timeout).into_std();
    let mask = surroundings.secrets.mask();
    let connection = surroundings.cluster.clone().unwrap_or_else(|| options.cluster.connection());
    Context {
        sessions: Sessions::new(options.concurrency, deadline, mask.clone()),
        secrets: Arc::clone(&surroundings.secrets),
        cluster: ClusterAccess::new(connection, T::NAME, options.concurrency, deadline, mask.clone()),
        vault: Arc::default(),
    }
}

/// The end of a run that broke down: it can tell no more than that.
pub(crate) fn unexpected<T: Task>(command: &TaskCommand<T::RunOptions>, failure: Failure) -> Finished {
    Record::new(T::NAME, mode(command)).finish(Ending::failed(ExitCode::Unexpected, failure), Duration::ZERO, false)
}

/// The end of a run that did not end by itself.
pub(crate) fn overdue<T: Task>(command: &TaskCommand<T::RunOptions>) -> Finished {
    let failure = Failure {
        message: "the run had to end, and something that it waits for does not return".to_owned(),
        hint: Some("look for a file system or a login command that hangs, and run it again".to_owned()),
    };
    Record::new(T::NAME, mode(command)).finish(Ending::failed(ExitCode::Unavailable, failure), Duration::ZERO, false)
}

const fn mode<O: OwnOptions>(command: &TaskCommand<O>) -> Mode {
    match command {
        TaskCommand::Plan { .. } => Mode::Plan,
        TaskCommand::Apply { .. } => Mode::Apply,
        TaskCommand::Check { .. } => Mode::Check,
    }
}

async fn attempt<T: Task>(
    command: &TaskCommand<T::RunOptions>,
    surroundings: &Surroundings,
    context: &Context,
    record: &mut Record,
    begin: Instant,
) -> Result<ExitCode, Ending> {
    let options = command.options();
    let lease = RunLease::default();
    let bounds = Bounds {
        concurrency: options.concurrency.get(),
        deadline: begin + options.timeout,
        timeout: options.timeout,
        stop: &surroundings.stop,
        lease: &lease,
    };
    let turn_since = Timestamp::now();
    // Boxed, here and below: a task's futures are large, and every level that holds one would hold it on the stack.
    let prepared = in_time(&bounds, Box::pin(prepare::<T>(&options.values, context))).await?;
    let target = T::target_id(&prepared.desired);
    record.target = T::target(&target);
    if matches!(command, TaskCommand::Check { .. }) {
        record.note(T::assumed(&prepared.desired));
    }
    let home = in_time(&bounds, home::<T>(options, &prepared, context)).await?;
    let mut inventory = in_time(&bounds, open_inventory::<T>(&prepared, &home, &target)).await?;
    let mask = surroundings.secrets.mask().clone();
    let vault = Vault::open(&home, (&prepared.platform, T::NAME), &target.to_string(), mask);
    let vault = Arc::new(vault.with_unversioned_key(T::unversioned_key(&target)));
    let task = {
        let _step = surroundings.progress.waiting("connecting");
        let context = Context { vault: Arc::clone(&vault), ..context.clone() };
        read(&bounds, Box::pin(T::connect(&prepared.desired, &options.own, &context))).await?
    };
    let turn = Turn { home: &home, terms: surroundings.lease, since: turn_since };
    let session = Session {
        task: &task,
        desired: &prepared.desired,
        options,
        bounds: &bounds,
        progress: &surroundings.progress,
        turn: &turn,
    };
    let writes = matches!(command, TaskCommand::Apply { .. });
    let recognised = session.recognise(&mut inventory, &vault, record, writes).await;
    let result = match (recognised, command) {
        (Err(ending), _) => Err(ending),
        (Ok(()), TaskCommand::Plan { .. } | TaskCommand::Check { .. }) => {
            session.look(&inventory.memory(), record).await
        }
        (Ok(()), TaskCommand::Apply { adopt, .. }) => session.converge(inventory, *adopt, record).await,
    };
    lease.release().await;
    record.count(context.sessions.requests());
    record.server = task.server();
    result
}

/// A logged-in task with everything that its run needs.
struct Session<'a, T: Task> {
    task: &'a T,
    desired: &'a T::Desired,
    options: &'a Options<T::RunOptions>,
    bounds: &'a Bounds<'a>,
    progress: &'a Progress,
    turn: &'a Turn<'a>,
}

/// What a run has to do before its first write, so that no other run writes at the same time.
struct Turn<'a> {
    home: &'a Home,
    terms: Terms,
    /// When this run began to read.
    since: Timestamp,
}

impl<T: Task> Session<'_, T> {
    /// Observes and plans; nothing is written.
    async fn look(&self, memory: &Memory, record: &mut Record) -> Result<ExitCode, Ending> {
        let observed = self.observe(&memory.ownership).await?;
        let judgement = self.judge(&observed, &memory.ownership);
        record.note(ours::notes(&judgement));
        let memory = Memory { ownership: judgement.told_to(memory.ownership.clone()), ..memory.clone() };
        let selection = self.plan(&observed, &memory, record)?;
        record.plan_only(&selection.plan);
        match selection.refused {
            Some(failure) => Err(Ending::failed(ExitCode::Configuration, failure)),
            None if !selection.plan.unjudged().is_empty() => Err(Ending::of_unjudged(None, selection.plan.unjudged())),
            None if selection.plan.is_empty() && !record.asks_for_attention() => Ok(ExitCode::Converged),
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
            self.refuse_empty_selectors(observed, &plan, &memory.ownership)?;
        }
        Ok(select::select(plan, self.options, &memory.ownership, &record.taken))
    }

    /// A selector that fits nothing is mistyped: a run that does nothing then would look like one that has nothing to do.
    fn refuse_empty_selectors(
        &self,
        observed: &T::Observed,
        plan: &Plan<T::Operation>,
        ownership: &Ownership,
    ) -> Result<(), Ending> {
        if self.options.only.is_empty() {
            return Ok(());
        }
        let known = selectable::Known::new((T::selectable(self.desired, observed), T::RELATIONS), plan, ownership);
        match self.options.only.iter().find(|selector| !known.has(selector)) {
            Some(selector) => Err(Ending::failed(ExitCode::Usage, known.failure(selector))),
            None => Ok(()),
        }
    }
}

/// Waits for a read; it is given up when the run has to end.
pub(crate) async fn read<R, E: Classified>(
    bounds: &Bounds<'_>,
    reading: impl Future<Output = Result<R, E>>,
) -> Result<R, Ending> {
    in_time(bounds, async { reading.await.map_err(|error| Ending::of_error(&error)) }).await
}

/// What `reading` gives, unless the run has to end before.
pub(crate) async fn in_time<R>(
    bounds: &Bounds<'_>,
    reading: impl Future<Output = Result<R, Ending>>,
) -> Result<R, Ending> {
    tokio::select! {
        biased;
        () = bounds.stop.asked() => Err(Ending::halted(Halt::Stopped, bounds)),
        result = reading => result.map_err(|ending| {
            // Requests end at the same moment, and what they say of it is less than that.
            if Instant::now() < bounds.deadline { ending } else { Ending::halted(Halt::Deadline, bounds) }
        }),
        () = sleep_until(bounds.deadline) => Err(Ending::halted(Halt::Deadline, bounds)),
    }
}

/// Where inventory and lease are.
async fn home<T: Task>(
    options: &Options<T::RunOptions>,
    prepared: &Prepared<T>,
    context: &Context,
) -> Result<Home, Ending> {
    let owner = (prepared.platform.as_str(), T::NAME);
    let home = Home::choose(options.inventory.as_ref(), prepared.namespace.as_ref(), owner, &context.cluster).await;
    home.map_err(|error| Ending::of_error(&error))
}

/// The inventory. One that cannot be read ends every run: taken for an empty one, it would make strangers of our own objects, so
/// that a plan or a check tells of another world than the next apply acts in.
async fn open_inventory<T: Task>(
    prepared: &Prepared<T>,
    home: &Home,
    target: &TargetId,
) -> Result<StoredInventory, Ending> {
    let opened = StoredInventory::open(home.clone(), (&prepared.platform, T::NAME), &target.to_string()).await;
    let mut inventory = opened.map_err(|error| Ending::of_error(&error))?;
    if let Some(key) = T::unversioned_key(target) {
        inventory.take_over_unversioned(&key);
    }
    Ok(inventory)
}

/// Milliseconds of a duration, as the report counts them.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
