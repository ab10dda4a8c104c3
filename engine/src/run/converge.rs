//! Apply: observe, plan and execute in rounds until a plan is empty.
//!
//! The run has converged when a plan after the last change is empty, not when the application has
//! accepted every change: what it accepts and drops shows here. Conflicts and passing failures lead
//! to another round; what failed for good is not tried again in the same run.

use std::collections::BTreeMap;

use evenkeel_core::{
    memory::Sight,
    object::ObjectId,
    plan::{Note, Plan},
};

use super::{Ending, Record, Session, read};
use crate::{
    executor::{Fate, execute},
    exit_code::ExitCode,
    failure::Fault,
    home::Home,
    inventory::{Inventory, State},
    task::Task,
};

/// How often changes are made at most: the first round, one for what conflicts and what shows only
/// afterwards, and one for conflicts within that.
const MOST_ROUNDS: u32 = 3;

impl<T: Task> Session<'_, T> {
    pub(super) async fn converge<I: Inventory>(
        &self,
        mut inventory: I,
        adopt: bool,
        record: &mut Record,
    ) -> Result<ExitCode, Ending> {
        let mut given_up = BTreeMap::new();
        let (refused, unjudged) = loop {
            let observed = self.observe(&inventory.memory().ownership).await?;
            if self.take_in(&observed, &mut inventory, record).await? {
                continue;
            }
            if adopt && record.rounds == 0 && self.adopt(&observed, &mut inventory, record).await? {
                continue;
            }
            let selection = {
                let mut memory = inventory.memory();
                memory.secrets = memory.secrets.adopting(adopt);
                self.plan(&observed, &memory, record)?
            };
            // Nothing of it is needed for the changes, which take their time.
            drop(observed);
            given_up.extend(record.planned(&selection.plan));
            if selection.plan.is_empty() {
                break (selection.refused, selection.plan.unjudged().to_vec());
            }
            if self.has_to_look_again(&mut inventory).await? {
                continue;
            }
            if record.rounds == MOST_ROUNDS
                || !self.round(&selection.plan, &mut given_up, &mut inventory, record).await?
            {
                record.left_over(&selection.plan);
                break (selection.refused, selection.plan.unjudged().to_vec());
            }
        };
        match (record.verdict(), refused) {
            (ExitCode::Converged, None) if !unjudged.is_empty() => Err(Ending::of_unjudged(None, &unjudged)),
            (code, None) if !unjudged.is_empty() => Err(Ending::of_unjudged(Some(code), &unjudged)),
            (ExitCode::Converged, Some(failure)) => Err(Ending::failed(ExitCode::Configuration, failure)),
            (code, Some(failure)) => Err(Ending::failed(code, failure)),
            (code, None) => Ok(code),
        }
    }

    /// Takes the lease before the first write. Returns whether another run may have written since this one has read.
    pub(super) async fn has_to_look_again<I: Inventory>(&self, inventory: &mut I) -> Result<bool, Ending> {
        let (Home::Cluster(home), lease) = (self.turn.home, self.bounds.lease) else { return Ok(false) };
        if lease.is_taken() {
            return Ok(false);
        }
        let _step = self.progress.waiting("waiting for other runs");
        let taking = lease.take(&home.cluster, &home.name, self.turn.terms, self.turn.since);
        let contested = read(self.bounds, taking).await?;
        if contested {
            inventory.reload().await.map_err(|error| Ending::of_error(&error))?;
        }
        Ok(contested)
    }

    /// Makes the changes of a plan. Returns whether any could be tried.
    async fn round<I: Inventory>(
        &self,
        plan: &Plan<T::Operation>,
        given_up: &mut BTreeMap<ObjectId, Fault>,
        inventory: &mut I,
        record: &mut Record,
    ) -> Result<bool, Ending> {
        tracing::info!(changes = plan.changes().len(), round = record.rounds + 1, "applying");
        let step = self.progress.counting("applying", plan.changes().len());
        let execution = execute((self.task, self.desired), plan, given_up, inventory, self.bounds, &step).await;
        for (change, fate) in plan.changes().iter().zip(&execution.fates) {
            if let Fate::Failed(fault) = fate
                && fault.is_final()
            {
                given_up.insert(change.object.clone(), (**fault).clone());
            }
        }
        record.ended(plan, execution.fates);
        record.note(execution.notes);
        record.rounds += u32::from(execution.started);
        if let Some(error) = execution.inventory {
            return Err(Ending::of_error(&error));
        }
        match execution.halt {
            Some(halt) => Err(Ending::halted(halt, self.bounds)),
            None => Ok(execution.started),
        }
    }

    /// Takes declared objects that are there for ours. Returns whether the run has to look again first.
    async fn adopt<I: Inventory>(
        &self,
        observed: &T::Observed,
        inventory: &mut I,
        record: &mut Record,
    ) -> Result<bool, Ending> {
        let ownership = inventory.memory().ownership;
        let only = &self.options.only;
        let is_selected = |object: &ObjectId| only.is_empty() || only.iter().any(|selector| selector.matches(object));
        let adopted: Vec<ObjectId> = T::existing(self.desired, observed)
            .into_iter()
            .filter(|object| is_selected(object) && !ownership.contains(object))
            .collect();
        if adopted.is_empty() {
            return Ok(false);
        }
        if self.has_to_look_again(inventory).await? {
            return Ok(true);
        }
        for object in &adopted {
            inventory.note(
                object,
                match T::sight(self.desired, observed, object) {
                    Sight::This(identity) => State::Known(identity),
                    Sight::Unknown | Sight::Absent | Sight::There => State::Owned,
                },
            );
        }
        inventory.store().await.map_err(|error| Ending::of_error(&error))?;
        let message = "was adopted: `--prune` may remove it once it is not declared any more";
        record.note(adopted.into_iter().map(|object| Note { object, message: message.to_owned() }));
        Ok(false)
    }
}
