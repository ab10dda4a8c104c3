//! JSON pointers with one more kind of segment: `key=value` picks the first element of a list with that value.

use serde_json::Value;

use super::variables::as_text;

/// The value at `pointer` in `body`; `""` is the whole body.
pub(crate) fn find<'a>(body: &'a Value, pointer: &str) -> Option<&'a Value> {
    if pointer.is_empty() {
        return Some(body);
    }
    pointer
        .strip_prefix('/')?
        .split('/')
        .try_fold(body, |at, segment| step(at, &segment.replace("~1", "/").replace("~0", "~")))
}

fn step<'a>(at: &'a Value, segment: &str) -> Option<&'a Value> {
    match at {
        Value::Object(entries) => entries.get(segment),
        Value::Array(items) => match segment.split_once('=') {
            Some((key, value)) => items.iter().find(|item| item.get(key).is_some_and(|found| as_text(found) == value)),
            None => items.get(segment.parse::<usize>().ok()?),
        },
        _ => None,
    }
}

/// `pointer` with one more segment, escaped.
pub(crate) fn join(pointer: &str, segment: &str) -> String {
    format!("{pointer}/{}", segment.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_segment_with_a_value_picks_the_first_such_element() {
        let body = json!({"list": [{"name": "a", "id": 1}, {"name": "b", "id": 2}, {"name": "b", "id": 3}]});
        assert_eq!(find(&body, "/list/name=b/id"), Some(&json!(2)));
        assert_eq!(find(&body, "/list/0/name"), Some(&json!("a")));
        assert_eq!(find(&body, "/list/name=c/id"), None);
        assert_eq!(find(&body, ""), Some(&body));
    }

    #[test]
    fn a_joined_segment_is_found_again() {
        let body = json!({"a/b~c": 1});
        assert_eq!(find(&body, &join("", "a/b~c")), Some(&json!(1)));
    }
}
