//! What an object must be related to.

use std::collections::BTreeMap;

use evenkeel_core::values::{AddressableName, model::RoleNames};
use serde::Deserialize;

use super::roles::exactly;

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

/// Lists of roles as a representation has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleLists {
    realm_roles: Option<Vec<String>>,
    client_roles: Option<BTreeMap<String, Vec<String>>>,
}

impl From<&RoleNames> for RoleLists {
    fn from(names: &RoleNames) -> Self {
        let texts = |names: &Vec<AddressableName>| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let by_client = |roles: &BTreeMap<AddressableName, Vec<AddressableName>>| {
            roles.iter().map(|(client, roles)| (client.to_string(), texts(roles))).collect()
        };
        Self {
            realm_roles: names.realm_roles.as_ref().map(texts),
            client_roles: names.client_roles.as_ref().map(by_client),
        }
    }
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
