//! Lays a configuration over an object, and takes fields away.

use serde_json::{Map, Value};

use super::compare::step;
use super::fields::Fields;
use crate::kubernetes::schema::{Merge, Shape};

/// The object with all that the configuration says.
pub(crate) fn merge(shape: &Shape, live: &Value, configuration: &Value) -> Value {
    if shape.is_atomic(configuration) {
        return configuration.clone();
    }
    match (shape, live, configuration) {
        (Shape::List { items, merge }, Value::Array(live), Value::Array(wanted)) => {
            merged_list(items, merge, live, wanted).into()
        }
        (_, Value::Object(live), Value::Object(wanted)) => {
            let mut merged = live.clone();
            for (key, value) in wanted.iter().filter(|(_, value)| !value.is_null()) {
                let shape = shape.child(key).cloned().unwrap_or(Shape::Any);
                let below = live.get(key).unwrap_or(&Value::Null);
                merged.insert(key.clone(), self::merge(&shape, below, value));
            }
            merged.into()
        }
        _ => configuration.clone(),
    }
}

fn merged_list(items: &Shape, rule: &Merge, live: &[Value], wanted: &[Value]) -> Vec<Value> {
    let mut merged = live.to_vec();
    for value in wanted {
        let place = live.iter().position(|item| step(rule, item) == step(rule, value));
        match place {
            Some(place) => merged[place] = merge(items, &live[place], value),
            None => merged.push(value.clone()),
        }
    }
    merged
}

/// The object without the fields of `gone`. What holds fields of `kept` stays, whoever owned it.
pub(crate) fn prune(shape: &Shape, value: Value, gone: &Fields, kept: &Fields) -> Value {
    let below = |step: &str, shape: &Shape, value: Value| {
        let nothing = Fields::default();
        let inner = kept.below(step).unwrap_or(&nothing);
        match gone.below(step) {
            Some(_) if gone.has(step) && inner.is_empty() => None,
            Some(gone) => Some(prune(shape, value, gone, inner)),
            None => Some(value),
        }
    };
    match (shape, value) {
        (Shape::List { items, merge }, Value::Array(list)) => {
            list.into_iter().filter_map(|item| below(&step(merge, &item).unwrap_or_default(), items, item)).collect()
        }
        (_, Value::Object(entries)) => {
            let mut left = Map::new();
            for (key, value) in entries {
                let shape = shape.child(&key).cloned().unwrap_or(Shape::Any);
                if let Some(value) = below(&format!("f:{key}"), &shape, value) {
                    left.insert(key, value);
                }
            }
            left.into()
        }
        (_, value) => value,
    }
}

/// What of a configuration the type does not have, or has otherwise, in the real server's words.
pub(crate) fn misfits(shape: &Shape, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    look(shape, value, "", &mut wrong);
    wrong
}

fn look(shape: &Shape, value: &Value, path: &str, wrong: &mut Vec<String>) {
    let expected = match (shape, value) {
        (_, Value::Null) | (Shape::Any, _) => return,
        (Shape::Object { .. }, Value::Object(entries)) => {
            for (key, value) in entries {
                let below = format!("{path}.{key}");
                match shape.child(key) {
                    Some(shape) => look(shape, value, &below, wrong),
                    None if path.is_empty() && ["apiVersion", "kind"].contains(&key.as_str()) => {}
                    None => wrong.push(format!("{below}: field not declared in schema")),
                }
            }
            return;
        }
        (Shape::Map { values, .. }, Value::Object(entries)) => {
            return entries.iter().for_each(|(key, value)| look(values, value, &format!("{path}.{key}"), wrong));
        }
        (Shape::List { items, merge }, Value::Array(list)) => {
            for (index, item) in list.iter().enumerate() {
                look_into(items, merge, item, path, index, wrong);
            }
            return;
        }
        (Shape::Object { .. } | Shape::Map { .. }, _) => "map",
        (Shape::List { .. }, _) => "list",
        (Shape::Integer { .. }, Value::Number(_)) | (Shape::Bool, Value::Bool(_)) => return,
        (Shape::IntegerOrText, Value::Number(_) | Value::String(_)) => return,
        (Shape::Text | Shape::Bytes | Shape::Time | Shape::MicroTime, Value::String(_)) => return,
        (Shape::Integer { .. }, _) => "numeric (int or float)",
        (Shape::Bool, _) => "boolean",
        _ => "string",
    };
    wrong.push(format!("{path}: expected {expected}, got &value.valueUnstructured{{Value:{value}}}"));
}

fn look_into(items: &Shape, merge: &Merge, item: &Value, path: &str, index: usize, wrong: &mut Vec<String>) {
    if let Merge::Keys(keys) = merge
        && let Some(key) = keys.iter().find(|key| item.get(*key).is_none() && *key != "protocol")
    {
        let why = "associative list with keys has an element that omits key field";
        wrong.push(format!("{path}: element {index}: {why} {key:?} (and doesn't have default value)"));
        return;
    }
    let mut fields = Fields::default();
    fields.insert(&[step(merge, item).unwrap_or_else(|| format!("i:{index}"))]);
    let place = fields.paths().pop().unwrap_or_default();
    look(items, item, &format!("{path}{place}"), wrong);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_with_keys_merge_and_others_are_replaced() {
        let pod = Shape::of("PodSpec");
        let live = json!({"imagePullSecrets": [{"name": "a"}], "tolerations": [{"key": "x"}]});
        let merged = merge(&pod, &live, &json!({"imagePullSecrets": [{"name": "b"}], "tolerations": []}));
        assert_eq!(merged, json!({"imagePullSecrets": [{"name": "a"}, {"name": "b"}], "tolerations": []}));
    }

    #[test]
    fn what_the_type_does_not_have_is_named_by_its_path() {
        let pod = Shape::of("Pod");
        let wrong =
            misfits(&pod, &json!({"kind": "Pod", "spec": {"containers": [{"name": "x", "colour": 1}], "hostIPC": 1}}));
        assert_eq!(wrong[0], ".spec.containers[name=\"x\"].colour: field not declared in schema");
        assert_eq!(wrong[1], ".spec.hostIPC: expected boolean, got &value.valueUnstructured{Value:1}");
    }
}
