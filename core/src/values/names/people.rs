//! Names of people.

use super::normalised;
use super::{Cow, Deserialize, Deserializer, InvalidName, JsonSchema, Schema, SchemaGenerator, de, fmt, json_schema};

checked_text! {
    /// Name that a user logs in with. Case is kept as written; [`UserName::folded`] is what is compared.
    UserName,
    pattern: r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$",
    max: 255,
    expected: "a user name such as `ada`, without control characters and without spaces at its ends",
    check: |text| !text.chars().any(char::is_control) && text.trim() == text,
}

impl UserName {
    /// The name in lower case: Keycloak stores and compares it so (server-behaviour 2.5).
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_folded_only_for_comparison() {
        let name = UserName::parse("Ada Lovelace").expect("a name");
        assert_eq!((name.as_str(), name.folded().as_str()), ("Ada Lovelace", "ada lovelace"));
        for text in ["", " ", " ada", "ada ", "a\u{1}da", "a\u{85}"] {
            assert!(UserName::parse(text).is_err(), "{text:?}");
        }
    }
}
