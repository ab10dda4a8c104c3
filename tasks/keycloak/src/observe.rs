//! What Keycloak holds of the objects that the values name. Reads only, in lists where there are lists.
//!
//! An unchanged realm costs: one request each for the realm, the administrators' realm, the user
//! profile, the client scopes, the realm's default scopes, every client that is declared; the pages
//! of roles and groups (a group's roles come with the full list); one count of users, then the pages
//! of users or one exact search for each declared user, whatever is less; and the members of each
//! group whose membership is declared (inverted: reading every user's groups would cost a request
//! for each user). `docs/performance.md` has the whole list, with what less common values add.

mod groups;
mod left_behind;
mod memberships;
mod optional;
mod provider;
mod roles;
mod ties;
mod users;

pub use left_behind::{InsideGroup, Member};
pub use optional::ObservedClientRoles;
pub use provider::ObservedProvider;
pub(crate) use users::Sought;
pub use users::{ObservedTies, ObservedUser};

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use evenkeel_core::{memory::Ownership, object::ObjectId};
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, RealmRepresentation,
    RequiredActionProviderRepresentation, RoleRepresentation, UpConfig,
};
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream, try_join};

use crate::{
    Error, Keycloak,
    desired::{Desired, Related},
    directory::Named,
    error::WithContext,
    names::{ADMINISTRATORS, MapperOwner, REALM_MANAGEMENT},
    relation::RoleName,
    rights::{Part, Withheld},
    server::ServerInfo,
};

/// How many reads of one kind are begun before the first has ended. The session caps requests by
/// itself; this bounds how many answers are held at once.
pub(crate) const AT_ONCE: usize = 16;

/// What is there. Maps are by the name under which the values know an object.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// What the server says that it is.
    pub server: ServerInfo,
    /// The realm; `None` where it does not exist, and then everything below is empty.
    pub realm: Option<RealmRepresentation>,
    /// The administrators' realm, where something of it is managed.
    pub admin_realm: Option<RealmRepresentation>,
    /// The user profile.
    pub user_profile: Option<UpConfig>,
    /// The client scopes.
    pub client_scopes: BTreeMap<String, ClientScopeRepresentation>,
    /// Names of the scopes that new clients of the realm get.
    pub default_client_scopes: BTreeSet<String>,
    /// Names of the scopes that new clients of the realm may ask for; read only where they are declared.
    pub optional_client_scopes: BTreeSet<String>,
    /// The realm roles.
    pub roles: BTreeMap<String, RoleRepresentation>,
    /// What the declared roles hold, where they list it.
    pub composites: BTreeMap<String, Vec<RoleName>>,
    /// The groups at the top and those below declared ones, with their roles, by path.
    pub groups: BTreeMap<String, GroupRepresentation>,
    /// The clients that are there, of those that are declared, ours, or hold something of ours.
    pub clients: BTreeMap<String, ClientRepresentation>,
    /// The `clientId`s of those that are not there.
    pub absent_clients: BTreeSet<String>,
    /// The authentication flows, alias to id; read only where the values name one.
    pub flows: BTreeMap<String, String>,
    /// The required actions, by alias; read only where one is declared.
    pub required_actions: BTreeMap<String, RequiredActionProviderRepresentation>,
    /// The groups that new users join, each with its id; read only where they are declared.
    pub default_groups: Vec<GroupRepresentation>,
    /// The roles that every user has; read only where they are declared.
    pub default_roles: Vec<RoleName>,
    /// The roles of the clients that declare some, are left behind, or hold roles of ours, by `clientId`.
    pub client_roles: BTreeMap<String, ObservedClientRoles>,
    /// The roles of the service accounts that declare some, by `clientId`.
    pub service_accounts: BTreeMap<String, Vec<RoleName>>,
    /// The roles that clients and client scopes let into tokens, of those that declare some.
    pub scope_mappings: BTreeMap<MapperOwner, Vec<RoleName>>,
    /// What is there of each identity provider that is declared, ours, or holds something of ours, by alias.
    pub providers: BTreeMap<String, ObservedProvider>,
    /// The declared users that are there, by name.
    pub users: BTreeMap<Arc<str>, ObservedUser>,
    /// Declared users without their nickname, which an account has that nobody declared: by name, with that account's user
    /// name.
    pub nickname_holders: BTreeMap<Arc<str>, String>,
    /// The groups whose members were read.
    pub read_memberships: BTreeSet<Arc<str>>,
    /// The users of ours that are there and not declared any more, by the name under which we made them.
    pub former_users: BTreeMap<Arc<str>, ObservedUser>,
    /// What lives in the groups of ours that are not declared any more, and in all groups below them.
    pub inside_groups: BTreeMap<ObjectId, InsideGroup>,
    /// The parts that the account may not see: of them nothing is known, whatever the fields above say.
    pub withheld: BTreeSet<Part>,
}

impl Keycloak {
    /// Reads everything that the plan needs, anew.
    pub(crate) async fn read(&self, desired: &Desired, ownership: &Ownership) -> Result<Observed, Error> {
        self.directory.clear();
        let withheld = Withheld::default();
        let admin_realm = async {
            match &desired.admin_realm {
                Some(declared) => {
                    let read = self.read_realm(declared.value.realm.as_deref().unwrap_or_default());
                    withheld.unless(Part::AdminRealm, read).await
                }
                None => Ok(None),
            }
        };
        let (realm, admin_realm, server) =
            try_join!(self.read_managed_realm(&desired.realm, &withheld), admin_realm, self.read_server())?;
        let Some(realm) = realm else {
            return Ok(Observed { server, admin_realm, withheld: withheld.parts(), ..Observed::default() });
        };
        let (flows, required_actions) = try_join!(
            withheld.unless(Part::Realm, self.read_flows(desired)),
            withheld.unless(Part::Realm, self.read_required_actions(desired)),
        )?;
        let shares_emails = realm.duplicate_emails_allowed == Some(true);
        let (user_profile, client_scopes, (defaults, optional), roles, groups, found, providers, people) = try_join!(
            withheld.unless(Part::UserProfile, self.read_user_profile()),
            withheld.unless(Part::ClientScopes, self.read_client_scopes()),
            withheld.unless(Part::ClientScopes, self.read_scopes_of_new_clients(desired)),
            withheld.unless(Part::Roles, self.read_roles(desired)),
            withheld.unless(Part::Groups, self.read_groups(desired, ownership)),
            withheld.unless(Part::Clients, self.read_clients(desired, ownership)),
            withheld.unless(Part::IdentityProviders, self.read_providers(desired, ownership)),
            withheld.unless(Part::Users, self.read_users(desired, shares_emails)),
        )?;
        let ((users, nickname_holders), (clients, absent_clients)) = (people, found);
        let has_account = |client_id: &str| {
            clients
                .get(client_id)
                .is_some_and(|client: &ClientRepresentation| client.service_accounts_enabled == Some(true))
        };
        let (
            (users, read_memberships),
            composites,
            former_users,
            inside_groups,
            default_groups,
            default_roles,
            client_roles,
            service_accounts,
            mapped,
        ) = try_join!(
            withheld.unless(Part::Users, self.read_people(desired, &groups, users)),
            withheld.unless(Part::Roles, self.read_composites(desired, &roles)),
            withheld.unless(Part::Users, self.read_former_users(desired, ownership)),
            withheld.unless(Part::Groups, self.read_inside_groups(desired, ownership, &groups)),
            withheld.unless(Part::Groups, self.read_default_groups(desired, &realm)),
            withheld.unless(Part::Roles, self.read_default_roles(desired, &realm)),
            withheld.unless(Part::Clients, self.read_client_roles(desired, ownership)),
            withheld.unless(Part::Users, self.read_service_accounts(desired, has_account)),
            withheld.unless(Part::Clients, self.read_scope_mappings(desired)),
        )?;
        Ok(Observed {
            server,
            realm: Some(realm),
            admin_realm,
            user_profile: Some(user_profile),
            client_scopes,
            default_client_scopes: defaults,
            optional_client_scopes: optional,
            roles,
            composites,
            groups,
            clients,
            absent_clients,
            flows,
            required_actions,
            default_groups,
            default_roles,
            client_roles,
            service_accounts,
            scope_mappings: mapped,
            providers,
            users,
            nickname_holders,
            read_memberships,
            former_users,
            inside_groups,
            withheld: withheld.parts(),
        })
    }

    /// The managed realm. One that the account is shown a part of is there, and nothing else is known of it.
    async fn read_managed_realm(&self, realm: &str, withheld: &Withheld) -> Result<Option<RealmRepresentation>, Error> {
        match self.read_realm(realm).await {
            Err(Error::CutShort { .. }) => {
                withheld.note(Part::Realm);
                Ok(Some(RealmRepresentation { realm: Some(realm.to_owned()), ..Default::default() }))
            }
            read => read,
        }
    }

    /// Of a realm that the account may not view, Keycloak answers with 200 and a handful of keys
    /// (server-behaviour 2.1): what is missing there is unknown and not unset.
    async fn read_realm(&self, realm: &str) -> Result<Option<RealmRepresentation>, Error> {
        let found = self.client.realm_get().realm(realm).send().await.optional().context("read", "realm", realm)?;
        match found {
            Some(found) if found.id.is_none() => Err(Error::CutShort { realm: realm.to_owned() }),
            found => Ok(found),
        }
    }

    async fn read_user_profile(&self) -> Result<UpConfig, Error> {
        self.client.user_profile_get().realm(self.realm()).send().await.api().context(
            "read",
            "user profile of realm",
            self.realm(),
        )
    }

    async fn read_client_scopes(&self) -> Result<BTreeMap<String, ClientScopeRepresentation>, Error> {
        let scopes = self.client.client_scope_list().realm(self.realm()).send().await.api().context(
            "list",
            "client scopes of realm",
            self.realm(),
        )?;
        let mut named = BTreeMap::new();
        for scope in scopes {
            if let (Some(name), Some(id)) = (scope.name.clone(), scope.id.clone()) {
                self.directory.insert(Named::ClientScope(name.clone()), id);
                named.insert(name, scope);
            }
        }
        Ok(named)
    }

    /// The default and the optional scopes of new clients. The latter are of interest where they are declared, and where a declared
    /// default is none yet: it may be one of them.
    async fn read_scopes_of_new_clients(
        &self,
        desired: &Desired,
    ) -> Result<(BTreeSet<String>, BTreeSet<String>), Error> {
        let names =
            |scopes: Vec<ClientScopeRepresentation>| scopes.into_iter().filter_map(|scope| scope.name).collect();
        let scopes = self.client.realm_default_client_scope_list().realm(self.realm()).send().await.api();
        let defaults: BTreeSet<String> =
            names(scopes.context("list", "default client scopes of realm", self.realm())?);
        let is_settled = desired.default_client_scopes.names.iter().all(|scope| defaults.contains(scope));
        if is_settled && desired.optional_client_scopes == Related::default() {
            return Ok((defaults, BTreeSet::new()));
        }
        let scopes = self.client.realm_optional_client_scope_list().realm(self.realm()).send().await.api();
        Ok((defaults, names(scopes.context("list", "optional client scopes of realm", self.realm())?)))
    }

    /// Each client that is declared or ours by its exact `clientId`, since a realm may hold thousands of others; and which of them
    /// are not there.
    async fn read_clients(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<(BTreeMap<String, ClientRepresentation>, BTreeSet<String>), Error> {
        let declared = desired.clients.iter().map(|client| client.client.value.client_id.clone().unwrap_or_default());
        let mut sought: BTreeSet<String> = declared.chain(left_behind::clients(ownership)).collect();
        let mut reads = Vec::with_capacity(sought.len());
        for client_id in &sought {
            reads.push(self.find_client(client_id));
        }
        let found: Vec<Option<ClientRepresentation>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        // Who may only query clients is shown none (server-behaviour 2.1); this one is in every realm.
        if found.iter().any(Option::is_none) && self.find_client(&self.management_client()).await?.is_none() {
            return Err(Error::Withheld { kind: "clients", right: Part::Clients.right() });
        }
        let found = found.into_iter().flatten();
        let found: BTreeMap<String, ClientRepresentation> =
            found.filter_map(|client| Some((client.client_id.clone()?, client))).collect();
        sought.retain(|client_id| !found.contains_key(client_id));
        Ok((found, sought))
    }

    /// The client whose roles are the rights in the managed realm: every realm has one, and the
    /// administrators' realm calls its own by another name.
    fn management_client(&self) -> String {
        match self.realm() {
            ADMINISTRATORS => format!("{ADMINISTRATORS}-realm"),
            _ => REALM_MANAGEMENT.to_owned(),
        }
    }

    /// The client with exactly this `clientId`.
    pub(crate) async fn find_client(&self, client_id: &str) -> Result<Option<ClientRepresentation>, Error> {
        let found = self
            .client
            .client_list()
            .realm(self.realm())
            .client_id(client_id)
            .send()
            .await
            .api()
            .context("find", "client", client_id)?;
        let client = found.into_iter().find(|client| client.client_id.as_deref() == Some(client_id));
        if let Some(id) = client.as_ref().and_then(|client| client.id.as_deref()) {
            self.directory.insert(Named::Client(client_id.to_owned()), id);
        }
        Ok(client)
    }
}
