//! Realm and client roles.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Attributes;
use crate::keycloak::ids::{ClientKey, RoleId};

/// To whom a role belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    Realm,
    Client(ClientKey),
}

/// One role.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) attributes: Attributes,
    pub(crate) owner: Owner,
    pub(crate) composites: BTreeSet<RoleId>,
}

impl Role {
    /// A role with a name and nothing else.
    pub(crate) fn new(name: &str, owner: Owner) -> Self {
        Self {
            id: RoleId::fresh(),
            name: name.to_owned(),
            description: None,
            attributes: Attributes::new(),
            owner,
            composites: BTreeSet::new(),
        }
    }

    /// As lists and mappings show it: without attributes.
    pub(crate) fn brief(&self, realm_id: &str) -> Value {
        let container = match &self.owner {
            Owner::Realm => realm_id,
            Owner::Client(key) => key.as_str(),
        };
        let mut view = json!({
            "id": self.id.as_str(),
            "name": self.name,
            "composite": !self.composites.is_empty(),
            "clientRole": self.owner != Owner::Realm,
            "containerId": container,
        });
        if let Some(description) = &self.description {
            view["description"] = json!(description);
        }
        view
    }

    /// As a read of the role itself shows it.
    pub(crate) fn full(&self, realm_id: &str) -> Value {
        let mut view = self.brief(realm_id);
        view["attributes"] = json!(self.attributes);
        view
    }
}

/// All roles of a realm and of its clients.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    by_id: HashMap<RoleId, Role>,
    names: HashMap<Owner, BTreeMap<String, RoleId>>,
    /// For each role, the roles that it is a composite part of.
    parents: HashMap<RoleId, BTreeSet<RoleId>>,
}

impl Roles {
    pub(crate) fn get(&self, id: &str) -> Option<&Role> {
        self.by_id.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Role> {
        self.by_id.get_mut(id)
    }

    pub(crate) fn named(&self, owner: &Owner, name: &str) -> Option<&Role> {
        self.by_id.get(self.names.get(owner)?.get(name)?)
    }

    /// The roles of an owner in order of name.
    pub(crate) fn of<'a>(&'a self, owner: &Owner) -> impl Iterator<Item = &'a Role> + use<'a> {
        self.names.get(owner).into_iter().flat_map(BTreeMap::values).filter_map(|id| self.by_id.get(id))
    }

    /// Adds a role; its name must be free.
    pub(crate) fn insert(&mut self, role: Role) -> RoleId {
        let id = role.id.clone();
        self.names.entry(role.owner.clone()).or_default().insert(role.name.clone(), id.clone());
        for part in &role.composites {
            self.parents.entry(part.clone()).or_default().insert(id.clone());
        }
        self.by_id.insert(id.clone(), role);
        id
    }

    /// Gives a role another name; the name must be free.
    pub(crate) fn rename(&mut self, id: &RoleId, name: &str) {
        let Some(role) = self.by_id.get_mut(id) else { return };
        let names = self.names.entry(role.owner.clone()).or_default();
        names.remove(&role.name);
        names.insert(name.to_owned(), id.clone());
        role.name = name.to_owned();
    }

    pub(crate) fn remove(&mut self, id: &RoleId) {
        let Some(role) = self.by_id.remove(id) else { return };
        if let Some(names) = self.names.get_mut(&role.owner) {
            names.remove(&role.name);
        }
        for part in &role.composites {
            if let Some(parents) = self.parents.get_mut(part) {
                parents.remove(id);
            }
        }
        for parent in self.parents.remove(id).unwrap_or_default() {
            if let Some(parent) = self.by_id.get_mut(&parent) {
                parent.composites.remove(id);
            }
        }
    }

    /// Makes `part` a composite part of `whole`.
    pub(crate) fn compose(&mut self, whole: &RoleId, part: &RoleId) {
        if let Some(role) = self.by_id.get_mut(whole) {
            role.composites.insert(part.clone());
            self.parents.entry(part.clone()).or_default().insert(whole.clone());
        }
    }

    /// Undoes [`Self::compose`].
    pub(crate) fn decompose(&mut self, whole: &RoleId, part: &RoleId) {
        if let Some(role) = self.by_id.get_mut(whole) {
            role.composites.remove(part);
        }
        if let Some(parents) = self.parents.get_mut(part) {
            parents.remove(whole);
        }
    }

    /// The roles with all that they are composed of, at any depth.
    pub(crate) fn expand<'a>(&self, start: impl IntoIterator<Item = &'a RoleId>) -> BTreeSet<RoleId> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<RoleId> = start.into_iter().cloned().collect();
        while let Some(id) = waiting.pop() {
            if let Some(role) = self.by_id.get(&id)
                && found.insert(id)
            {
                waiting.extend(role.composites.iter().cloned());
            }
        }
        found
    }

    /// All roles of all owners, for the snapshot.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Role> {
        self.by_id.values()
    }
}
