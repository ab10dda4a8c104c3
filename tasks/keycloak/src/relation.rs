//! Relations between objects: they have no fields, they are there or not.
//!
//! Keycloak keeps each kind of relation at end points of its own, and ignores it in the objects'
//! representations (server-behaviour 2.4).

use std::sync::Arc;

use evenkeel_core::object::{Kind, ObjectId};

use crate::names::{CLIENT, CLIENT_SCOPE, GROUP, REALM, ROLE, USER};

/// A client scope that every new client of the realm gets.
pub const DEFAULT_CLIENT_SCOPE: Kind = Kind::new("default-client-scope");
/// A client scope that every new client of the realm may ask for.
pub const OPTIONAL_CLIENT_SCOPE: Kind = Kind::new("optional-client-scope");
/// A role inside a realm role: `role/role`, or `role/client/role`.
pub const COMPOSITE: Kind = Kind::new("composite");
/// A role that a group gives to its members: `group/role`, or `group/client/role`.
pub const GROUP_ROLE: Kind = Kind::new("group-role");
/// A scope that one client always gets: `client/scope`.
pub const CLIENT_DEFAULT_SCOPE: Kind = Kind::new("client-default-scope");
/// A scope that one client may ask for: `client/scope`.
pub const CLIENT_OPTIONAL_SCOPE: Kind = Kind::new("client-optional-scope");
/// A user's membership in a group: `group/user`.
pub const MEMBERSHIP: Kind = Kind::new("membership");

/// A role of the realm, or of a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleName {
    /// The client, by `clientId`; `None` for a realm role.
    pub client: Option<String>,
    /// The role's name.
    pub role: String,
}

impl RoleName {
    /// A realm role.
    pub fn of_realm(role: impl Into<String>) -> Self {
        Self { client: None, role: role.into() }
    }

    /// A client's role.
    pub fn of_client(client: impl Into<String>, role: impl Into<String>) -> Self {
        Self { client: Some(client.into()), role: role.into() }
    }

    fn within(&self, kind: Kind, parent: &str) -> ObjectId {
        match &self.client {
            Some(client) => ObjectId::within(kind, &format!("{parent}/{client}"), &self.role),
            None => ObjectId::within(kind, parent, &self.role),
        }
    }

    /// The object of the role, as far as it is one of ours.
    fn object(&self) -> Option<ObjectId> {
        match &self.client {
            Some(client) => Some(ObjectId::new(CLIENT, client.as_str())),
            None => Some(ObjectId::new(ROLE, self.role.as_str())),
        }
    }
}

/// One relation between two objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// New clients of the realm get the scope.
    DefaultClientScope(String),
    /// New clients of the realm may ask for the scope.
    OptionalClientScope(String),
    /// The realm role holds the other role.
    Composite {
        /// The realm role.
        role: String,
        /// The role inside.
        child: RoleName,
    },
    /// The group gives the role to its members.
    GroupRole {
        /// The group, by its path without the first slash.
        group: String,
        /// The role.
        role: RoleName,
    },
    /// The client always gets the scope.
    ClientDefaultScope {
        /// The client, by `clientId`.
        client: String,
        /// The scope.
        scope: String,
    },
    /// The client may ask for the scope.
    ClientOptionalScope {
        /// The client, by `clientId`.
        client: String,
        /// The scope.
        scope: String,
    },
    /// The user is in the group.
    Membership {
        /// The group, by its path without the first slash.
        group: Arc<str>,
        /// The user, by folded email.
        user: Arc<str>,
    },
}

impl Relation {
    /// The relation as an object of its own.
    #[must_use]
    pub fn object(&self) -> ObjectId {
        match self {
            Self::DefaultClientScope(scope) => ObjectId::new(DEFAULT_CLIENT_SCOPE, scope.as_str()),
            Self::OptionalClientScope(scope) => ObjectId::new(OPTIONAL_CLIENT_SCOPE, scope.as_str()),
            Self::Composite { role, child } => child.within(COMPOSITE, role),
            Self::GroupRole { group, role } => role.within(GROUP_ROLE, group),
            Self::ClientDefaultScope { client, scope } => ObjectId::within(CLIENT_DEFAULT_SCOPE, client, scope),
            Self::ClientOptionalScope { client, scope } => ObjectId::within(CLIENT_OPTIONAL_SCOPE, client, scope),
            Self::Membership { group, user } => ObjectId::within(MEMBERSHIP, group, user),
        }
    }

    /// What a plan calls the relation where it is taken away.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::DefaultClientScope(_) | Self::OptionalClientScope(_) => "listed",
            Self::Composite { .. } => "included",
            Self::GroupRole { .. } => "given",
            Self::ClientDefaultScope { .. } | Self::ClientOptionalScope { .. } => "assigned",
            Self::Membership { .. } => "member",
        }
    }

    /// The two ends: the relation waits for both where they are about to be made.
    #[must_use]
    pub fn ends(&self) -> Vec<ObjectId> {
        match self {
            Self::DefaultClientScope(scope) | Self::OptionalClientScope(scope) => {
                vec![ObjectId::new(CLIENT_SCOPE, scope.as_str())]
            }
            Self::Composite { role, child } => {
                std::iter::once(ObjectId::new(ROLE, role.as_str())).chain(child.object()).collect()
            }
            Self::GroupRole { group, role } => {
                std::iter::once(ObjectId::new(GROUP, group.as_str())).chain(role.object()).collect()
            }
            Self::ClientDefaultScope { client, scope } | Self::ClientOptionalScope { client, scope } => {
                vec![ObjectId::new(CLIENT, client.as_str()), ObjectId::new(CLIENT_SCOPE, scope.as_str())]
            }
            Self::Membership { group, user } => {
                vec![ObjectId::new(GROUP, Arc::clone(group)), ObjectId::new(USER, Arc::clone(user))]
            }
        }
    }

    /// The object whose relations are written one at a time: simultaneous writes of one owner lose
    /// updates (server-behaviour 2.9). Memberships are rows of their own.
    #[must_use]
    pub fn exclusive(&self, realm: &str) -> Option<ObjectId> {
        match self {
            Self::DefaultClientScope(_) | Self::OptionalClientScope(_) => Some(ObjectId::new(REALM, realm)),
            Self::Composite { role, .. } => Some(ObjectId::new(ROLE, role.as_str())),
            Self::GroupRole { group, .. } => Some(ObjectId::new(GROUP, group.as_str())),
            Self::ClientDefaultScope { client, .. } | Self::ClientOptionalScope { client, .. } => {
                Some(ObjectId::new(CLIENT, client.as_str()))
            }
            Self::Membership { .. } => None,
        }
    }
}
