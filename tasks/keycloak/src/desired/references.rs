//! Names of other objects in the lists of declared representations. They are held to what the name of a declared object is held
//! to: a list could otherwise name what nobody can declare, and what no request can be about.

use evenkeel_core::values::{GroupPath, ValuePath};
use evenkeel_transport::check_segment;
use serde_json::Value;

use super::Reading;

/// What the texts of a list are.
#[derive(Clone, Copy)]
enum Listed {
    /// Names of these.
    Names(&'static str),
    /// Paths of groups.
    Groups,
}

/// What stands in the list under a key; `realm` is that of `composites`.
fn listed(key: &str) -> Option<Listed> {
    match key {
        "realmRoles" | "realm" => Some(Listed::Names("a role")),
        "defaultClientScopes"
        | "optionalClientScopes"
        | "defaultDefaultClientScopes"
        | "defaultOptionalClientScopes" => Some(Listed::Names("a client scope")),
        "defaultGroups" => Some(Listed::Groups),
        _ => None,
    }
}

/// Under these keys, representations have lists of roles by client; `client` is that of `composites`.
const BY_CLIENT: [&str; 2] = ["clientRoles", "client"];

/// Under these, people choose the keys themselves.
const FREE: [&str; 2] = ["attributes", "config"];

impl Reading<'_> {
    /// Reports names that no address can carry, in lists at any depth of a representation.
    pub(super) fn check_references(&self, key: &str, value: &Value, path: &ValuePath) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = path.clone().index(index);
                    match (item.as_str(), listed(key)) {
                        (Some(text), Some(listed)) => self.check_reference(text, listed, &path),
                        _ => self.check_references("", item, &path),
                    }
                }
            }
            Value::Object(fields) if BY_CLIENT.contains(&key) => {
                for (client, roles) in fields {
                    let path = path.clone().key(client);
                    self.check_reference(client, Listed::Names("a client"), &path);
                    self.check_references("realmRoles", roles, &path);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields.iter().filter(|(name, _)| !FREE.contains(&name.as_str())) {
                    self.check_references(name, value, &path.clone().key(name));
                }
            }
            _ => {}
        }
    }

    /// The text is not repeated: it may come from where secrets are.
    fn check_reference(&self, text: &str, listed: Listed, path: &ValuePath) {
        let wrong = match listed {
            Listed::Names(kind) => {
                check_segment(text).err().map(|why| format!("{kind} cannot be called like the one named here: {why}"))
            }
            Listed::Groups => GroupPath::parse(text).err().map(|why| why.to_string()),
        };
        if let Some(message) = wrong {
            self.report(self.problem(path, &message));
        }
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_core::values::AddressableName;

    use super::*;

    #[test]
    fn what_values_take_for_a_name_is_what_an_address_can_carry() {
        for name in ["", ".", "..", "...", "a/b", "a\\b", " ", "a\u{1}", "\u{85}", "%2e%2e", "a;b", "ü"] {
            assert_eq!(AddressableName::parse(name).is_ok(), check_segment(name).is_ok(), "{name:?}");
        }
    }
}
