//! What a server knows: realms and, in each, the objects with their relations. Maps and indices only, so that a realm of
//! 1,000 roles and 20,000 users answers as fast as a small one.

pub(crate) mod clients;
pub(crate) mod fresh;
pub(crate) mod groups;
pub(crate) mod providers;
pub(crate) mod roles;
pub(crate) mod scopes;
pub(crate) mod users;

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

use super::ids::{GroupId, RoleId, ScopeId};
use super::options::Version;
use clients::Clients;
use groups::Groups;
use providers::Providers;
use roles::Roles;
use scopes::Scopes;
use users::Users;

/// Attributes of roles, groups and users: lists of values by name.
pub(crate) type Attributes = BTreeMap<String, Vec<String>>;
/// Attributes of realms, clients and scopes, and configs: one value a name.
pub(crate) type Settings = BTreeMap<String, String>;

/// One realm.
#[derive(Debug)]
pub(crate) struct Realm {
    pub(crate) version: Version,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The representation but for what has a field of its own here.
    pub(crate) fields: Map<String, Value>,
    pub(crate) attributes: Settings,
    /// The SMTP settings with the password in clear.
    pub(crate) smtp: Settings,
    /// Stored event types; empty means all.
    pub(crate) event_types: Vec<String>,
    pub(crate) profile: Value,
    /// The built-in authentication flows; they can be read and bound, not changed.
    pub(crate) flows: Vec<Value>,
    /// What each flow does, step by step, by alias.
    pub(crate) steps: BTreeMap<String, Vec<Value>>,
    pub(crate) components: Vec<Value>,
    /// The realm's own texts, by language and key.
    pub(crate) texts: BTreeMap<String, Settings>,
    /// The required actions, as they are shown.
    pub(crate) actions: Vec<Value>,
    pub(crate) default_role: RoleId,
    pub(crate) default_groups: BTreeSet<GroupId>,
    pub(crate) default_scopes: BTreeSet<ScopeId>,
    pub(crate) optional_scopes: BTreeSet<ScopeId>,
    pub(crate) roles: Roles,
    pub(crate) groups: Groups,
    pub(crate) scopes: Scopes,
    pub(crate) clients: Clients,
    pub(crate) users: Users,
    pub(crate) providers: Providers,
}

impl Realm {
    /// A boolean field of the realm; absent is false.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A whole number field of the realm; absent is 0.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.fields.get(name).and_then(Value::as_i64).unwrap_or(0)
    }

    /// A text field of the realm.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// Forgets a role with all that refers to it.
    pub(crate) fn remove_role(&mut self, id: &RoleId) {
        self.groups.forget_role(id);
        self.users.forget_role(id);
        self.scopes.forget_role(id);
        self.clients.forget_role(id);
        self.roles.remove(id);
    }

    /// Forgets a group, its subgroups and their memberships.
    pub(crate) fn remove_group(&mut self, id: &GroupId) {
        for gone in self.groups.remove(id) {
            self.users.forget_group(&gone);
            self.default_groups.remove(&gone);
        }
    }
}

/// Attributes of lists as a representation gives them. Names without values are dropped.
pub(crate) fn attributes_of(map: &Value) -> Attributes {
    let entries = map.as_object().into_iter().flatten();
    entries
        .filter_map(|(name, values)| {
            let values: Vec<String> = texts(values);
            (!values.is_empty()).then(|| (name.clone(), values))
        })
        .collect()
}

/// The texts of a list; what is no text is left out.
pub(crate) fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Single values as a representation gives them; null is left out.
pub(crate) fn settings_of(map: &Value) -> Settings {
    let entries = map.as_object().into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// A text of a representation.
pub(crate) fn text_of<'a>(representation: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    representation.get(name).and_then(Value::as_str)
}
