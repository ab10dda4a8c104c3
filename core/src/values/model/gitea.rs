use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::values::names::{HttpUrl, ObjectName};
use crate::values::representation::{Representation, representation};
use crate::values::secret::SecretValue;

/// Gitea: organisations, teams and repositories.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gitea {
    /// Public address. Default `https://gitea.<platform.domain>`.
    pub url: Option<HttpUrl>,
    /// Address for all calls of a run, wherever it runs, such as one inside the cluster. Default: the public address.
    pub internal_url: Option<HttpUrl>,
    /// The account that makes the changes.
    pub admin: GiteaAdmin,
    /// The authentication source; absent means that it is not managed.
    pub oidc: Option<GiteaAuthenticationSource>,
    /// Organisations beyond what teams imply.
    pub organisations: Option<Vec<GiteaOrganisation>>,
    /// Repositories beyond what teams imply.
    pub repositories: Option<Vec<GiteaRepository>>,
    /// Webhooks.
    pub hooks: Option<Vec<GiteaHook>>,
    /// Users.
    pub users: Option<Vec<GiteaUser>>,
    /// Repositories of each team: `<teamPrefix><id>-<name>`.
    pub team_repositories: Option<Vec<ObjectName>>,
}

/// The account that makes the changes in Gitea.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "GiteaAdminFields")]
pub struct GiteaAdmin {
    /// How the account proves itself.
    pub credentials: GiteaCredentials,
}

/// How the account that makes the changes in Gitea proves itself.
#[derive(Debug, Clone)]
pub enum GiteaCredentials {
    /// User name and password.
    Password {
        /// User name.
        username: String,
        /// Password.
        password: SecretValue,
    },
    /// An access token.
    Token {
        /// The token.
        token: SecretValue,
        /// Name of the token's user, where it is given.
        username: Option<String>,
    },
}

/// The account that makes the changes: `username` and `password`, or `token`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "GiteaAdmin")]
struct GiteaAdminFields {
    /// User name.
    username: Option<String>,
    /// Password of the user.
    password: Option<SecretValue>,
    /// Access token, instead of a password.
    token: Option<SecretValue>,
}

impl TryFrom<GiteaAdminFields> for GiteaAdmin {
    type Error = &'static str;

    fn try_from(fields: GiteaAdminFields) -> Result<Self, Self::Error> {
        let GiteaAdminFields { username, password, token } = fields;
        let credentials = match (username, password, token) {
            (Some(username), Some(password), None) => GiteaCredentials::Password { username, password },
            (username, None, Some(token)) => GiteaCredentials::Token { token, username },
            _ => return Err("expected either `username` and `password` or `token`"),
        };
        Ok(Self { credentials })
    }
}

impl JsonSchema for GiteaAdmin {
    fn schema_name() -> Cow<'static, str> {
        GiteaAdminFields::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        GiteaAdminFields::json_schema(generator)
    }
}

representation! {
    /// Settings of Gitea's authentication source that are to be managed.
    GiteaAuthenticationSource,
    /// Fields of a Gitea organisation that are to be managed.
    GiteaOrganisation,
    /// Fields of a Gitea repository that are to be managed.
    GiteaRepository,
    /// Fields of a Gitea webhook that are to be managed.
    GiteaHook,
    /// Fields of a Gitea user that are to be managed.
    GiteaUser,
}
