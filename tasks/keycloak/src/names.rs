//! How the objects of a realm are named in plans, reports and the inventory.

use evenkeel_core::object::{Kind, ObjectId};

/// The realm itself, and the login theme of the administrators' realm.
pub const REALM: Kind = Kind::new("realm");
/// The realm's user profile: which attributes its users have.
pub const USER_PROFILE: Kind = Kind::new("user-profile");
/// Which events the realm keeps.
pub const EVENTS: Kind = Kind::new("events");
/// The authentication flows that the realm uses.
pub const FLOW_BINDING: Kind = Kind::new("flow-binding");
/// Something that users can be made to do at login, by its alias.
pub const REQUIRED_ACTION: Kind = Kind::new("required-action");
/// A client scope.
pub const CLIENT_SCOPE: Kind = Kind::new("client-scope");
/// A protocol mapper of a client scope or of a client; its parent's name comes first.
pub const PROTOCOL_MAPPER: Kind = Kind::new("protocol-mapper");
/// A realm role.
pub const ROLE: Kind = Kind::new("role");
/// A group, by its path without the first slash.
pub const GROUP: Kind = Kind::new("group");
/// A client.
pub const CLIENT: Kind = Kind::new("client");
/// A role of a client: `client/role`.
pub const CLIENT_ROLE: Kind = Kind::new("client-role");
/// An external identity provider, by its alias.
pub const IDENTITY_PROVIDER: Kind = Kind::new("identity-provider");
/// A mapper of an external identity provider: `alias/mapper`.
pub const IDENTITY_PROVIDER_MAPPER: Kind = Kind::new("identity-provider-mapper");
/// A user, by the folded user name, or by the folded email where none is declared.
pub const USER: Kind = Kind::new("user");

/// A user's account at an identity provider: `user/alias`.
pub const FEDERATED_IDENTITY: Kind = Kind::new("federated-identity");

/// The client that holds the roles for managing its own realm; Keycloak makes it with every realm.
pub const REALM_MANAGEMENT: &str = "realm-management";

/// The realm in which those live who administer all others.
pub const ADMINISTRATORS: &str = "master";

/// The group of this path, whose names hold no slash: of one that does, the values can say nothing.
#[must_use]
pub fn group(path: &str) -> ObjectId {
    match path.rsplit_once('/') {
        Some((parents, name)) => ObjectId::below(GROUP, parents.split('/'), name),
        None => ObjectId::new(GROUP, path),
    }
}

/// The path of a group without the first slash; an older inventory knows it by the path alone.
#[must_use]
pub fn group_path(group: &ObjectId) -> String {
    group.names().collect::<Vec<_>>().join("/")
}

/// Whose protocol mapper it is: Keycloak keeps those of scopes and of clients apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MapperOwner {
    /// The client scope of this name.
    ClientScope(String),
    /// The client with this `clientId`.
    Client(String),
}

impl MapperOwner {
    /// The object that the mapper belongs to.
    #[must_use]
    pub fn object(&self) -> ObjectId {
        match self {
            Self::ClientScope(name) => ObjectId::new(CLIENT_SCOPE, name.as_str()),
            Self::Client(client_id) => ObjectId::new(CLIENT, client_id.as_str()),
        }
    }

    /// The object of a mapper: `protocol-mapper/client-scope/openid/groups`. The owner's kind is in
    /// the name, since a scope and a client may be called the same.
    #[must_use]
    pub fn mapper(&self, name: &str) -> ObjectId {
        ObjectId::below(PROTOCOL_MAPPER, self.names(), name)
    }

    /// The owner of a mapper, and the mapper's own name. An older inventory joins them, where several could be meant: then nobody's.
    #[must_use]
    pub fn of_mapper(mapper: &ObjectId) -> Option<(Self, &str)> {
        let mut parents = mapper.parents().filter(|_| *mapper.kind() == PROTOCOL_MAPPER);
        let (kind, owner) = (parents.next()?, parents.next()?.to_owned());
        match kind {
            "client-scope" if parents.next().is_none() => Some((Self::ClientScope(owner), mapper.name())),
            "client" if parents.next().is_none() => Some((Self::Client(owner), mapper.name())),
            _ => None,
        }
    }

    /// The kind of the owner and its name.
    pub(crate) fn names(&self) -> [&str; 2] {
        match self {
            Self::ClientScope(name) => ["client-scope", name],
            Self::Client(client_id) => ["client", client_id],
        }
    }
}
