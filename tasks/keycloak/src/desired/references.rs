//! Names of other objects in the lists of declared representations. They are held to what the name of a declared object is held
//! to: a list could otherwise name what nobody can declare, and what no request can be about.

use evenkeel_core::{
    field::Field,
    reading::Reading,
    values::{GroupPath, ValuePath},
};
use evenkeel_transport::check_segment;
use secrecy::ExposeSecret;

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

/// Reports names that no address can carry, and those that a list holds twice, in lists at any depth of a representation.
pub(super) fn check_references(reading: &Reading<'_>, key: &str, field: &Field, path: &ValuePath) {
    match field {
        Field::List(items) => match listed(key) {
            Some(listed) => check_list(reading, items, listed, path),
            None => {
                for (index, item) in items.iter().enumerate() {
                    check_references(reading, "", item, &path.clone().index(index));
                }
            }
        },
        Field::Map(fields) if BY_CLIENT.contains(&key) => {
            for (client, roles) in fields {
                let path = path.clone().key(client);
                check_reference(reading, client, Listed::Names("a client"), &path);
                check_references(reading, "realmRoles", roles, &path);
            }
        }
        Field::Map(fields) => {
            for (name, field) in fields.iter().filter(|(name, _)| !FREE.contains(&name.as_str())) {
                check_references(reading, name, field, &path.clone().key(name));
            }
        }
        _ => {}
    }
}

fn check_list(reading: &Reading<'_>, items: &[Field], listed: Listed, path: &ValuePath) {
    // Not all may be known.
    let names: Vec<(usize, &str)> =
        items.iter().enumerate().filter_map(|(index, item)| Some((index, text(item)?))).collect();
    for (index, name) in &names {
        check_reference(reading, name, listed, &path.clone().index(*index));
    }
    let same = |(index, name)| match listed {
        Listed::Names(_) => (index, name),
        Listed::Groups => (index, relative(name)),
    };
    reading.each_named_once(names.into_iter().map(same), path);
}

/// The text is not repeated: it may come from where secrets are.
fn check_reference(reading: &Reading<'_>, text: &str, listed: Listed, path: &ValuePath) {
    let wrong = match listed {
        Listed::Names(kind) => {
            check_segment(text).err().map(|why| format!("{kind} cannot be called like the one named here: {why}"))
        }
        Listed::Groups => GroupPath::parse(text).err().map(|why| why.to_string()),
    };
    if let Some(message) = wrong {
        reading.report(reading.problem(path, &message));
    }
}

/// The path of a group without the slash that may stand before it.
fn relative(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

/// The text of a field, secret or not; `None` where it is not known, or none.
#[expect(clippy::disallowed_methods, reason = "the characters are looked at and not kept")]
pub(super) fn text(field: &Field) -> Option<&str> {
    match field {
        Field::Text(text) => Some(text),
        Field::Secret(text) => Some(text.expose_secret()),
        _ => None,
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
