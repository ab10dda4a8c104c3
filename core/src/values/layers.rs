//! Layers laid over each other: maps merge, lists and scalars replace, `null` removes what an earlier layer set.

use super::compose::Finding;
use super::path::{Step, ValuePath};
use super::source::SourceId;
use super::tree::{Content, Entry, Map, Node};

/// Lays `over` upon `base`.
pub(crate) fn lay(base: Map, over: Map, findings: &mut Vec<Finding>) -> Map {
    Layering { path: ValuePath::root(), findings }.maps(base, over)
}

struct Layering<'findings> {
    path: ValuePath,
    findings: &'findings mut Vec<Finding>,
}

impl Layering<'_> {
    fn maps(&mut self, base: Map, over: Map) -> Map {
        base.joined(over, |key, known, entry| {
            self.path.push(Step::Key(key.to_owned()));
            let laid = match (known, entry.value.content) {
                (Some(_), Content::Null { .. }) => None,
                (Some(known), content) => {
                    let value = Node { content, origin: entry.value.origin };
                    self.entries(known, Entry { key: entry.key, value })
                }
                (None, content) => {
                    let value = Node { content, origin: entry.value.origin };
                    self.first(Entry { key: entry.key, value })
                }
            };
            self.path.pop();
            laid
        })
    }

    /// A map stays where it was written first, unless nobody but the defaults wrote it: a later layer adds to it. Anything
    /// else is where it was written last.
    fn entries(&mut self, base: Entry, over: Entry) -> Option<Entry> {
        let (base_origin, over_origin) = (base.value.origin, over.value.origin);
        match (base.value.content, over.value.content) {
            (Content::Map(below), Content::Map(above)) => {
                let by_default = base.key.source == SourceId::DEFAULTS;
                let (key, origin) = if by_default { (over.key, over_origin) } else { (base.key, base_origin) };
                let content = Content::Map(self.maps(below, above));
                Some(Entry { key, value: Node { content, origin } })
            }
            (_, content) => self.first(Entry { key: over.key, value: Node { content, origin: over_origin } }),
        }
    }

    /// An entry that no earlier layer has: what it removes was never there.
    fn first(&mut self, entry: Entry) -> Option<Entry> {
        let origin = entry.value.origin;
        let content = match entry.value.content {
            Content::Null { written: true } => return None,
            Content::Null { written: false } => {
                self.findings.push(
                    Finding::at(entry.key, format!("`{}` has no value", self.path))
                        .with_hint("write `{}` or `[]` where nothing belongs in it, or `null` to leave it out"),
                );
                return None;
            }
            Content::Map(over) => Content::Map(self.maps(Map::default(), over)),
            content => content,
        };
        Some(Entry { key: entry.key, value: Node { content, origin } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::values::compose::{Text, compose};
    use crate::values::source::{SourceId, SourceKind};

    fn layer(text: &str) -> Map {
        let text = Text { source: SourceId(1), kind: SourceKind::Plain, text, offset: 0 };
        match compose(text).root.map(|root| root.content) {
            Some(Content::Map(map)) => map,
            _ => Map::default(),
        }
    }

    fn laid(layers: &[&Value]) -> Value {
        let mut root = Map::default();
        for layer_value in layers {
            root = lay(root, layer(&layer_value.to_string()), &mut Vec::new());
        }
        plain(&Node { content: Content::Map(root), ..Node::default() })
    }

    fn plain(node: &Node) -> Value {
        match &node.content {
            Content::Null { .. } => Value::Null,
            Content::Bool(value) => json!(value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(_) | Content::Secret(_) => json!(node.as_text()),
            Content::List(items) => items.iter().map(plain).collect(),
            Content::Map(map) => {
                Value::Object(map.iter().map(|(key, entry)| (key.to_owned(), plain(&entry.value))).collect())
            }
        }
    }

    /// Maps whose keys say what their values are (`s` scalars, `l` lists, `m` maps), so that no layer changes a
    /// value's kind: there, and without `null`, it does not matter which layers are joined first.
    fn steady(removals: bool) -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![any::<i32>().prop_map(|number| json!(number)), "[a-z]{1,3}".prop_map(Value::from)];
        let scalar = if removals { prop_oneof![scalar, Just(Value::Null)].boxed() } else { scalar.boxed() };
        let list = prop::collection::vec(any::<u8>(), 0..3).prop_map(|items| json!(items));
        let leaf = prop::collection::btree_map("s[ab]", scalar, 0..3);
        let lists = prop::collection::btree_map("l[ab]", list, 0..3);
        let flat = (leaf, lists).prop_map(|(leaf, lists)| Value::Object(leaf.into_iter().chain(lists).collect()));
        flat.prop_recursive(3, 12, 3, |inner| {
            (inner.clone(), prop::collection::btree_map("m[ab]", inner, 0..3)).prop_map(|(mut flat, maps)| {
                if let Some(object) = flat.as_object_mut() {
                    object.extend(maps);
                }
                flat
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn an_empty_layer_changes_nothing(value in steady(true)) {
            let empty = json!({});
            prop_assert_eq!(laid(&[&value, &empty]), laid(&[&value]));
            prop_assert_eq!(laid(&[&empty, &value]), laid(&[&value]));
        }

        #[test]
        fn a_layer_laid_twice_changes_nothing(base in steady(true), value in steady(true)) {
            prop_assert_eq!(laid(&[&base, &value, &value]), laid(&[&base, &value]));
        }

        #[test]
        fn layers_that_keep_kinds_may_be_joined_in_any_order_of_pairs(
            a in steady(false), b in steady(false), c in steady(false)
        ) {
            let left = laid(&[&laid(&[&a, &b]), &c]);
            let right = laid(&[&a, &laid(&[&b, &c])]);
            prop_assert_eq!(left, right);
        }

        #[test]
        fn no_null_is_left(a in steady(true), b in steady(true)) {
            prop_assert!(!laid(&[&a, &b]).to_string().contains("null"));
        }
    }

    #[test]
    fn a_removed_map_does_not_come_back_under_a_later_one() {
        let merged = laid(&[&json!({"m": {"a": 1}}), &json!({"m": null}), &json!({"m": {"b": 2}})]);
        assert_eq!(merged, json!({"m": {"b": 2}}));
    }
}
