//! How each managed field of Keycloak is spoiled.

use evenkeel_core::object::ObjectId;

use super::Keycloak;

impl Keycloak {
    pub(super) async fn spoil(&self, _object: &ObjectId, _field: Option<&str>) {}
}

pub(super) fn beyond_wrecking(_kind: &str, _field: Option<&str>) -> Option<&'static str> {
    None
}
