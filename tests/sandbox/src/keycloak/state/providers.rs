//! Identity providers and their mappers.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::Settings;
use crate::keycloak::ids::ProviderMapperId;

/// What secrets look like when they are read.
pub(crate) const MASK: &str = "**********";

/// One identity provider.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) alias: String,
    pub(crate) internal_id: String,
    /// Display name, provider type and flags as they were sent.
    pub(crate) fields: Map<String, Value>,
    /// The config with the client secret in clear.
    pub(crate) config: Settings,
}

impl Provider {
    /// The representation, with the client secret masked.
    pub(crate) fn view(&self) -> Value {
        let mut view = self.stored();
        if let Some(secret) = view["config"].get_mut("clientSecret") {
            *secret = json!(MASK);
        }
        view
    }

    /// The same as it is stored, with the client secret in clear.
    pub(crate) fn stored(&self) -> Value {
        let mut view = self.fields.clone();
        view.insert("alias".to_owned(), json!(self.alias));
        view.insert("internalId".to_owned(), json!(self.internal_id));
        view.insert("config".to_owned(), json!(self.config));
        Value::Object(view)
    }
}

/// A mapper of an identity provider.
#[derive(Debug, Clone)]
pub(crate) struct ProviderMapper {
    pub(crate) id: ProviderMapperId,
    pub(crate) name: String,
    /// The provider that it belongs to; need not be the one whose path it was posted to.
    pub(crate) alias: String,
    pub(crate) kind: Option<String>,
    pub(crate) config: Settings,
}

impl ProviderMapper {
    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "id": self.id.as_str(),
            "name": self.name,
            "identityProviderAlias": self.alias,
            "config": self.config,
        });
        if let Some(kind) = &self.kind {
            view["identityProviderMapper"] = json!(kind);
        }
        view
    }
}

/// All identity providers of a realm.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    pub(crate) by_alias: BTreeMap<String, Provider>,
    pub(crate) mappers: BTreeMap<ProviderMapperId, ProviderMapper>,
}
