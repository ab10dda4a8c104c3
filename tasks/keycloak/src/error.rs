//! What can go wrong, and what it means for the run.

use evenkeel_core::overlay::NotCombined;
use evenkeel_engine::{
    request_error::{Application, RequestError},
    secrets::SecretError,
    task::{Class, Classified},
};
use evenkeel_keycloak_client::KeycloakError;
use evenkeel_transport::{ApiError, Kind};

/// Why a call of this task failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request failed.
    #[error(transparent)]
    Request(#[from] RequestError<KeycloakApi>),
    /// The account is shown a part of a realm only, so that nothing can be compared.
    #[error("the account may not view realm `{realm}`, and is shown a part of it only")]
    CutShort {
        /// The realm.
        realm: String,
    },
    /// Objects that are there are not shown to the account.
    #[error("the account may not view {kind}: it lacks `{right}`")]
    Withheld {
        /// What is not shown.
        kind: &'static str,
        /// The right that shows it.
        right: &'static str,
    },
    /// Something that must be there for a write has gone, or never was.
    #[error("{kind} `{name}` is not there")]
    Missing {
        /// The object's kind.
        kind: &'static str,
        /// The object's name.
        name: String,
    },
    /// An authentication flow that the values name.
    #[error("authentication flow `{flow}` is not there")]
    UnknownFlow {
        /// The flow's alias.
        flow: String,
    },
    /// A required action that this server does not have.
    #[error("{server} has no required action `{action}`")]
    UnknownAction {
        /// What the server is.
        server: String,
        /// The action's alias.
        action: String,
    },
    /// Fields that this server does not know; the rest of the object is as declared.
    #[error("{server} does not know {}; all other fields are done", listed(.fields))]
    UnknownFields {
        /// What the server is.
        server: String,
        /// The fields.
        fields: Vec<String>,
    },
    /// An identity provider that the values name.
    #[error("identity provider `{alias}` is not there")]
    UnknownProvider {
        /// The provider's alias.
        alias: String,
    },
    /// The server lets nobody change the name of an account.
    #[error(
        "user `{user}` is called `{there}`, and keycloak lets nobody change user names in this realm; all else is done"
    )]
    NameStays {
        /// The user, by the declared name.
        user: String,
        /// The name that stays.
        there: String,
    },
    /// A client that the server itself lets nobody change.
    #[error("keycloak lets nobody change client `{client}`, nor its roles, mappers and scopes")]
    Protected {
        /// The client's `clientId`.
        client: &'static str,
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
    #[error(transparent)]
    Representation(#[from] NotCombined),
}

impl Classified for Error {
    fn class(&self) -> Class {
        match self {
            Self::Request(failure) => failure.class(),
            Self::CutShort { .. } | Self::Withheld { .. } => Class::NotAuthorised,
            Self::Missing { .. } => Class::Conflict,
            Self::UnknownFlow { .. }
            | Self::UnknownProvider { .. }
            | Self::NameStays { .. }
            | Self::UnknownAction { .. }
            | Self::UnknownFields { .. }
            | Self::Protected { .. } => Class::Prevented,
            Self::Discovery { source, .. } if source.is_unavailable() && source.kind() != Kind::Tls => {
                Class::Unavailable
            }
            Self::Discovery { .. } => Class::Configuration,
            Self::Password { source, .. } => source.class(),
            Self::Representation(_) => Class::Unexpected,
        }
    }

    fn changed_nothing(&self) -> bool {
        match self {
            // A part was done before the rest was refused.
            Self::NameStays { .. } | Self::UnknownFields { .. } => false,
            // A password is had before its user is made.
            Self::Password { .. } => true,
            Self::Request(failure) => failure.changed_nothing(),
            _ => self.class().changed_nothing(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Request(failure) => failure.hint(),
            Self::Discovery { .. } => {
                Some("check the `issuer` of the identity provider: the document is at `<issuer>/.well-known/openid-configuration`".to_owned())
            }
            Self::Password { source, .. } => Some(source.hint()),
            Self::CutShort { realm } => {
                Some(format!("give it `view-realm` for realm `{realm}`, or leave out what is declared of that realm"))
            }
            Self::Withheld { right, .. } => Some(format!("give it the role `{right}` of client `realm-management`")),
            Self::Missing { .. } => {
                Some("declare it, or run again if it was removed while this run was under way".to_owned())
            }
            Self::UnknownFlow { .. } => {
                Some("make the flow in keycloak first, or name one that exists: flows are bound and not made".to_owned())
            }
            Self::UnknownAction { .. } => {
                Some("leave it out, or start the server with the feature that brings it".to_owned())
            }
            Self::UnknownFields { .. } => {
                Some("leave them out for this server, or update it to a version that has them".to_owned())
            }
            Self::UnknownProvider { .. } => {
                Some("declare it under `keycloak.identityProviders`, or name one that exists".to_owned())
            }
            Self::NameStays { .. } => {
                Some("set `keycloak.realm.editUsernameAllowed: true`, or declare the name that the account has".to_owned())
            }
            Self::Protected { .. } => {
                Some("leave out what differs: from 26.7 on keycloak keeps this client as it made it".to_owned())
            }
            Self::Representation(_) => None,
        }
    }
}

/// Names of fields, for people.
fn listed(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    fields.join(", ")
}

impl Error {
    /// The field that the server says it does not know, where that is what it refused.
    pub(crate) fn unknown_field(&self) -> Option<&str> {
        let Self::Request(RequestError::Call { source: KeycloakError::Invalid(refused), .. }) = self else {
            return None;
        };
        let (_, rest) = refused.message().split_once("Unrecognized field \"")?;
        rest.split_once('"').map(|(field, _)| field)
    }
}

/// What Keycloak means otherwise than others.
#[derive(Debug)]
pub struct KeycloakApi;

impl Application for KeycloakApi {
    const NAME: &'static str = "keycloak";
    const ADDRESS: &'static str = "`keycloak.url` (or `keycloak.internalUrl`)";
    const ADDRESS_HINT: &'static str = "check `keycloak.url` (or `keycloak.internalUrl`), which ends before `/admin` and `/realms`, and `keycloak.admin.realm`";
    const LOGIN_HINT: &'static str = "check `keycloak.admin`: user name and password, or client id and secret, and the realm that the account lives in";
    const RIGHTS_HINT: &'static str =
        "the account needs the role `admin` of its realm, or `realm-admin` of client `realm-management`";
    const LOG: &'static str = "keycloak's log";
    type Error = KeycloakError;

    fn class(failure: &RequestError<Self>) -> Option<Class> {
        match failure {
            RequestError::Call { source: KeycloakError::NotFound(error), .. } if names_unknown_kind(error) => {
                Some(Class::Prevented)
            }
            // The server is still at work on the realm: the same value may be taken the next time.
            RequestError::Call { source: KeycloakError::Invalid(error), .. } if is_at_work(error) => {
                Some(Class::Refused)
            }
            RequestError::Login { source: KeycloakError::Invalid(_), .. } => Some(Class::Refused),
            _ => None,
        }
    }

    fn hint(failure: &RequestError<Self>) -> Option<&'static str> {
        match failure {
            RequestError::Call { source: KeycloakError::NotFound(error), .. } if names_unknown_kind(error) => {
                Some("this server has no such kind of mapper: change `protocolMapper`, or install what brings it")
            }
            _ => None,
        }
    }
}

/// Whether a realm is refused because another request still makes it, perhaps that of a run that was killed: 26.7 says so with 400, and 26.0
/// with 409.
pub(crate) fn is_at_work(error: &ApiError) -> bool {
    error.message().contains("Database operation failed")
}

/// A mapper of a kind that is not installed is 404, as if it were the object that is not there.
fn names_unknown_kind(error: &ApiError) -> bool {
    error.message().contains("ProtocolMapper provider not found")
}

/// The error of a request, with what it was for.
pub(crate) trait WithContext<T> {
    /// What was being done with which object.
    fn context(self, action: &'static str, kind: &'static str, name: &str) -> Result<T, Error>;
}

impl<T, E: Into<KeycloakError>> WithContext<T> for Result<T, E> {
    fn context(self, action: &'static str, kind: &'static str, name: &str) -> Result<T, Error> {
        let in_context = |source| RequestError::Call { action, kind, name: name.to_owned(), source };
        self.map_err(|error| in_context(error.into()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever makes that user later would be taken for ours, and `--prune-data` would delete the account.
    #[test]
    fn what_was_never_sent_has_changed_nothing_whatever_kind_of_failure_it_was() {
        let call =
            |source| Error::from(RequestError::Call { action: "create", kind: "user", name: "a".to_owned(), source });
        let never_sent = [
            Error::Password { user: "a".to_owned(), source: SecretError::NotSet { name: "A".to_owned() } },
            call(KeycloakError::Unaddressable(ApiError::new(Kind::Unaddressable, "no"))),
        ];
        for error in never_sent {
            assert!(error.changed_nothing() && !error.class().changed_nothing(), "{error}");
        }
        assert!(!call(KeycloakError::Unavailable(ApiError::new(Kind::Timeout, "late"))).changed_nothing());
    }
}
