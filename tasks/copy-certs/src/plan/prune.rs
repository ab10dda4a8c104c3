//! Copies whose source or rule is gone.
//!
//! Only copies that the inventory lists, that carry our labels and that our field manager has written are deleted (law 5); the
//! engine keeps the deletes out of the plan unless the run may prune. What a rule could not see may still be there.

use std::collections::BTreeMap;

use evenkeel_core::plan::{Action, Cause, Dependencies, Origin};
use evenkeel_kubernetes_client::ObjectName;

use super::{Operation, Planning};
use crate::{names, observe::ObservedCopy, wanted::Wanted};

/// Whether a Secret is a copy that we have made.
pub(super) fn carries_our_hand(copy: &ObservedCopy, platform: &str) -> bool {
    copy.marks.are_ours(platform) && copy.is_written_by_us
}

impl Planning<'_> {
    pub(super) fn prune(&mut self, wanted: &BTreeMap<ObjectName, Vec<Wanted<'_>>>) {
        let observed = self.observed;
        for (namespace, target) in &observed.targets {
            for (name, copy) in &target.copies {
                let place = ObjectName::in_namespace(namespace, name);
                let is_ours = copy.marks.are_ours(&self.desired.platform);
                if is_ours && !wanted.contains_key(&place) && !self.may_be_wanted(namespace, copy) {
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
            return self.plan.note(object, message);
        }
        if !self.plan.is_ours(&object) {
            let message = format!(
                "is the copy of {source}, which is gone; it stays, because the inventory does not list it as ours; \
                 `apply --adopt --prune --only {object}` removes it"
            );
            return self.plan.note(object, message);
        }
        let cause = Cause { value: format!("{source}, which is not copied any more"), file: None, line: None };
        let team = copy.marks.source().and_then(|source| self.desired.team_of(source.namespace.as_deref()?));
        let origin = Origin { cause: &cause, team };
        let operation = Operation::Delete(copy.seen.clone());
        self.plan.push(object, Action::Delete, Vec::new(), origin, Dependencies::default(), operation);
    }

    /// Whether somebody may want it although nobody has seen that: its source may be there, or its namespace one that a rule copies to.
    fn may_be_wanted(&self, target: &str, copy: &ObservedCopy) -> bool {
        let source = copy.marks.source().and_then(|source| source.namespace);
        let observed = self.observed;
        let rules = self.desired.rules.iter().zip(&observed.reaches).zip(&observed.destinations);
        rules.into_iter().any(|((rule, reach), seen)| {
            let may_be_from = |namespace: &String| rule.from.namespaces.fits(namespace);
            if seen.may_hold(&rule.to, target) {
                return source.as_ref().is_none_or(may_be_from);
            }
            seen.namespaces.contains_key(target)
                && match &source {
                    Some(namespace) => may_be_from(namespace) && !reach.covers(namespace),
                    None => !reach.is_whole(),
                }
        })
    }
}
