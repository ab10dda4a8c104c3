//! Names and patterns of names in Kubernetes.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{InvalidName, is_subdomain, normalised};
use crate::values::pattern::fits_pattern;

/// The name of a label without its prefix, or the value of one.
fn is_label_text(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_label_text(name),
        None => is_label_text(text),
    }
}

/// Whether names come out of it once its placeholders are filled in. One of them has to be the namespace: whoever may name
/// Secrets in one namespace could otherwise choose any name in another.
fn is_copy_name(text: &str) -> bool {
    text.contains(CopyName::NAMESPACE)
        && is_subdomain(&text.replace(CopyName::NAMESPACE, "n").replace(CopyName::NAME, "n"))
}

checked_text! {
    /// Pattern of names of Kubernetes objects, with `*` for any text.
    NamePattern,
    pattern: r"^[-a-z0-9.*]+$",
    max: 253,
    expected: "a pattern of names: lower-case letters, digits, dots and dashes, and `*` for any text",
    check: |text| {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.*".contains(&byte))
    },
}

checked_text! {
    /// Type of a Kubernetes Secret.
    SecretType,
    pattern: r"^[-A-Za-z0-9./_]+$",
    max: 253,
    expected: "the type of a Secret, such as `kubernetes.io/tls`",
    check: |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./_".contains(&byte)),
}

checked_text! {
    /// Name of a copy, with `{namespace}` and `{name}` for those of its source.
    CopyName,
    pattern: r"^(?=.*\{namespace\})([a-z0-9]|\{name\}|\{namespace\})(-*([a-z0-9]|\{name\}|\{namespace\}))*(\.([a-z0-9]|\{name\}|\{namespace\})(-*([a-z0-9]|\{name\}|\{namespace\}))*)*$",
    max: 253,
    expected: "a name that contains `{namespace}`, such as `copy-{namespace}-{name}`: lower-case letters, digits, inner dots and dashes",
    check: is_copy_name,
}

checked_text! {
    /// Name of a Kubernetes label.
    LabelKey,
    pattern: r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
    max: 317,
    expected: "the name of a label, such as `app.kubernetes.io/part-of`",
    check: is_label_key,
}

impl SecretType {
    /// Types of Secrets that mean nothing anywhere else: the API server or Helm would take copies for the real ones.
    pub const BOUND: [&'static str; 3] =
        ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token", "helm.sh/release.v1"];
}

impl NamePattern {
    /// Whether a name fits.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        fits_pattern(&self.0, name)
    }

    /// The one name that fits; `None` where there may be several.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(&*self.0)
    }
}

impl CopyName {
    /// What stands for the namespace of the source.
    const NAMESPACE: &'static str = "{namespace}";
    /// What stands for the name of the source.
    const NAME: &'static str = "{name}";

    /// The name of the copy of a Secret. It may be longer than the 253 characters that Kubernetes takes.
    #[must_use]
    pub fn of(&self, namespace: &str, name: &str) -> String {
        self.0.replace(Self::NAMESPACE, namespace).replace(Self::NAME, name)
    }
}

/// Value of a Kubernetes label; it may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelValue(Box<str>);

impl LabelValue {
    const EXPECTED: &'static str =
        "the value of a label: at most 63 letters, digits, inner dots, dashes and underscores";

    /// Checks a text and takes it over.
    ///
    /// # Errors
    /// Says what is expected when the text does not fit.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || is_label_text(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName { expected: Self::EXPECTED })
        }
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for LabelValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for LabelValue {
    fn schema_name() -> Cow<'static, str> {
        "LabelValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
            "description": "Value of a Kubernetes label; it may be empty.",
            "x-expected": Self::EXPECTED,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn schema_and_check_agree_on_names_of_copies(text in r"(\{namespace\}|\{name\}|[a-zA.{}-]){0,6}") {
            let schema = schemars::SchemaGenerator::default().into_root_schema_for::<CopyName>();
            let instance = serde_json::Value::from(text.as_str());
            let (schema, check) = (jsonschema::is_valid(schema.as_value(), &instance), CopyName::parse(&text).is_ok());
            prop_assert_eq!(schema, check, "{:?}", text);
        }
    }

    #[test]
    fn a_copy_is_named_after_the_namespace_of_its_source() {
        let name = CopyName::parse("copy-{namespace}-{name}").expect("a name");
        assert_eq!(name.of("team-alpha", "shop-tls"), "copy-team-alpha-shop-tls");
        for text in [
            "copy-{name}",
            "{name}",
            "gateway",
            "Copy-{namespace}",
            "-{namespace}",
            "{namespace}.",
            "{team}-{namespace}",
        ] {
            assert!(CopyName::parse(text).is_err(), "{text}");
        }
    }
}
