//! The declared objects by name: what prune keeps, and what `--adopt` makes ours.

use std::collections::BTreeSet;

use evenkeel_core::object::ObjectId;

use super::Desired;
use crate::names::{self, QUOTA, REGISTRY, REPLICATION, RETENTION};

impl Desired {
    /// Every declared object.
    #[must_use]
    pub fn objects(&self) -> BTreeSet<ObjectId> {
        let mut objects = BTreeSet::new();
        for project in &self.projects {
            objects.insert(names::project(&project.name));
            objects.extend(project.quota.iter().map(|_| ObjectId::new(QUOTA, project.name.as_str())));
            objects.extend(project.retention.iter().map(|_| ObjectId::new(RETENTION, project.name.as_str())));
            objects.extend(project.immutable_rules.iter().flatten().map(|rule| rule.object.clone()));
            objects.extend(project.webhooks.iter().flatten().map(|webhook| webhook.object.clone()));
            objects.extend(project.labels.iter().flatten().map(|label| label.object.clone()));
            objects.extend(project.members.iter().map(|member| member.member.object(&project.name)));
        }
        objects.extend(self.robots.iter().map(super::DesiredRobot::object));
        objects.extend(self.registries.iter().map(|registry| ObjectId::new(REGISTRY, registry.name.as_str())));
        objects.extend(self.replications.iter().map(|policy| ObjectId::new(REPLICATION, policy.name.as_str())));
        let listed = self.system.iter().filter(|wanted| !wanted.is_singleton());
        objects.extend(listed.map(|wanted| wanted.object.clone()));
        objects.extend(self.cluster.iter().flat_map(|cluster| &cluster.credentials).map(|secret| secret.object()));
        objects
    }
}
