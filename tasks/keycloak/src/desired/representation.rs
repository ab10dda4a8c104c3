//! What Keycloak asks of every representation, and of the names in it.

use evenkeel_core::{field::Field, reading::Reading, values::ValuePath};
use evenkeel_transport::check_segment;

use super::{lengths::check_lengths, references::check_references};
use crate::definitions::with_own_keys;

/// The rules for every representation, which has Keycloak's own keys afterwards.
pub(super) fn rules(reading: &Reading<'_>, fields: &mut Field, path: &ValuePath) {
    check_references(reading, "", fields, path);
    check_lengths(reading, fields, path);
    let mut twice = Vec::new();
    with_own_keys(fields, path, &mut twice);
    for path in twice {
        let problem = reading.problem(&path, "the same roles are declared twice");
        reading.report(
            problem
                .with_hint("leave out `realm` and `client`, which are other names for `realmRoles` and `clientRoles`"),
        );
    }
}

/// The name by which a declared object is known, which it must have.
pub(super) fn name(reading: &Reading<'_>, name: Option<&str>, key: &str, path: &ValuePath) -> Option<String> {
    reading.name(name, key, path, check_segment)
}

/// Reports an id: Keycloak takes none for a role, and one in a new group for the wish to move another.
pub(super) fn refuse_id(reading: &Reading<'_>, id: Option<&String>, path: &ValuePath) {
    if id.is_some() {
        let problem = reading.problem(&path.clone().key("id"), "`id` cannot be declared here");
        reading.report(problem.with_hint("Keycloak chooses it: leave it out"));
    }
}
