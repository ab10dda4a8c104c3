//! What an export has decided so far.

use std::collections::BTreeSet;

use evenkeel_core::{
    field::Field,
    object::ObjectId,
    plan::{Action, ChangeDocument},
};

/// The decisions. They only ever go one way, so that settling ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions<D> {
    /// Those about the application's own, such as which objects follow from a team.
    pub own: D,
    /// What the values leave out because the application does not keep it.
    pub not_kept: NotKept,
}

/// Objects, and fields of objects, that the application does not keep as they are declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotKept(BTreeSet<(ObjectId, Option<String>)>);

impl NotKept {
    /// Whether values may declare an object.
    #[must_use]
    pub fn allows(&self, object: &ObjectId) -> bool {
        !self.0.contains(&(object.clone(), None))
    }

    /// Whether values may declare a field of an object.
    #[must_use]
    pub fn allows_field(&self, object: &ObjectId, field: &str) -> bool {
        !self.0.contains(&(object.clone(), Some(field.to_owned())))
    }

    /// Whether values may declare everything of an object whose path begins like this, such as an item of a list.
    #[must_use]
    pub fn allows_all_below(&self, object: &ObjectId, path: &str) -> bool {
        !self.fields_of(object).any(|field| field.starts_with(path))
    }

    /// What values may declare of one field of an object; `None` where that is nothing. `holder` is a map with the one key.
    #[must_use]
    pub fn rest_of_field(&self, object: &ObjectId, key: &str, mut holder: Field) -> Option<Field> {
        for path in self.fields_of(object) {
            if path == key || path.starts_with(&format!("{key}[")) {
                return None;
            }
            let Some(below) = path.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')) else { continue };
            if let Field::Map(holder) = &mut holder
                && let Some(Field::Map(entries)) = holder.get_mut(key)
            {
                entries.remove(below);
            }
        }
        Some(holder)
    }

    /// Adds what a plan would change: the fields of an update where `by_field` says so, otherwise the whole object.
    pub(super) fn add(&mut self, change: &ChangeDocument, by_field: bool) {
        let object = &change.object;
        if by_field && change.action == Action::Update && !change.fields.is_empty() {
            self.0.extend(change.fields.iter().map(|field| (object.clone(), Some(field.path.to_string()))));
        } else {
            self.0.insert((object.clone(), None));
        }
    }

    /// All of them, by object.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, Option<&str>)> {
        self.0.iter().map(|(object, field)| (object, field.as_deref()))
    }

    fn fields_of(&self, object: &ObjectId) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| name == object).filter_map(|(_, field)| field.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_core::object::Kind;

    use super::*;

    #[test]
    fn no_other_object_is_taken_for_one_that_is_not_kept() {
        let kind = Kind::new("client-role");
        let (role, other) = (ObjectId::within(kind.clone(), "app", "x/y"), ObjectId::within(kind, "app/x", "y"));
        let not_kept = NotKept([(role.clone(), None)].into());
        assert!(not_kept.allows(&other) && !not_kept.allows(&role), "their joined names are equal");
    }

    #[test]
    fn an_entry_of_a_map_that_is_not_kept_leaves_the_others_and_an_item_of_a_list_takes_the_list() {
        let shop = ObjectId::new(Kind::new("client"), "shop");
        let text = |text: &str| Field::Text(text.to_owned());
        let attributes = Field::Map([("a".to_owned(), text("1")), ("b".to_owned(), text("2"))].into());
        let holder = |key: &str, field: Field| Field::Map([(key.to_owned(), field)].into());
        let field = |name: &str| (shop.clone(), Some(name.to_owned()));
        let not_kept = NotKept([field("attributes.a"), field("origins[x]")].into());
        let rest = not_kept.rest_of_field(&shop, "attributes", holder("attributes", attributes));
        assert_eq!(rest, Some(holder("attributes", Field::Map([("b".to_owned(), text("2"))].into()))));
        assert_eq!(not_kept.rest_of_field(&shop, "origins", holder("origins", Field::List(Vec::new()))), None);
        assert!(!not_kept.allows_all_below(&shop, "origins[x]") && not_kept.allows_all_below(&shop, "origins[y]"));
    }
}
