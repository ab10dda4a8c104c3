//! RFC 6902 as the API server reads it: `replace` also adds a key that is not there.

use serde_json::Value;

/// The patched document; nothing where an operation fails, which ends all of them.
pub(crate) fn apply(mut document: Value, operations: &Value) -> Option<Value> {
    for operation in operations.as_array()? {
        step(&mut document, operation)?;
    }
    Some(document)
}

fn step(document: &mut Value, operation: &Value) -> Option<()> {
    let path = operation["path"].as_str()?;
    match operation["op"].as_str()? {
        "add" => put(document, path, operation.get("value")?.clone(), true),
        "replace" => put(document, path, operation.get("value")?.clone(), false),
        "remove" => take(document, path).map(|_| ()),
        "test" => {
            let wanted = operation.get("value").unwrap_or(&Value::Null);
            let found = find(document, path);
            (found.unwrap_or(&Value::Null) == wanted).then_some(())
        }
        "copy" => {
            let value = find(document, operation["from"].as_str()?)?.clone();
            put(document, path, value, true)
        }
        "move" => {
            let value = take(document, operation["from"].as_str()?)?;
            put(document, path, value, true)
        }
        _ => None,
    }
}

fn segments(path: &str) -> Option<Vec<String>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    let parts = path.strip_prefix('/')?.split('/');
    Some(parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

/// A place in a list; negative numbers count from its end.
fn place(segment: &str, length: usize) -> Option<usize> {
    let number: i64 = segment.parse().ok()?;
    let place = if number < 0 { i64::try_from(length).ok()? + number } else { number };
    usize::try_from(place).ok()
}

fn find<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    segments(path)?.iter().try_fold(document, |value, segment| match value {
        Value::Object(entries) => entries.get(segment),
        Value::Array(list) => list.get(place(segment, list.len())?),
        _ => None,
    })
}

/// What holds the last segment of a path, and that segment.
fn parent<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut segments = segments(path)?;
    let last = segments.pop()?;
    let parent = segments.iter().try_fold(document, |value, segment| match value {
        Value::Object(entries) => entries.get_mut(segment),
        Value::Array(list) => {
            let place = place(segment, list.len())?;
            list.get_mut(place)
        }
        _ => None,
    })?;
    Some((parent, last))
}

fn put(document: &mut Value, path: &str, value: Value, insert: bool) -> Option<()> {
    if path.is_empty() {
        *document = value;
        return Some(());
    }
    match parent(document, path)? {
        (Value::Object(entries), last) => {
            entries.insert(last, value);
            Some(())
        }
        (Value::Array(list), last) if insert && last == "-" => {
            list.push(value);
            Some(())
        }
        (Value::Array(list), last) => {
            let place = place(&last, list.len())?;
            match insert {
                true if place <= list.len() => list.insert(place, value),
                false if place < list.len() => list[place] = value,
                _ => return None,
            }
            Some(())
        }
        _ => None,
    }
}

fn take(document: &mut Value, path: &str) -> Option<Value> {
    match parent(document, path)? {
        (Value::Object(entries), last) => entries.remove(&last),
        (Value::Array(list), last) => {
            let place = place(&last, list.len())?;
            (place < list.len()).then(|| list.remove(place))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_do_what_the_server_does() {
        let document = || json!({"data": {"a": "1"}, "list": [1, 2], "a/b": 1});
        let cases = [
            (json!([{"op": "replace", "path": "/data/z", "value": "2"}]), Some("/data/z")),
            (json!([{"op": "add", "path": "/list/-", "value": 3}]), Some("/list/2")),
            (json!([{"op": "add", "path": "/list/0", "value": 0}]), Some("/list/2")),
            (json!([{"op": "test", "path": "/a~1b", "value": 1}]), Some("/data/a")),
            (json!([{"op": "move", "from": "/data/a", "path": "/data/b"}]), Some("/data/b")),
            (json!([{"op": "add", "path": "/missing/-", "value": 3}]), None),
            (json!([{"op": "remove", "path": "/data/z"}]), None),
            (json!([{"op": "test", "path": "/data/a", "value": "2"}]), None),
        ];
        for (patch, place) in cases {
            let patched = apply(document(), &patch);
            match place {
                Some(place) => assert!(patched.unwrap().pointer(place).is_some(), "{patch}"),
                None => assert_eq!(patched, None, "{patch}"),
            }
        }
    }
}
