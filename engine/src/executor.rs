//! Makes the changes of a plan: independent ones side by side, dependents in order, failures local (law 6).
//!
//! No create starts before the inventory has it on disk. Creates are announced in groups, in the
//! order of the plan, so that many creates cost few writes; what was announced and then not sent is
//! taken back.

mod schedule;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use evenkeel_core::{
    object::ObjectId,
    plan::{Action, Change, ChangeDocument, Note, Plan},
    report::Failure,
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use schedule::Schedule;
use tokio::time::{Instant, sleep_until};

use crate::{
    bounds::{Bounds, FINISHING, Halt, shown},
    failure::{Class, Classified, Fault},
    inventory::{Inventory, InventoryError, State},
    progress::Step,
    storage::StorageError,
    task::{Applied, Task},
};

/// How many creates are announced with one write.
const ANNOUNCED_TOGETHER: usize = 256;

/// What became of a change. Most are applied, so that one takes no more room than that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Applied,
    Failed(Box<Fault>),
    Skipped(Box<Failure>),
}

impl Fate {
    pub(crate) fn skipped(message: String, hint: Option<String>) -> Self {
        Self::Skipped(Failure { message, hint }.into())
    }
}

/// What an execution did.
pub(crate) struct Execution {
    /// What became of each change, in the order of the plan.
    pub fates: Vec<Fate>,
    pub notes: Vec<Note>,
    pub halt: Option<Halt>,
    /// Whether anything was tried.
    pub started: bool,
    /// Why the inventory could not be brought up to date.
    pub inventory: Option<InventoryError>,
}

/// Makes the changes of `plan`, except those that `given_up` says have failed for good in this run.
pub(crate) async fn execute<T: Task, I: Inventory>(
    (task, desired): (&T, &T::Desired),
    plan: &Plan<T::Operation>,
    given_up: &BTreeMap<ObjectId, Fault>,
    inventory: &mut I,
    bounds: &Bounds<'_>,
    progress: &Step,
) -> Execution {
    let executor = Executor {
        task,
        desired,
        changes: plan.changes(),
        schedule: Schedule::new(plan.changes(), makes_object::<T>),
        announcements: Announcements::new(plan.changes(), given_up, makes_object::<T>),
        fates: vec![None; plan.changes().len()],
        notes: Vec::new(),
        running: FuturesUnordered::new(),
        under_way: BTreeSet::new(),
        inventory,
        progress,
        started: false,
        inventory_error: None,
    };
    executor.run(given_up, bounds).await
}

/// Whether a change makes an object, or makes it anew: only then a run that is cut short may leave one that nobody has seen.
fn makes_object<T: Task>(change: &Change<T::Operation>) -> bool {
    change.action == Action::Create || T::makes_anew(&change.operation)
}

/// A change that is not under way any more, by its position in the plan.
type Ended<T> = (usize, Result<Applied, <T as Task>::Error>);

struct Executor<'a, T: Task, I> {
    task: &'a T,
    desired: &'a T::Desired,
    changes: &'a [Change<T::Operation>],
    schedule: Schedule<'a>,
    announcements: Announcements,
    fates: Vec<Option<Fate>>,
    notes: Vec<Note>,
    running: FuturesUnordered<BoxFuture<'a, Ended<T>>>,
    under_way: BTreeSet<usize>,
    inventory: &'a mut I,
    progress: &'a Step,
    started: bool,
    inventory_error: Option<InventoryError>,
}

impl<'a, T: Task, I: Inventory> Executor<'a, T, I> {
    async fn run(mut self, given_up: &BTreeMap<ObjectId, Fault>, bounds: &Bounds<'_>) -> Execution {
        let mut halt = None;
        // Until when what is under way is waited for, once the run has to end.
        let mut patience = None;
        loop {
            halt = halt.or_else(|| bounds.halt());
            while halt.is_none() && !self.is_inventory_busy() && self.running.len() < bounds.concurrency {
                let Some(position) = self.schedule.start() else { break };
                self.begin(position, given_up).await;
                halt = bounds.halt();
            }
            if self.running.is_empty() {
                break;
            }
            if halt.is_some() {
                patience = patience.or_else(|| Some(Instant::now() + FINISHING));
            }
            tokio::select! {
                biased;
                () = bounds.stop.asked(), if halt.is_none() => halt = Some(Halt::Stopped),
                () = sleep_until(bounds.deadline), if halt.is_none() => halt = Some(Halt::Deadline),
                () = sleep_until(patience.unwrap_or(bounds.deadline)), if patience.is_some() => self.give_up_running(bounds),
                Some((position, result)) = self.running.next() => self.end(position, result).await,
            }
        }
        if let Some(halt) = halt {
            for position in self.schedule.abandon() {
                self.fates[position] = Some(Fate::Skipped(bounds.reason(halt).into()));
            }
        }
        self.finish(halt).await
    }

    async fn begin(&mut self, position: usize, given_up: &BTreeMap<ObjectId, Fault>) {
        let change = &self.changes[position];
        if let Some(fault) = given_up.get(&change.object) {
            // The log has told it in an earlier round.
            return self.settle(position, fault.clone());
        }
        if makes_object::<T>(change) {
            let group = self.announcements.group(position);
            let objects: Vec<ObjectId> = group.iter().map(|&position| self.changes[position].object.clone()).collect();
            if !objects.is_empty()
                && let Err(error) = self.inventory.announce(&objects).await
            {
                self.announcements.not_made(&group);
                return self.not_announced(position, error);
            }
        }
        if !change.secrets.is_empty()
            && let Err(error) = self.inventory.announce_secrets(&change.object, &change.secrets).await
        {
            return self.not_announced(position, error);
        }
        self.announcements.sent(position);
        self.started = true;
        self.under_way.insert(position);
        let (task, desired) = (self.task, self.desired);
        self.running.push(async move { (position, task.apply(desired, change).await) }.boxed());
    }

    /// Another run's inventory is as busy for every change: that is told once, for the whole run, and nothing more is started.
    fn not_announced(&mut self, position: usize, error: InventoryError) {
        if matches!(error, InventoryError::Storage(StorageError::Busy { .. })) {
            self.inventory_error.get_or_insert(error);
        } else {
            self.fail(position, Fault::of(&error));
        }
    }

    const fn is_inventory_busy(&self) -> bool {
        matches!(self.inventory_error, Some(InventoryError::Storage(StorageError::Busy { .. })))
    }

    async fn end(&mut self, position: usize, result: Result<Applied, T::Error>) {
        let change = &self.changes[position];
        self.under_way.remove(&position);
        match result {
            Ok(applied) => {
                // The report says so once.
                tracing::debug!(object = %change.object, action = %change.action, "applied");
                // What was made stays announced until a reading shows it: a server may list it later than it says so.
                if change.action == Action::Delete {
                    self.inventory.note(&change.object, State::Gone);
                }
                self.inventory.note_secrets(&change.object, &change.secrets);
                self.notes.extend(applied.notes);
                self.fates[position] = Some(Fate::Applied);
                self.progress.advance();
                self.schedule.succeed(position);
            }
            Err(error) => {
                let fault = Fault::of(&error);
                if error.changed_nothing() {
                    self.inventory.take_back_secrets(&change.object, &change.secrets);
                    if makes_object::<T>(change) {
                        self.take_back(&change.object, fault.class).await;
                    }
                }
                self.fail(position, fault);
            }
        }
    }

    /// An object that is there although we did not make it is somebody else's: that has to be on disk
    /// before anything else, because a crash would leave it announced as ours.
    async fn take_back(&mut self, object: &ObjectId, class: Class) {
        self.inventory.take_back(object);
        if matches!(class, Class::Conflict | Class::Prevented)
            && let Err(error) = self.inventory.store().await
        {
            self.inventory_error.get_or_insert(error);
        }
    }

    fn fail(&mut self, position: usize, fault: Fault) {
        let ChangeDocument { object, action, .. } = &*self.changes[position].document;
        // The report says so once, with the hint.
        tracing::debug!(%object, %action, "failed: {}", fault.failure.message);
        self.settle(position, fault);
    }

    fn settle(&mut self, position: usize, fault: Fault) {
        let object = &self.changes[position].object;
        self.fates[position] = Some(Fate::Failed(fault.into()));
        self.progress.advance();
        for (dependent, waited_for) in self.schedule.fail(position) {
            let ended = if waited_for == object { "failed" } else { "was skipped" };
            let message = format!("waits for `{waited_for}`, which {ended}");
            self.fates[dependent] = Some(Fate::skipped(message, None));
            self.progress.advance();
        }
    }

    /// Stops waiting for changes that do not end. What they have done shows at the next observation.
    fn give_up_running(&mut self, bounds: &Bounds<'_>) {
        self.running.clear();
        for position in std::mem::take(&mut self.under_way) {
            let message = format!("it was still under way {} after the run had to end", shown(FINISHING));
            let hint = bounds.reason(Halt::Deadline).hint;
            self.fail(position, Fault { class: Class::Unavailable, failure: Failure { message, hint } });
        }
    }

    async fn finish(mut self, halt: Option<Halt>) -> Execution {
        for position in self.announcements.never_sent() {
            self.inventory.take_back(&self.changes[position].object);
        }
        if let Err(error) = self.inventory.store().await {
            self.inventory_error.get_or_insert(error);
        }
        // The schedule starts or skips every change, so that each has a fate.
        let not_tried = || Fate::skipped("it was not tried".to_owned(), None);
        Execution {
            fates: self.fates.into_iter().map(|fate| fate.unwrap_or_else(not_tried)).collect(),
            notes: self.notes,
            halt,
            started: self.started,
            inventory: self.inventory_error,
        }
    }
}

/// Which creates the inventory knows of.
struct Announcements {
    /// Creates that are not announced yet, in the order of the plan.
    to_come: VecDeque<usize>,
    steps: Vec<Announcement>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Announcement {
    None,
    Made,
    Sent,
}

impl Announcements {
    fn new<O>(
        changes: &[Change<O>],
        given_up: &BTreeMap<ObjectId, Fault>,
        makes_object: impl Fn(&Change<O>) -> bool,
    ) -> Self {
        let to_come = changes.iter().enumerate();
        let to_come = to_come.filter(|(_, change)| makes_object(change) && !given_up.contains_key(&change.object));
        Self {
            to_come: to_come.map(|(position, _)| position).collect(),
            steps: vec![Announcement::None; changes.len()],
        }
    }

    /// What has to be announced before the create at `position` may start: nothing, or that create
    /// and those that are next in the plan.
    fn group(&mut self, position: usize) -> Vec<usize> {
        if self.steps[position] != Announcement::None {
            return Vec::new();
        }
        let mut group = vec![position];
        self.steps[position] = Announcement::Made;
        while group.len() < ANNOUNCED_TOGETHER
            && let Some(next) = self.to_come.pop_front()
        {
            if self.steps[next] == Announcement::None {
                self.steps[next] = Announcement::Made;
                group.push(next);
            }
        }
        group
    }

    /// The group could not be stored: each of it has to be announced anew.
    fn not_made(&mut self, group: &[usize]) {
        for &position in group.iter().rev() {
            self.steps[position] = Announcement::None;
            self.to_come.push_front(position);
        }
    }

    fn sent(&mut self, position: usize) {
        self.steps[position] = Announcement::Sent;
    }

    fn never_sent(&self) -> impl Iterator<Item = usize> {
        self.steps.iter().enumerate().filter(|(_, step)| **step == Announcement::Made).map(|(position, _)| position)
    }
}
