//! What the values imply of single fields when nobody declares them.

use evenkeel_core::values::{Source, Values};
use evenkeel_engine::export::judge;
use serde_json::{Map, Value};

use crate::Keycloak;

/// The least values there are for a realm.
const LEAST: &str =
    "{platform: {name: a, domain: a.example}, keycloak: {admin: {username: a, password: {fromEnv: A}}}}";

/// What the values imply of single fields.
#[derive(Clone, Debug, Default)]
pub(super) struct ImpliedFields {
    /// Of the realm.
    pub(super) realm: Map<String, Value>,
    /// Of the client that the applications share.
    pub(super) client: Map<String, Value>,
}

impl ImpliedFields {
    /// As the values themselves say.
    pub(super) fn of_values() -> Self {
        let least = vec![Source::file("least.yaml", LEAST.to_owned())];
        let loaded = Values::load(least, &[], &judge::schema::<Keycloak>());
        let keycloak = loaded.ok().and_then(|(values, _)| values.keycloak);
        keycloak.map_or_else(Self::default, |keycloak| Self {
            realm: keycloak.realm.map(|realm| realm.fields().clone()).unwrap_or_default(),
            client: keycloak.client.map(|client| client.fields.fields().clone()).unwrap_or_default(),
        })
    }
}
