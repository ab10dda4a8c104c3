//! What two servers that were asked for the same have in common: all but generated ids, moments and the own address.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::subject::Subject;

/// The state of all servers without what differs between two of them. Lists lose their order, which the applications
/// do not promise; nothing else is lost.
pub(crate) fn essence<S: Subject>(subject: &S) -> Value {
    let addresses: Vec<(String, String)> =
        subject.servers().into_iter().map(|(name, server)| (server.url().to_owned(), format!("({name})"))).collect();
    reduced::<S>(subject.snapshot(), &addresses)
}

fn reduced<S: Subject>(value: Value, addresses: &[(String, String)]) -> Value {
    match value {
        Value::String(text) if is_generated_id(&text) => "(id)".into(),
        Value::String(text) => addresses.iter().fold(text, |text, (address, name)| text.replace(address, name)).into(),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(|item| reduced::<S>(item, addresses)).collect();
            items.sort_by_cached_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => {
            let lasting = fields.into_iter().filter(|(key, _)| !S::is_of_the_moment(key));
            Value::Object(lasting.map(|(key, value)| (key, reduced::<S>(value, addresses))).collect())
        }
        other => other,
    }
}

/// A path without generated ids.
pub(crate) fn without_ids(path: &str) -> String {
    path.split('/').map(|segment| if is_generated_id(segment) { "(id)" } else { segment }).collect::<Vec<_>>().join("/")
}

/// Five groups of hexadecimal digits.
fn is_generated_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Where two states differ, one line a place; empty when they are the same.
pub(crate) fn differences(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (leaves(before), leaves(after));
    let shown = |value: Option<&String>| value.map_or_else(|| "(nothing)".to_owned(), Clone::clone);
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| format!("{path}: {} -> {}", shown(before.get(path)), shown(after.get(path))))
        .collect()
}

fn leaves(value: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                open.extend(fields.iter().map(|(key, value)| (format!("{path}/{key}"), value)));
            }
            Value::Array(items) if !items.is_empty() => {
                open.extend(items.iter().enumerate().map(|(index, value)| (format!("{path}/{index}"), value)));
            }
            leaf => {
                found.insert(path, leaf.to_string());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_generated_id_is_known_by_its_form() {
        assert!(is_generated_id("0f8fad5b-d9cb-469f-a165-70867728950e"));
        assert!(!is_generated_id("team-a-b-c-d"));
    }

    #[test]
    fn every_place_that_differs_is_told() {
        let (before, after) = (json!({"a": [1, 2], "b": {}}), json!({"a": [1, 3], "c": null}));
        assert_eq!(differences(&before, &after), ["/a/1: 2 -> 3", "/b: {} -> (nothing)", "/c: (nothing) -> null"]);
        assert!(differences(&before, &before).is_empty());
    }
}
