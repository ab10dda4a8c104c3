//! One error for every generated client.

use std::fmt;

use http::StatusCode;

use crate::{TlsFault, text};

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
    /// The server is known to be unable to work now, although it answers.
    Unavailable,
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
    /// Whether the request could change nothing.
    of_read: bool,
}

impl ApiError {
    /// An error of the caller's own, for example of a token source. The message is cleaned like a server's.
    #[must_use]
    pub fn new(kind: Kind, message: impl AsRef<str>) -> Self {
        let message = text::clean(message.as_ref());
        Self { kind, status: None, message, outcome_unknown: false, tls: None, of_read: false }
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

    /// The same error, which means something else than its status says: what a server answers with 400 may be a conflict.
    #[must_use]
    pub fn as_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same error of a request that could change nothing, or of one that could.
    #[must_use]
    pub fn of_read(self, of_read: bool) -> Self {
        Self { of_read, ..self }
    }

    /// The same error, which does not say that there is no such object unless the API itself says so.
    pub(crate) fn said_by(self, is_the_api: bool) -> Self {
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

    /// Whether the request is known to be one that can change nothing, by its method. Where that is not known, it is false.
    #[must_use]
    pub fn is_of_read(&self) -> bool {
        self.of_read
    }

    /// Whether the server may have done what was asked although the call failed (a timeout, a broken connection, 500,
    /// 502, 504). Whoever wrote with this call has to read again before writing again.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }

    /// Whether the server as a whole cannot be worked with now: not reached, not in time, known to be unable, or 502, 503, 504.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.kind, Kind::Connection | Kind::Timeout | Kind::Deadline | Kind::Tls | Kind::Unavailable)
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

/// The error of an application's client: a failed call by what its server means with it.
pub trait ClientError: std::error::Error + Send + Sync + 'static {
    /// The call's error.
    fn api(&self) -> &ApiError;

    /// What to do about it, where that can be said.
    fn hint(&self) -> Option<&'static str>;
}
