//! What Keycloak holds of the objects that the values name. Reads only, in lists where there are lists.
//!
//! An unchanged realm costs: one request each for the realm, the administrators' realm, the user
//! profile, the client scopes, the realm's default scopes, every client that is declared; the pages
//! of roles and groups (a group's roles come with the full list); one count of users, then the pages
//! of users or one exact search for each declared user, whatever is less; and the members of each
//! group whose membership is declared (inverted: reading every user's groups would cost a request
//! for each user).

mod provider;
mod users;

pub use provider::ObservedProvider;

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_keycloak_client::{
    paging,
    types::{
        ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, RealmRepresentation, RoleRepresentation,
        UpConfig, UserRepresentation,
    },
};
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream, try_join};

use crate::{Error, Keycloak, desired::Desired, directory::Named, error::Doing};

/// How many reads of one kind are begun before the first has ended. The session caps requests by
/// itself; this bounds how many answers are held at once.
const AT_ONCE: usize = 16;

/// What is there. Maps are by the name under which the values know an object.
#[derive(Clone, Debug, Default)]
pub struct Observed {
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
    /// The declared roles that are there.
    pub roles: BTreeMap<String, RoleRepresentation>,
    /// The declared top-level groups that are there, with their roles.
    pub groups: BTreeMap<String, GroupRepresentation>,
    /// The declared clients that are there.
    pub clients: BTreeMap<String, ClientRepresentation>,
    /// What is there of the external identity provider.
    pub provider: ObservedProvider,
    /// The declared users that are there, by folded email.
    pub users: BTreeMap<String, UserRepresentation>,
    /// Ids of the members of each group whose membership is declared.
    pub members: BTreeMap<String, BTreeSet<String>>,
}

impl Keycloak {
    /// Reads everything that the plan needs, anew.
    pub(crate) async fn read(&self, desired: &Desired) -> Result<Observed, Error> {
        self.directory.clear();
        let admin_realm = async {
            match &desired.admin_realm {
                Some(declared) => self.read_realm(declared.value.realm.as_deref().unwrap_or_default()).await,
                None => Ok(None),
            }
        };
        let (realm, admin_realm) = try_join!(self.read_realm(&desired.realm), admin_realm)?;
        let Some(realm) = realm else {
            return Ok(Observed { admin_realm, ..Observed::default() });
        };
        let (user_profile, scopes, default_client_scopes, roles, groups, clients, provider, users) = try_join!(
            self.read_user_profile(),
            self.read_client_scopes(),
            self.read_default_client_scopes(),
            self.read_roles(),
            self.read_groups(),
            self.read_clients(desired),
            self.read_provider(desired),
            self.read_users(desired),
        )?;
        let members = self.read_members(desired, &groups).await?;
        Ok(Observed {
            realm: Some(realm),
            admin_realm,
            user_profile: Some(user_profile),
            client_scopes: scopes,
            default_client_scopes,
            roles,
            groups,
            clients,
            provider,
            users,
            members,
        })
    }

    async fn read_realm(&self, realm: &str) -> Result<Option<RealmRepresentation>, Error> {
        self.client.realm_get().realm(realm).send().await.optional().doing("read", "realm", realm)
    }

    async fn read_user_profile(&self) -> Result<UpConfig, Error> {
        self.client.user_profile_get().realm(self.realm()).send().await.api().doing(
            "read",
            "user profile of realm",
            self.realm(),
        )
    }

    async fn read_client_scopes(&self) -> Result<BTreeMap<String, ClientScopeRepresentation>, Error> {
        let scopes = self.client.client_scope_list().realm(self.realm()).send().await.api().doing(
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

    async fn read_default_client_scopes(&self) -> Result<BTreeSet<String>, Error> {
        let scopes = self.client.realm_default_client_scope_list().realm(self.realm()).send().await.api();
        let scopes = scopes.doing("list", "default client scopes of realm", self.realm())?;
        Ok(scopes.into_iter().filter_map(|scope| scope.name).collect())
    }

    async fn read_roles(&self) -> Result<BTreeMap<String, RoleRepresentation>, Error> {
        let mut named = BTreeMap::new();
        for role in
            paging::roles(&self.client, self.realm(), true).await.doing("list", "roles of realm", self.realm())?
        {
            if let (Some(name), Some(id)) = (role.name.clone(), role.id.clone()) {
                self.directory.insert(Named::Role(name.clone()), id);
                named.insert(name, role);
            }
        }
        Ok(named)
    }

    async fn read_groups(&self) -> Result<BTreeMap<String, GroupRepresentation>, Error> {
        let mut named = BTreeMap::new();
        for group in
            paging::groups(&self.client, self.realm(), false).await.doing("list", "groups of realm", self.realm())?
        {
            if let (Some(name), Some(id)) = (group.name.clone(), group.id.clone()) {
                self.directory.insert(Named::Group(name.clone()), id);
                named.insert(name, group);
            }
        }
        Ok(named)
    }

    /// Each declared client by its exact `clientId`: a realm may hold thousands of others.
    async fn read_clients(&self, desired: &Desired) -> Result<BTreeMap<String, ClientRepresentation>, Error> {
        let mut reads = Vec::with_capacity(desired.clients.len());
        for declared in &desired.clients {
            reads.push(self.find_client(declared.client.value.client_id.as_deref().unwrap_or_default()));
        }
        let found: Vec<Option<ClientRepresentation>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().filter_map(|client| Some((client.client_id.clone()?, client))).collect())
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
            .doing("find", "client", client_id)?;
        let client = found.into_iter().find(|client| client.client_id.as_deref() == Some(client_id));
        if let Some(id) = client.as_ref().and_then(|client| client.id.as_deref()) {
            self.directory.insert(Named::Client(client_id.to_owned()), id);
        }
        Ok(client)
    }

    /// The ids of the members of each group whose membership some declared user has an opinion about.
    async fn read_members(
        &self,
        desired: &Desired,
        groups: &BTreeMap<String, GroupRepresentation>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let wanted: BTreeSet<&String> = desired.users.iter().flat_map(|user| user.memberships.keys()).collect();
        let mut reads = Vec::with_capacity(wanted.len());
        for name in wanted {
            if let Some(id) = groups.get(name).and_then(|group| group.id.clone()) {
                reads.push(self.read_members_of(name, id));
            }
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn read_members_of(&self, name: &str, id: String) -> Result<(String, BTreeSet<String>), Error> {
        let members = paging::group_members(&self.client, self.realm(), &id, true).await.doing(
            "list",
            "members of group",
            name,
        )?;
        Ok((name.to_owned(), members.into_iter().filter_map(|member| member.id).collect()))
    }
}
