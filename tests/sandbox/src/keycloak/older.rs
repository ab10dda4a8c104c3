//! What older versions do not know (seen on 26.0.7): fields of bodies, and required actions.

use http::StatusCode;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::options::Version;

/// Fields that 26.0 does not know, by representation.
const FIELDS: [(&str, &[&str]); 3] = [
    (
        "RealmRepresentation",
        &[
            "adminPermissionsEnabled",
            "verifiableCredentialsEnabled",
            "scimApiEnabled",
            "maxSecondaryAuthFailures",
            "webAuthnPolicyResidentKey",
            "webAuthnPolicyPasswordlessResidentKey",
            "webAuthnPolicyPasswordlessPasskeysEnabled",
            "webAuthnPolicyPasswordlessMediation",
        ],
    ),
    ("GroupRepresentation", &["description"]),
    ("UPAttribute", &["defaultValue"]),
];

/// Required actions that 26.0 does not have.
const ACTIONS: [&str; 3] = ["UPDATE_EMAIL", "idp_link", "CONFIGURE_RECOVERY_AUTHN_CODES"];

/// Whether a version has a required action.
pub(crate) fn has_action(version: Version, provider: &Value) -> bool {
    version != Version::V26_0 || !ACTIONS.iter().any(|action| *provider == **action)
}

/// Whether a version has a field of a realm.
pub(crate) fn has_realm_field(version: Version, field: &str) -> bool {
    version != Version::V26_0 || !FIELDS[0].1.contains(&field)
}

/// Refuses a body with a field that the version does not know, in its words.
pub(crate) fn refuse(version: Version, name: &str, body: &Map<String, Value>) -> Result<(), Answer> {
    if version != Version::V26_0 {
        return Ok(());
    }
    let parts = body.get("attributes").and_then(Value::as_array).filter(|_| name == "UPConfig");
    let parts = parts.into_iter().flatten().filter_map(Value::as_object).map(|part| ("UPAttribute", part));
    for (representation, body) in std::iter::once((name, body)).chain(parts) {
        let mut unknown = FIELDS.iter().filter(|(of, _)| *of == representation).flat_map(|(_, fields)| *fields);
        if let Some(field) = unknown.find(|field| body.contains_key(**field)) {
            let text = format!(
                "Unrecognized field \"{field}\" (class org.keycloak.representations.idm.{representation}), not marked as \
                 ignorable"
            );
            return Err(Answer::error(StatusCode::BAD_REQUEST, text));
        }
    }
    Ok(())
}
