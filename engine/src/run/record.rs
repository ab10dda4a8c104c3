//! What happens in a run, as it happens: from it come the report and the exit code.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use evenkeel_core::{
    diff::FieldChange,
    object::ObjectId,
    plan::{Action, Change, ChangeDocument, Note, Plan, PlanDocument},
    report::{ChangeReport, Failure, Mode, Report, RequestCounts, Status},
};

use super::{Ending, Finished, milliseconds};
use crate::{
    executor::Fate,
    exit_code::ExitCode,
    failure::{Class, Fault},
};

/// A change that was accepted this often and still differs is not tried any more: once may have been
/// undone by another change of the same run.
const ACCEPTED_IN_VAIN: u32 = 2;

pub(super) struct Record {
    task: &'static str,
    mode: Mode,
    pub target: String,
    pub server: Option<String>,
    pub rounds: u32,
    requests: RequestCounts,
    /// What was taken away.
    pub taken: Taken,
    first_plan: Option<PlanDocument>,
    /// What became of each change, in the order in which they were first planned.
    entries: Vec<Entry>,
    positions: HashMap<Key, usize>,
    /// Warnings of the last plan.
    warnings: Vec<Note>,
    /// Notes of the last plan.
    plan_notes: Vec<Note>,
    /// Notes of what was done.
    done_notes: Vec<Note>,
}

/// What changes take away: that is limited, over all rounds of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    /// Objects that are deleted, with those that go along.
    pub deleted: BTreeSet<ObjectId>,
    /// Relations that are taken away.
    pub relations: usize,
}

impl Taken {
    pub(super) fn add<O>(&mut self, change: &Change<O>) {
        if change.action == Action::Delete {
            self.deleted.insert(change.object.clone());
            self.deleted.extend(change.takes_along.iter().cloned());
        }
        self.relations += usize::from(change.removes_relation);
    }
}

struct Entry {
    document: Arc<ChangeDocument>,
    /// `None` while it is only planned.
    fate: Option<Fate>,
    /// How often it was accepted with these same fields.
    accepted: u32,
}

/// A change by what it changes, and how.
struct Key(Arc<ChangeDocument>);

impl Key {
    fn parts(&self) -> (&ObjectId, Action) {
        (&self.0.object, self.0.action)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.parts().hash(hasher);
    }
}

impl Record {
    pub(super) fn new(task: &'static str, mode: Mode) -> Self {
        Self {
            task,
            mode,
            target: String::new(),
            server: None,
            rounds: 0,
            requests: RequestCounts::default(),
            taken: Taken::default(),
            first_plan: None,
            entries: Vec::new(),
            positions: HashMap::new(),
            warnings: Vec::new(),
            plan_notes: Vec::new(),
            done_notes: Vec::new(),
        }
    }

    /// Adds requests that were made.
    pub(super) const fn count(&mut self, requests: RequestCounts) {
        self.requests.total += requests.total;
        self.requests.reads += requests.reads;
        self.requests.writes += requests.writes;
        self.requests.tokens += requests.tokens;
        self.requests.retries += requests.retries;
    }

    /// Whether nothing was planned yet.
    pub(super) const fn is_new(&self) -> bool {
        self.first_plan.is_none()
    }

    /// Takes in what a run that only looks has found.
    pub(super) fn plan_only<O>(&mut self, plan: &Plan<O>) {
        self.planned(plan);
        for change in plan.changes() {
            self.entry(change);
        }
    }

    /// Takes in a plan. Returns the changes that were accepted again and again and still differ.
    pub(super) fn planned<O>(&mut self, plan: &Plan<O>) -> BTreeMap<ObjectId, Fault> {
        if self.first_plan.is_none() {
            self.first_plan = Some(plan.document(self.task, &self.target));
        }
        self.warnings = plan.warnings().to_vec();
        self.plan_notes = plan.notes().to_vec();
        self.drop_what_is_settled(plan);
        let mut in_vain = BTreeMap::new();
        for change in plan.changes() {
            let position = self.positions.get(&Key(Arc::clone(&change.document)));
            let Some(entry) = position.map(|&position| &self.entries[position]) else { continue };
            if entry.accepted >= ACCEPTED_IN_VAIN && entry.document.fields == change.fields {
                in_vain.insert(change.object.clone(), not_kept(change, entry.accepted));
            }
        }
        in_vain
    }

    /// What failed or was skipped before and is not planned any more has settled itself: the answer
    /// to a change that was made got lost, or somebody else made it.
    fn drop_what_is_settled<O>(&mut self, plan: &Plan<O>) {
        let planned: HashSet<(&ObjectId, Action)> =
            plan.changes().iter().map(|change| (&change.object, change.action)).collect();
        let mut kept = Vec::with_capacity(self.entries.len());
        for mut entry in std::mem::take(&mut self.entries) {
            let is_planned = planned.contains(&(&entry.document.object, entry.document.action));
            match &entry.fate {
                Some(Fate::Failed(fault)) if !is_planned && fault.class == Class::Conflict => {
                    let message = "had changed since it was read, so it was read again".to_owned();
                    self.done_notes.push(Note { object: entry.document.object.clone(), message });
                    continue;
                }
                Some(Fate::Failed(_)) if !is_planned => {
                    self.taken.deleted.extend(
                        Some(&entry.document).filter(|it| it.action == Action::Delete).map(|it| it.object.clone()),
                    );
                    entry.fate = Some(Fate::Applied);
                }
                Some(Fate::Skipped(_)) if !is_planned => continue,
                _ => {}
            }
            kept.push(entry);
        }
        let key = |entry: &Entry| Key(Arc::clone(&entry.document));
        self.positions = kept.iter().enumerate().map(|(position, entry)| (key(entry), position)).collect();
        self.entries = kept;
    }

    /// Takes in what became of the changes of a plan.
    pub(super) fn ended<O>(&mut self, plan: &Plan<O>, fates: Vec<Fate>) {
        for (change, fate) in plan.changes().iter().zip(fates) {
            if fate == Fate::Applied {
                self.taken.add(change);
            }
            let made = self.was_made_with(change);
            let entry = self.entry(change);
            match fate {
                Fate::Applied => entry.accepted = entry.accepted.max(u32::from(made)) + 1,
                _ => entry.accepted = 0,
            }
            entry.fate = Some(fate);
        }
    }

    /// Whether the object was made in this run with the very fields that are changed now: the application accepted them before.
    fn was_made_with<O>(&self, change: &Change<O>) -> bool {
        if change.action != Action::Update {
            return false;
        }
        // A key is the object and the action alone.
        let create = ChangeDocument { action: Action::Create, fields: Vec::new(), ..(*change.document).clone() };
        let position = self.positions.get(&Key(Arc::new(create)));
        let made = position.map(|&position| &self.entries[position]);
        let has = |made: &Entry, field: &FieldChange| {
            made.document.fields.iter().any(|made| made.path == field.path && made.after == field.after)
        };
        made.is_some_and(|made| made.fate == Some(Fate::Applied) && change.fields.iter().all(|field| has(made, field)))
    }

    /// Takes in that changes are still needed when the run gives up.
    pub(super) fn left_over<O>(&mut self, plan: &Plan<O>) {
        for change in plan.changes() {
            let rounds = self.rounds;
            let entry = self.entry(change);
            match &entry.fate {
                Some(Fate::Failed(_) | Fate::Skipped(_)) => {}
                Some(Fate::Applied) => entry.fate = Some(Fate::Failed(not_kept(change, entry.accepted).into())),
                None => {
                    let message = format!("it still differs after {rounds} rounds");
                    let hint = Some("run it again; if this stays, something else changes it too".to_owned());
                    entry.fate = Some(Fate::skipped(message, hint));
                }
            }
        }
    }

    pub(super) fn note(&mut self, notes: impl IntoIterator<Item = Note>) {
        self.done_notes.extend(notes);
    }

    /// Whether the last plan has warnings.
    pub(super) const fn has_warnings(&self) -> bool {
        !self.warnings.is_empty()
    }

    /// Whether this is a check that found something that somebody should see to.
    pub(super) fn asks_for_attention(&self) -> bool {
        self.mode == Mode::Check && self.has_warnings()
    }

    /// The exit code that the changes alone ask for.
    pub(super) fn verdict(&self) -> ExitCode {
        let classes: Vec<Class> = self
            .entries
            .iter()
            .filter_map(|entry| match &entry.fate {
                Some(Fate::Failed(fault)) => Some(fault.class),
                _ => None,
            })
            .collect();
        let skipped = self.entries.iter().any(|entry| matches!(entry.fate, Some(Fate::Skipped(_))));
        let Some(&first) = classes.first() else {
            return if skipped { ExitCode::SomeFailed } else { ExitCode::Converged };
        };
        // Failures of one kind end as that kind; a mixture, and what the application refuses, is "some changes failed",
        // unless every one of them lasts.
        let code = |class: Class| match class {
            Class::Conflict | Class::Refused => ExitCode::SomeFailed,
            class => ExitCode::of(class),
        };
        match code(first) {
            same if classes.iter().all(|class| code(*class) == same) => same,
            _ if classes.iter().all(|class| code(*class).is_permanent()) => ExitCode::Configuration,
            _ => ExitCode::SomeFailed,
        }
    }

    fn entry<O>(&mut self, change: &Change<O>) -> &mut Entry {
        let document = Arc::clone(&change.document);
        let position = *self.positions.entry(Key(Arc::clone(&document))).or_insert(self.entries.len());
        if position == self.entries.len() {
            self.entries.push(Entry { document, fate: None, accepted: 0 });
        } else if self.entries[position].document != document {
            let entry = &mut self.entries[position];
            *entry = Entry { document, fate: entry.fate.take(), accepted: 0 };
        }
        &mut self.entries[position]
    }

    pub(super) fn finish(self, ending: Ending, duration: Duration, detailed_exitcode: bool) -> Finished {
        let found = ending.code;
        let exit_code = if found == ExitCode::Differences && !detailed_exitcode { ExitCode::Converged } else { found };
        let mut notes = self.plan_notes;
        notes.extend(self.done_notes);
        notes.sort();
        notes.dedup();
        let report = Report {
            format: Report::FORMAT,
            task: self.task.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            mode: self.mode,
            target: self.target,
            server: self.server,
            exit_code: exit_code.number(),
            outcome: found.outcome().to_owned(),
            failure: ending.summary(),
            changes: self.entries.into_iter().map(Entry::report).collect(),
            warnings: self.warnings,
            notes,
            rounds: self.rounds,
            requests: self.requests,
            duration_milliseconds: milliseconds(duration),
        };
        Finished { exit_code, report, plan: self.first_plan, problems: ending.problems, failures: ending.failures }
    }
}

impl Entry {
    fn report(self) -> ChangeReport {
        let (status, failure) = match self.fate {
            None => (Status::Planned, None),
            Some(Fate::Applied) => (Status::Applied, None),
            Some(Fate::Failed(fault)) => (Status::Failed, Some(fault.failure)),
            Some(Fate::Skipped(failure)) => (Status::Skipped, Some(*failure)),
        };
        ChangeReport { change: self.document, status, failure }
    }
}

fn not_kept<O>(change: &Change<O>, accepted: u32) -> Fault {
    let still = match change.action {
        Action::Create => "is still not there",
        Action::Update => "still differs",
        Action::Delete => "is still there",
    };
    let message = format!("`{}` {still}, although the application accepted the change{}", change.object, kept(change));
    // A server keeps every secret that it accepts: whoever set another one may be done the next time. So may be whoever
    // undid a change that was accepted only once.
    let is_secret = !change.fields.is_empty() && change.fields.iter().all(|field| field.secret);
    let (class, hint) = if is_secret || accepted < ACCEPTED_IN_VAIN {
        (Class::Conflict, "run it again; if this stays, something else changes it too")
    } else {
        let hint = "declare what the application keeps, or leave it out; see also whether something else changes it";
        (Class::Prevented, hint)
    };
    Fault { class, failure: Failure { message, hint: Some(hint.to_owned()) } }
}

/// How many fields one message names.
const NAMED: usize = 3;

/// The fields that the application holds in another form than declared. Of secrets alone there is nothing to say.
fn kept<O>(change: &Change<O>) -> String {
    let differing = change.fields.iter().filter(|field| !field.secret);
    if change.action != Action::Update || change.removes_relation || differing.clone().next().is_none() {
        return String::new();
    }
    let more = match differing.clone().count().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more fields"),
    };
    let named: Vec<String> = differing.take(NAMED).map(FieldChange::contrast).collect();
    format!(": {}{more}", named.join(", "))
}
