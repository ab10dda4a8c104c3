//! What the values ask of Keycloak: every object typed, with the value that it follows from.

mod administration;
mod client;
pub(crate) mod flows;
mod groups;
mod identity_providers;
mod lengths;
mod mappers;
mod objects;
mod platform;
mod provider;
mod realm;
mod references;
mod related;
mod representation;
mod required_secrets;
mod roles;
mod scopes;
mod settings;
mod ties;
mod users;

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    plan::Note,
    reading::Reading,
    values::{
        Document, Problems, Values,
        model::{ImpliedPart, Keycloak, RemovedUsers},
    },
};
use evenkeel_engine::secrets::SecretResolver;
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, ProtocolMapperRepresentation,
    RealmEventsConfigRepresentation, RealmRepresentation, RequiredActionProviderRepresentation, RoleRepresentation,
    UpConfig,
};

pub use administration::{Administration, Login};
pub(crate) use client::DEFAULT_SCOPES;
pub use evenkeel_core::declared::Declared;
pub use provider::DesiredProvider;
pub(crate) use realm::REFUSED as REFUSED_IN_REALM;
pub use related::{Related, RelatedRoles};
pub use required_secrets::required_secrets;
pub(crate) use scopes::OPENID;
pub use ties::DesiredTies;
pub use users::{DesiredMembership, DesiredUser};

/// A client scope with its mappers, each managed by itself.
#[derive(Clone, Debug)]
pub struct DesiredClientScope {
    /// The scope's own fields; `name` is set.
    pub scope: Declared<ClientScopeRepresentation>,
    /// Its mappers; `name` is set in each.
    pub mappers: Vec<Declared<ProtocolMapperRepresentation>>,
    /// Roles that it lets into tokens.
    pub scope_mappings: RelatedRoles,
}

/// A client with its mappers and scopes. Scopes that nobody declares are not managed.
#[derive(Clone, Debug)]
pub struct DesiredClient {
    /// The client's own fields; `client_id` is set.
    pub client: Declared<ClientRepresentation>,
    /// Its mappers; `name` is set in each.
    pub mappers: Vec<Declared<ProtocolMapperRepresentation>>,
    /// Scopes that it always gets.
    pub default_scopes: Option<Related>,
    /// Scopes that it may ask for.
    pub optional_scopes: Option<Related>,
    /// Its roles; `name` is set in each.
    pub roles: Vec<DesiredRole>,
    /// Roles of its service account.
    pub service_account: RelatedRoles,
    /// Roles that its tokens may carry where it has not the full scope.
    pub scope_mappings: RelatedRoles,
}

impl DesiredClient {
    /// The names of all scopes that the client needs.
    pub fn scope_names(&self) -> impl Iterator<Item = &str> {
        self.default_scopes.iter().chain(&self.optional_scopes).flat_map(|related| &related.names).map(String::as_str)
    }
}

/// A role of the realm or of a client, with the roles inside. Lists that nobody declares are not managed.
#[derive(Clone, Debug)]
pub struct DesiredRole {
    /// The role's own fields; `name` is set.
    pub role: Declared<RoleRepresentation>,
    /// Realm roles inside.
    pub realm_roles: Option<Related>,
    /// Roles of clients inside, by `clientId`.
    pub client_roles: BTreeMap<String, Related>,
}

/// A group with the roles that it gives to its members. Lists that nobody declares are not managed.
#[derive(Clone, Debug)]
pub struct DesiredGroup {
    /// The group's own fields; `name` is set.
    pub group: Declared<GroupRepresentation>,
    /// The names from the top down to the group, separated by `/`.
    pub path: String,
    /// Realm roles.
    pub realm_roles: Option<Related>,
    /// Roles of clients, by `clientId`.
    pub client_roles: BTreeMap<String, Related>,
}

impl DesiredGroup {
    /// The path of the group above; `None` at the top.
    #[must_use]
    pub fn parent(&self) -> Option<&str> {
        self.path.rsplit_once('/').map(|(parent, _)| parent)
    }
}

/// The user profile. It comes with the realm, so that it is evenkeel's where the realm is.
#[derive(Clone, Debug)]
pub struct DesiredUserProfile {
    /// With what the platform implies.
    pub whole: Declared<UpConfig>,
    /// What people wrote: all that is managed of a profile that was there before evenkeel.
    pub asked: Declared<UpConfig>,
    /// Whether what the platform implies is managed there too.
    pub everywhere: bool,
}

/// Everything that the values ask of Keycloak.
#[derive(Clone, Debug)]
pub struct Desired {
    /// Where the server is and how to log in.
    pub administration: Administration,
    /// The realm's name.
    pub realm: String,
    /// The realm's own fields.
    pub realm_settings: Declared<RealmRepresentation>,
    /// The login theme of the administrators' realm, if it is managed.
    pub admin_realm: Option<Declared<RealmRepresentation>>,
    /// The authentication flows that the realm uses, if one is declared.
    pub flow_binding: Option<Declared<RealmRepresentation>>,
    /// Which events are kept, if that is declared beside the realm's own fields.
    pub events: Option<Declared<RealmEventsConfigRepresentation>>,
    /// What users can be made to do at login.
    pub required_actions: Vec<Declared<RequiredActionProviderRepresentation>>,
    /// The user profile.
    pub user_profile: DesiredUserProfile,
    /// Groups that new users join, by path without the first slash.
    pub default_groups: Option<Related>,
    /// Roles that every user has.
    pub default_roles: RelatedRoles,
    /// Scopes that new clients of the realm get.
    pub default_client_scopes: Related,
    /// Scopes that new clients of the realm may ask for.
    pub optional_client_scopes: Related,
    /// The client scopes.
    pub client_scopes: Vec<DesiredClientScope>,
    /// The realm roles.
    pub roles: Vec<DesiredRole>,
    /// The groups, each after the one above it.
    pub groups: Vec<DesiredGroup>,
    /// The clients.
    pub clients: Vec<DesiredClient>,
    /// The external identity provider. With it teams imply no groups, and local accounts are not managed.
    pub provider: Option<DesiredProvider>,
    /// Identity providers beside it.
    pub further_providers: Vec<DesiredProvider>,
    /// What people should know about the values themselves.
    pub notes: Vec<Note>,
    /// The groups of teams, each with its team.
    pub team_groups: BTreeMap<Arc<str>, Arc<str>>,
    /// The groups of administrators, from most rights to least.
    pub administrator_groups: [Arc<str>; 3],
    /// The users.
    pub users: Vec<Arc<DesiredUser>>,
    /// What becomes of users that the values do not name any more.
    pub removed_users: RemovedUsers,
    /// Where nicknames that nobody wrote are managed.
    pub nicknames: ImpliedPart,
    /// Where new clients get the scope `openid`, and the shared client its scopes, although nobody wrote that.
    pub openid_scope: ImpliedPart,
    /// What built-in defaults decided and people may want to decide themselves.
    pub assumed: Vec<Note>,
}

fn begin<'a>(values: &'a Values, document: &'a Document, secrets: &'a SecretResolver) -> Reading<'a> {
    Reading::new(values, document, secrets, "keycloak").with_rules(representation::rules)
}

fn section<'a>(reading: &Reading<'a>) -> Result<&'a Keycloak, Problems> {
    let hint = "add `keycloak.admin` and either `keycloak.url` or `platform.domain`";
    reading.declared_section(reading.values.keycloak.as_ref(), hint)
}

/// Where the server is and how to log in; the rest of the values does not matter. Pure.
///
/// # Errors
///
/// What is wrong with the address or the login.
pub fn administration(
    values: &Values,
    document: &Document,
    secrets: &SecretResolver,
) -> Result<Administration, Problems> {
    let reading = begin(values, document, secrets);
    let administration = Administration::desired(&reading, section(&reading)?);
    reading.finish(administration)
}

impl Desired {
    /// All identity providers.
    pub fn providers(&self) -> impl Iterator<Item = &DesiredProvider> {
        self.provider.iter().chain(&self.further_providers)
    }

    /// Values into what Keycloak should hold. Pure.
    ///
    /// # Errors
    ///
    /// Every value that this task cannot work with, with its place.
    pub fn from_values(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Self, Problems> {
        let reading = begin(values, document, secrets);
        let keycloak = section(&reading)?;
        let external = keycloak.identity_provider.is_some();
        let mut realm_settings = realm::settings(&reading, keycloak);
        let (default_client_scopes, optional_client_scopes) =
            realm::client_scopes(&reading, &mut realm_settings.value, keycloak);
        let flow_binding = flows::binding(&mut realm_settings);
        let groups_in_realm = realm_settings.value.default_groups.take();
        let desired = Self {
            administration: Administration::desired(&reading, keycloak),
            realm: platform::realm(&reading).to_owned(),
            realm_settings,
            admin_realm: realm::admin_realm(&reading, keycloak),
            flow_binding,
            events: settings::events(&reading, keycloak),
            required_actions: settings::required_actions(&reading, keycloak),
            user_profile: settings::user_profile(&reading, keycloak),
            default_groups: settings::default_groups(&reading, keycloak, groups_in_realm),
            default_roles: settings::default_roles(&reading, keycloak),
            default_client_scopes,
            optional_client_scopes,
            client_scopes: scopes::desired(&reading, keycloak),
            roles: roles::desired(&reading, keycloak),
            groups: groups::desired(&reading, keycloak),
            clients: client::desired(&reading, keycloak),
            provider: provider::desired(&reading, keycloak),
            further_providers: identity_providers::desired(&reading, keycloak),
            notes: if external { provider::notes(&reading) } else { Vec::new() },
            team_groups: platform::team_groups(&reading),
            administrator_groups: platform::administrator_names(&reading).map(|(_, name)| name.into()),
            users: if external { Vec::new() } else { users::desired(&reading, keycloak) },
            removed_users: keycloak.removed_users.unwrap_or_default(),
            nicknames: keycloak.implied.nicknames,
            openid_scope: keycloak.implied.openid_scope,
            assumed: realm::assumed(&reading),
        };
        reading.finish(desired)
    }
}
