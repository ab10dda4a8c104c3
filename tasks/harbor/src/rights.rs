//! What this task's own robot may do: the reads that come with every run, and the writes that come with every project.
//!
//! It asks for no more. Who has `project:update` or `project:delete` in all projects may change, re-key and delete every robot in
//! them; who may make robots has to have what these may do, so that its secret would push images everywhere; registries and
//! replications carry images away. All that is done by the administrator, and so is what comes with `--prune` only.

use std::collections::{BTreeMap, BTreeSet};

/// One thing that a robot may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    /// `/` is the system, `*` all projects.
    place: &'static str,
    resource: &'static str,
    action: &'static str,
}

impl Right {
    /// Something in projects.
    pub(crate) const fn in_projects(resource: &'static str, action: &'static str) -> Self {
        Self { place: PROJECTS, resource, action }
    }

    /// Something about the system.
    pub(crate) const fn in_system(resource: &'static str, action: &'static str) -> Self {
        Self { place: SYSTEM, resource, action }
    }

    /// Whether it is among the rights that a place has.
    pub(crate) fn is_one_of<'a>(self, at: impl Fn(&str) -> &'a BTreeSet<(String, String)>) -> bool {
        at(self.place).contains(&(self.resource.to_owned(), self.action.to_owned()))
    }
}

/// The place of rights about the system itself.
pub(crate) const SYSTEM: &str = "/";
/// The place of rights in all projects.
pub(crate) const PROJECTS: &str = "*";

static OWN_IN_PROJECTS: [(&str, &[&str]); 7] = [
    ("immutable-tag", &["create", "list", "update"]),
    ("label", &["create", "list", "update"]),
    ("member", &["create", "delete", "list", "update"]),
    ("notification-policy", &["create", "list", "update"]),
    ("project", &["read"]),
    ("robot", &["list", "read"]),
    ("tag-retention", &["create", "read", "update"]),
];
static OWN_IN_SYSTEM: [(&str, &[&str]); 5] = [
    ("project", &["create", "list"]),
    ("quota", &["list", "update"]),
    ("registry", &["list"]),
    ("replication-policy", &["list"]),
    ("robot", &["list", "read"]),
];

/// All that this task's own robot asks for.
pub(crate) fn own() -> impl Iterator<Item = Right> {
    let of = |place, table: &'static [(&'static str, &'static [&'static str])]| {
        table
            .iter()
            .flat_map(move |&(resource, actions)| actions.iter().map(move |&action| Right { place, resource, action }))
    };
    of(PROJECTS, &OWN_IN_PROJECTS).chain(of(SYSTEM, &OWN_IN_SYSTEM))
}

/// The same, as a robot has it.
pub(crate) fn own_by_place() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut rights: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for Right { place, resource, action } in own() {
        rights.entry(place.to_owned()).or_default().insert((resource.to_owned(), action.to_owned()));
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `project:update` in all projects re-keys every project's robot, and a robot that may make robots has to be able to push.
    #[test]
    fn the_own_robot_asks_for_nothing_that_gives_it_other_robots_or_images() {
        let own: BTreeSet<Right> = own().collect();
        let in_projects = |(resource, action): (&'static str, &'static str)| Right::in_projects(resource, action);
        let too_much = [
            ("project", "update"),
            ("project", "delete"),
            ("robot", "create"),
            ("robot", "delete"),
            ("repository", "pull"),
            ("repository", "push"),
        ];
        assert!(too_much.map(in_projects).iter().all(|right| !own.contains(right)));
        assert!(!own.contains(&Right::in_system("robot", "create")));
        assert!(own.contains(&Right::in_system("robot", "list")));
    }
}
