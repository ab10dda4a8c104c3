//! Names of objects that an application holds whatever other people called them.

use super::{Cow, Deserialize, Deserializer, InvalidName, JsonSchema, Schema, SchemaGenerator, de, fmt, json_schema};
use super::{has_only, is_dots, normalised};

checked_text! {
    /// Name of an object of an application: whatever an address can carry as one segment without meaning something else.
    AddressableName,
    pattern: r"^(?!\.{1,2}$)[^\x00-\x1f\x7f-\x9f]+$",
    max: 255,
    expected: "a name without control characters, and not `.` or `..`",
    check: is_addressable,
}

checked_text! {
    /// Path of a group: the names from the top down to it, with slashes between, and one before them if people like.
    GroupPath,
    pattern: r"^/?(?!\.{1,2}(/|$))[^/\x00-\x1f\x7f-\x9f]+(/(?!\.{1,2}(/|$))[^/\x00-\x1f\x7f-\x9f]+)*$",
    max: 2048,
    expected: "the path of a group, such as `/staff/interns`: names without control characters, none of them `.` or `..`",
    check: |text| text.strip_prefix('/').unwrap_or(text).split('/').all(is_addressable),
}

checked_text! {
    /// Id of a vulnerability, as scanners and databases call it.
    VulnerabilityId,
    pattern: r"^[^\s\x00-\x1f\x7f-\x9f]+$",
    max: 255,
    expected: "the id of a vulnerability, such as `CVE-2024-3094`",
    check: |text| has_only(text, &[]),
}

impl AddressableName {
    /// The alias of the external identity provider, where nobody chooses another.
    pub(crate) fn of_external_provider() -> Self {
        Self("otomi-idp".into())
    }
}

impl GroupPath {
    /// The path without a slash at its beginning.
    #[must_use]
    pub fn relative(&self) -> &str {
        self.0.strip_prefix('/').unwrap_or(&self.0)
    }
}

fn is_addressable(text: &str) -> bool {
    !text.is_empty() && !is_dots(text) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn schema_and_check_agree_on_paths_of_groups(text in r"[a./\x01]{0,6}") {
            let schema = schemars::SchemaGenerator::default().into_root_schema_for::<GroupPath>();
            let instance = serde_json::Value::from(text.as_str());
            let (schema, check) = (jsonschema::is_valid(schema.as_value(), &instance), GroupPath::parse(&text).is_ok());
            prop_assert_eq!(schema, check, "{:?}", text);
        }
    }

    #[test]
    fn the_alias_that_nobody_chose_is_a_name() {
        let alias = AddressableName::of_external_provider();
        assert_eq!(AddressableName::parse(alias.as_str()), Ok(alias));
    }

    #[test]
    fn a_path_of_groups_is_names_and_none_of_them_means_what_is_above() {
        for (text, relative) in [("/staff/interns", "staff/interns"), ("a b", "a b"), ("...", "...")] {
            assert_eq!(GroupPath::parse(text).expect("a path").relative(), relative);
        }
        for text in ["", "/", "a/", "//a", "a//b", "..", "/a/../b", "a/.", "a\u{1}"] {
            assert!(GroupPath::parse(text).is_err(), "{text:?}");
        }
    }
}
