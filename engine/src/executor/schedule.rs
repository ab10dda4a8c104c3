//! Which change may start next. Pure bookkeeping: every step costs what it touches, so that tens of
//! thousands of changes cost no more than their number.

use std::collections::{BTreeSet, HashMap};

use evenkeel_core::{
    object::ObjectId,
    plan::{Action, Change},
};

/// The changes of a plan by their position in it, and how far each is.
pub(super) struct Schedule<'a> {
    objects: Vec<&'a ObjectId>,
    keys: Vec<Option<&'a ObjectId>>,
    actions: Vec<Action>,
    /// Which changes hold up what waits for them when they fail.
    holds: Vec<bool>,
    /// How many changes each one still waits for.
    waiting: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    steps: Vec<Step>,
    ready: BTreeSet<usize>,
    queues: HashMap<&'a ObjectId, Key>,
}

/// A value of [`Change::exclusive`]. While it is free, whoever is first in its queue is ready.
#[derive(Default)]
struct Key {
    taken: bool,
    queue: BTreeSet<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Waiting,
    Started,
    Ended,
}

impl<'a> Schedule<'a> {
    /// `makes_object` says of which changes an object is there or not afterwards.
    pub(super) fn new<O>(changes: &'a [Change<O>], makes_object: impl Fn(&Change<O>) -> bool) -> Self {
        let holds = |change: &Change<O>| change.is_needed || change.action != Action::Update || makes_object(change);
        let positions: HashMap<&ObjectId, usize> =
            changes.iter().enumerate().map(|(position, change)| (&change.object, position)).collect();
        let mut waiting = vec![0; changes.len()];
        let mut dependents = vec![Vec::new(); changes.len()];
        for (position, change) in changes.iter().enumerate() {
            let waits_for: BTreeSet<usize> =
                change.waits_for.iter().filter_map(|object| positions.get(object).copied()).collect();
            waiting[position] = waits_for.len();
            for waited in waits_for {
                dependents[waited].push(position);
            }
        }
        let ready = (0..changes.len()).filter(|&position| waiting[position] == 0).collect();
        Self {
            objects: changes.iter().map(|change| &change.object).collect(),
            keys: changes.iter().map(|change| change.exclusive.as_ref()).collect(),
            actions: changes.iter().map(|change| change.action).collect(),
            holds: changes.iter().map(holds).collect(),
            waiting,
            dependents,
            steps: vec![Step::Waiting; changes.len()],
            ready,
            queues: HashMap::new(),
        }
    }

    /// Starts the first change that waits for nothing and whose key is free.
    pub(super) fn start(&mut self) -> Option<usize> {
        while let Some(position) = self.ready.pop_first() {
            if let Some(key) = self.keys[position] {
                let key = self.queues.entry(key).or_default();
                if key.taken {
                    key.queue.insert(position);
                    continue;
                }
                key.taken = true;
            }
            self.steps[position] = Step::Started;
            return Some(position);
        }
        None
    }

    /// A started change has succeeded: what waited for it may go on.
    pub(super) fn succeed(&mut self, position: usize) {
        self.end(position);
        for index in 0..self.dependents[position].len() {
            self.release(self.dependents[position][index]);
        }
    }

    /// One of the changes that `dependent` waits for does not hold it up any more.
    fn release(&mut self, dependent: usize) {
        self.waiting[dependent] -= 1;
        if self.waiting[dependent] == 0 && self.steps[dependent] == Step::Waiting {
            self.ready.insert(dependent);
        }
    }

    /// Whether `dependent` cannot be done when the change at `position` was not. What an update was for is there without it, as it
    /// was; only a delete counts on everything before it.
    fn is_held_up(&self, position: usize, dependent: usize) -> bool {
        self.holds[position] || self.actions[dependent] == Action::Delete
    }

    /// A started change has failed. Returns all that cannot be done without it, directly or not, each with the
    /// object that it waited for directly; what only came after it goes on.
    pub(super) fn fail(&mut self, position: usize) -> Vec<(usize, &'a ObjectId)> {
        self.end(position);
        let mut skipped = Vec::new();
        let mut ended = vec![position];
        while let Some(position) = ended.pop() {
            for index in 0..self.dependents[position].len() {
                let dependent = self.dependents[position][index];
                if !self.is_held_up(position, dependent) {
                    self.release(dependent);
                } else if self.steps[dependent] == Step::Waiting {
                    self.steps[dependent] = Step::Ended;
                    skipped.push((dependent, self.objects[position]));
                    ended.push(dependent);
                }
            }
        }
        skipped
    }

    /// Gives up everything that has not started.
    pub(super) fn abandon(&mut self) -> Vec<usize> {
        let left: Vec<usize> =
            (0..self.steps.len()).filter(|&position| self.steps[position] == Step::Waiting).collect();
        for &position in &left {
            self.steps[position] = Step::Ended;
        }
        self.ready.clear();
        self.queues.values_mut().for_each(|key| key.queue.clear());
        left
    }

    /// Frees the change's key. The first that queues for it is ready again; the others stay queued,
    /// because only one of them can have the key.
    fn end(&mut self, position: usize) {
        self.steps[position] = Step::Ended;
        if let Some(key) = self.keys[position].and_then(|key| self.queues.get_mut(key)) {
            key.taken = false;
            self.ready.extend(key.queue.pop_first());
        }
    }
}
