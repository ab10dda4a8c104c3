//! Which fields an object has, and which differ between two.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::fields::Fields;
use crate::kubernetes::schema::{Merge, Shape};

/// Fields that everybody writes and nobody owns.
const NOBODYS: [&[&str]; 11] = [
    &["f:apiVersion"],
    &["f:kind"],
    &["f:metadata", "f:name"],
    &["f:metadata", "f:namespace"],
    &["f:metadata", "f:creationTimestamp"],
    &["f:metadata", "f:selfLink"],
    &["f:metadata", "f:uid"],
    &["f:metadata", "f:clusterName"],
    &["f:metadata", "f:generation"],
    &["f:metadata", "f:managedFields"],
    &["f:metadata", "f:resourceVersion"],
];

/// How two objects differ.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) added: Fields,
    pub(crate) modified: Fields,
    pub(crate) removed: Fields,
}

/// The differences between two objects, without fields that nobody owns.
pub(crate) fn compare(shape: &Shape, old: &Value, new: &Value) -> Compared {
    let mut compared = Compared::default();
    walk(shape, Some(old), Some(new), &mut Vec::new(), &mut compared);
    for fields in [&mut compared.added, &mut compared.modified, &mut compared.removed] {
        strip(fields);
    }
    compared
}

/// The fields that a configuration names.
pub(crate) fn fields_of(shape: &Shape, value: &Value) -> Fields {
    let mut fields = Fields::default();
    collect(shape, value, &mut Vec::new(), &mut fields);
    strip(&mut fields);
    fields
}

fn strip(fields: &mut Fields) {
    for path in NOBODYS {
        fields.forget(path);
    }
}

/// A value within another, by the step that leads to it.
pub(crate) struct Child<'a> {
    pub(crate) shape: Shape,
    pub(crate) value: &'a Value,
    /// Elements of lists are themselves owned, fields of objects are not.
    pub(crate) element: bool,
}

/// What is within a value that does not change as a whole; `None` for one that does.
pub(crate) fn children<'a>(shape: &Shape, value: &'a Value) -> Option<BTreeMap<String, Child<'a>>> {
    if shape.is_atomic(value) {
        return None;
    }
    match (shape, value) {
        (Shape::List { items, merge }, Value::Array(list)) => {
            let child = |value| Child { shape: Shape::clone(items), value, element: true };
            Some(list.iter().filter_map(|item| Some((step(merge, item)?, child(item)))).collect())
        }
        (_, Value::Object(entries)) => {
            let child = |(key, value): (&String, &'a Value)| {
                let shape = shape.child(key).cloned().unwrap_or(Shape::Any);
                (format!("f:{key}"), Child { shape, value, element: false })
            };
            Some(entries.iter().map(child).collect())
        }
        _ => None,
    }
}

/// The step that leads to an element of a list.
pub(crate) fn step(merge: &Merge, item: &Value) -> Option<String> {
    match merge {
        Merge::Atomic => None,
        Merge::Set => Some(format!("v:{item}")),
        Merge::Keys(keys) => {
            let key = |key: &String| {
                let value = item.get(key).cloned();
                // the one default that a key has
                let value = value.or_else(|| (key == "protocol").then(|| "TCP".into()));
                (key.clone(), value.unwrap_or_default())
            };
            Some(format!("k:{}", Value::Object(keys.iter().map(key).collect::<Map<_, _>>())))
        }
    }
}

fn collect(shape: &Shape, value: &Value, path: &mut Vec<String>, fields: &mut Fields) {
    let within = children(shape, value).filter(|within| !within.is_empty());
    let Some(within) = within else {
        if !path.is_empty() {
            fields.insert(path);
        }
        return;
    };
    for (step, child) in within {
        path.push(step);
        if child.element {
            fields.insert(path);
        }
        collect(&child.shape, child.value, path, fields);
        path.pop();
    }
}

fn walk(shape: &Shape, old: Option<&Value>, new: Option<&Value>, path: &mut Vec<String>, compared: &mut Compared) {
    let before = old.and_then(|value| children(shape, value));
    let after = new.and_then(|value| children(shape, value));
    match (old, new) {
        (None, Some(_)) => compared.added.insert(path),
        (Some(_), None) => compared.removed.insert(path),
        (Some(old), Some(new)) if (before.is_none() || after.is_none()) && old != new => {
            compared.modified.insert(path);
        }
        _ => {}
    }
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    for (step, child) in &before {
        path.push(step.clone());
        walk(&child.shape, Some(child.value), after.get(step).map(|child| child.value), path, compared);
        path.pop();
    }
    for (step, child) in after.iter().filter(|(step, _)| !before.contains_key(*step)) {
        path.push(step.clone());
        walk(&child.shape, None, Some(child.value), path, compared);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_added_map_is_owned_itself_and_a_named_key_is_not() {
        let secret = Shape::of("Secret");
        let compared =
            compare(&secret, &json!({"metadata": {}}), &json!({"metadata": {"name": "x"}, "data": {"a": ""}}));
        assert_eq!(compared.added.write(), json!({"f:data": {".": {}, "f:a": {}}}));
        assert!(compared.modified.is_empty() && compared.removed.is_empty());
        let fields = fields_of(&secret, &json!({"metadata": {"name": "x"}, "data": {"a": ""}}));
        assert_eq!(fields.paths(), [".data.a"]);
    }

    #[test]
    fn elements_are_told_apart_by_their_keys() {
        let pod = Shape::of("Pod");
        let with = |image: &str| json!({"spec": {"containers": [{"name": "a", "image": image}, {"name": "b"}]}});
        let compared = compare(&pod, &with("1"), &with("2"));
        assert_eq!(compared.modified.paths(), [".spec.containers[name=\"a\"].image"]);
        assert!(compared.added.is_empty());
    }
}
