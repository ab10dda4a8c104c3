//! Ours is this very object: the inventory follows what is seen, before anything is planned (law 5).

use evenkeel_core::{
    memory::{Claim, Judgement, Ownership},
    plan::Note,
};

use super::{Ending, Record, Session};
use crate::{
    inventory::{Inventory, State},
    task::Task,
};

/// How much news of objects is kept in mind before it is stored: a first run has some of each object.
const STORED_TOGETHER: usize = 1_000;

impl<T: Task> Session<'_, T> {
    /// What an observation says of the objects that are taken for ours.
    pub(super) fn judge(&self, observed: &T::Observed, ownership: &Ownership) -> Judgement {
        let declared = T::declared(self.desired, observed);
        ownership.judged(declared, |object| T::sight(self.desired, observed, object))
    }

    /// Learns from an observation which objects are ours, and forgets those that are gone. Returns whether the run has to look again
    /// first.
    pub(super) async fn take_in<I: Inventory>(
        &self,
        observed: &T::Observed,
        inventory: &mut I,
        record: &mut Record,
    ) -> Result<bool, Ending> {
        let judgement = self.judge(observed, &inventory.memory().ownership);
        if judgement.is_empty() {
            return Ok(false);
        }
        if self.has_to_look_again(inventory).await? {
            return Ok(true);
        }
        record.note(notes(&judgement));
        let Judgement { learnt, gone, replaced } = judgement;
        let learnt = learnt.into_iter().map(|(object, claim)| match claim {
            Claim::This(identity) => (object, State::Known(identity)),
            Claim::ByName | Claim::Announced { .. } => (object, State::Owned),
        });
        let forgotten = gone.into_iter().chain(replaced).map(|object| (object, State::Gone));
        for (number, (object, state)) in learnt.chain(forgotten).enumerate() {
            inventory.note(&object, state);
            if number % STORED_TOGETHER == STORED_TOGETHER - 1 {
                inventory.store().await.map_err(|error| Ending::of_error(&error))?;
            }
        }
        inventory.store().await.map_err(|error| Ending::of_error(&error))?;
        Ok(false)
    }
}

/// What people should know of it.
pub(super) fn notes(judgement: &Judgement) -> Vec<Note> {
    let message = "was deleted by others, who made another one of this name: it is not ours any more";
    judgement.replaced.iter().map(|object| Note { object: object.clone(), message: message.to_owned() }).collect()
}
