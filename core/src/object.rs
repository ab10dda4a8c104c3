//! How objects of an application are named in plans, reports and the inventory.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of an object in the field's own words, for example `role` or `protocol-mapper`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Kind(Cow<'static, str>);

impl Kind {
    /// A kind that the code knows by name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The kind's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An object within one target: its kind, and a name that is unique for the kind.
///
/// Objects that live in another are named by both, parent first: `openid/groups`. The written form
/// is `kind/name`, as in `--only role/team-alpha`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    kind: Kind,
    name: Arc<str>,
}

impl ObjectId {
    /// The object `name` of this kind.
    pub fn new(kind: Kind, name: impl Into<Arc<str>>) -> Self {
        Self { kind, name: name.into() }
    }

    /// The object `name` that lives in `parent`.
    #[must_use]
    pub fn within(kind: Kind, parent: &str, name: &str) -> Self {
        Self::new(kind, format!("{parent}/{name}"))
    }

    /// The object's kind.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The object's name, unique for its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

/// A text that is not `KIND/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form `KIND/NAME`")]
pub struct NotAnObject(String);

impl FromStr for ObjectId {
    type Err = NotAnObject;

    fn from_str(text: &str) -> Result<Self, NotAnObject> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                Ok(Self::new(Kind(Cow::Owned(kind.to_owned())), name))
            }
            _ => Err(NotAnObject(text.to_owned())),
        }
    }
}

impl Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ObjectId {
    fn schema_name() -> Cow<'static, str> {
        "ObjectId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[^/]+/.+$",
            "description": "an object as `kind/name`; one that lives in another has its parent's name first: `protocol-mapper/openid/groups`"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_reads_back_from_its_written_form() {
        let mapper = ObjectId::within(Kind::new("protocol-mapper"), "openid", "realm roles");
        assert_eq!(mapper.to_string(), "protocol-mapper/openid/realm roles");
        assert_eq!(mapper.to_string().parse::<ObjectId>().unwrap(), mapper);
    }

    #[test]
    fn an_object_without_a_kind_or_a_name_is_refused() {
        for text in ["role", "/team", "role/", ""] {
            assert!(text.parse::<ObjectId>().is_err(), "{text}");
        }
    }
}
