//! Strategic merge patches: as a merge patch, but lists with keys merge by them, and directives are obeyed there.
//!
//! A list that is one value, such as a service account's `imagePullSecrets`, is replaced, directives and all: a
//! `{"$patch": "delete"}` in it is then an element like any other (server-behaviour 9).

use serde_json::{Map, Value};

use crate::kubernetes::schema::{Merge, Shape};

pub(crate) fn apply(shape: &Shape, target: Value, patch: &Value) -> Value {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => object(shape, target, patch).into(),
        (_, Value::Object(patch)) => object(shape, Map::new(), patch).into(),
        (Value::Array(target), Value::Array(patch)) => match shape {
            Shape::List { items, merge } if *merge != Merge::Atomic => list(items, merge, target, patch).into(),
            _ => patch.clone().into(),
        },
        (_, patch) => patch.clone(),
    }
}

fn object(shape: &Shape, mut target: Map<String, Value>, patch: &Map<String, Value>) -> Map<String, Value> {
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => target.clear(),
        Some("delete") => return Map::new(),
        _ => {}
    }
    if let Some(Value::Array(keys)) = patch.get("$retainKeys") {
        target.retain(|key, _| keys.iter().any(|kept| kept.as_str() == Some(key)));
    }
    for (key, value) in patch {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            delete_from(&mut target, list, value);
        } else if key.starts_with('$') {
            // how elements are ordered is not played
        } else if value.is_null() {
            target.remove(key);
        } else {
            let before = target.remove(key).unwrap_or_default();
            let below = shape.child(key).cloned().unwrap_or(Shape::Any);
            target.insert(key.clone(), apply(&below, before, value));
        }
    }
    target
}

fn delete_from(target: &mut Map<String, Value>, list: &str, gone: &Value) {
    if let (Some(Value::Array(items)), Value::Array(gone)) = (target.get_mut(list), gone) {
        items.retain(|item| !gone.contains(item));
    }
}

fn list(items: &Shape, merge: &Merge, target: Vec<Value>, patch: &[Value]) -> Vec<Value> {
    let replaces = |item: &&Value| item.get("$patch").and_then(Value::as_str) == Some("replace");
    let mut merged = if patch.iter().any(|item| replaces(&item)) { Vec::new() } else { target };
    // merging goes by the first key alone
    let same = |one: &Value, two: &Value| match merge {
        Merge::Keys(keys) => keys.first().is_some_and(|key| one.get(key).is_some() && one.get(key) == two.get(key)),
        _ => one == two,
    };
    for item in patch.iter().filter(|item| !replaces(item)) {
        let place = merged.iter().position(|other| same(other, item));
        let deletes = item.get("$patch").and_then(Value::as_str) == Some("delete");
        match place {
            Some(place) if deletes => {
                merged.remove(place);
            }
            Some(place) => merged[place] = apply(items, std::mem::take(&mut merged[place]), item),
            None if deletes => {}
            None => merged.push(apply(items, Value::Null, item)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_with_keys_merge_and_obey_directives() {
        let pod = Shape::of("PodSpec");
        let before = json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]});
        let patch =
            json!({"containers": [{"name": "a", "image": "2"}, {"name": "b", "$patch": "delete"}, {"name": "c"}]});
        assert_eq!(apply(&pod, before, &patch), json!({"containers": [{"name": "a", "image": "2"}, {"name": "c"}]}));
    }

    #[test]
    fn pull_secrets_of_an_account_are_replaced_and_their_directives_stay() {
        let account = Shape::of("ServiceAccount");
        let before = json!({"imagePullSecrets": [{"name": "harbor"}]});
        let patch = json!({"imagePullSecrets": [{"$patch": "delete", "name": "registry"}]});
        assert_eq!(apply(&account, before, &patch), patch);
    }
}
