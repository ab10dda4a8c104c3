//! Logging in: who administrates, and the tokens for it.

use std::{sync::Arc, time::Duration};

use evenkeel_transport::{
    ApiError, Auth, CachedToken, ErrorBody, IssuedToken, Kind, ResultExt, Secret, Session, TokenIssuer, TokenSource,
    progenitor_client::Error, reqwest::StatusCode,
};
use futures::{FutureExt, future::BoxFuture};

use crate::{
    Client, KeycloakError,
    types::{ErrorRepresentation, TokenRequest},
};

/// The client that Keycloak has in every realm for password logins of administrators.
const ADMIN_CLIENT: &str = "admin-cli";

/// Who administrates, and in which realm that account lives.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// The account's realm; `master` unless it may administrate its own realm only.
    pub realm: String,
    /// How the account proves itself.
    pub credentials: Credentials,
}

/// How an administrator proves itself.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A user with a password, by the client `admin-cli`.
    User {
        /// The user's name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A confidential client with a service account.
    Client {
        /// The client's name.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
}

impl Administrator {
    /// An administrator of realm `master`.
    #[must_use]
    pub fn of_master(credentials: Credentials) -> Self {
        Self { realm: "master".to_owned(), credentials }
    }
}

/// Logs in at the Keycloak at `url` (with the path under which it serves, if any) and gives the client for its
/// administration. Tokens are renewed as [`CachedToken`] says; all requests go through `session`.
///
/// # Errors
/// [`KeycloakError::NotAuthorised`] when the login is refused; [`KeycloakError::Unexpected`] when there is no such realm, or
/// no Keycloak at the address; [`KeycloakError::Unavailable`].
pub async fn connect(session: &Session, url: &str, administrator: Administrator) -> Result<Client, KeycloakError> {
    let client = |session: &Session| {
        let http = session.http().clone();
        Client::new_with_client(url.trim_end_matches('/'), http, session.clone())
    };
    let tokens = CachedToken::new(Login { client: client(session), administrator });
    // The first login happens here, so that a refusal is told before any work begins.
    tokens.token(None).await?;
    Ok(client(&session.with_auth(Auth::Bearer(Arc::new(tokens)))))
}

/// The grants at the token end point.
struct Login {
    client: Client,
    administrator: Administrator,
}

impl TokenIssuer for Login {
    fn issue(&self) -> BoxFuture<'_, Result<IssuedToken, ApiError>> {
        self.grant().boxed()
    }
}

impl Login {
    async fn grant(&self) -> Result<IssuedToken, ApiError> {
        let answer = self.client.token_grant().realm(&self.administrator.realm).body(self.request()).send().await;
        let granted = match answer {
            Err(Error::ErrorResponse(refused)) => {
                return Err(self.refusal(refused.status(), &refused));
            }
            answer => answer.api()?,
        };
        let lifetime = granted.expires_in.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
        Ok(IssuedToken { token: granted.access_token, lifetime })
    }

    fn request(&self) -> TokenRequest {
        let empty = TokenRequest {
            grant_type: String::new(),
            client_id: String::new(),
            client_secret: None,
            username: None,
            password: None,
            refresh_token: None,
            scope: None,
        };
        match self.administrator.credentials.clone() {
            Credentials::User { username, password } => TokenRequest {
                grant_type: "password".to_owned(),
                client_id: ADMIN_CLIENT.to_owned(),
                username: Some(username),
                password: Some(password),
                ..empty
            },
            Credentials::Client { client_id, client_secret } => TokenRequest {
                grant_type: "client_credentials".to_owned(),
                client_id,
                client_secret: Some(client_secret),
                ..empty
            },
        }
    }

    /// What a refused grant means.
    ///
    /// Never [`Kind::NotFound`] or [`Kind::Conflict`]: a login can be refused in the middle of any call, and there these
    /// would be read as news about the object of that call.
    fn refusal(&self, status: StatusCode, body: &ErrorRepresentation) -> ApiError {
        let realm = &self.administrator.realm;
        let who = match &self.administrator.credentials {
            Credentials::User { username, .. } => format!("user `{username}`"),
            Credentials::Client { client_id, .. } => format!("client `{client_id}`"),
        };
        let message = format!("login of {who} in realm `{realm}` is refused: {}", body.message());
        let refused = |kind| ApiError::new(kind, &message);
        match (status.as_u16(), body.error.as_deref()) {
            // A wrong password is 400 at Keycloak 26.7 and 401 at 26.0; a wrong client secret 401 `unauthorized_client`,
            // an unknown client 401 `invalid_client` (server-behaviour 2.1).
            (401, _) | (400, Some("invalid_grant" | "unauthorized_client" | "invalid_client")) => {
                refused(Kind::Unauthorized)
            }
            (403, _) => refused(Kind::Forbidden),
            (404 | 405 | 410, _) => ApiError::new(
                Kind::Unexpected,
                format!("there is no realm `{realm}` to log in to, or no keycloak at the address"),
            ),
            (429, _) => refused(Kind::TooManyRequests),
            (400..=499, _) => refused(Kind::Invalid),
            _ => ApiError::from_status(status, body.message()),
        }
    }
}
