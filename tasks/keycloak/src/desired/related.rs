//! What an object must be related to.

use std::collections::BTreeMap;

use evenkeel_core::{
    reading::Reading,
    values::{AddressableName, ValuePath, model::RoleNames},
};
use serde::Deserialize;

/// Names of one kind to which an object must be related.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// The names.
    pub names: Vec<String>,
    /// Whether these are all: a declared list is managed as a whole, what a team implies is only added.
    pub exact: bool,
}

impl Related {
    /// These, beside what other people have added.
    pub fn at_least(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), exact: false }
    }

    /// These and no others.
    #[must_use]
    pub const fn exactly(names: Vec<String>) -> Self {
        Self { names, exact: true }
    }
}

/// Reports scopes of the optional list at `path` that are to be defaults too: Keycloak has a scope in one of them at most
/// (server-behaviour 2.3), so that the lists would never be equal.
pub(super) fn refuse_in_both(reading: &Reading<'_>, defaults: &Related, optional: &Related, path: &ValuePath) {
    for scope in optional.names.iter().filter(|scope| defaults.names.contains(scope)) {
        let problem = reading.problem(path, &format!("client scope `{scope}` cannot be default and optional at once"));
        reading.report(problem.with_hint("leave it in one of the lists"));
    }
}

/// Reports roles that stand in one of these lists twice; `path` is that of what holds the lists.
pub(super) fn each_role_once(reading: &Reading<'_>, names: &RoleNames, path: &ValuePath) {
    if let Some(roles) = &names.realm_roles {
        reading.each_named_once(texts(roles).enumerate(), &path.clone().key("realmRoles"));
    }
    for (client, roles) in names.client_roles.iter().flatten() {
        let path = path.clone().key("clientRoles").key(client.as_str());
        reading.each_named_once(texts(roles).enumerate(), &path);
    }
}

fn texts(names: &[AddressableName]) -> impl Iterator<Item = &str> {
    names.iter().map(AddressableName::as_str)
}

/// Lists of roles as a representation has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleLists {
    realm_roles: Option<Vec<String>>,
    client_roles: Option<BTreeMap<String, Vec<String>>>,
}

impl From<&RoleNames> for RoleLists {
    fn from(names: &RoleNames) -> Self {
        let texts = |names: &Vec<AddressableName>| texts(names).map(str::to_owned).collect::<Vec<_>>();
        let by_client = |roles: &BTreeMap<AddressableName, Vec<AddressableName>>| {
            roles.iter().map(|(client, roles)| (client.to_string(), texts(roles))).collect()
        };
        Self {
            realm_roles: names.realm_roles.as_ref().map(texts),
            client_roles: names.client_roles.as_ref().map(by_client),
        }
    }
}

/// Lists of client roles by client, each managed as a whole.
pub(super) fn exactly(roles: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Related> {
    roles.into_iter().map(|(client, roles)| (client, Related::exactly(roles))).collect()
}

/// Roles that something must have. Lists that nobody declares are not managed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelatedRoles {
    /// Realm roles.
    pub realm_roles: Option<Related>,
    /// Roles of clients, by `clientId`.
    pub client_roles: BTreeMap<String, Related>,
}

impl RelatedRoles {
    /// The declared lists, each managed as a whole.
    #[must_use]
    pub fn exactly(names: RoleLists) -> Self {
        Self {
            realm_roles: names.realm_roles.map(Related::exactly),
            client_roles: exactly(names.client_roles.unwrap_or_default()),
        }
    }

    /// Whether nobody declares anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.realm_roles.is_none() && self.client_roles.is_empty()
    }
}
