//! What this task's own robot may do: the reads that come with every run, and the writes that come with every project.
//!
//! It asks for no more. Who has `project:update` or `project:delete` in all projects may change, re-key and delete every robot in
//! them; who may make robots has to have what these may do, so that its secret would push images everywhere; registries and
//! replications carry images away. All that is done by the administrator, and so is what comes with `--prune` only.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_harbor_client::operation;
use evenkeel_transport::{Operation, Permission};

/// Stands behind an action that a robot was denied: it is none that anybody can declare, and so a difference.
pub(crate) const DENIED: &str = " (denied)";

/// The scope of permissions about the system itself.
pub(crate) const SYSTEM: &str = "/";
/// The scope of permissions in all projects.
const PROJECTS: &str = "*";

/// The permission for something in projects.
pub(crate) const fn in_projects(resource: &'static str, action: &'static str) -> Permission {
    Permission { scope: PROJECTS, resource, action }
}

/// The permission for something about the system.
pub(crate) const fn in_system(resource: &'static str, action: &'static str) -> Permission {
    Permission { scope: SYSTEM, resource, action }
}

/// What the own robot sends, by operation, with the permission that it takes.
static OF_OPERATIONS: [(&Operation, Permission); 23] = [
    (&operation::PROJECT_LIST, in_system("project", "list")),
    (&operation::PROJECT_CREATE, in_system("project", "create")),
    (&operation::PROJECT_GET, in_projects("project", "read")),
    (&operation::QUOTA_LIST, in_system("quota", "list")),
    (&operation::QUOTA_UPDATE, in_system("quota", "update")),
    (&operation::MEMBER_LIST, in_projects("member", "list")),
    (&operation::MEMBER_CREATE, in_projects("member", "create")),
    (&operation::MEMBER_UPDATE, in_projects("member", "update")),
    (&operation::MEMBER_DELETE, in_projects("member", "delete")),
    (&operation::RETENTION_GET, in_projects("tag-retention", "read")),
    (&operation::RETENTION_CREATE, in_projects("tag-retention", "create")),
    (&operation::RETENTION_UPDATE, in_projects("tag-retention", "update")),
    (&operation::IMMUTABLE_RULE_LIST, in_projects("immutable-tag", "list")),
    (&operation::IMMUTABLE_RULE_CREATE, in_projects("immutable-tag", "create")),
    (&operation::IMMUTABLE_RULE_UPDATE, in_projects("immutable-tag", "update")),
    (&operation::WEBHOOK_LIST, in_projects("notification-policy", "list")),
    (&operation::WEBHOOK_CREATE, in_projects("notification-policy", "create")),
    (&operation::WEBHOOK_UPDATE, in_projects("notification-policy", "update")),
    (&operation::LABEL_LIST, in_projects("label", "list")),
    (&operation::LABEL_CREATE, in_projects("label", "create")),
    (&operation::LABEL_UPDATE, in_projects("label", "update")),
    (&operation::REGISTRY_LIST, in_system("registry", "list")),
    (&operation::REPLICATION_LIST, in_system("replication-policy", "list")),
];

/// What the own robot asks about robots: by the same operations about those of the system and of projects, so that whoever asks says
/// which.
static ABOUT_ROBOTS: [Permission; 4] = [
    in_system("robot", "list"),
    in_system("robot", "read"),
    in_projects("robot", "list"),
    in_projects("robot", "read"),
];

/// The permission with which the own robot sends an operation; `None` for what only the administrator does.
pub(crate) fn of(operation: &Operation) -> Option<Permission> {
    OF_OPERATIONS.iter().find(|(known, _)| known.id == operation.id).map(|(_, permission)| *permission)
}

/// All that this task's own robot asks for.
pub(crate) fn own() -> impl Iterator<Item = Permission> {
    OF_OPERATIONS.iter().map(|(_, permission)| *permission).chain(ABOUT_ROBOTS)
}

/// The same, as a robot has it.
pub(crate) fn own_by_scope() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut permissions: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for Permission { scope, resource, action } in own() {
        permissions.entry(scope.to_owned()).or_default().insert((resource.to_owned(), action.to_owned()));
    }
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `project:update` in all projects re-keys every project's robot, and a robot that may make robots has to be able to push.
    #[test]
    fn the_own_robot_asks_for_nothing_that_gives_it_other_robots_or_images() {
        let own: BTreeSet<Permission> = own().collect();
        let too_much = [
            ("project", "update"),
            ("project", "delete"),
            ("robot", "create"),
            ("robot", "delete"),
            ("repository", "pull"),
            ("repository", "push"),
        ];
        assert!(too_much.iter().all(|(resource, action)| !own.contains(&in_projects(resource, action))));
        assert!(!own.contains(&in_system("robot", "create")));
        assert!(own.contains(&in_system("robot", "list")));
    }
}
