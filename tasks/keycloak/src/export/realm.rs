//! The realm's own settings.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use evenkeel_core::{field::Field, object::ObjectId};
use evenkeel_engine::export::document::Node;

use super::{composing::Composing, fields::Object, left_out::LeftOut};
use crate::{desired::REFUSED_IN_REALM, names::REALM};

/// What an update of the realm does not take, or what is a list of its own here.
const ELSEWHERE: [&str; 5] =
    ["defaultDefaultClientScopes", "defaultGroups", "defaultOptionalClientScopes", "displayName", "notBefore"];

/// The settings: those that differ from a fresh realm's, and those that differ from what is implied.
pub(super) fn settings(composing: &mut Composing<'_>) -> Option<Node> {
    let Some(realm) = &composing.found.realm else {
        // What is implied would be compared with what nobody can see.
        return Some(Node::Null);
    };
    let skipped: Vec<&str> = ELSEWHERE.into_iter().chain(REFUSED_IN_REALM.iter().map(|(field, _)| *field)).collect();
    let name = composing.place.names.realm.as_str();
    let id = ObjectId::new(REALM, name);
    let object = Object { id: id.clone(), definition: "RealmRepresentation", skipped: &skipped };
    let implied = Field::of(&composing.implied.realm).unwrap_or(Field::Null);
    let fresh = composing.fresh.at(&["realm"]);
    let baseline = fresh.behind(&implied);
    let mut entries = object.node(realm, &baseline, &mut composing.composer);
    // The name is implied, so that its absence has to be said.
    let shown = realm.display_name.clone().unwrap_or_default();
    if shown != name {
        entries.insert("displayName".to_owned(), Node::Text(shown));
    }
    scopes(composing, &mut entries);
    default_groups(composing, &mut entries);
    for key in composing.implied.realm.keys() {
        if !composing.composer.not_kept.allows_field(&id, key) {
            entries.insert(key.clone(), Node::Null);
        }
    }
    (!entries.is_empty()).then_some(Node::Map(entries))
}

/// The scopes of new clients, where they are not those of a fresh realm.
fn scopes(composing: &mut Composing<'_>, entries: &mut BTreeMap<String, Node>) {
    let fields = |names: &BTreeSet<String>| Field::List(names.iter().cloned().map(Field::Text).collect());
    let found = composing.found;
    let lists = [
        ("defaultDefaultClientScopes", "defaultClientScopes", &found.default_client_scopes),
        ("defaultOptionalClientScopes", "optionalClientScopes", &found.optional_client_scopes),
    ];
    for (key, recorded, found) in lists {
        let Some(found) = found else { continue };
        let is_fresh = composing.fresh.at(&[recorded]).has(&fields(found));
        if !is_fresh && composing.can_list(&format!("`{key}` of the realm"), found) {
            entries.insert(key.to_owned(), Node::texts(found.iter().cloned()));
        }
    }
}

/// The groups that new users join. The realm shows a path for each, which another group may have as well.
fn default_groups(composing: &mut Composing<'_>, entries: &mut BTreeMap<String, Node>) {
    let found = composing.found;
    let (Some(listed), Some(groups)) = (&found.default_groups, &found.groups) else { return };
    let paths: HashMap<&str, &String> =
        groups.iter().filter_map(|(path, group)| Some((group.id.as_deref()?, path))).collect();
    let mut known = BTreeSet::new();
    for group in listed {
        let Some(path) = group.id.as_deref().and_then(|id| paths.get(id)) else {
            let name = group.path.as_deref().unwrap_or_default();
            return composing.remark(LeftOut::DefaultGroups { path: name.to_owned() });
        };
        known.insert(format!("/{path}"));
    }
    if !known.is_empty() {
        entries.insert("defaultGroups".to_owned(), Node::texts(known));
    }
}
