//! What was there before evenkeel, and keeps what nobody declared (law 11).

use std::collections::{BTreeMap, BTreeSet};

use super::Note;
use crate::object::ObjectId;

/// How many objects one line names, and how many fields of each.
const NAMED_OBJECTS: usize = 5;
const NAMED_FIELDS: usize = 3;

/// Objects that are not ours, with the built-in settings from which they differ. Nobody declared those, so that nothing is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftAlone(BTreeMap<ObjectId, BTreeSet<String>>);

impl LeftAlone {
    /// Takes in an object and where it differs.
    pub fn add(&mut self, object: &ObjectId, fields: impl IntoIterator<Item = impl Into<String>>) {
        let fields: BTreeSet<String> = fields.into_iter().map(Into::into).collect();
        if !fields.is_empty() {
            self.0.entry(object.clone()).or_default().extend(fields);
        }
    }

    /// Keeps the objects that are `wanted`.
    pub fn retain(&mut self, wanted: impl Fn(&ObjectId) -> bool) {
        self.0.retain(|object, _| wanted(object));
    }

    /// All of it in one line about `target`; nothing where nothing was left alone. `advice` says how to have it managed.
    #[must_use]
    pub fn note(&self, target: ObjectId, advice: &str) -> Option<Note> {
        let count = self.0.len();
        let subject = match count {
            0 => return None,
            1 => "one object that was there is not ours and keeps".to_owned(),
            _ => format!("{count} objects that were there are not ours and keep"),
        };
        let named: Vec<String> =
            self.0.iter().take(NAMED_OBJECTS).map(|(object, fields)| shown(object, fields)).collect();
        let more = match count.saturating_sub(NAMED_OBJECTS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!("{subject} what nobody declared: {}{more}; {advice}", named.join(", "));
        Some(Note { object: target, message })
    }
}

fn shown(object: &ObjectId, fields: &BTreeSet<String>) -> String {
    let named: Vec<String> = fields.iter().take(NAMED_FIELDS).map(|field| format!("`{field}`")).collect();
    match fields.len().saturating_sub(NAMED_FIELDS) {
        0 => format!("`{object}` ({})", named.join(", ")),
        more => format!("`{object}` ({}, {more} more)", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Kind;

    fn role(name: &str) -> ObjectId {
        ObjectId::new(Kind::new("role"), name)
    }

    #[test]
    fn what_was_left_alone_is_one_line_however_much_it_is() {
        let mut left_alone = LeftAlone::default();
        assert_eq!(left_alone.note(role("t"), "declare it"), None);
        left_alone.add(&role("none"), [""; 0]);
        assert_eq!(left_alone.note(role("t"), "declare it"), None);
        left_alone.add(&role("a"), ["description"]);
        assert_eq!(
            left_alone.note(role("t"), "declare it").unwrap().message,
            "one object that was there is not ours and keeps what nobody declared: `role/a` (`description`); declare it"
        );
        for name in ["b", "c", "d", "e", "f", "g"] {
            left_alone.add(&role(name), ["1", "2", "3", "4", "5"]);
        }
        assert_eq!(
            left_alone.note(role("t"), "declare it").unwrap().message,
            "7 objects that were there are not ours and keep what nobody declared: `role/a` (`description`), \
             `role/b` (`1`, `2`, `3`, 2 more), `role/c` (`1`, `2`, `3`, 2 more), `role/d` (`1`, `2`, `3`, 2 more), \
             `role/e` (`1`, `2`, `3`, 2 more) and 2 more; declare it"
        );
    }
}
