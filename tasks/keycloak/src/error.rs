//! What can go wrong, and what it means for the run.

use evenkeel_engine::{
    secrets::SecretError,
    task::{Class, Classified},
};
use evenkeel_keycloak_client::KeycloakError;
use evenkeel_transport::ApiError;

/// Why a call of this task failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The session cannot be made: certificates that cannot be used.
    #[error("the connection to keycloak cannot be set up: {0}")]
    Session(#[source] KeycloakError),
    /// The login failed.
    #[error("login to keycloak at `{address}` failed: {source}")]
    Login {
        /// The server's address.
        address: String,
        /// Why.
        source: KeycloakError,
    },
    /// A request for an object failed.
    #[error("cannot {action} {kind} `{name}`: {source}")]
    Call {
        /// What was being done.
        action: &'static str,
        /// The object's kind.
        kind: &'static str,
        /// The object's name.
        name: String,
        /// Why.
        source: KeycloakError,
    },
    /// Something that must be there for a write has gone, or never was.
    #[error("{kind} `{name}` is not there")]
    Missing {
        /// The object's kind.
        kind: &'static str,
        /// The object's name.
        name: String,
    },
    /// The issuer of an external identity provider does not tell its end points.
    #[error("the discovery document of issuer `{issuer}` cannot be read: {source}")]
    Discovery {
        /// The issuer.
        issuer: String,
        /// Why.
        source: ApiError,
    },
    /// The initial password of a new user cannot be had.
    #[error("the initial password of user `{user}` cannot be had: {source}")]
    Password {
        /// The user.
        user: String,
        /// Why.
        source: SecretError,
    },
    /// What is there and what is declared do not fit into one representation.
    #[error("the server's representation cannot be combined with the declared one")]
    Representation,
}

impl Classified for Error {
    fn class(&self) -> Class {
        let source = match self {
            Self::Session(_) => return Class::Configuration,
            Self::Missing { .. } => return Class::Conflict,
            Self::Discovery { source, .. } if source.is_unavailable() => return Class::Unavailable,
            Self::Discovery { .. } => return Class::Configuration,
            Self::Password { .. } => return Class::Configuration,
            Self::Representation => return Class::Unexpected,
            Self::Login { source, .. } | Self::Call { source, .. } => source,
        };
        match source {
            KeycloakError::Unavailable(_) => Class::Unavailable,
            KeycloakError::NotAuthorised(_) => Class::NotAuthorised,
            // What was there a moment ago is gone, or the other way round.
            KeycloakError::NotFound(_) | KeycloakError::Conflict(_) => Class::Conflict,
            KeycloakError::Invalid(_) | KeycloakError::Server(_) => Class::Refused,
            KeycloakError::Unexpected(_) if matches!(self, Self::Login { .. }) => Class::Configuration,
            _ => Class::Unexpected,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Login { source: KeycloakError::NotAuthorised(_), .. } => {
                Some("check `keycloak.admin`: user name and password, or client id and secret, and the realm that the account lives in".to_owned())
            }
            Self::Login { source: KeycloakError::Unexpected(_), .. } => {
                Some("check `keycloak.url` and `keycloak.internalUrl`: the path before `/admin` and `/realms` belongs to it".to_owned())
            }
            Self::Call { source: KeycloakError::NotAuthorised(_), .. } => {
                Some("the account needs the role `admin` of its realm, or `realm-admin` of client `realm-management`".to_owned())
            }
            Self::Session(source) | Self::Login { source, .. } | Self::Call { source, .. } => source.hint().map(str::to_owned),
            Self::Discovery { .. } => {
                Some("check `keycloak.identityProvider.issuer`: the document is at `<issuer>/.well-known/openid-configuration`".to_owned())
            }
            Self::Password { source, .. } => Some(source.hint()),
            Self::Missing { .. } => Some("run again: it was removed while this run was under way".to_owned()),
            Self::Representation => None,
        }
    }
}

/// Says what a request was for.
pub(crate) trait Doing<T> {
    /// The error with the object and what was being done with it.
    fn doing(self, action: &'static str, kind: &'static str, name: &str) -> Result<T, Error>;
}

impl<T, E: Into<KeycloakError>> Doing<T> for Result<T, E> {
    fn doing(self, action: &'static str, kind: &'static str, name: &str) -> Result<T, Error> {
        self.map_err(|source| Error::Call { action, kind, name: name.to_owned(), source: source.into() })
    }
}
