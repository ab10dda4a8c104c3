//! The realm's own settings.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::field::Field;
use evenkeel_engine::export::document::Node;

use super::{compose::Composing, fields::Object};
use crate::desired::REFUSED_IN_REALM;

/// What an update of the realm does not take, or what is a list of its own here.
const ELSEWHERE: [&str; 4] = ["defaultDefaultClientScopes", "defaultOptionalClientScopes", "displayName", "notBefore"];

/// The settings: those that differ from a fresh realm's, and those that differ from what is implied.
pub(super) fn settings(composing: &mut Composing<'_>) -> Option<Node> {
    let Some(realm) = &composing.found.realm else {
        // What is implied would be compared with what nobody can see.
        return Some(Node::Null);
    };
    let skipped: Vec<&str> = ELSEWHERE.into_iter().chain(REFUSED_IN_REALM.iter().map(|(field, _)| *field)).collect();
    let name = composing.place.realm.as_str();
    let object = Object { kind: "realm", name, definition: "RealmRepresentation", skipped: &skipped };
    let implied = Field::of(&composing.implied.realm).unwrap_or(Field::Null);
    let fresh = composing.fresh.at(&["realm"]);
    let baseline = fresh.behind(&implied);
    let mut entries = object.node(realm, &baseline, composing.decisions, &mut composing.secrets);
    // The name is implied, so that its absence has to be said.
    let shown = realm.display_name.clone().unwrap_or_default();
    if shown != name {
        entries.insert("displayName".to_owned(), Node::Text(shown));
    }
    scopes(composing, &mut entries);
    for key in composing.implied.realm.keys() {
        if !composing.decisions.has_field(&format!("realm/{name}"), key) {
            entries.insert(key.clone(), Node::Null);
        }
    }
    (!entries.is_empty()).then_some(Node::Map(entries))
}

/// The scopes of new clients, where they are not those of a fresh realm.
fn scopes(composing: &Composing<'_>, entries: &mut BTreeMap<String, Node>) {
    let fields = |names: &BTreeSet<String>| Field::List(names.iter().cloned().map(Field::Text).collect());
    let lists = [
        ("defaultDefaultClientScopes", "defaultClientScopes", &composing.found.default_client_scopes),
        ("defaultOptionalClientScopes", "optionalClientScopes", &composing.found.optional_client_scopes),
    ];
    for (key, recorded, found) in lists {
        let Some(found) = found else { continue };
        if !composing.fresh.at(&[recorded]).has(&fields(found)) {
            entries.insert(key.to_owned(), Node::texts(found.iter().cloned()));
        }
    }
}
