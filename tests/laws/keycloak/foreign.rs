//! What other people have in a Keycloak.

use super::Keycloak;

impl Keycloak {
    /// Objects.
    pub(super) async fn add_foreign_objects(&self) {}
    /// Fields.
    pub(super) async fn set_unmanaged_fields(&self) {}
}
