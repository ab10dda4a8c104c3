//! How objects of an application are named in plans, reports and the inventory.

use std::{borrow::Cow, cmp::Ordering, fmt, str::FromStr, sync::Arc};

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

/// An object within one target: its kind, and what it is called there.
///
/// An object that lives in another is known by the names of both, outermost first. They are kept apart, so that no two objects
/// are taken for one because of what their names hold: role `x/y` of client `app` is not role `y` of client `app/x`. Only the
/// written form joins them, as in `--only role/team-alpha` or `client-role/app/x\/y`: `kind/name/name`, where a slash or
/// backslash of a name has a backslash before it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ObjectId {
    kind: Kind,
    /// Those that it lives in, outermost first; `None` for what lives in nothing but the target.
    parents: Option<Arc<[Arc<str>]>>,
    name: Arc<str>,
}

impl ObjectId {
    /// The object `name` of this kind.
    pub fn new(kind: Kind, name: impl Into<Arc<str>>) -> Self {
        Self { kind, parents: None, name: name.into() }
    }

    /// The object `name` that lives in `parent`.
    #[must_use]
    pub fn within(kind: Kind, parent: &str, name: &str) -> Self {
        Self::below(kind, [parent], name)
    }

    /// The object `name` that lives in several others, outermost first.
    #[must_use]
    pub fn below<'a>(kind: Kind, parents: impl IntoIterator<Item = &'a str>, name: &str) -> Self {
        let parents: Arc<[Arc<str>]> = parents.into_iter().map(Arc::from).collect();
        Self { kind, parents: Some(parents).filter(|parents| !parents.is_empty()), name: name.into() }
    }

    /// The object of this kind with all of these names, the outermost first; `None` without any.
    pub fn of_names<'a>(kind: Kind, names: impl DoubleEndedIterator<Item = &'a str>) -> Option<Self> {
        let mut names = names;
        let name = names.next_back()?;
        Some(Self::below(kind, names, name))
    }

    /// The object's kind.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The object's own name, unique for its kind in what it lives in.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Those that it lives in, outermost first.
    pub fn parents(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.parents.iter().flat_map(|parents| parents.iter()).map(|name| &**name)
    }

    /// All of its names, the own one last.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.parents().chain(std::iter::once(self.name()))
    }

    /// What it lives in, and its own name there; `None` for what lives in nothing, or in something that itself lives in another.
    #[must_use]
    pub fn in_parent(&self) -> Option<(&str, &str)> {
        match self.parents.as_deref() {
            Some([parent]) => Some((&**parent, &*self.name)),
            _ => None,
        }
    }

    /// The written form without the kind.
    #[must_use]
    pub fn path(&self) -> String {
        let names: Vec<String> = self.names().map(escaped).collect();
        names.join("/")
    }

    /// The object as inventories knew it that were written before names were kept apart: all of them joined in one.
    #[must_use]
    pub fn joined(&self) -> Option<Self> {
        let _ = self.parents.as_ref()?;
        let names: Vec<&str> = self.names().collect();
        Some(Self::new(self.kind.clone(), names.join("/")))
    }

    /// The names of an object of an older inventory taken apart, whose kind lives in one other. Where more than two could be
    /// meant it stays as it is, and is taken for none of them.
    #[must_use]
    pub fn apart(&self) -> Self {
        match self.name.split_once('/') {
            Some((parent, name)) if self.parents.is_none() && !name.contains('/') => {
                Self::within(self.kind.clone(), parent, name)
            }
            _ => self.clone(),
        }
    }

    /// An object in the form of inventories that were written before names were kept apart.
    ///
    /// # Errors
    ///
    /// When there is no kind, or no name.
    pub fn from_joined(text: &str) -> Result<Self, NotAnObject> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                Ok(Self::new(Kind(Cow::Owned(kind.to_owned())), name))
            }
            _ => Err(NotAnObject(text.to_owned())),
        }
    }
}

/// By kind and names: an object comes before those that live in it.
impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.kind.cmp(&other.kind).then_with(|| self.names().cmp(other.names()))
    }
}

impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// In the written form.
impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ObjectId({self})")
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        self.names().try_for_each(|name| write!(formatter, "/{}", escaped(name)))
    }
}

/// A name in the written form.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '/' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

/// The names in the written form, without their backslashes; `None` where one stands before nothing that needs it.
fn unescaped(text: &str) -> Option<Vec<String>> {
    let (mut names, mut name) = (Vec::new(), String::new());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '/' => names.push(std::mem::take(&mut name)),
            '\\' => name.push(characters.next().filter(|next| matches!(next, '/' | '\\'))?),
            character => name.push(character),
        }
    }
    names.push(name);
    Some(names)
}

/// A text that is not `KIND/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form `KIND/NAME`")]
pub struct NotAnObject(String);

impl FromStr for ObjectId {
    type Err = NotAnObject;

    fn from_str(text: &str) -> Result<Self, NotAnObject> {
        let refused = || NotAnObject(text.to_owned());
        let (kind, path) =
            text.split_once('/').filter(|(kind, path)| !kind.is_empty() && !path.is_empty()).ok_or_else(refused)?;
        let names = unescaped(path).ok_or_else(refused)?;
        Self::of_names(Kind(Cow::Owned(kind.to_owned())), names.iter().map(String::as_str)).ok_or_else(refused)
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
            "description": "an object as `kind/name`; one that lives in another has its parent's name first: `protocol-mapper/client-scope/openid/groups`. A slash or backslash of a name has a backslash before it"
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAPPER: Kind = Kind::new("protocol-mapper");

    #[test]
    fn an_object_reads_back_from_its_written_form() {
        let mapper = ObjectId::within(MAPPER, "openid", "realm roles");
        assert_eq!(mapper.to_string(), "protocol-mapper/openid/realm roles");
        assert_eq!(mapper.to_string().parse::<ObjectId>().unwrap(), mapper);
    }

    #[test]
    fn names_that_hold_slashes_do_not_make_one_object_of_two() {
        let (of_app, of_app_x) = (ObjectId::within(MAPPER, "app", "x/y"), ObjectId::within(MAPPER, "app/x", "y"));
        assert_ne!(of_app, of_app_x);
        assert_eq!(of_app.to_string(), "protocol-mapper/app/x\\/y");
        assert_eq!(of_app_x.to_string(), "protocol-mapper/app\\/x/y");
    }

    proptest! {
        #[test]
        fn every_object_reads_back_and_none_is_written_like_another(
            one in proptest::collection::vec(r"[a/\\.;%]{0,3}", 1..4),
            other in proptest::collection::vec(r"[a/\\.;%]{0,3}", 1..4),
        ) {
            let object = |names: &[String]| ObjectId::of_names(MAPPER, names.iter().map(String::as_str)).unwrap();
            let (one_object, other_object) = (object(&one), object(&other));
            if one != [""] {
                prop_assert_eq!(&one_object.to_string().parse::<ObjectId>().unwrap(), &one_object);
            }
            prop_assert_eq!(one == other, one_object == other_object);
            prop_assert_eq!(one == other, one_object.to_string() == other_object.to_string());
            prop_assert_eq!(one.cmp(&other), one_object.cmp(&other_object));
        }
    }

    #[test]
    fn an_object_of_an_older_inventory_is_one_joined_name() {
        let joined = ObjectId::from_joined("protocol-mapper/app/x/y").unwrap();
        assert_eq!(ObjectId::within(MAPPER, "app", "x/y").joined(), Some(joined.clone()));
        assert_eq!(ObjectId::within(MAPPER, "app/x", "y").joined(), Some(joined));
        assert_eq!(ObjectId::new(MAPPER, "a/b").joined(), None, "it was one name before");
        assert_eq!(ObjectId::new(MAPPER, "a/b").apart(), ObjectId::within(MAPPER, "a", "b"));
        for whole in [ObjectId::new(MAPPER, "a/b/c"), ObjectId::new(MAPPER, "a"), ObjectId::within(MAPPER, "a", "b/c")]
        {
            assert_eq!(whole.apart(), whole);
        }
    }

    #[test]
    fn an_object_without_a_kind_or_a_name_is_refused() {
        for text in ["role", "/team", "role/", "", "role/a\\b", "role/a\\"] {
            assert!(text.parse::<ObjectId>().is_err(), "{text}");
        }
    }
}
