//! A representation as values: what values may declare of it, and what a fresh realm does not have anyway.

use std::collections::BTreeMap;

use evenkeel_core::{field::Field, object::ObjectId};
use evenkeel_engine::export::{Composer, declarable, document::Node, secrets::Secrets};
use evenkeel_keycloak_client::json_schema;
use serde::Serialize;

use super::{fresh::Baseline, secrets};

/// An object on its way into the values.
pub(super) struct Object<'a> {
    /// What plans call it.
    pub id: ObjectId,
    /// Which representation it is.
    pub definition: &'static str,
    /// Fields that have another place in the values, or none.
    pub skipped: &'a [&'a str],
}

impl Object<'_> {
    /// The fields that differ from `baseline`; `None` where none does.
    pub(super) fn node<T: Serialize>(
        &self,
        representation: &T,
        baseline: &Baseline<'_>,
        composer: &mut Composer<'_>,
    ) -> BTreeMap<String, Node> {
        let Ok(Field::Map(fields)) = Field::of(representation) else { return BTreeMap::new() };
        let known = declarable(json_schema(self.definition).as_ref());
        let mut entries = BTreeMap::new();
        for (key, field) in fields {
            if self.skipped.contains(&key.as_str()) || !known.contains(&key) {
                continue;
            }
            let Some(field) = differing(field, &baseline.get(&key)) else { continue };
            let holder = secrets::marked(field_in(&key, field));
            let Some(Field::Map(mut holder)) = composer.not_kept.rest_of_field(&self.id, &key, holder) else {
                continue;
            };
            let Some(field) = holder.remove(&key) else { continue };
            let mut variable =
                |path: &str, text: &secrecy::SecretString| self.variable(path, text, &mut composer.secrets);
            if let Some(node) = Node::of(&field, &key, &mut variable) {
                entries.insert(key, sorted(node));
            }
        }
        entries
    }

    fn variable(&self, path: &str, text: &secrecy::SecretString, secrets: &mut Secrets) -> String {
        let hidden = evenkeel_transport::Secret::from(text.clone()).is_empty();
        match secrets.variable(self.id.kind().as_str(), &self.id.path(), path, (!hidden).then(|| text.clone())) {
            Node::Secret(variable) => variable,
            _ => String::new(),
        }
    }
}

/// The field in a map of its own, so that its key is seen.
fn field_in(key: &str, field: Field) -> Field {
    Field::Map(BTreeMap::from([(key.to_owned(), field)]))
}

/// What of a field a fresh realm does not have: single entries of a map, any other field as a whole.
fn differing(field: Field, baseline: &Baseline<'_>) -> Option<Field> {
    match field {
        Field::Map(fields) => {
            let differ = fields.into_iter().filter(|(key, field)| !baseline.get(key).has(field)).collect();
            let differ = Field::Map(differ);
            (!matches!(&differ, Field::Map(fields) if fields.is_empty())).then_some(differ)
        }
        field if baseline.has(&field) => None,
        field => Some(field),
    }
}

/// Keycloak has its sets in another order each time; what is no set is not sorted here by its names.
fn sorted(node: Node) -> Node {
    match node {
        Node::List(mut items) if items.iter().all(|item| matches!(item, Node::Text(_))) => {
            items.sort_by(|one, two| match (one, two) {
                (Node::Text(one), Node::Text(two)) => one.cmp(two),
                _ => std::cmp::Ordering::Equal,
            });
            Node::List(items)
        }
        node => node,
    }
}
