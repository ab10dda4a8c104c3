//! Where a field stands in a representation: one type for differences, hidden secrets and the rules of kinds.

use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

use serde::{Deserialize, Serialize};

/// Where a field stands, as people and reports see it: keys with dots between them, and elements of lists in brackets, by their place
/// or their name: `config.clientSecret`, `redirectUris[0]`, `mappers[email].config`. A key of a map may itself have dots and brackets.
/// Clones share their text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldPath(Arc<str>);

impl FieldPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The field at the top of the representation that this one is in, or is. Names there have neither dots nor brackets.
    #[must_use]
    pub fn top(&self) -> &str {
        self.0.split(['.', '[']).next().unwrap_or_default()
    }

    /// Whether this field is `outer`, or in it.
    #[must_use]
    pub fn is_within(&self, outer: &str) -> bool {
        self.0.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

impl From<&str> for FieldPath {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

impl From<String> for FieldPath {
    fn from(path: String) -> Self {
        Self(path.into())
    }
}

/// Plans share the texts of paths: tens of thousands of changes have the same few.
impl From<Arc<str>> for FieldPath {
    fn from(path: Arc<str>) -> Self {
        Self(path)
    }
}

impl From<FieldPath> for Arc<str> {
    fn from(path: FieldPath) -> Self {
        path.0
    }
}

impl From<&GrowingPath<'_>> for FieldPath {
    fn from(path: &GrowingPath<'_>) -> Self {
        path.to_string().into()
    }
}

impl Deref for FieldPath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for FieldPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Maps with paths as keys are asked with texts.
impl Borrow<str> for FieldPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for FieldPath {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for FieldPath {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

/// A path that grows while somebody goes down a representation. It costs nothing until somebody has to see it: most fields are equal.
pub(crate) enum GrowingPath<'a> {
    Root,
    Key(&'a GrowingPath<'a>, &'a str),
    Element(&'a GrowingPath<'a>, &'a str),
}

impl<'a> GrowingPath<'a> {
    pub(crate) const fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    pub(crate) const fn element(&'a self, name: &'a str) -> Self {
        Self::Element(self, name)
    }

    /// Whether the dotted pattern names this place. Elements of lists do not count as steps, and a
    /// key that itself has dots is one step.
    pub(crate) fn matches(&self, pattern: &str) -> bool {
        match self {
            Self::Root => pattern.is_empty(),
            // A rule for a list is not one for its elements.
            Self::Element(..) => false,
            Self::Key(parent, key) => {
                if let Some(rest) = pattern.strip_suffix(*key)
                    && (rest.is_empty() || rest.ends_with('.'))
                {
                    return parent.above(rest.strip_suffix('.').unwrap_or(rest));
                }
                match pattern.rsplit_once('.') {
                    Some((rest, "*")) => parent.above(rest),
                    None if pattern == "*" => parent.above(""),
                    _ => false,
                }
            }
        }
    }

    /// Whether `pattern` names the place that holds a key: elements are transparent here, so that
    /// `attributes.name` reaches into every element of the list `attributes`.
    fn above(&self, pattern: &str) -> bool {
        match self {
            Self::Element(parent, _) => parent.above(pattern),
            _ => self.matches(pattern),
        }
    }
}

impl fmt::Display for GrowingPath<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => formatter.write_str(key),
            Self::Key(parent, key) => write!(formatter, "{parent}.{key}"),
            Self::Element(parent, name) => write!(formatter, "{parent}[{name}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_field_at_the_top_whatever_is_below_it() {
        for path in ["mappers", "mappers[email]", "mappers[email].config.claim", "mappers.a[0]"] {
            assert_eq!(FieldPath::from(path).top(), "mappers");
        }
    }

    #[test]
    fn a_field_is_within_another_by_whole_steps_only() {
        let path = FieldPath::from("attributes.owner[0]");
        assert!(["attributes", "attributes.owner", "attributes.owner[0]"].iter().all(|outer| path.is_within(outer)));
        assert!(!path.is_within("attributes.own") && !path.is_within("attribute") && !path.is_within("owner"));
    }

    #[test]
    fn a_path_is_written_as_the_text_that_it_is() {
        let path = FieldPath::from(&GrowingPath::Root.key("mappers").element("a.b").key("name"));
        assert_eq!(path, "mappers[a.b].name");
        assert_eq!(serde_json::to_string(&path).unwrap(), "\"mappers[a.b].name\"");
        assert_eq!(serde_json::from_str::<FieldPath>("\"a\"").unwrap(), "a");
    }

    #[test]
    fn a_pattern_passes_over_elements_of_lists_and_takes_a_key_with_dots_as_one_step() {
        let root = GrowingPath::Root;
        let (mappers, labels) = (root.key("mappers"), root.key("labels"));
        let element = mappers.element("email");
        assert!(element.key("name").matches("mappers.name"));
        assert!(mappers.matches("mappers") && !element.matches("mappers"));
        assert!(labels.key("example.com/team").matches("labels.*"));
        assert!(labels.key("example.com/team").matches("labels.example.com/team"));
        assert!(!labels.matches("*.labels") && labels.matches("*"));
    }
}
