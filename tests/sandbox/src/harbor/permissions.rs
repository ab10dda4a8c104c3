//! The rights that a robot can be given (`GET /permissions`).

use serde_json::Value;
use std::sync::LazyLock;

/// As the real server lists them, in its order.
static CATALOGUE: LazyLock<Value> = LazyLock::new(|| {
    // the file is part of the program: a test reads it
    serde_json::from_str(include_str!("data/permissions.json")).unwrap_or_default()
});

/// The whole list.
pub(crate) fn all() -> &'static Value {
    &CATALOGUE
}

/// Resources and actions in a project.
pub(crate) fn project() -> impl Iterator<Item = (&'static str, &'static str)> {
    of("project")
}

/// The right that is about a project itself.
pub(crate) const ITSELF: &str = "project";

/// What may be done in a project, as somebody is told of himself: not every right that robots can be given, and some that nobody can
/// give them.
pub(crate) fn shown_in_project() -> impl Iterator<Item = (&'static str, &'static str)> {
    let implied = [("configuration", "read"), ("configuration", "update"), ("robot", "update")];
    project().filter(|right| *right != ("metadata", "list")).chain(implied)
}

/// Resources and actions of the system.
pub(crate) fn system() -> impl Iterator<Item = (&'static str, &'static str)> {
    of("system")
}

/// Those of one kind: `project` or `system`.
pub(crate) fn of(kind: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let list = CATALOGUE[kind].as_array().into_iter().flatten();
    list.filter_map(|right| Some((right["resource"].as_str()?, right["action"].as_str()?)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn robots_and_configurations_cannot_be_updated_by_any_right() {
        assert!(super::project().count() > 60 && super::system().count() > 60);
        assert!(super::system().all(|right| right != ("robot", "update") && right.0 != "configuration"));
        assert!(super::system().any(|right| right == ("project", "create")));
    }
}
