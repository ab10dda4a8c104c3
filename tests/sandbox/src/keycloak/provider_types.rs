//! The types of mappers and providers that the real server has: data read from its server info.

use serde_json::Value;
use std::sync::LazyLock;

static TYPES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("data/provider-types.json")).unwrap_or_default());

fn has(list: &str, name: Option<&str>) -> bool {
    let Some(name) = name else { return false };
    TYPES[list].as_array().is_some_and(|types| types.iter().any(|known| known == name))
}

/// Whether there is such a type of protocol mapper.
pub(crate) fn is_protocol_mapper(name: Option<&str>) -> bool {
    has("protocolMappers", name)
}

/// Whether there is such a type of identity provider.
pub(crate) fn is_identity_provider(name: Option<&str>) -> bool {
    has("identityProviders", name)
}

/// Whether there is such a validator for attributes of users.
pub(crate) fn is_validator(name: &str) -> bool {
    has("validators", Some(name))
}

/// Whether there is such an event listener.
pub(crate) fn is_events_listener(name: &str) -> bool {
    has("eventsListeners", Some(name))
}
