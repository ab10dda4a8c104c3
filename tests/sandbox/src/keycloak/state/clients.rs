//! Clients.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::scopes::{Mapper, Scopes};
use super::{Settings, text_of};
use crate::keycloak::ids::{ClientKey, RoleId, ScopeId, UserId};

/// One client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) key: ClientKey,
    /// The name that applications log in with.
    pub(crate) client_id: String,
    /// The representation but for what has a field of its own here.
    pub(crate) fields: Map<String, Value>,
    pub(crate) attributes: Settings,
    pub(crate) mappers: Vec<Mapper>,
    pub(crate) default_scopes: BTreeSet<ScopeId>,
    pub(crate) optional_scopes: BTreeSet<ScopeId>,
    pub(crate) service_user: Option<UserId>,
    /// Scope mappings: the roles that its tokens may carry when it has not the full scope.
    pub(crate) roles: BTreeSet<RoleId>,
}

impl Client {
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn secret(&self) -> Option<&str> {
        text_of(&self.fields, "secret")
    }

    /// The client's representation. `realm-management` and its like may not be managed.
    pub(crate) fn view(&self, scopes: &Scopes) -> Value {
        let mut view = self.fields.clone();
        if self.flag("publicClient") {
            view.remove("secret");
        }
        view.insert("id".to_owned(), json!(self.key.as_str()));
        view.insert("clientId".to_owned(), json!(self.client_id));
        view.insert("attributes".to_owned(), json!(self.attributes));
        if !self.mappers.is_empty() {
            view.insert("protocolMappers".to_owned(), self.mappers.iter().map(Mapper::raw).collect());
        }
        let names = |ids: &BTreeSet<ScopeId>| -> Value {
            // A scope of another protocol stays assigned, but is not shown.
            let protocol = text_of(&self.fields, "protocol").unwrap_or("openid-connect");
            let found = ids.iter().filter_map(|id| scopes.get(id.as_str())).filter(|scope| scope.protocol == protocol);
            found.map(|scope| json!(scope.name)).collect()
        };
        view.insert("defaultClientScopes".to_owned(), names(&self.default_scopes));
        view.insert("optionalClientScopes".to_owned(), names(&self.optional_scopes));
        let ours = self.client_id != "realm-management" && !self.is_realm_client();
        view.insert("access".to_owned(), json!({"view": true, "configure": ours, "manage": ours}));
        Value::Object(view)
    }

    /// Whether this is master's stand-in for a realm (`<realm>-realm`).
    pub(crate) fn is_realm_client(&self) -> bool {
        self.attributes.get("realm_client").is_some_and(|value| value == "true") && self.client_id.ends_with("-realm")
    }
}

/// All clients of a realm.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    by_key: HashMap<ClientKey, Client>,
    names: BTreeMap<String, ClientKey>,
}

impl Clients {
    pub(crate) fn get(&self, key: &str) -> Option<&Client> {
        self.by_key.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Client> {
        self.by_key.get_mut(key)
    }

    pub(crate) fn named(&self, client_id: &str) -> Option<&Client> {
        self.by_key.get(self.names.get(client_id)?)
    }

    /// All clients in order of `clientId`.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Client> {
        self.names.values().filter_map(|key| self.by_key.get(key))
    }

    /// Adds a client; key and `clientId` must be free.
    pub(crate) fn insert(&mut self, client: Client) {
        self.names.insert(client.client_id.clone(), client.key.clone());
        self.by_key.insert(client.key.clone(), client);
    }

    pub(crate) fn rename(&mut self, key: &ClientKey, client_id: &str) {
        let Some(client) = self.by_key.get_mut(key) else { return };
        self.names.remove(&client.client_id);
        self.names.insert(client_id.to_owned(), key.clone());
        client.client_id = client_id.to_owned();
    }

    pub(crate) fn remove(&mut self, key: &ClientKey) -> Option<Client> {
        let client = self.by_key.remove(key)?;
        self.names.remove(&client.client_id);
        Some(client)
    }

    pub(crate) fn forget_scope(&mut self, scope: &ScopeId) {
        for client in self.by_key.values_mut() {
            client.default_scopes.remove(scope);
            client.optional_scopes.remove(scope);
        }
    }

    pub(crate) fn forget_role(&mut self, role: &RoleId) {
        for client in self.by_key.values_mut() {
            client.roles.remove(role);
        }
    }
}
