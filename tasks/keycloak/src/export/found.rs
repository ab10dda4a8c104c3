//! What a realm holds.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, ComponentRepresentation, FederatedIdentityRepresentation,
    GroupRepresentation, RealmRepresentation, RequiredActionProviderRepresentation, RoleRepresentation, UpConfig,
    UserRepresentation,
};

use crate::{
    names::MapperOwner,
    observe::{ObservedClientRoles, ObservedProvider},
    relation::RoleName,
};

/// What a realm holds. `None` is what the account may not read; its `unread` says why.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub(super) realm: Option<RealmRepresentation>,
    pub(super) user_profile: Option<UpConfig>,
    pub(super) client_scopes: Option<Vec<ClientScopeRepresentation>>,
    pub(super) default_client_scopes: Option<BTreeSet<String>>,
    pub(super) optional_client_scopes: Option<BTreeSet<String>>,
    pub(super) roles: Option<Vec<RoleRepresentation>>,
    pub(super) composites: BTreeMap<String, Vec<RoleName>>,
    /// Every group that values can name, by its path without the first slash.
    pub(super) groups: Option<BTreeMap<String, GroupRepresentation>>,
    /// The groups that new users join, each with its id.
    pub(super) default_groups: Option<Vec<GroupRepresentation>>,
    /// Groups that values cannot name, and why.
    pub(super) odd_groups: Vec<(String, String)>,
    pub(super) clients: Option<Vec<ClientRepresentation>>,
    /// The roles of clients, by `clientId`; clients without roles are not in it.
    pub(super) client_roles: BTreeMap<String, ObservedClientRoles>,
    /// The roles of service accounts, by `clientId`.
    pub(super) service_accounts: BTreeMap<String, Vec<RoleName>>,
    /// The roles that clients and client scopes let into tokens; those without are not in it.
    pub(super) scope_mappings: BTreeMap<MapperOwner, Vec<RoleName>>,
    /// The authentication flows, alias to id.
    pub(super) flows: BTreeMap<String, String>,
    /// What the flows that come with every realm do, by alias.
    pub(super) steps: BTreeMap<String, Vec<String>>,
    pub(super) components: Option<Vec<ComponentRepresentation>>,
    /// The languages in which the realm has texts of its own.
    pub(super) locales: Vec<String>,
    pub(super) required_actions: Option<BTreeMap<String, RequiredActionProviderRepresentation>>,
    pub(super) providers: Option<BTreeMap<String, ObservedProvider>>,
    /// `None` also where they were not asked for.
    pub(super) users: Option<Vec<UserRepresentation>>,
    /// Ids of the members of each group, where users were asked for.
    pub(super) members: BTreeMap<String, BTreeSet<String>>,
    /// The roles that users have directly beside the one that everybody has, by the user's id.
    pub(super) roles_of_users: BTreeMap<String, Vec<RoleName>>,
    /// How many users have not the role that every user has.
    pub(super) without_default_role: usize,
    /// The accounts of users at identity providers, by the user's id.
    pub(super) federated_identities: BTreeMap<String, Vec<FederatedIdentityRepresentation>>,
    /// What could not be read, with the reason.
    pub(super) unread: Vec<String>,
}
