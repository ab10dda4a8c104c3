//! What Harbor's failures mean.

use evenkeel_transport::{ApiError, ClientError, ErrorBody, Kind};

use crate::types::Failure;

/// A failed call to Harbor, by what can be done about it.
///
/// Each variant holds the call's error: status and the server's own short words, cut and cleaned by the transport. No body, no
/// secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum HarborError {
    /// There is no such object (404). A missing retention policy is [`HarborError::Server`] instead (server-behaviour 6).
    #[error("harbor knows no such object ({0})")]
    NotFound(ApiError),
    /// The object is there already (409), or was made at the same moment: read it again and compare.
    #[error("the object exists already in harbor ({0})")]
    Conflict(ApiError),
    /// The login was refused, or the account lacks a right (401, 403).
    ///
    /// A 401 alone proves nothing about a password: the name may be locked for a moment, or the database be away
    /// (server-behaviour 1.1).
    #[error("not authorised at harbor ({0})")]
    NotAuthorised(ApiError),
    /// An administrator has switched on read-only mode: every write but that of the configuration is refused (403).
    #[error("harbor is in read-only mode ({0})")]
    ReadOnly(ApiError),
    /// Something else has to be so first (412): a project that holds repositories, a registry that is in use.
    #[error("harbor holds back ({0})")]
    Precondition(ApiError),
    /// Harbor refuses what was sent (other 4xx): a value that it does not take.
    #[error("harbor refuses the request ({0})")]
    Invalid(ApiError),
    /// Harbor failed (500 and the like). Often the request names something that is not there.
    #[error("harbor failed to handle the request ({0})")]
    Server(ApiError),
    /// No answer to work with: no connection, none in time, 429, 502, 503, 504, or the database is away. Another try may succeed.
    #[error("harbor is not available ({0})")]
    Unavailable(ApiError),
    /// The answer is not what Harbor's API describes.
    #[error("harbor's answer cannot be read ({0})")]
    Undecodable(ApiError),
    /// A name that no address can carry. Nothing was sent, and nothing ever will be.
    #[error("harbor cannot be asked for it ({0})")]
    Unaddressable(ApiError),
    /// Something else than Harbor's API answers at the address, or the request could not be made.
    #[error("harbor cannot be worked with ({0})")]
    Unexpected(ApiError),
}

impl HarborError {
    /// The call's error.
    #[must_use]
    pub fn api(&self) -> &ApiError {
        match self {
            Self::NotFound(error)
            | Self::Conflict(error)
            | Self::NotAuthorised(error)
            | Self::ReadOnly(error)
            | Self::Precondition(error)
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
            Self::Server(_) => {
                Some("the request may name something that is not there; the log of harbor's core says what failed")
            }
            _ => self.api().hint(),
        }
    }
}

impl ClientError for HarborError {
    fn api(&self) -> &ApiError {
        Self::api(self)
    }

    fn hint(&self) -> Option<&'static str> {
        Self::hint(self)
    }
}

impl From<ApiError> for HarborError {
    fn from(error: ApiError) -> Self {
        if error.is_unavailable() {
            return Self::Unavailable(error);
        }
        match error.kind() {
            Kind::NotFound => Self::NotFound(error),
            Kind::Conflict => Self::Conflict(error),
            Kind::Forbidden if says_read_only(error.message()) => Self::ReadOnly(error),
            Kind::Unauthorized | Kind::Forbidden => Self::NotAuthorised(error),
            Kind::Invalid if error.status().is_some_and(|status| status.as_u16() == 412) => Self::Precondition(error),
            Kind::Invalid => Self::Invalid(error),
            Kind::Server => Self::Server(error),
            Kind::TooManyRequests => Self::Unavailable(error),
            Kind::Decode | Kind::OtherObject => Self::Undecodable(error),
            Kind::Unaddressable => Self::Unaddressable(error),
            _ => Self::Unexpected(error),
        }
    }
}

/// Whether the whole server refuses to change anything, whoever asks: the status alone would be a lack of rights.
pub(crate) fn says_read_only(message: &str) -> bool {
    message.contains("read only mode")
}

/// The form of server-behaviour 1.3, and what the transport makes of an answer that is no JSON.
impl ErrorBody for Failure {
    fn message(&self) -> String {
        let said = self.errors.iter().flatten().filter_map(|error| {
            let text = [&error.message, &error.code].into_iter().flatten().find(|text| !text.is_empty());
            text.map(String::as_str)
        });
        let said: Vec<&str> = said.collect();
        if said.is_empty() { self.message.clone().unwrap_or_default() } else { said.join("; ") }
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_transport::reqwest::StatusCode;
    use serde_json::{Value, json};

    use super::*;

    fn message(body: Value) -> String {
        serde_json::from_value::<Failure>(body).unwrap().message()
    }

    #[test]
    fn each_form_of_failure_gives_its_words() {
        assert_eq!(
            message(json!({"errors": [{"code": "CONFLICT", "message": "The project named team-a already exists"}]})),
            "The project named team-a already exists"
        );
        assert_eq!(message(json!({"errors": [{"code": "FORBIDDEN", "message": ""}]})), "FORBIDDEN");
        assert_eq!(
            message(json!({"errors": [{"code": "A", "message": "one"}, {"code": "B", "message": "two"}]})),
            "one; two"
        );
        assert_eq!(message(json!({"message": "bad gateway"})), "bad gateway");
        assert_eq!(message(json!({"errors": []})), "");
    }

    #[test]
    fn each_status_has_its_meaning() {
        let meaning =
            |status: u16| HarborError::from(ApiError::from_status(StatusCode::from_u16(status).unwrap(), "words"));
        assert!(matches!(meaning(404), HarborError::NotFound(_)));
        assert!(matches!(meaning(409), HarborError::Conflict(_)));
        assert!(matches!(meaning(401), HarborError::NotAuthorised(_)));
        assert!(matches!(meaning(403), HarborError::NotAuthorised(_)));
        assert!(matches!(meaning(412), HarborError::Precondition(_)));
        assert!(matches!(meaning(400), HarborError::Invalid(_)));
        assert!(matches!(meaning(422), HarborError::Invalid(_)));
        assert!(matches!(meaning(500), HarborError::Server(_)));
        assert!(matches!(meaning(429), HarborError::Unavailable(_)));
        assert!(matches!(meaning(502), HarborError::Unavailable(_)));
        assert!(matches!(meaning(302), HarborError::Unexpected(_)));
    }

    #[test]
    fn read_only_mode_is_no_lack_of_rights() {
        let said = "The system is in read only mode. Any modification is prohibited.";
        let error = HarborError::from(ApiError::from_status(StatusCode::FORBIDDEN, said));
        assert!(matches!(error, HarborError::ReadOnly(_)));
        assert!(error.to_string().starts_with("harbor is in read-only mode"));
    }
}
