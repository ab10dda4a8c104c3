//! The task's own plan as the judge of an export: what it would still change is decided otherwise, until it is empty.

use std::sync::Arc;

use evenkeel_core::{object::ObjectId, plan::ChangeDocument};

use super::{
    Exported,
    composer::Composed,
    decisions::{Decisions, NotKept},
};

/// Each round decides at least one thing otherwise, and takes back all that the round before would change.
const MOST_ROUNDS: usize = 12;

/// How a task makes values of what was found, and what it decides otherwise when its plan would change something after them.
pub trait Composition {
    /// The application's name, for people.
    const APPLICATION: &'static str;
    /// Decisions about the application's own, which only ever go one way.
    type Decisions: Clone + PartialEq;

    /// The decisions with which to begin: that everything has a place in the values.
    fn first_decisions(&self) -> Self::Decisions;

    /// The values under these decisions. Pure.
    fn composed(&self, decisions: &Decisions<Self::Decisions>) -> Composed;

    /// What a plan would change after these values ([`judge::changes`](super::judge::changes)).
    ///
    /// # Errors
    ///
    /// What is wrong with the values.
    fn changes(&self, composed: &Composed) -> Result<Vec<Arc<ChangeDocument>>, String>;

    /// Decides otherwise about what a plan would change, such as that a project is not that of a team. What no such decision
    /// explains is left out of the values.
    fn take_back(&self, decisions: &mut Self::Decisions, change: &ChangeDocument);

    /// Whether the values can leave out single fields of an object; otherwise they leave out all of it.
    fn leaves_out_fields(&self, _: &ObjectId) -> bool {
        true
    }

    /// What the first `apply` adds whatever the values say, in words, where a change is about that.
    fn added(&self, _: &ChangeDocument) -> Option<String> {
        None
    }

    /// An object, or a field of one, in words.
    fn named(&self, object: &ObjectId, field: Option<&str>) -> String {
        field.map_or_else(|| format!("`{object}`"), |field| format!("`{field}` of `{object}`"))
    }
}

/// The values for what was found, after which a plan is empty.
pub fn settled<C: Composition>(composition: &C) -> Exported {
    let mut decisions = Decisions { own: composition.first_decisions(), not_kept: NotKept::default() };
    let mut round = 0;
    loop {
        round += 1;
        let composed = composition.composed(&decisions);
        let mut added = Vec::new();
        let changes = match composition.changes(&composed) {
            Ok(changes) => without_additions(composition, changes, &mut added),
            Err(problem) => return exported(composition, composed, &decisions.not_kept, added, vec![problem]),
        };
        let next = decided_otherwise(composition, &decisions, &changes);
        if next == decisions || round == MOST_ROUNDS {
            let still_differs = changes.iter().map(|change| change.object.to_string()).collect();
            return exported(composition, composed, &decisions.not_kept, added, still_differs);
        }
        decisions = next;
    }
}

/// The changes that values can do something about.
fn without_additions<C: Composition>(
    composition: &C,
    changes: Vec<Arc<ChangeDocument>>,
    added: &mut Vec<String>,
) -> Vec<Arc<ChangeDocument>> {
    let mut others = Vec::new();
    for change in changes {
        match composition.added(&change) {
            Some(words) if added.contains(&words) => {}
            Some(words) => added.push(words),
            None => others.push(change),
        }
    }
    others
}

/// The last resort, when the application's own decisions explain nothing any more, is to leave out what a plan would change.
fn decided_otherwise<C: Composition>(
    composition: &C,
    decisions: &Decisions<C::Decisions>,
    changes: &[Arc<ChangeDocument>],
) -> Decisions<C::Decisions> {
    let mut next = decisions.clone();
    changes.iter().for_each(|change| composition.take_back(&mut next.own, change));
    if next == *decisions {
        changes.iter().for_each(|change| next.not_kept.add(change, composition.leaves_out_fields(&change.object)));
    }
    next
}

fn exported<C: Composition>(
    composition: &C,
    Composed { layers, secrets }: Composed,
    not_kept: &NotKept,
    added: Vec<String>,
    still_differs: Vec<String>,
) -> Exported {
    let mut left_out: Vec<String> = layers.iter().flat_map(|layer| layer.remarks.clone()).collect();
    let named = not_kept.iter().map(|(object, field)| composition.named(object, field));
    left_out.extend(named.map(|what| format!("{what}, which {} does not keep as declared", C::APPLICATION)));
    Exported { layers, secrets, left_out, added, still_differs, ..Exported::default() }
}

#[cfg(test)]
mod tests;
