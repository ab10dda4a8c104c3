//! Texts that are longer than Keycloak's columns: it answers with an internal error that names nothing (seen on 26.7.3).

use evenkeel_core::values::ValuePath;
use serde_json::Value;

use super::Reading;

/// How many characters such a text may have.
const MOST: usize = 255;

/// The fields with a column of that width, of any kind of object.
const SHORT: [&str; 11] = [
    "name",
    "description",
    "alias",
    "clientId",
    "displayName",
    "baseUrl",
    "rootUrl",
    "adminUrl",
    "secret",
    "loginTheme",
    "defaultLocale",
];

/// Lists of objects in an object. Others (attributes of the user profile) are kept in columns without such a width.
const OBJECTS: [&str; 4] = ["protocolMappers", "mappers", "roles", "subGroups"];

impl Reading<'_> {
    /// Reports the texts of a declared object that are too long, and those of the objects in it.
    pub(super) fn check_lengths(&self, object: &Value, path: &ValuePath) {
        for (key, value) in object.as_object().into_iter().flatten() {
            let path = path.clone().key(key);
            match value {
                Value::String(text) if SHORT.contains(&key.as_str()) => self.check_length(text, key, &path),
                Value::Array(objects) if OBJECTS.contains(&key.as_str()) => {
                    for (index, object) in objects.iter().enumerate() {
                        self.check_lengths(object, &path.clone().index(index));
                    }
                }
                _ => {}
            }
        }
    }

    fn check_length(&self, text: &str, key: &str, path: &ValuePath) {
        let length = text.chars().count();
        if length > MOST {
            let message = format!("`{key}` has {length} characters, and keycloak takes {MOST}");
            self.report(self.problem(path, &message).with_hint("shorten it"));
        }
    }
}
