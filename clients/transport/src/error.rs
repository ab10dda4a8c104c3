//! One error for every generated client.

use std::fmt;

use http::StatusCode;
use progenitor_client::{Error, ResponseValue};
use serde::de::DeserializeOwned;

use crate::{TlsFault, decode, envelope, failure, text};

/// How a server's error body reads.
pub trait ErrorBody {
    /// What the server says about the failure, empty where it says nothing.
    fn message(&self) -> String;

    /// Whether it is the API that says so, where its bodies tell: a proxy before it, or a server that does not serve the path at all, answers 404
    /// too, and that says nothing about an object. `None` is a body of another shape than the API describes.
    fn is_of_the_api(_body: Option<&Self>) -> bool
    where
        Self: Sized,
    {
        true
    }
}

impl ErrorBody for () {
    fn message(&self) -> String {
        String::new()
    }
}

/// What went wrong, as far as a caller decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// 404 or 410.
    NotFound,
    /// 409.
    Conflict,
    /// 401, after the one new token that a session takes.
    Unauthorized,
    /// 403.
    Forbidden,
    /// Any other 4xx: the server refuses what was sent.
    Invalid,
    /// 429, after the repeats.
    TooManyRequests,
    /// 5xx, after the repeats where there are any.
    Server,
    /// A status below 400 that the API does not document (a redirect, often: none is followed), or a 404 that something else than the API
    /// answers, where that can be told.
    Unexpected,
    /// No connection, or one that broke.
    Connection,
    /// No answer within the request's own time.
    Timeout,
    /// The run's deadline has passed.
    Deadline,
    /// TLS does not come about ([`ApiError::tls_fault`]), or the CA bundle cannot be used.
    Tls,
    /// The answer is not what the API describes.
    Decode,
    /// The request could not be made.
    Request,
    /// A name that no address can carry without meaning something else. Nothing was sent.
    Unaddressable,
    /// The server answered about another object than the one that was asked for.
    OtherObject,
}

impl Kind {
    /// The kind that an HTTP status below or above 400 stands for.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            404 | 410 => Self::NotFound,
            409 => Self::Conflict,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            429 => Self::TooManyRequests,
            400..=499 => Self::Invalid,
            500..=599 => Self::Server,
            _ => Self::Unexpected,
        }
    }
}

/// A failed call.
///
/// Holds no body, header, address, query or secret; the server's own message is cut short and cleaned.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiError {
    kind: Kind,
    status: Option<StatusCode>,
    message: String,
    outcome_unknown: bool,
    tls: Option<TlsFault>,
}

impl ApiError {
    /// An error of the caller's own, for example of a token source. The message is cleaned like a server's.
    #[must_use]
    pub fn new(kind: Kind, message: impl AsRef<str>) -> Self {
        Self { kind, status: None, message: text::clean(message.as_ref()), outcome_unknown: false, tls: None }
    }

    /// An error that a status stands for.
    #[must_use]
    pub fn from_status(status: StatusCode, message: impl AsRef<str>) -> Self {
        let outcome_unknown = matches!(status.as_u16(), 500 | 502 | 504);
        Self { status: Some(status), outcome_unknown, ..Self::new(Kind::of_status(status), message) }
    }

    /// An error of TLS.
    #[must_use]
    pub fn of_tls(fault: TlsFault, message: impl AsRef<str>) -> Self {
        Self { tls: Some(fault), ..Self::new(Kind::Tls, message) }
    }

    /// The same error of a call that the server may have done.
    #[must_use]
    pub fn with_outcome_unknown(mut self) -> Self {
        self.outcome_unknown = true;
        self
    }

    /// The same error, which does not say that there is no such object unless the API itself says so.
    fn said_by(self, is_the_api: bool) -> Self {
        if is_the_api || self.kind != Kind::NotFound { self } else { Self { kind: Kind::Unexpected, ..self } }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What whoever started the program can do about it, where the kind alone tells.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Connection => Some("check the address, the proxy variables and that the server runs"),
            Kind::Tls => self.tls_hint().or(Some("give the certificate of the server's authority in the CA bundle")),
            Kind::Unauthorized => Some("check the user name, the password or the token"),
            Kind::Forbidden => Some("the account that logs in lacks a right at the server"),
            Kind::Unexpected => Some("check the address: something else than the API answers there"),
            Kind::Deadline => Some("give the run more time"),
            Kind::Unaddressable => Some("give the object another name"),
            _ => None,
        }
    }

    /// Why TLS does not come about, where that is what went wrong.
    #[must_use]
    pub fn tls_fault(&self) -> Option<TlsFault> {
        self.tls
    }

    /// What to do about TLS, where the certificates to trust are not what has to change.
    #[must_use]
    pub fn tls_hint(&self) -> Option<&'static str> {
        self.tls.and_then(TlsFault::hint)
    }

    /// The server's status, where the server answered.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// What the server, or the connection, says: one line of at most [`text::LIMIT`] characters, may be empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the server may have done what was asked although the call failed (a timeout, a broken connection, 500,
    /// 502, 504). Whoever wrote with this call has to read again before writing again.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }

    /// Whether the server as a whole cannot be worked with now: not reached, not in time, or 502, 503, 504.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.kind, Kind::Connection | Kind::Timeout | Kind::Deadline | Kind::Tls)
            || matches!(self.status.map(|status| status.as_u16()), Some(502..=504))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.message.is_empty()) {
            (Some(status), true) => write!(formatter, "{status}"),
            (Some(status), false) => write!(formatter, "{status}: {}", self.message),
            (None, _) => formatter.write_str(&self.message),
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiError({:?}: {self})", self.kind)
    }
}

impl std::error::Error for ApiError {}

impl<E: ErrorBody> From<Error<E>> for ApiError {
    fn from(error: Error<E>) -> Self {
        match error {
            Error::ErrorResponse(response) => {
                Self::from_status(response.status(), response.message()).said_by(E::is_of_the_api(Some(&response)))
            }
            Error::UnexpectedResponse(response) => envelope::open(&response),
            Error::InvalidResponsePayload(body, error) => match envelope::status_of(&body) {
                Some(failed) => failed.said_by(E::is_of_the_api(None)),
                None => Self::new(Kind::Decode, decode::describe(&error)),
            },
            Error::CommunicationError(error) | Error::ResponseBodyError(error) | Error::InvalidUpgrade(error) => {
                failure::classify(&error).into_error()
            }
            Error::InvalidRequest(message) | Error::Custom(message) => Self::new(Kind::Request, message),
        }
    }
}

/// The result of a generated call, in the caller's words.
pub trait ResultExt<T> {
    /// The value, or the one error of this crate.
    ///
    /// # Errors
    /// Every failed call.
    fn api(self) -> Result<T, ApiError>;

    /// The value, or `None` when the server says that there is no such object (404).
    ///
    /// # Errors
    /// Every other failed call.
    fn optional(self) -> Result<Option<T>, ApiError>;

    /// The value, or `None` when the object exists already (409): read it again and compare.
    ///
    /// # Errors
    /// Every other failed call.
    fn unless_conflict(self) -> Result<Option<T>, ApiError>;
}

impl<T: DeserializeOwned, E: ErrorBody> ResultExt<T> for Result<ResponseValue<T>, Error<E>> {
    fn api(self) -> Result<T, ApiError> {
        match self {
            Ok(value) => Ok(value.into_inner()),
            Err(Error::InvalidResponsePayload(body, error)) if envelope::status_of(&body).is_none() => {
                Err(ApiError::new(Kind::Decode, decode::locate::<T>(&body, &error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn optional(self) -> Result<Option<T>, ApiError> {
        none_on(self.api(), Kind::NotFound)
    }

    fn unless_conflict(self) -> Result<Option<T>, ApiError> {
        none_on(self.api(), Kind::Conflict)
    }
}

fn none_on<T>(result: Result<T, ApiError>, kind: Kind) -> Result<Option<T>, ApiError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == kind => Ok(None),
        Err(error) => Err(error),
    }
}

/// The id that a `201 Created` names: the last segment of its `Location`, percent-decoded.
#[must_use]
pub fn location_id<T>(response: &ResponseValue<T>) -> Option<String> {
    let location = response.headers().get(http::header::LOCATION)?.to_str().ok()?;
    let path = location.split(['?', '#']).next()?;
    let segment = path.trim_end_matches('/').rsplit('/').next().filter(|segment| !segment.is_empty())?;
    crate::decoded(segment)
}
