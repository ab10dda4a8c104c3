//! What Keycloak's failures mean.

use evenkeel_transport::{ApiError, ClientError, ErrorBody, Kind};

use crate::types::ErrorRepresentation;

/// A failed call to Keycloak, by what can be done about it.
///
/// Each variant holds the call's error: status and the server's own short words, cut and cleaned by the transport. No body, no
/// secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum KeycloakError {
    /// There is no such object (404). A repeated delete of a relation is no error; of an object it is this one.
    #[error("keycloak knows no such object ({0})")]
    NotFound(ApiError),
    /// The object is there already (409), or was made at the same moment: read it again and compare.
    #[error("the object exists already in keycloak ({0})")]
    Conflict(ApiError),
    /// The login was refused, or the account lacks a right (401, 403).
    ///
    /// A limited administrator is not always told: some reads answer with less instead (server-behaviour 2.1).
    #[error("not authorised at keycloak ({0})")]
    NotAuthorised(ApiError),
    /// Keycloak refuses what was sent (other 4xx): a field it does not know, a value that it does not take.
    #[error("keycloak refuses the request ({0})")]
    Invalid(ApiError),
    /// Keycloak failed (500 and the like). Often a field is missing in the request, or names something that is not there.
    #[error("keycloak failed to handle the request ({0})")]
    Server(ApiError),
    /// No answer to work with: no connection, none in time, 429, 502, 503, 504. Another try may succeed.
    #[error("keycloak is not available ({0})")]
    Unavailable(ApiError),
    /// The answer is not what Keycloak's API describes.
    #[error("keycloak's answer cannot be read ({0})")]
    Undecodable(ApiError),
    /// A name that no address can carry. Nothing was sent, and nothing ever will be.
    #[error("keycloak cannot be asked for it ({0})")]
    Unaddressable(ApiError),
    /// Something else than Keycloak's API answers at the address, or the request could not be made.
    #[error("keycloak cannot be worked with ({0})")]
    Unexpected(ApiError),
}

impl KeycloakError {
    /// The call's error.
    #[must_use]
    pub fn api(&self) -> &ApiError {
        match self {
            Self::NotFound(error)
            | Self::Conflict(error)
            | Self::NotAuthorised(error)
            | Self::Invalid(error)
            | Self::Server(error)
            | Self::Unavailable(error)
            | Self::Undecodable(error)
            | Self::Unaddressable(error)
            | Self::Unexpected(error) => error,
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Server(_) => Some(
                "a field may be missing in the request, or name a flow, group or provider that is not there; keycloak's log says which",
            ),
            _ => self.api().hint(),
        }
    }
}

impl ClientError for KeycloakError {
    fn api(&self) -> &ApiError {
        Self::api(self)
    }

    fn hint(&self) -> Option<&'static str> {
        Self::hint(self)
    }
}

impl From<ApiError> for KeycloakError {
    fn from(error: ApiError) -> Self {
        if error.is_unavailable() {
            return Self::Unavailable(error);
        }
        match error.kind() {
            Kind::NotFound => Self::NotFound(error),
            Kind::Conflict => Self::Conflict(error),
            Kind::Unauthorized | Kind::Forbidden => Self::NotAuthorised(error),
            Kind::Invalid => Self::Invalid(error),
            Kind::Server => Self::Server(error),
            Kind::TooManyRequests => Self::Unavailable(error),
            Kind::Decode | Kind::OtherObject => Self::Undecodable(error),
            Kind::Unaddressable => Self::Unaddressable(error),
            _ => Self::Unexpected(error),
        }
    }
}

/// The five forms of server-behaviour 2.2: `errorMessage` alone; `error` alone; `error` with
/// `error_description`; `errorMessage` with `field` and `params` (alone or in a list); and what the transport makes of
/// an answer that is no JSON.
impl ErrorBody for ErrorRepresentation {
    fn message(&self) -> String {
        let texts = [&self.error_message, &self.error_description, &self.error, &self.message];
        let text = texts.into_iter().flatten().find(|text| !text.is_empty());
        match (text, &self.field, &self.errors) {
            (Some(text), Some(field), _) => format!("`{field}`: {text}"),
            (Some(text), None, _) => text.clone(),
            (None, _, Some(errors)) => errors.iter().map(ErrorBody::message).collect::<Vec<_>>().join("; "),
            (None, _, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message(body: Value) -> String {
        serde_json::from_value::<ErrorRepresentation>(body).unwrap().message()
    }

    #[test]
    fn each_form_of_failure_gives_its_words() {
        assert_eq!(message(json!({"errorMessage": "Realm r1 already exists"})), "Realm r1 already exists");
        assert_eq!(message(json!({"error": "Realm not found."})), "Realm not found.");
        assert_eq!(
            message(json!({"error": "conflict", "error_description": "Duplicate resource error"})),
            "Duplicate resource error"
        );
        assert_eq!(
            message(
                json!({"field": "username", "errorMessage": "error-user-attribute-read-only", "params": ["username"]})
            ),
            "`username`: error-user-attribute-read-only"
        );
        assert_eq!(message(json!({"message": "bad gateway"})), "bad gateway");
        assert_eq!(message(json!({})), "");
    }

    #[test]
    fn several_failures_are_all_named() {
        let errors =
            json!({"errors": [{"field": "email", "errorMessage": "error-invalid-email"}, {"errorMessage": "no"}]});
        assert_eq!(message(errors), "`email`: error-invalid-email; no");
    }

    #[test]
    fn each_status_has_its_meaning() {
        let meaning = |status: u16| {
            let status = evenkeel_transport::reqwest::StatusCode::from_u16(status).unwrap();
            KeycloakError::from(ApiError::from_status(status, "words"))
        };
        assert!(matches!(meaning(404), KeycloakError::NotFound(_)));
        assert!(matches!(meaning(409), KeycloakError::Conflict(_)));
        assert!(matches!(meaning(401), KeycloakError::NotAuthorised(_)));
        assert!(matches!(meaning(403), KeycloakError::NotAuthorised(_)));
        assert!(matches!(meaning(400), KeycloakError::Invalid(_)));
        assert!(matches!(meaning(415), KeycloakError::Invalid(_)));
        assert!(matches!(meaning(500), KeycloakError::Server(_)));
        assert!(matches!(meaning(429), KeycloakError::Unavailable(_)));
        assert!(matches!(meaning(503), KeycloakError::Unavailable(_)));
        assert!(matches!(meaning(302), KeycloakError::Unexpected(_)));
    }

    #[test]
    fn an_inner_error_says_that_a_field_may_be_missing() {
        let status = evenkeel_transport::reqwest::StatusCode::INTERNAL_SERVER_ERROR;
        let error = KeycloakError::from(ApiError::from_status(status, "unknown_error"));
        assert!(error.hint().is_some_and(|hint| hint.starts_with("a field may be missing")));
        assert_eq!(
            error.to_string(),
            "keycloak failed to handle the request (500 Internal Server Error: unknown_error)"
        );
    }
}
