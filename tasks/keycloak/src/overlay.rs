//! What to send so that a declared part is set and everything else stays.
//!
//! Keycloak's PUT is partial for some types and a replacement for others, and the two meet in one
//! body (server-behaviour 2.4). Both functions start from what is there now, read right before the write.

use std::collections::BTreeSet;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::Error;

/// What is there, with the declared fields laid over it: for types that a PUT replaces.
///
/// # Errors
///
/// When the two do not fit together, which their common type rules out.
pub(crate) fn whole<T: Serialize + DeserializeOwned>(there: &T, declared: &T) -> Result<T, Error> {
    let mut body = json(there)?;
    lay_over(&mut body, json(declared)?);
    typed(body)
}

/// The declared fields alone, their maps completed with what is there: for types whose omitted
/// fields a PUT keeps, but whose maps it replaces.
///
/// # Errors
///
/// When the two do not fit together, which their common type rules out.
pub(crate) fn partial<T: Serialize + DeserializeOwned>(there: &T, declared: &T) -> Result<T, Error> {
    let there = json(there)?;
    let mut body = Value::Object(Map::new());
    if let (Value::Object(fields), Value::Object(declared)) = (&mut body, json(declared)?) {
        for (key, value) in declared {
            let field = match (there.get(&key), value) {
                (Some(there @ Value::Object(_)), value @ Value::Object(_)) => {
                    let mut map = there.clone();
                    lay_over(&mut map, value);
                    map
                }
                (_, value) => value,
            };
            fields.insert(key, field);
        }
    }
    typed(body)
}

/// The representation without these fields at its top, or, as `field.key`, without these keys of its maps.
///
/// # Errors
///
/// When it is no map of fields, which its type rules out.
pub(crate) fn without<T: Serialize + DeserializeOwned>(
    representation: &T,
    left_out: &BTreeSet<String>,
) -> Result<T, Error> {
    let mut rest = fields(representation)?;
    rest.retain(|field, _| !left_out.contains(field));
    for (field, key) in left_out.iter().filter_map(|path| path.split_once('.')) {
        if let Some(Value::Object(map)) = rest.get_mut(field) {
            map.remove(key);
        }
    }
    typed(Value::Object(rest))
}

/// The fields of a representation.
pub(crate) fn fields<T: Serialize>(representation: &T) -> Result<Map<String, Value>, Error> {
    match json(representation)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::Representation),
    }
}

fn lay_over(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

fn json<T: Serialize>(representation: &T) -> Result<Value, Error> {
    serde_json::to_value(representation).map_err(|_| Error::Representation)
}

/// A representation from its fields.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    // The cause may quote a value, which may be secret: it stays here.
    serde_json::from_value(value).map_err(|_| Error::Representation)
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
}
