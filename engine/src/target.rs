//! What inventory and vault remember a target by, apart from what people are told.

use std::fmt;

use evenkeel_transport::{decoded, encoded};

/// The version of the form of keys.
const VERSION: &str = "v1";

/// A target, by what tells it from all others of the same task, such as its address and realm. It never holds a credential.
///
/// Its key is what the inventory and the vault remember it by, such as `v1/keycloak/https%3A%2F%2Fkeycloak.example.com/otomi`:
/// it must stay the same from run to run and from version to version, or what is remembered is not found. What people are told
/// ([`Task::target`](crate::task::Task::target)) is made of it, and may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetId {
    task: &'static str,
    parts: Vec<String>,
}

impl TargetId {
    /// A target of this task, by these parts in their order: neither their number nor their order may ever change.
    #[must_use]
    pub fn new<const N: usize>(task: &'static str, parts: [&str; N]) -> Self {
        Self { task, parts: parts.map(str::to_owned).to_vec() }
    }

    /// The target of this task that has this key; `None` for a key of another form, task or version.
    #[must_use]
    pub fn of_key(task: &'static str, key: &str) -> Option<Self> {
        let parts = key.strip_prefix(VERSION)?.strip_prefix('/')?.strip_prefix(task)?;
        let parts = parts.strip_prefix('/')?.split('/').map(decoded).collect::<Option<_>>()?;
        Some(Self { task, parts })
    }

    /// The parts, in their order.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }
}

/// The key.
impl fmt::Display for TargetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{VERSION}/{}", self.task)?;
        self.parts.iter().try_for_each(|part| write!(formatter, "/{}", encoded(part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was remembered under a key of yesterday would not be found.
    #[test]
    fn the_key_of_a_target_never_changes() {
        let id = TargetId::new("keycloak", ["https://keycloak.example.com/auth", "otomi"]);
        assert_eq!(id.to_string(), "v1/keycloak/https%3A%2F%2Fkeycloak.example.com%2Fauth/otomi");
    }

    #[test]
    fn a_key_stands_for_one_target_whatever_its_parts_hold() {
        for parts in [["a/b", "c"], ["a", "b/c"], ["", "realm `x` at %2F"]] {
            let id = TargetId::new("keycloak", parts);
            assert_eq!(TargetId::of_key("keycloak", &id.to_string()), Some(id));
        }
    }

    #[test]
    fn a_key_of_another_form_task_or_version_stands_for_none() {
        for key in
            ["realm `otomi` at https://keycloak.example.com", "v1/harbor/a", "v2/keycloak/a", "v1/keycloakx/a", ""]
        {
            assert_eq!(TargetId::of_key("keycloak", key), None, "{key}");
        }
    }
}
