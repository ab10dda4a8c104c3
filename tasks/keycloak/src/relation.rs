//! Relations between objects: they have no fields, they are there or not.
//!
//! Keycloak keeps each kind of relation at end points of its own, and ignores it in the objects'
//! representations (server-behaviour 2.4).

use std::sync::Arc;

use evenkeel_core::object::{Kind, ObjectId};

use crate::names::{self, CLIENT, CLIENT_ROLE, CLIENT_SCOPE, FEDERATED_IDENTITY, MapperOwner, REALM, ROLE, USER};

/// A client scope that every new client of the realm gets.
pub const DEFAULT_CLIENT_SCOPE: Kind = Kind::new("default-client-scope");
/// A client scope that every new client of the realm may ask for.
pub const OPTIONAL_CLIENT_SCOPE: Kind = Kind::new("optional-client-scope");
/// A role inside a realm role: `role/role`, or `role/client/role`.
pub const COMPOSITE: Kind = Kind::new("composite");
/// A role inside a role of a client: `client/role/role`, or `client/role/client/role`.
pub const CLIENT_ROLE_COMPOSITE: Kind = Kind::new("client-role-composite");
/// A role that a client's service account has: `client/role`, or `client/client/role`.
pub const SERVICE_ACCOUNT_ROLE: Kind = Kind::new("service-account-role");
/// A role that a user has directly: `user/role`, or `user/client/role`.
pub const USER_ROLE: Kind = Kind::new("user-role");
/// A group that new users join.
pub const DEFAULT_GROUP: Kind = Kind::new("default-group");
/// A role that every user has: `role`, or `client/role`.
pub const DEFAULT_ROLE: Kind = Kind::new("default-role");
/// A role that a group gives to its members: `group/role`, or `group/client/role`.
pub const GROUP_ROLE: Kind = Kind::new("group-role");
/// A scope that one client always gets: `client/scope`.
pub const CLIENT_DEFAULT_SCOPE: Kind = Kind::new("client-default-scope");
/// A scope that one client may ask for: `client/scope`.
pub const CLIENT_OPTIONAL_SCOPE: Kind = Kind::new("client-optional-scope");
/// A role that a client or client scope lets into tokens: `client/otomi/role`, or `client-scope/audit/client/role`.
pub const SCOPE_MAPPING: Kind = Kind::new("scope-mapping");
/// A user's membership in a group: `group/user`.
pub const MEMBERSHIP: Kind = Kind::new("membership");

/// All of them, and what users are elsewhere.
pub(crate) const KINDS: [Kind; 14] = [
    DEFAULT_CLIENT_SCOPE,
    OPTIONAL_CLIENT_SCOPE,
    COMPOSITE,
    CLIENT_ROLE_COMPOSITE,
    SERVICE_ACCOUNT_ROLE,
    USER_ROLE,
    DEFAULT_GROUP,
    DEFAULT_ROLE,
    GROUP_ROLE,
    CLIENT_DEFAULT_SCOPE,
    CLIENT_OPTIONAL_SCOPE,
    SCOPE_MAPPING,
    MEMBERSHIP,
    FEDERATED_IDENTITY,
];

/// A role of the realm, or of a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// Its names: of a client's role, the client's too.
    fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.client.as_deref().into_iter().chain([self.role.as_str()])
    }

    fn below<'a>(&'a self, kind: Kind, parents: impl IntoIterator<Item = &'a str>) -> ObjectId {
        ObjectId::below(kind, parents.into_iter().chain(self.client.as_deref()), &self.role)
    }

    /// The role as an object of its own.
    #[must_use]
    pub fn object(&self) -> ObjectId {
        match &self.client {
            Some(client) => ObjectId::within(CLIENT_ROLE, client, &self.role),
            None => ObjectId::new(ROLE, self.role.as_str()),
        }
    }

    /// What has to be there before the role can be given: itself, and its client.
    fn needs(&self) -> impl Iterator<Item = ObjectId> {
        let client = self.client.as_deref().map(|client| ObjectId::new(CLIENT, client));
        client.into_iter().chain(std::iter::once(self.object()))
    }
}

/// One relation between two objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// New clients of the realm get the scope.
    DefaultClientScope(String),
    /// New clients of the realm may ask for the scope.
    OptionalClientScope(String),
    /// New users join the group.
    DefaultGroup {
        /// The group.
        group: ObjectId,
        /// The id under which it was observed; `None` for one that the values name, which is known by its path.
        id: Option<String>,
    },
    /// Every user has the role.
    DefaultRole(RoleName),
    /// The role holds the other role.
    Composite {
        /// The role of the realm or of a client.
        role: RoleName,
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
    /// The client's service account has the role.
    ServiceAccountRole {
        /// The client, by `clientId`.
        client: String,
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
    /// The client or client scope lets the role into tokens.
    ScopeMapping {
        /// The client or client scope.
        owner: MapperOwner,
        /// The role.
        role: RoleName,
    },
    /// The user is in the group.
    Membership {
        /// The group, by its path without the first slash.
        group: Arc<str>,
        /// The user, by name.
        user: Arc<str>,
    },
    /// The user has the role directly.
    UserRole {
        /// The user, by name.
        user: Arc<str>,
        /// The role.
        role: RoleName,
    },
}

impl Relation {
    /// The relation as an object of its own.
    #[must_use]
    pub fn object(&self) -> ObjectId {
        match self {
            Self::DefaultClientScope(scope) => ObjectId::new(DEFAULT_CLIENT_SCOPE, scope.as_str()),
            Self::OptionalClientScope(scope) => ObjectId::new(OPTIONAL_CLIENT_SCOPE, scope.as_str()),
            Self::DefaultGroup { group, .. } => ObjectId::below(DEFAULT_GROUP, group.parents(), group.name()),
            Self::DefaultRole(role) => role.below(DEFAULT_ROLE, []),
            Self::Composite { role, child } => {
                let kind = if role.client.is_some() { CLIENT_ROLE_COMPOSITE } else { COMPOSITE };
                child.below(kind, role.names())
            }
            Self::ServiceAccountRole { client, role } => role.below(SERVICE_ACCOUNT_ROLE, [client.as_str()]),
            // The path is one name here: role `c` of client `b` for group `a` is not realm role `c` for group `a/b`.
            Self::GroupRole { group, role } => role.below(GROUP_ROLE, [group.as_str()]),
            Self::ClientDefaultScope { client, scope } => ObjectId::within(CLIENT_DEFAULT_SCOPE, client, scope),
            Self::ClientOptionalScope { client, scope } => ObjectId::within(CLIENT_OPTIONAL_SCOPE, client, scope),
            Self::ScopeMapping { owner, role } => role.below(SCOPE_MAPPING, owner.names()),
            Self::Membership { group, user } => ObjectId::within(MEMBERSHIP, group, user),
            Self::UserRole { user, role } => role.below(USER_ROLE, [&**user]),
        }
    }

    /// What a plan calls the relation where it is taken away.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::DefaultClientScope(_) | Self::OptionalClientScope(_) | Self::DefaultGroup { .. } => "listed",
            Self::Composite { .. } => "included",
            Self::GroupRole { .. } | Self::DefaultRole(_) | Self::ServiceAccountRole { .. } | Self::UserRole { .. } => {
                "given"
            }
            Self::ClientDefaultScope { .. } | Self::ClientOptionalScope { .. } => "assigned",
            Self::ScopeMapping { .. } => "mapped",
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
            Self::DefaultGroup { group, .. } => vec![group.clone()],
            Self::DefaultRole(role) => role.needs().collect(),
            Self::Composite { role, child } => role.needs().chain(child.needs()).collect(),
            Self::GroupRole { group, role } => std::iter::once(names::group(group)).chain(role.needs()).collect(),
            Self::ServiceAccountRole { client, role } => {
                std::iter::once(ObjectId::new(CLIENT, client.as_str())).chain(role.needs()).collect()
            }
            Self::ClientDefaultScope { client, scope } | Self::ClientOptionalScope { client, scope } => {
                vec![ObjectId::new(CLIENT, client.as_str()), ObjectId::new(CLIENT_SCOPE, scope.as_str())]
            }
            Self::ScopeMapping { owner, role } => std::iter::once(owner.object()).chain(role.needs()).collect(),
            Self::Membership { group, user } => {
                vec![names::group(group), ObjectId::new(USER, Arc::clone(user))]
            }
            Self::UserRole { user, role } => {
                std::iter::once(ObjectId::new(USER, Arc::clone(user))).chain(role.needs()).collect()
            }
        }
    }

    /// The object whose relations are written one at a time: simultaneous writes of one owner lose
    /// updates (server-behaviour 2.9). Memberships are rows of their own.
    #[must_use]
    pub fn exclusive(&self, realm: &str) -> Option<ObjectId> {
        match self {
            Self::DefaultClientScope(_)
            | Self::OptionalClientScope(_)
            | Self::DefaultGroup { .. }
            | Self::DefaultRole(_) => Some(ObjectId::new(REALM, realm)),
            Self::Composite { role, .. } => Some(role.object()),
            Self::GroupRole { group, .. } => Some(names::group(group)),
            Self::ClientDefaultScope { client, .. }
            | Self::ClientOptionalScope { client, .. }
            | Self::ServiceAccountRole { client, .. } => Some(ObjectId::new(CLIENT, client.as_str())),
            Self::ScopeMapping { owner, .. } => Some(owner.object()),
            Self::UserRole { user, .. } => Some(ObjectId::new(USER, Arc::clone(user))),
            Self::Membership { .. } => None,
        }
    }
}
