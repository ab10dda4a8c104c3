//! Texts that are longer than Keycloak's columns: it answers with an internal error that names nothing (seen on 26.7.3).

use evenkeel_core::{field::Field, reading::Reading, values::ValuePath};

use super::references::text;

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

/// Reports the texts of a declared object that are too long, and those of the objects in it.
pub(super) fn check_lengths(reading: &Reading<'_>, object: &Field, path: &ValuePath) {
    let Field::Map(fields) = object else { return };
    for (key, field) in fields {
        let path = path.clone().key(key);
        match (field, text(field)) {
            (_, Some(text)) if SHORT.contains(&key.as_str()) => check_length(reading, text, key, &path),
            (Field::List(objects), _) if OBJECTS.contains(&key.as_str()) => {
                for (index, object) in objects.iter().enumerate() {
                    check_lengths(reading, object, &path.clone().index(index));
                }
            }
            _ => {}
        }
    }
}

fn check_length(reading: &Reading<'_>, text: &str, key: &str, path: &ValuePath) {
    let length = text.chars().count();
    if length > MOST {
        let message = format!("`{key}` has {length} characters, and keycloak takes {MOST}");
        reading.report(reading.problem(path, &message).with_hint("shorten it"));
    }
}
