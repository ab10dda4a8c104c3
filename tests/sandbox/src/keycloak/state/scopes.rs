//! Client scopes, and protocol mappers as scopes and clients hold them.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Settings, settings_of, text_of};
use crate::keycloak::ids::{MapperId, RoleId, ScopeId};

/// One protocol mapper.
#[derive(Debug, Clone)]
pub(crate) struct Mapper {
    pub(crate) id: MapperId,
    pub(crate) name: String,
    pub(crate) protocol: Option<String>,
    /// The mapper's type.
    pub(crate) kind: Option<String>,
    pub(crate) config: Settings,
}

impl Mapper {
    /// A new mapper from its representation. A fixed id is honoured; empty config values are not stored.
    pub(crate) fn of(representation: &Map<String, Value>) -> Self {
        Self {
            id: text_of(representation, "id").map_or_else(MapperId::fresh, MapperId::from),
            name: text_of(representation, "name").unwrap_or_default().to_owned(),
            protocol: text_of(representation, "protocol").map(str::to_owned),
            kind: text_of(representation, "protocolMapper").map(str::to_owned),
            config: config_of(representation),
        }
    }

    /// As the client or scope that holds it shows it: what is stored.
    pub(crate) fn raw(&self) -> Value {
        self.show(&self.config)
    }

    /// As the mapper end points show it: with the claims that follow from others. Where `introspection.token.claim` is
    /// absent it is as `access.token.claim`, where `userinfo.token.claim` is absent as `id.token.claim`.
    pub(crate) fn effective(&self) -> Value {
        self.show(&self.effective_config())
    }

    /// The config behind [`Self::effective`].
    pub(crate) fn effective_config(&self) -> Settings {
        let mut config = self.config.clone();
        let follows = |config: &mut Settings, name: &str, from: &str| {
            if let (false, Some(value)) = (config.contains_key(name), config.get(from).cloned()) {
                config.insert(name.to_owned(), (value == "true").to_string());
            }
        };
        follows(&mut config, "introspection.token.claim", "access.token.claim");
        // organizations have their own idea of what follows
        if !self.kind.as_deref().is_some_and(|kind| kind.starts_with("oidc-organization-")) {
            follows(&mut config, "userinfo.token.claim", "id.token.claim");
        }
        config
    }

    fn show(&self, config: &Settings) -> Value {
        let mut view = json!({
            "id": self.id.as_str(),
            "name": self.name,
            "consentRequired": false,
            "config": config,
        });
        if let Some(protocol) = &self.protocol {
            view["protocol"] = json!(protocol);
        }
        if let Some(kind) = &self.kind {
            view["protocolMapper"] = json!(kind);
        }
        view
    }
}

/// The config of a mapper's representation; empty values are not stored.
pub(crate) fn config_of(representation: &Map<String, Value>) -> Settings {
    let mut config = representation.get("config").map(settings_of).unwrap_or_default();
    config.retain(|_, value| !value.is_empty());
    config
}

/// One client scope.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) id: ScopeId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) protocol: String,
    pub(crate) attributes: Settings,
    pub(crate) mappers: Vec<Mapper>,
    /// Roles that a token must have for the scope to count: its scope mappings.
    pub(crate) roles: BTreeSet<RoleId>,
}

impl Scope {
    /// The scope's representation; no `protocolMappers` where there are none, no `description` where none was set.
    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "id": self.id.as_str(),
            "name": self.name,
            "protocol": self.protocol,
            "attributes": self.attributes,
        });
        if let Some(description) = &self.description {
            view["description"] = json!(description);
        }
        if !self.mappers.is_empty() {
            view["protocolMappers"] = self.mappers.iter().map(Mapper::raw).collect();
        }
        view
    }
}

/// All client scopes of a realm.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    by_id: HashMap<ScopeId, Scope>,
    names: BTreeMap<String, ScopeId>,
}

impl Scopes {
    pub(crate) fn get(&self, id: &str) -> Option<&Scope> {
        self.by_id.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Scope> {
        self.by_id.get_mut(id)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Scope> {
        self.by_id.get(self.names.get(name)?)
    }

    /// All scopes in order of name.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Scope> {
        self.names.values().filter_map(|id| self.by_id.get(id))
    }

    /// Adds a scope; name and id must be free.
    pub(crate) fn insert(&mut self, scope: Scope) {
        self.names.insert(scope.name.clone(), scope.id.clone());
        self.by_id.insert(scope.id.clone(), scope);
    }

    pub(crate) fn rename(&mut self, id: &ScopeId, name: &str) {
        let Some(scope) = self.by_id.get_mut(id) else { return };
        self.names.remove(&scope.name);
        self.names.insert(name.to_owned(), id.clone());
        scope.name = name.to_owned();
    }

    pub(crate) fn remove(&mut self, id: &ScopeId) {
        if let Some(scope) = self.by_id.remove(id) {
            self.names.remove(&scope.name);
        }
    }

    pub(crate) fn forget_role(&mut self, role: &RoleId) {
        for scope in self.by_id.values_mut() {
            scope.roles.remove(role);
        }
    }
}
