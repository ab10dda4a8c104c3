use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer};

use crate::values::names::{AddressableName, GroupPath, HttpUrl, RealmName};
use crate::values::representation::{Representation, representation};
use crate::values::secret::SecretValue;

/// Keycloak: the realm of the platform and what is in it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keycloak {
    /// Public address. Default `https://keycloak.<platform.domain>`.
    pub url: Option<HttpUrl>,
    /// Address for all calls of a run, wherever it runs, such as one inside the cluster. Default: the public address.
    pub internal_url: Option<HttpUrl>,
    /// The account that makes the changes.
    pub admin: KeycloakAdmin,
    /// Login theme of the realm and of the admin realm; absent means that themes are not managed.
    pub login_theme: Option<String>,
    /// Settings of the realm: any field of Keycloak's realm representation that is to be managed.
    pub realm: Option<RealmRepresentation>,
    /// The client that the applications share.
    pub client: Option<PlatformClient>,
    /// Clients beyond what teams imply.
    pub clients: Option<Vec<ClientRepresentation>>,
    /// Realm roles beyond what teams imply.
    pub roles: Option<Vec<RoleRepresentation>>,
    /// Groups beyond what teams imply.
    pub groups: Option<Vec<GroupRepresentation>>,
    /// Client scopes beyond `openid`.
    pub client_scopes: Option<Vec<ClientScopeRepresentation>>,
    /// External identity provider; with it, local accounts are not managed.
    pub identity_provider: Option<IdentityProvider>,
    /// Further identity providers, which leave teams and local accounts as they are.
    pub identity_providers: Option<Vec<IdentityProviderRepresentation>>,
    /// Which events the realm keeps.
    pub events: Option<RealmEventsConfigRepresentation>,
    /// What users can be made to do at login.
    pub required_actions: Option<Vec<RequiredActionProviderRepresentation>>,
    /// Which attributes users have, beside the built-in ones; attributes and groups of other people stay.
    pub user_profile: Option<UPConfig>,
    /// Paths of the groups that new users join, such as `/staff/interns`; an empty list means none.
    pub default_groups: Option<Vec<GroupPath>>,
    /// Roles that every user has.
    pub default_roles: Option<RoleNames>,
    /// What a run with `--prune --prune-data` does with users of evenkeel that the values do not name any more.
    pub removed_users: Option<RemovedUsers>,
    /// Where the parts of what the platform implies are managed.
    #[serde(default)]
    pub implied: Implied,
}

/// Names of roles; a list that is absent is not managed, a declared one is the whole list.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleNames {
    /// Realm roles.
    pub realm_roles: Option<Vec<AddressableName>>,
    /// Roles of clients, by `clientId`.
    #[serde(default)]
    #[schemars(schema_with = "roles_by_client")]
    pub client_roles: Option<BTreeMap<AddressableName, Vec<AddressableName>>>,
}

/// The keys are names too.
pub(super) fn roles_by_client(generator: &mut SchemaGenerator) -> Schema {
    let client = generator.subschema_for::<AddressableName>();
    let roles = generator.subschema_for::<Vec<AddressableName>>();
    json_schema!({"type": "object", "propertyNames": client, "additionalProperties": roles})
}

/// What happens to accounts that the values do not name any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum RemovedUsers {
    /// They stay as they are.
    Keep,
    /// They stay, and cannot log in any more.
    Disable,
    /// They are deleted.
    #[default]
    Delete,
}

/// What the platform implies in Keycloak whatever else is declared. A part that is absent is managed in what evenkeel makes or
/// has adopted; what was there before keeps what nobody declared. A part that is `true` is managed wherever it is, one that is
/// `false` nowhere. What teams and users imply is not among it.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(default)]
pub struct Implied {
    /// The built-in settings of the realm. Default: in a realm that evenkeel makes.
    pub realm: ImpliedPart,
    /// The roles and groups of administrators. Default: what is missing is made.
    pub administrators: ImpliedPart,
    /// The client that the applications share. Default: what is missing is made.
    pub client: ImpliedPart,
    /// The client scope `openid`, and that new clients get it. Default: what is missing is made.
    pub openid_scope: ImpliedPart,
    /// The four attributes of every account in the user profile, and its policy. Default: in a realm that evenkeel makes.
    pub user_profile: ImpliedPart,
    /// The attribute `nickname` of every declared user. Default: of accounts that evenkeel makes.
    pub nicknames: ImpliedPart,
}

/// Where a part that the platform implies is managed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "bool")]
pub enum ImpliedPart {
    /// In objects that evenkeel makes, has made or has adopted.
    #[default]
    InOurs,
    /// Also in objects that were there before.
    Everywhere,
    /// Nowhere: other people look after it.
    Nowhere,
}

impl ImpliedPart {
    /// Whether it is managed in objects that were there before.
    #[must_use]
    pub fn is_everywhere(self) -> bool {
        self == Self::Everywhere
    }

    /// Whether it is managed at all.
    #[must_use]
    pub fn is_implied(self) -> bool {
        self != Self::Nowhere
    }
}

impl From<bool> for ImpliedPart {
    fn from(managed: bool) -> Self {
        if managed { Self::Everywhere } else { Self::Nowhere }
    }
}

impl JsonSchema for ImpliedPart {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        bool::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        bool::json_schema(generator)
    }
}

/// The account that makes the changes in Keycloak.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "AdminFields")]
pub struct KeycloakAdmin {
    /// Realm in which the account lives. Default `master`.
    pub realm: RealmName,
    /// How the account proves itself.
    pub credentials: AdminCredentials,
}

/// How the account that makes the changes proves itself.
#[derive(Debug, Clone)]
pub enum AdminCredentials {
    /// A user, by the password grant of client `admin-cli`.
    Password {
        /// User name.
        username: String,
        /// Password.
        password: SecretValue,
    },
    /// A service account, by the client credentials grant.
    Client {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: SecretValue,
    },
}

/// The account that makes the changes: either `username` and `password`, or `clientId` and `clientSecret`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "KeycloakAdmin")]
struct AdminFields {
    /// Realm in which the account lives. Default `master`.
    realm: RealmName,
    /// User name, for the password grant of client `admin-cli`.
    username: Option<String>,
    /// Password of the user.
    password: Option<SecretValue>,
    /// Client id, for the client credentials grant.
    client_id: Option<String>,
    /// Secret of the client.
    client_secret: Option<SecretValue>,
}

impl TryFrom<AdminFields> for KeycloakAdmin {
    type Error = &'static str;

    fn try_from(fields: AdminFields) -> Result<Self, Self::Error> {
        let AdminFields { realm, username, password, client_id, client_secret } = fields;
        let credentials = match (username, password, client_id, client_secret) {
            (Some(username), Some(password), None, None) => AdminCredentials::Password { username, password },
            (None, None, Some(client_id), Some(client_secret)) => AdminCredentials::Client { client_id, client_secret },
            _ => return Err("expected either `username` and `password` or `clientId` and `clientSecret`"),
        };
        Ok(Self { realm, credentials })
    }
}

impl JsonSchema for KeycloakAdmin {
    fn schema_name() -> Cow<'static, str> {
        AdminFields::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        AdminFields::json_schema(generator)
    }
}

/// The client that the applications share; `fields` holds everything that has no place of its own here.
#[derive(Debug, Clone, Default)]
pub struct PlatformClient {
    /// Client secret; absent means that Keycloak's own is left as it is.
    pub secret: Option<SecretValue>,
    /// Addresses to which a login may return.
    pub redirect_uris: Option<Vec<String>>,
    /// Origins from which browsers may call.
    pub web_origins: Option<Vec<String>>,
    /// Any other field of Keycloak's client representation that is to be managed.
    pub fields: ClientRepresentation,
}

impl<'de> Deserialize<'de> for PlatformClient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Representation::deserialize(deserializer)?;
        let texts = |_| de::Error::custom("expected a list of strings");
        Ok(Self {
            secret: fields.take_secret("secret"),
            redirect_uris: fields.take_texts("redirectUris").map_err(texts)?,
            web_origins: fields.take_texts("webOrigins").map_err(texts)?,
            fields: ClientRepresentation(fields),
        })
    }
}

impl JsonSchema for PlatformClient {
    fn schema_name() -> Cow<'static, str> {
        "PlatformClient".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let secret = generator.subschema_for::<SecretValue>();
        let fields = generator.subschema_for::<ClientRepresentation>();
        json_schema!({
            "type": "object",
            "description": "The client that the applications share: any field of Keycloak's client representation that is to be managed.",
            "properties": {
                "secret": secret,
                "redirectUris": {"type": "array", "items": {"type": "string"}, "description": "Addresses to which a login may return."},
                "webOrigins": {"type": "array", "items": {"type": "string"}, "description": "Origins from which browsers may call."},
            },
            "allOf": [fields],
        })
    }
}

representation! {
    /// Fields of Keycloak's realm representation that are to be managed.
    RealmRepresentation,
    /// Fields of Keycloak's client representation that are to be managed.
    ClientRepresentation,
    /// Fields of Keycloak's role representation that are to be managed.
    RoleRepresentation,
    /// Fields of Keycloak's group representation that are to be managed.
    GroupRepresentation,
    /// Fields of Keycloak's client scope representation that are to be managed.
    ClientScopeRepresentation,
    /// Fields of Keycloak's identity provider representation that are to be managed.
    IdentityProviderRepresentation,
    /// Fields of Keycloak's events configuration that are to be managed.
    RealmEventsConfigRepresentation,
    /// Fields of Keycloak's required action representation that are to be managed.
    RequiredActionProviderRepresentation,
    /// Parts of Keycloak's user profile that are to be managed.
    UPConfig,
}

/// An external identity provider: any that has a discovery document at `<issuer>/.well-known/openid-configuration`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityProvider {
    /// Alias in Keycloak. Default `otomi-idp`.
    #[serde(default = "AddressableName::of_external_provider")]
    pub alias: AddressableName,
    /// Address of the issuer, without the discovery path.
    pub issuer: HttpUrl,
    /// Client id at the provider.
    pub client_id: String,
    /// Client secret at the provider.
    pub client_secret: SecretValue,
    /// Template of the user name. Default `${CLAIM.upn}`.
    #[serde(default = "default_username_template")]
    pub username_template: String,
    /// Claim that identifies the user. Default `sub`.
    #[serde(default = "default_sub_claim")]
    pub sub_claim: String,
    /// Ids of the provider's groups that stand for the platform's own roles.
    #[serde(default)]
    pub groups: IdentityProviderGroups,
}

fn default_username_template() -> String {
    "${CLAIM.upn}".to_owned()
}

fn default_sub_claim() -> String {
    "sub".to_owned()
}

/// Ids of the external provider's groups that stand for the platform's own roles.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityProviderGroups {
    /// Group of platform administrators.
    pub platform_admin: Option<String>,
    /// Group of administrators of all teams.
    pub all_teams_admin: Option<String>,
    /// Group of team administrators.
    pub team_admin: Option<String>,
}
