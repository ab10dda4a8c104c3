//! What to send so that a declared part is set and everything else stays.
//!
//! A PUT is partial for some types and a replacement for others, and the two can meet in one body. [`whole`] and [`partial`] start
//! from what is there now, read right before the write. Secrets stay in their types on the way.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde::{Serialize, de::DeserializeOwned};

use crate::field::Field;

/// What is there and what is declared do not fit into one representation. Two values of one type always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's representation cannot be combined with the declared one")]
pub struct NotCombined;

/// What is there, with the declared fields laid over it at every depth: for types that a PUT replaces. A declared list replaces the one
/// that is there.
///
/// # Errors
///
/// When the two do not fit together, which their common type rules out.
pub fn whole<T: Serialize + DeserializeOwned>(there: &T, declared: &T) -> Result<T, NotCombined> {
    let mut body = field(there)?;
    lay_over(&mut body, field(declared)?);
    body.into_typed().map_err(|_| NotCombined)
}

/// The declared fields alone, their maps completed with what is there: for types whose omitted fields a PUT keeps, but whose maps it
/// replaces.
///
/// # Errors
///
/// When the two do not fit together, which their common type rules out.
pub fn partial<T: Serialize + DeserializeOwned>(there: &T, declared: &T) -> Result<T, NotCombined> {
    let mut there = fields(there)?;
    let mut body = fields(declared)?;
    for (name, value) in &mut body {
        if let (Field::Map(_), Some(mut map @ Field::Map(_))) = (&*value, there.remove(name)) {
            lay_over(&mut map, std::mem::replace(value, Field::Null));
            *value = map;
        }
    }
    typed(body)
}

/// The elements that are there, in their order, each with the declared one of the same name laid over it; then those that are declared
/// only. For lists of other people's elements beside ours that a PUT replaces.
///
/// # Errors
///
/// When two of one name do not fit together, which their common type rules out.
pub fn elements<T: Serialize + DeserializeOwned + Clone, N: PartialEq>(
    there: &[T],
    declared: &[T],
    name: impl Fn(&T) -> N,
) -> Result<Vec<T>, NotCombined> {
    let mut elements = there.to_vec();
    for element in declared {
        match elements.iter_mut().find(|there| name(there) == name(element)) {
            Some(namesake) => *namesake = whole(namesake, element)?,
            None => elements.push(element.clone()),
        }
    }
    Ok(elements)
}

/// The representation without these fields at its top, or, as `field.key`, without these keys of its maps.
///
/// # Errors
///
/// When it is no map of fields, which its type rules out.
pub fn without<T: Serialize + DeserializeOwned>(
    representation: &T,
    left_out: &BTreeSet<String>,
) -> Result<T, NotCombined> {
    let mut rest = fields(representation)?;
    rest.retain(|name, _| !left_out.contains(name));
    for (name, key) in left_out.iter().filter_map(|path| path.split_once('.')) {
        if let Some(Field::Map(map)) = rest.get_mut(name) {
            map.remove(key);
        }
    }
    typed(rest)
}

/// The fields of a representation.
///
/// # Errors
///
/// When it is no map of fields, which its type rules out.
pub fn fields<T: Serialize>(representation: &T) -> Result<BTreeMap<String, Field>, NotCombined> {
    match field(representation)? {
        Field::Map(fields) => Ok(fields),
        _ => Err(NotCombined),
    }
}

/// A representation from its fields.
///
/// # Errors
///
/// When a field is of another type there.
pub fn typed<T: DeserializeOwned>(fields: BTreeMap<String, Field>) -> Result<T, NotCombined> {
    Field::Map(fields).into_typed().map_err(|_| NotCombined)
}

fn field<T: Serialize>(representation: &T) -> Result<Field, NotCombined> {
    Field::of(representation).map_err(|_| NotCombined)
}

fn lay_over(base: &mut Field, over: Field) {
    match (base, over) {
        (Field::Map(base), Field::Map(over)) => {
            for (key, value) in over {
                match base.entry(key) {
                    Entry::Occupied(mut there) => lay_over(there.get_mut(), value),
                    Entry::Vacant(place) => {
                        place.insert(value);
                    }
                }
            }
        }
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_body_keeps_what_is_not_declared_at_every_depth() {
        let body =
            whole(&json!({"a": 1, "m": {"x": 1, "y": 2}, "l": [1, 2]}), &json!({"m": {"y": 3}, "l": [3]})).unwrap();
        assert_eq!(body, json!({"a": 1, "m": {"x": 1, "y": 3}, "l": [3]}));
    }

    #[test]
    fn fields_and_single_keys_of_maps_are_left_out() {
        let left_out = BTreeSet::from(["a".to_owned(), "m.x".to_owned(), "n.x".to_owned()]);
        let rest = without(&json!({"a": 1, "b": 2, "m": {"x": 1, "y": 2}, "x": 3}), &left_out).unwrap();
        assert_eq!(rest, json!({"b": 2, "m": {"y": 2}, "x": 3}));
    }

    #[test]
    fn a_partial_body_holds_declared_fields_with_their_maps_completed() {
        let body = partial(&json!({"a": 1, "m": {"x": 1}}), &json!({"m": {"y": 3}, "n": true})).unwrap();
        assert_eq!(body, json!({"m": {"x": 1, "y": 3}, "n": true}));
    }

    #[test]
    fn declared_elements_of_a_list_are_laid_over_their_namesakes_and_others_stay_where_they_are() {
        let there = [json!({"name": "theirs", "a": 1}), json!({"name": "ours", "a": 1, "b": 1})];
        let declared = [json!({"name": "new"}), json!({"name": "ours", "b": 2})];
        let list = elements(&there, &declared, |element| element["name"].clone()).unwrap();
        assert_eq!(list, [there[0].clone(), json!({"name": "ours", "a": 1, "b": 2}), json!({"name": "new"})]);
    }

    #[test]
    fn what_is_no_map_of_fields_cannot_be_combined() {
        assert_eq!(partial(&json!({"a": 1}), &json!(["a"])), Err(NotCombined));
    }
}
