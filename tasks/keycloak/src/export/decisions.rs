//! What an export has decided so far: which parts of the team contract the realm keeps, and what is better left out.

use std::collections::BTreeSet;

use evenkeel_core::{field::Field, object::ObjectId};

/// The decisions. They only ever go one way, so that settling ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decisions {
    pub(super) administrators: bool,
    pub(super) client: bool,
    pub(super) openid_scope: bool,
    pub(super) user_profile: bool,
    pub(super) nicknames: bool,
    /// Ids of teams.
    pub(super) teams: BTreeSet<String>,
    /// Implied roles that are declared too, because they are not as implied.
    pub(super) completed: BTreeSet<String>,
    /// Objects, and fields of objects, that values cannot keep.
    pub(super) left_out: BTreeSet<(ObjectId, Option<String>)>,
}

impl Decisions {
    /// Whether an object has a place in the values.
    pub(super) fn has(&self, object: &ObjectId) -> bool {
        !self.left_out.contains(&(object.clone(), None))
    }

    /// Whether a field of an object has a place in the values.
    pub(super) fn has_field(&self, object: &ObjectId, field: &str) -> bool {
        !self.left_out.contains(&(object.clone(), Some(field.to_owned())))
    }

    /// The field without what is left out; `None` where that is all of it. `field` is a map with the one key.
    pub(super) fn kept(&self, object: &ObjectId, key: &str, field: Field) -> Option<Field> {
        let mut field = field;
        for (_, path) in self.left_out.iter().filter(|(name, path)| name == object && path.is_some()) {
            let Some(path) = path.as_deref() else { continue };
            if path == key || path.starts_with(&format!("{key}[")) {
                return None;
            }
            let Some(below) = path.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')) else { continue };
            if let Field::Map(holder) = &mut field
                && let Some(Field::Map(entries)) = holder.get_mut(key)
            {
                entries.remove(below);
            }
        }
        Some(field)
    }
}
