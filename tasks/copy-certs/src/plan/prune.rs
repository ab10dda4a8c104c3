//! Copies whose source or rule is gone.
//!
//! Only copies that the inventory lists, that carry our labels and that our field manager has written are deleted (law 5); the
//! engine keeps the deletes out of the plan unless the run may prune. What a rule could not see may still be there.

use std::collections::BTreeMap;

use evenkeel_core::plan::{Action, Cause};
use evenkeel_kubernetes_client::ObjectName;

use super::{Draft, Operation, change};
use crate::{names, observe::ObservedCopy, wanted::Wanted};

/// Whether a Secret is a copy that we have made.
pub(super) fn carries_our_hand(copy: &ObservedCopy, platform: &str) -> bool {
    copy.marks.are_ours(platform) && copy.is_written_by_us
}

impl Draft<'_> {
    pub(super) fn prune(&mut self, wanted: &BTreeMap<ObjectName, Vec<Wanted<'_>>>) {
        let observed = self.observed;
        for (namespace, target) in &observed.targets {
            for (name, copy) in &target.copies {
                let place = ObjectName::in_namespace(namespace, name);
                let is_ours = copy.marks.are_ours(&self.desired.platform);
                if is_ours && !wanted.contains_key(&place) && !self.may_have_a_source(namespace, copy) {
                    self.left_behind(&place, copy);
                }
            }
        }
    }

    fn left_behind(&mut self, place: &ObjectName, copy: &ObservedCopy) {
        let object = names::secret(place);
        let source = copy.marks.source().map_or_else(|| "a Secret".to_owned(), |source| format!("`{source}`"));
        if !copy.is_written_by_us {
            let message = format!("is the copy of {source}, which is gone; it stays, because others have written it");
            return self.note(object, message);
        }
        if !self.memory.ownership.contains(&object) {
            let message = format!(
                "is the copy of {source}, which is gone; it stays, because the inventory does not list it as ours; \
                 `apply --adopt --prune --only {object}` removes it"
            );
            return self.note(object, message);
        }
        let cause = Cause { value: format!("{source}, which is not copied any more"), file: None, line: None };
        let team = copy.marks.source().and_then(|source| self.desired.team_of(source.namespace.as_deref()?).cloned());
        let operation = Operation::Delete(copy.seen.clone());
        self.changes.push(change(object, Action::Delete, Vec::new(), cause, team, operation));
    }

    /// Whether its source may be there although nobody has seen it.
    fn may_have_a_source(&self, target: &str, copy: &ObservedCopy) -> bool {
        let source = copy.marks.source().and_then(|source| source.namespace);
        let rules = self.desired.rules.iter().zip(&self.observed.reaches);
        rules.filter(|(rule, _)| rule.to_namespace == target).any(|(rule, reach)| match &source {
            Some(namespace) => rule.from.namespaces.fits(namespace) && !reach.covers(namespace),
            None => !reach.is_whole(),
        })
    }
}
