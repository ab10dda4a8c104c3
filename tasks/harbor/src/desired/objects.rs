//! The declared objects by name: what prune keeps, and what `--adopt` makes ours.

use std::collections::BTreeSet;

use evenkeel_core::object::ObjectId;
use evenkeel_harbor_client::types::Configurations;

use super::{Declared, Desired};
use crate::names::{
    self, ALLOWLIST, AUTH_MODE, LOGIN, NAMESPACE, PROJECT_SCANNER, QUOTA, REPLICATION, RETENTION, ROBOT_NAME_PREFIX,
    ROBOT_SECRET, SETTINGS,
};

impl Desired {
    /// Every declared object.
    #[must_use]
    pub fn objects(&self) -> BTreeSet<ObjectId> {
        let mut objects = BTreeSet::new();
        for project in &self.projects {
            objects.insert(names::project(&project.name));
            objects.extend(project.quota.iter().map(|_| ObjectId::new(QUOTA, project.name.as_str())));
            objects.extend(project.retention.iter().map(|_| ObjectId::new(RETENTION, project.name.as_str())));
            objects.extend(project.objects.iter().map(|declared| declared.object.clone()));
            objects.extend(project.members.iter().map(|member| member.member.object(&project.name)));
        }
        objects.extend(self.robots.iter().map(super::DesiredRobot::object));
        objects.extend(self.replications.iter().map(|policy| ObjectId::new(REPLICATION, policy.name.as_str())));
        let listed = self.system.iter().filter(|wanted| !wanted.is_singleton());
        objects.extend(listed.map(|wanted| wanted.object.clone()));
        objects.extend(self.cluster.iter().flat_map(|cluster| &cluster.credentials).map(|secret| secret.object()));
        objects
    }

    /// What is declared beside the objects, and can be selected too: settings that are always there, and what follows from objects.
    #[must_use]
    pub fn settings(&self) -> BTreeSet<ObjectId> {
        let configuration = &self.configuration;
        let parts = [
            (SETTINGS, Some(&configuration.settings)),
            (LOGIN, Some(&configuration.login)),
            (AUTH_MODE, configuration.auth_mode.as_ref()),
            (ROBOT_NAME_PREFIX, configuration.robot_name_prefix.as_ref()),
        ];
        let parts = parts.into_iter().filter(|(_, declared)| declared.is_some_and(has_keys));
        let mut settings: BTreeSet<ObjectId> = parts.map(|(part, _)| names::configuration(part)).collect();
        for project in &self.projects {
            let of_project = |kind| ObjectId::new(kind, project.name.as_str());
            settings.extend(project.allowlist.iter().map(|_| of_project(ALLOWLIST)));
            settings.extend(project.scanner.iter().map(|_| of_project(PROJECT_SCANNER)));
        }
        settings.extend(self.robots.iter().map(|robot| ObjectId::new(ROBOT_SECRET, robot.stored_name())));
        settings.extend(self.system.iter().filter(|wanted| wanted.is_singleton()).map(|wanted| wanted.object.clone()));
        for credential in self.cluster.iter().flat_map(|cluster| &cluster.credentials) {
            settings.extend([ObjectId::new(NAMESPACE, credential.namespace.as_str()), credential.account()]);
        }
        settings
    }
}

fn has_keys(declared: &Declared<Configurations>) -> bool {
    serde_json::to_value(&declared.value).is_ok_and(|keys| keys.as_object().is_some_and(|keys| !keys.is_empty()))
}
