//! What rules could not see: of the copies that come from there, or go there, nobody knows whether they are equal.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    object::ObjectId,
    plan::{Unjudged, WhyUnjudged},
};
use evenkeel_engine::task::{Class, Classified};
use evenkeel_kubernetes_client::{KubernetesError, ObjectName};

use super::Planning;
use crate::{
    desired::DesiredRule,
    names::{self, COPY_RULE, NAMESPACE},
    observe::{Destinations, Reach},
    wanted::Wanted,
};

/// Said where namespaces cannot be listed.
const LIMITED: &str =
    "namespaces cannot be listed, so that only those are read that the values name, and those of teams";

impl Planning<'_> {
    /// Says what rules could not see of their sources and of the namespaces that they copy to.
    pub(super) fn tell_of_reaches(&mut self) {
        let observed = self.observed;
        for ((rule, reach), seen) in self.desired.rules.iter().zip(&observed.reaches).zip(&observed.destinations) {
            self.tell_of_sources(rule, reach, seen);
            self.tell_of_destinations(rule, seen);
            if (reach.is_limited && reach.failure.is_none()) || seen.is_limited {
                self.plan.note(ObjectId::new(COPY_RULE, Arc::clone(&rule.text)), LIMITED);
            }
        }
    }

    fn tell_of_sources(&mut self, rule: &DesiredRule, reach: &Reach, seen: &Destinations) {
        for (namespace, error) in &reach.failures {
            let objects = self.copies_from(seen, |source| source == namespace);
            let objects = if objects.is_empty() { vec![ObjectId::new(NAMESPACE, namespace.as_str())] } else { objects };
            self.leave_alone(objects, error, "its copies stay as they are");
        }
        if let Some(error) = &reach.failure {
            let mut objects = self.copies_from(seen, |source| rule.from.namespaces.fits(source));
            objects.push(ObjectId::new(COPY_RULE, Arc::clone(&rule.text)));
            self.leave_alone(objects, error, "its copies stay as they are");
        }
    }

    fn tell_of_destinations(&mut self, rule: &DesiredRule, seen: &Destinations) {
        for (namespace, error) in &seen.failures {
            self.leave_alone(vec![ObjectId::new(NAMESPACE, namespace.as_str())], error, "nothing is copied to it");
        }
        if let Some(error) = &seen.failure {
            let objects = vec![ObjectId::new(COPY_RULE, Arc::clone(&rule.text))];
            self.leave_alone(objects, error, "its copies stay as they are");
        } else if seen.namespaces.is_empty() {
            self.plan.warn(ObjectId::new(COPY_RULE, Arc::clone(&rule.text)), "copies nothing: no namespace fits");
        }
    }

    /// Says which namespaces of copies could not be read.
    pub(super) fn tell_of_targets(&mut self, wanted: &BTreeMap<ObjectName, Vec<Wanted<'_>>>) {
        for (namespace, target) in &self.observed.targets {
            let Some(error) = &target.failure else { continue };
            let in_it = |name: &&ObjectName| name.namespace.as_deref() == Some(namespace);
            let mut objects: Vec<ObjectId> = wanted.keys().filter(in_it).map(names::secret).collect();
            if objects.is_empty() {
                objects.push(ObjectId::new(NAMESPACE, namespace.as_str()));
            }
            self.leave_alone(objects, error, "nothing is copied to it");
        }
    }

    /// Our copies in the namespaces of a rule whose sources are in namespaces like these.
    fn copies_from(&self, seen: &Destinations, fits: impl Fn(&str) -> bool) -> Vec<ObjectId> {
        let targets = self.observed.targets.iter().filter(|(namespace, _)| seen.namespaces.contains_key(*namespace));
        let copies = targets.flat_map(|(namespace, target)| target.copies.iter().map(move |copy| (namespace, copy)));
        let from_there = copies.filter(|(_, (_, copy))| {
            let source = copy.marks.source().and_then(|source| source.namespace);
            copy.marks.are_ours(&self.desired.platform) && source.is_some_and(|namespace| fits(&namespace))
        });
        let object =
            |(namespace, (name, _)): (&String, (&String, _))| names::secret(&ObjectName::in_namespace(namespace, name));
        from_there.map(object).collect()
    }

    fn leave_alone(&mut self, objects: Vec<ObjectId>, error: &KubernetesError, then: &str) {
        let hint = Classified::hint(error).unwrap_or_else(|| "docs/copy-certs.md has the rules".to_owned());
        // What cannot be read now may be readable later; only a right does not come by itself.
        let why = if error.class() == Class::NotAuthorised { WhyUnjudged::Unseen } else { WhyUnjudged::Away };
        self.plan.leave_unjudged(Unjudged { objects, why, message: format!("{error}: {then}"), hint });
    }
}
