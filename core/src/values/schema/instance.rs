//! The located tree as an instance that jsonschema validates as it is: no copy of a secret is made.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, Node as Instance, NodeIdentity, Object};
use serde_json::{Number, Value};

use crate::values::tree::{Content, Entries, Map, Node};

/// The representation that [`Node`] is.
pub(crate) struct Tree;

impl Json for Tree {
    type Node<'a> = &'a Node;
    type PreparedKey = Box<str>;
    type StringBuffer = Node;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>(buffer: &mut Node, string: &str, f: impl FnOnce(&Node) -> T) -> T {
        buffer.content = Content::Text(string.into());
        f(buffer)
    }
}

impl<'a> Instance<'a, Tree> for &'a Node {
    type Object = &'a Map;
    type Array = Items<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<&'a Map> {
        self.as_map()
    }

    fn as_array(&self) -> Option<Items<'a>> {
        self.as_list().map(Items)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        self.as_text().map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<&'a Number> {
        match &self.content {
            Content::Number(number) => Some(number),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.content {
            Content::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.content, Content::Null { .. })
    }

    fn json_type(&self) -> JsonType {
        match self.content {
            Content::Null { .. } => JsonType::Null,
            Content::Bool(_) => JsonType::Boolean,
            Content::Number(_) => JsonType::Number,
            Content::Text(_) | Content::Secret(_) => JsonType::String,
            Content::List(_) => JsonType::Array,
            Content::Map(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (&self.content, expected) {
            (Content::Null { .. }, Value::Null) => true,
            (Content::Bool(value), Value::Bool(expected)) => value == expected,
            (Content::Number(value), Value::Number(expected)) => same_number(value, expected),
            (Content::Text(_) | Content::Secret(_), Value::String(expected)) => self.as_text() == Some(expected),
            (Content::List(items), Value::Array(expected)) => {
                items.len() == expected.len()
                    && items.iter().zip(expected).all(|(item, expected)| item.equals_value(expected))
            }
            (Content::Map(map), Value::Object(expected)) => {
                map.len() == expected.len()
                    && expected
                        .iter()
                        .all(|(key, expected)| map.get(key).is_some_and(|entry| (&&entry.value).equals_value(expected)))
            }
            _ => false,
        }
    }

    /// What an error carries along. Only the names that `propertyNames` checks are ever read from errors, so
    /// nothing else is handed out.
    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match &self.content {
            Content::Text(text) => Value::String(text.as_ref().to_owned()),
            _ => Value::Null,
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref::<Node>(self) as usize))
    }
}

fn same_number(left: &Number, right: &Number) -> bool {
    left == right || (left.as_f64() == right.as_f64() && (left.is_f64() || right.is_f64()))
}

/// Items of a list.
pub(crate) struct Items<'a>(&'a [Node]);

impl<'a> Array<'a, Tree> for Items<'a> {
    type Node = &'a Node;
    type ElementsIter = std::slice::Iter<'a, Node>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> Self::ElementsIter {
        self.0.iter()
    }

    fn is_unique(&self) -> bool {
        let mut seen = BTreeSet::new();
        self.0.iter().all(|item| {
            let mut text = String::new();
            fingerprint(item, &mut text);
            seen.insert(text)
        })
    }
}

/// A text that two values share exactly when they are equal.
fn fingerprint(node: &Node, text: &mut String) {
    match &node.content {
        Content::Null { .. } => text.push('n'),
        Content::Bool(value) => text.push(if *value { 't' } else { 'f' }),
        // the validator compares numbers by value: 1 and 1.0 are the same
        Content::Number(number) => match number.as_f64() {
            Some(value) if number.is_f64() && value.fract() == 0.0 => text.push_str(&format!("{value:.0}")),
            _ => text.push_str(&number.to_string()),
        },
        Content::Text(_) | Content::Secret(_) => text.push_str(&format!("{:?}", node.as_text().unwrap_or_default())),
        Content::List(items) => {
            text.push('[');
            for item in items {
                fingerprint(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Content::Map(map) => {
            text.push('{');
            for (key, entry) in map.iter() {
                text.push_str(&format!("{key:?}:"));
                fingerprint(&entry.value, text);
                text.push(',');
            }
            text.push('}');
        }
    }
}

/// Members of a map.
pub(crate) struct Members<'a>(Entries<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a Node);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, entry)| (key, &entry.value))
    }
}

impl<'a> Object<'a, Tree> for &'a Map {
    type Node = &'a Node;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        Map::len(self)
    }

    fn get(&self, key: &Box<str>) -> Option<&'a Node> {
        Map::get(self, key).map(|entry| &entry.value)
    }

    fn members(&self) -> Members<'a> {
        Members(self.iter())
    }
}
