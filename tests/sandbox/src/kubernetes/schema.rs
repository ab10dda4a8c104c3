//! What fields the kinds have, as far as writers meet them: unknown fields are told, lists merge by their keys, defaults of the
//! language (an empty list, a zero) are left out of answers as the real server leaves them out.
//!
//! `data/types.json` holds the types in a short notation: `!` always shown, `*` may be zero, `[]` a list that is one value,
//! `[name]` a list by that key, `[=]` a set, `{}` a map, `&` an object that is one value, and a word for the value itself.

mod decode;

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

pub(crate) use decode::decode;

const TYPES: &str = include_str!("data/types.json");

/// What a value looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Text,
    /// Base64.
    Bytes,
    Integer {
        bits: u32,
    },
    Bool,
    Time,
    /// A time with six digits of a second.
    MicroTime,
    IntegerOrText,
    /// Whatever comes.
    Any,
    Map {
        values: Arc<Shape>,
        atomic: bool,
    },
    List {
        items: Arc<Shape>,
        merge: Merge,
    },
    Object {
        name: Arc<str>,
        atomic: bool,
    },
}

/// How a list takes new elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Merge {
    /// It is replaced as a whole.
    Atomic,
    /// Its elements are values.
    Set,
    /// Its elements are told apart by these keys.
    Keys(Arc<[String]>),
}

/// One field of a type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) shape: Shape,
    /// Shown also when it has no value.
    pub(crate) always: bool,
    /// A zero is a value.
    pub(crate) optional: bool,
}

/// A type's fields; `*` takes every other key.
pub(crate) type Fields = BTreeMap<String, Field>;

static FIELDS: LazyLock<BTreeMap<String, Fields>> = LazyLock::new(|| {
    let types: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(TYPES).unwrap_or_default();
    types.into_iter().map(|(name, fields)| (name, fields.iter().map(read).collect())).collect()
});

fn read((name, notation): (&String, &String)) -> (String, Field) {
    let always = notation.starts_with('!') || notation.ends_with('!');
    let notation = notation.trim_start_matches('!').trim_end_matches('!');
    let optional = notation.starts_with('*');
    (name.clone(), Field { shape: shape(notation.trim_start_matches('*')), always, optional })
}

fn shape(notation: &str) -> Shape {
    if let Some(rest) = notation.strip_prefix('[') {
        let (keys, items) = rest.split_once(']').unwrap_or(("", rest));
        let merge = match keys {
            "" => Merge::Atomic,
            "=" => Merge::Set,
            keys => Merge::Keys(keys.split(',').map(str::to_owned).collect()),
        };
        return Shape::List { items: Arc::new(shape(items)), merge };
    }
    if let Some(values) = notation.strip_prefix("{}") {
        return Shape::Map { values: Arc::new(shape(values)), atomic: false };
    }
    if let Some(values) = notation.strip_prefix("{!}") {
        return Shape::Map { values: Arc::new(shape(values)), atomic: true };
    }
    match notation {
        "text" => Shape::Text,
        "bytes" => Shape::Bytes,
        "int32" => Shape::Integer { bits: 32 },
        "int64" => Shape::Integer { bits: 64 },
        "bool" => Shape::Bool,
        "time" => Shape::Time,
        "micro" => Shape::MicroTime,
        "intOrText" => Shape::IntegerOrText,
        "any" => Shape::Any,
        name => Shape::Object { name: name.trim_start_matches('&').into(), atomic: name.starts_with('&') },
    }
}

impl Shape {
    /// The shape of objects of that type.
    pub(crate) fn of(name: &str) -> Self {
        Self::Object { name: name.into(), atomic: false }
    }

    /// The fields of an object of a known type.
    pub(crate) fn fields(&self) -> Option<&'static Fields> {
        match self {
            Self::Object { name, .. } => FIELDS.get(&**name),
            _ => None,
        }
    }

    /// The shape of a field, or of a map's value. `None`: there is no such field.
    pub(crate) fn child(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map { values, .. } => Some(values),
            Self::Object { .. } => {
                let fields = self.fields()?;
                fields.get(key).or_else(|| fields.get("*")).map(|field| &field.shape)
            }
            Self::Any => Some(self),
            _ => None,
        }
    }

    /// Whether values change as a whole.
    pub(crate) fn is_atomic(&self, value: &Value) -> bool {
        match self {
            Self::Map { atomic, .. } | Self::Object { atomic, .. } => *atomic,
            Self::List { merge, .. } => *merge == Merge::Atomic,
            Self::Any => !value.is_object(),
            _ => true,
        }
    }

    /// How the type is called in messages about values that do not fit it.
    fn type_name(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Bytes => "[]uint8".to_owned(),
            Self::Integer { bits } => format!("int{bits}"),
            Self::Bool => "bool".to_owned(),
            Self::Time => "v1.Time".to_owned(),
            Self::MicroTime => "v1.MicroTime".to_owned(),
            Self::IntegerOrText => "intstr.IntOrString".to_owned(),
            Self::Any => "interface {}".to_owned(),
            Self::Map { values, .. } => format!("map[string]{}", values.type_name()),
            Self::List { items, .. } => format!("[]{}", items.type_name()),
            Self::Object { name, .. } => format!("v1.{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there() {
        fn check(shape: &Shape, within: &str) {
            match shape {
                Shape::Object { name, .. } => assert!(shape.fields().is_some(), "`{name}` of `{within}`"),
                Shape::Map { values, .. } => check(values, within),
                Shape::List { items, .. } => check(items, within),
                _ => {}
            }
        }
        assert!(FIELDS.len() > 40);
        for (name, fields) in FIELDS.iter() {
            for field in fields.values() {
                check(&field.shape, name);
            }
        }
    }

    #[test]
    fn pull_secrets_of_an_account_are_one_value_and_those_of_a_pod_are_not() {
        let account = Shape::of("ServiceAccount");
        let pod = Shape::of("PodSpec");
        assert!(account.child("imagePullSecrets").unwrap().is_atomic(&Value::Null));
        assert!(!pod.child("imagePullSecrets").unwrap().is_atomic(&Value::Null));
    }
}
