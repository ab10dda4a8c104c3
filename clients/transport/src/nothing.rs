//! Lists and maps with nothing in them. Go writes them as null where they were never made, so that one server says `[]` and null
//! of the same thing (contract `empty-lists` of Kubernetes; `items` of Harbor's allowlists): both mean that nothing is there.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Reads null as a value with nothing in it: for a field that is a list or a map, beside `default`.
///
/// # Errors
/// When what is there does not fit.
pub fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a map of lists or maps, each of which may be null: for a field that is optional itself, beside `default`.
///
/// # Errors
/// When what is there does not fit.
pub fn null_inside_is_empty<'de, D, T>(deserializer: D) -> Result<Option<BTreeMap<String, T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    let map: Option<BTreeMap<String, Option<T>>> = Option::deserialize(deserializer)?;
    Ok(map.map(|map| map.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect()))
}
