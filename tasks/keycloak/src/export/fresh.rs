//! What a realm holds that nobody has changed, as Keycloak 26.7 and 26.0 made one.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::field::Field;
use evenkeel_keycloak_client::types::{ProtocolMapperRepresentation, RealmRepresentation};
use serde_json::Value;

/// Recorded from fresh realms; `{realm}` stands for the realm's name.
const RECORDED: [&str; 2] = [include_str!("fresh-26.7.json"), include_str!("fresh-26.0.json")];

/// A fresh realm, in each of the versions that are known.
#[derive(Clone, Debug)]
pub(super) struct Fresh(Vec<Field>);

impl Fresh {
    /// A fresh realm of this name, in the newest version of which the realm that was found shows every switch and number; in all
    /// versions, where it shows those of none.
    pub(super) fn of(realm: &str, found: Option<&RealmRepresentation>) -> Self {
        // They are our own files, which a test reads.
        let recorded = RECORDED.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
        let recorded: Vec<Field> = recorded.filter_map(|value| Field::of(&named(value, realm)).ok()).collect();
        let found = found.and_then(|found| Field::of(found).ok());
        let fitting = recorded.iter().find(|fresh| found.as_ref().is_some_and(|found| shows_all(found, fresh)));
        Self(fitting.map_or_else(|| recorded.clone(), |fresh| vec![fresh.clone()]))
    }

    #[cfg(test)]
    pub(super) fn newest() -> Self {
        Self(Self::of("otomi", None).0.into_iter().take(1).collect())
    }

    /// What the versions have at this place.
    pub(super) fn at(&self, path: &[&str]) -> Baseline<'_> {
        let found = self.0.iter().filter_map(|fresh| path.iter().try_fold(fresh, |field, key| field.get(key)));
        Baseline { first: None, recorded: found.collect() }
    }
}

/// Whether a realm shows every switch and number that a fresh one shows: versions know different ones.
fn shows_all(found: &Field, fresh: &Field) -> bool {
    let Some(Field::Map(fields)) = fresh.get("realm") else { return false };
    let plain = fields.iter().filter(|(_, field)| matches!(field, Field::Bool(_) | Field::Number(_)));
    plain.into_iter().all(|(key, _)| found.get(key).is_some_and(|field| *field != Field::Null))
}

/// The flows that come with every realm of any version.
pub(super) fn built_in_flows() -> BTreeSet<String> {
    Fresh::of("", None).at(&["flows"]).keys().into_iter().map(str::to_owned).collect()
}

/// How Keycloak calls the role that every user of a new realm has.
pub(super) fn default_role(realm: &str) -> String {
    format!("default-roles-{}", realm.to_lowercase())
}

/// What need not be written: what a fresh realm of any version has, behind what is implied anyway.
#[derive(Clone, Debug, Default)]
pub(super) struct Baseline<'a> {
    first: Option<&'a Field>,
    recorded: Vec<&'a Field>,
}

impl<'a> Baseline<'a> {
    /// A field of it; where something is implied, that alone counts.
    pub(super) fn get(&self, key: &str) -> Self {
        match self.first.and_then(|first| first.get(key)) {
            Some(first) => Self { first: Some(first), recorded: Vec::new() },
            None => Self { first: None, recorded: self.recorded.iter().filter_map(|field| field.get(key)).collect() },
        }
    }

    /// With fields that come before the recorded ones.
    pub(super) fn behind(self, first: &'a Field) -> Self {
        Self { first: Some(first), ..self }
    }

    /// What one version has.
    pub(super) fn of(recorded: &'a Field) -> Self {
        Self { first: None, recorded: vec![recorded] }
    }

    /// Whether something is here that is not empty, nor off.
    pub(super) fn says_something(&self) -> bool {
        self.recorded.iter().any(|field| !field.is_empty() && **field != Field::Bool(false))
    }

    /// The items of the lists at this place.
    pub(super) fn items(&self) -> impl Iterator<Item = &'a Field> + use<'a> {
        let recorded = self.recorded.clone().into_iter();
        recorded.flat_map(|field| if let Field::List(list) = field { list.as_slice() } else { &[] })
    }

    /// Whether any version has something here.
    pub(super) fn is_there(&self) -> bool {
        !self.recorded.is_empty()
    }

    /// Whether this need not be written. Where nothing is known, only what is empty need not.
    pub(super) fn has(&self, field: &Field) -> bool {
        match (self.first, self.recorded.as_slice()) {
            (Some(first), _) => same(first, field),
            (None, []) => field.is_empty(),
            (None, recorded) => recorded.iter().any(|fresh| same(fresh, field)),
        }
    }

    /// Whether a list here has this item as it is.
    pub(super) fn has_item(&self, item: &Field) -> bool {
        self.items().any(|recorded| same(recorded, item))
    }

    /// Whether a fresh realm's owner has this mapper as it is.
    pub(super) fn holds_mapper(&self, mapper: &ProtocolMapperRepresentation) -> bool {
        let mapper = ProtocolMapperRepresentation { id: None, ..mapper.clone() };
        let Ok(mapper) = Field::of(&mapper) else { return false };
        self.recorded.iter().filter_map(|owner| owner.get("protocolMappers")).any(|mappers| match mappers {
            Field::List(mappers) => mappers.iter().any(|recorded| same(recorded, &mapper)),
            _ => false,
        })
    }

    /// The names at this place, as far as any version has them.
    pub(super) fn keys(&self) -> BTreeSet<&'a str> {
        let maps = self.recorded.iter().filter_map(|field| if let Field::Map(map) = *field { Some(map) } else { None });
        maps.flat_map(|map| map.keys().map(String::as_str)).collect()
    }
}

/// Whether two values mean the same: no list of a realm has an order that a fresh realm would not have too.
fn same(fresh: &Field, field: &Field) -> bool {
    match (fresh, field) {
        (Field::List(one), Field::List(two)) => {
            one.len() == two.len() && one.iter().all(|item| two.iter().any(|other| same(item, other)))
        }
        (Field::Map(one), Field::Map(two)) => {
            let covers = |one: &BTreeMap<String, Field>, two: &Field| {
                one.iter().all(|(key, value)| match two.get(key) {
                    Some(other) => same(value, other),
                    None => value.is_empty(),
                })
            };
            covers(one, field) && covers(two, fresh)
        }
        _ => fresh == field || (fresh.is_empty() && field.is_empty()),
    }
}

fn named(value: Value, realm: &str) -> Value {
    match value {
        Value::String(text) => Value::String(in_realm(&text, realm)),
        Value::Array(items) => items.into_iter().map(|item| named(item, realm)).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (in_realm(&key, realm), named(value, realm))).collect()
        }
        value => value,
    }
}

/// The role that every user has is called by the realm's name in small letters.
fn in_realm(text: &str, realm: &str) -> String {
    text.replace("default-roles-{realm}", &default_role(realm)).replace("{realm}", realm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_recordings_can_be_read_and_name_the_realm() {
        let fresh = Fresh::of("otomi", None);
        assert_eq!(fresh.0.len(), RECORDED.len());
        assert!(fresh.at(&["roles"]).keys().contains("default-roles-otomi"));
        let account = Field::Text("/realms/otomi/account/".to_owned());
        assert!(fresh.at(&["clients", "account", "baseUrl"]).has(&account));
        assert!(!format!("{fresh:?}").contains("{realm}"));
    }
}
