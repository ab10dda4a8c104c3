//! Names that people write: each newtype holds text that passed its check, so that no later code has to doubt it.
//!
//! The pattern in the JSON Schema and the check in Rust say the same; a property test holds them together.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// Text that does not fit the newtype it was meant for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct InvalidName {
    expected: &'static str,
}

/// Declares a checked text newtype with `parse`, `as_str`, `Display`, `Deserialize` and `JsonSchema`.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, pattern: $pattern:literal, max: $max:literal, expected: $expected:literal, check: $check:expr $(,)?) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// What a correct value looks like, for messages.
            pub const EXPECTED: &'static str = $expected;
            /// The regular expression of the JSON Schema.
            pub const PATTERN: &'static str = $pattern;
            /// The longest text, in characters.
            pub const MAX_LENGTH: usize = $max;

            /// Checks a text and takes it over.
            ///
            /// # Errors
            /// Says what is expected when the text does not fit.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                let text = normalised(stringify!($name), text);
                let check: fn(&str) -> bool = $check;
                if !text.is_empty() && text.chars().count() <= Self::MAX_LENGTH && check(text) {
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

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": $pattern,
                    "maxLength": $max,
                    "description": concat!("Text: ", $expected, "."),
                    "x-expected": $expected,
                })
            }
        }
    };
}

mod applications;
mod kubernetes;
mod people;
mod targets;

pub use applications::{AddressableName, GroupPath, VulnerabilityId};
pub use kubernetes::{CopyName, LabelKey, LabelValue, NamePattern, SecretType};
pub use people::UserName;
pub use targets::{HeaderName, HostAndPort, HostName, JsonPointer, KubernetesTarget, RealmUrl};

/// Calls a macro with every checked name, after the arguments given.
macro_rules! with_all_names {
    ($macro:ident!($($argument:tt)*)) => {
        $macro!(
            $($argument)*, AddressableName, CopyName, DomainName, Email, GroupPath, HeaderName, HostAndPort, HostName,
            HttpUrl, JsonPointer, KubernetesTarget, LabelKey, LabelValue, NamePattern, NamespaceName, ObjectName, PlatformName, ProjectName,
            RealmName, RealmUrl, RequestUrl, RobotName, SecretType, StorageQuota, TeamId, TeamPrefix, UserName,
            VulnerabilityId
        )
    };
}

/// The check of a newtype, by the name of its definition in the schema.
pub(crate) fn check(definition: &str) -> Option<fn(&str) -> bool> {
    macro_rules! by_name {
        ($definition:expr, $($name:ident),+) => {
            match $definition {
                $(stringify!($name) => Some(|text| $name::parse(text).is_ok()),)+
                _ => None,
            }
        };
    }
    with_all_names!(by_name!(definition))
}

/// Email addresses are often pasted with white space around them; every other name means what it says.
fn normalised<'text>(name: &str, text: &'text str) -> &'text str {
    if name == "Email" { text.trim() } else { text }
}

fn is_dns_label(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

/// Lower-case letters and digits, with single separators between them.
fn is_separated(text: &str) -> bool {
    text.split(['.', '_', '-'])
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

fn has_only(text: &str, forbidden: &[char]) -> bool {
    !text.chars().any(|character| character.is_whitespace() || character.is_control() || forbidden.contains(&character))
}

/// What means something above in an address: a request about an object of this name would be one about what holds it.
fn is_dots(text: &str) -> bool {
    matches!(text, "." | "..")
}

fn is_http_url(text: &str, with_query: bool) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let forbidden: &[char] = if with_query { &['#'] } else { &['#', '?'] };
    !authority.is_empty() && !authority.contains('@') && has_only(rest, forbidden)
}

fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| label.len() <= 63 && is_dns_label(label))
}

checked_text! {
    /// Id of a team: a DNS label short enough that `<teamPrefix><id>` still names a namespace (63 characters).
    TeamId,
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    max: 52,
    expected: "a team id: lower-case letters, digits and inner dashes, at most 52 characters",
    check: is_dns_label,
}

checked_text! {
    /// Name of the platform, the owner that inventory and labels carry.
    PlatformName,
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    max: 63,
    expected: "a name: lower-case letters, digits and inner dashes, at most 63 characters",
    check: is_dns_label,
}

checked_text! {
    /// Name of a Kubernetes namespace (a DNS label of RFC 1123).
    NamespaceName,
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    max: 63,
    expected: "a namespace name: lower-case letters, digits and inner dashes, at most 63 characters",
    check: is_dns_label,
}

checked_text! {
    /// A prefix that team ids are appended to; with the longest id it still fits 63 characters.
    TeamPrefix,
    pattern: r"^[a-z0-9][-a-z0-9]*$",
    max: 11,
    expected: "a prefix: lower-case letters, digits and dashes, beginning with a letter or digit, at most 11 characters",
    check: |text| {
        text.bytes().next().is_some_and(|byte| byte != b'-')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    },
}

checked_text! {
    /// A domain name in lower case, without a dot at its end.
    DomainName,
    pattern: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$",
    max: 253,
    expected: "a domain name in lower case, such as `demo.example.com`",
    check: is_domain,
}

checked_text! {
    /// Name of a Keycloak realm. It is a path segment of every URL of the realm.
    RealmName,
    pattern: r"^(?!\.{1,2}$)[^\s/\\?#%;\x00-\x1f\x7f-\x9f]+$",
    max: 255,
    expected: "a realm name without spaces and without any of `/ \\ ? # % ;`, and not `.` or `..`",
    check: |text| !is_dots(text) && has_only(text, &['/', '\\', '?', '#', '%', ';']),
}

checked_text! {
    /// Name of a role, group, client, organisation or another object of an application.
    ObjectName,
    pattern: r"^(?!\.{1,2}$)[^\s/\\\x00-\x1f\x7f-\x9f]+$",
    max: 255,
    expected: "a name without spaces and slashes, and not `.` or `..`",
    check: |text| !is_dots(text) && has_only(text, &['/', '\\']),
}

checked_text! {
    /// Base address of an application: `http` or `https`, no user name, query or fragment.
    HttpUrl,
    pattern: r"^https?://[^\s/?#@\x00-\x1f\x7f]+(/[^\s?#\x00-\x1f\x7f]*)?$",
    max: 2048,
    expected: "an address such as `https://keycloak.example.com`, without user name, query and fragment",
    check: |text| is_http_url(text, false),
}

checked_text! {
    /// Address that a barrier asks: `http` or `https`, with a query if need be, no user name or fragment.
    RequestUrl,
    pattern: r"^https?://[^\s/?#@\x00-\x1f\x7f]+([/?][^\s#\x00-\x1f\x7f]*)?$",
    max: 2048,
    expected: "an address such as `https://keycloak.example.com/realms/otomi`, without user name and fragment",
    check: |text| is_http_url(text, true),
}

checked_text! {
    /// Email address of a user. Case is kept as written; [`Email::folded`] is what is compared.
    Email,
    pattern: r"^\s*[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+\s*$",
    max: 254,
    expected: "an email address such as `ada@example.com`",
    check: |text| {
        has_only(text, &[])
            && text.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            })
    },
}

checked_text! {
    /// Amount of storage, such as `20Gi`; `-1` means without limit.
    StorageQuota,
    pattern: r"^(-1|[0-9]{1,15}([kMGT]|Ki|Mi|Gi|Ti)?)$",
    max: 18,
    expected: "an amount of storage such as `20Gi` (or `-1` for no limit)",
    check: |text| storage_bytes(text).is_some(),
}

checked_text! {
    /// Name of a Harbor project.
    ProjectName,
    pattern: r"^[a-z0-9]+([._-][a-z0-9]+)*$",
    max: 255,
    expected: "a project name: lower-case letters and digits, with single `.`, `_` or `-` between them",
    check: is_separated,
}

checked_text! {
    /// Name of a Harbor robot account, without prefix.
    RobotName,
    pattern: r"^[a-z0-9]+([._-][a-z0-9]+)*$",
    max: 255,
    expected: "a robot name: lower-case letters and digits, with single `.`, `_` or `-` between them",
    check: is_separated,
}

impl HttpUrl {
    /// The address without slashes at its end, ready for a path that begins with one.
    #[must_use]
    pub fn base(&self) -> &str {
        self.0.trim_end_matches('/')
    }
}

impl Email {
    /// The address in lower case: Keycloak stores and compares it so (server-behaviour 2.5).
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl StorageQuota {
    /// The amount in bytes; `-1` for no limit.
    #[must_use]
    pub fn bytes(&self) -> i64 {
        storage_bytes(&self.0).unwrap_or(-1)
    }
}

fn storage_bytes(text: &str) -> Option<i64> {
    if text == "-1" {
        return Some(-1);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 15 {
        return None;
    }
    let (number, unit) = text.split_at(digits);
    let factor: i64 = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    Some(number.parse::<i64>().ok()?.saturating_mul(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// Whether the JSON Schema of a newtype takes a text, and whether the newtype does.
    macro_rules! verdicts {
        ($text:expr, $($name:ident),+) => {[$({
            let schema = schemars::SchemaGenerator::default().into_root_schema_for::<$name>();
            let instance = serde_json::Value::from($text);
            (stringify!($name), jsonschema::is_valid(schema.as_value(), &instance), $name::parse($text).is_ok())
        }),+]};
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn schema_and_check_agree(text in r"(https?://)?[a-zA-Z0-9@./?#:\\ %;_-]{0,12}|-1|[0-9]{1,16}[kMGTi]{0,2}|\PC{0,6}|[.]{0,3}") {
            for (name, schema, check) in with_all_names!(verdicts!(text.as_str())) {
                prop_assert_eq!(schema, check, "{} and {:?}", name, text);
            }
        }
    }

    #[test]
    fn names_that_addresses_resolve_are_refused() {
        for text in [".", "..", "", "a\u{1}b", "a\u{85}b"] {
            assert!(ObjectName::parse(text).is_err() && RealmName::parse(text).is_err(), "{text:?}");
        }
        assert!(ObjectName::parse("...").is_ok() && RealmName::parse("a..").is_ok());
    }

    #[test]
    fn length_is_limited() {
        assert!(TeamId::parse(&"a".repeat(52)).is_ok());
        assert!(TeamId::parse(&"a".repeat(53)).is_err());
        assert!(DomainName::parse(&format!("{}.com", "a".repeat(64))).is_err());
    }

    #[test]
    fn emails_are_trimmed_and_folded_only_for_comparison() {
        let email = Email::parse(" Ada@Example.com\n").expect("an address");
        assert_eq!((email.as_str(), email.folded().as_str()), ("Ada@Example.com", "ada@example.com"));
        assert!(Email::parse("a@b@c").is_err() && Email::parse("a").is_err() && Email::parse("@b").is_err());
    }

    #[test]
    fn storage_is_counted_in_bytes() {
        let bytes = |text: &str| StorageQuota::parse(text).map(|quota| quota.bytes()).ok();
        assert_eq!(
            [bytes("20Gi"), bytes("5k"), bytes("7"), bytes("-1"), bytes("1.5Gi"), bytes("Gi")],
            [Some(20 << 30), Some(5000), Some(7), Some(-1), None, None]
        );
    }

    #[test]
    fn the_base_of_an_address_has_no_slash_at_its_end() {
        assert_eq!(HttpUrl::parse("https://a.example/auth//").expect("an address").base(), "https://a.example/auth");
        assert!(HttpUrl::parse("https://me@a.example").is_err() && HttpUrl::parse("https:///a").is_err());
    }
}
