//! What can happen to one attempt that brings no answer.

use std::error::Error as StdError;

use crate::{ApiError, Kind, TlsFault, TooMuch};

/// Why an attempt brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No connection was made: no byte of the request left.
    Connect,
    /// TLS did not come about: no byte of the request left, and another attempt ends alike.
    Tls(TlsFault),
    /// No answer in time: the server may have done it.
    Timeout,
    /// The connection broke after it was made, TLS or not: the server may have done it.
    Reset,
    /// The answer is larger than a session takes.
    TooLarge,
    /// The request itself cannot be sent.
    Request,
}

/// A failed attempt: its class, and the innermost reason in the system's words.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    reason: String,
}

impl Failure {
    pub(crate) fn new(cause: Cause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into() }
    }

    /// The word of the request log.
    pub(crate) fn class(&self) -> Kind {
        match self.cause {
            Cause::Connect | Cause::Reset => Kind::Connection,
            Cause::Tls(_) => Kind::Tls,
            Cause::Timeout => Kind::Timeout,
            Cause::TooLarge => Kind::Decode,
            Cause::Request => Kind::Request,
        }
    }

    pub(crate) fn into_error(self) -> ApiError {
        let Self { cause, reason } = &self;
        let message = match cause {
            Cause::Connect => format!("cannot connect: {reason}"),
            Cause::Tls(fault) => format!("{}: {reason}", fault.message()),
            Cause::Timeout => "no answer in time".to_owned(),
            Cause::Reset => format!("the connection broke: {reason}"),
            Cause::TooLarge => reason.clone(),
            Cause::Request => format!("cannot send the request: {reason}"),
        };
        let error = match cause {
            Cause::Tls(fault) => ApiError::of_tls(*fault, message),
            _ => ApiError::new(self.class(), message),
        };
        if matches!(cause, Cause::Timeout | Cause::Reset | Cause::TooLarge) {
            error.with_outcome_unknown()
        } else {
            error
        }
    }
}

/// The class of the HTTP library's error.
pub(crate) fn classify(error: &reqwest::Error) -> Failure {
    if let Some((fault, reason)) = TlsFault::find(error)
        && (error.is_connect() || fault.follows_handshake())
    {
        return Failure::new(Cause::Tls(fault), reason);
    }
    let cause = match error {
        error if error.is_connect() => Cause::Connect,
        error if error.is_timeout() => Cause::Timeout,
        error if error.is_builder() => Cause::Request,
        _ => Cause::Reset,
    };
    Failure::new(cause, root(error))
}

/// The innermost cause's own words: the outer ones name the address.
pub(crate) fn root(error: &reqwest::Error) -> String {
    let mut innermost: Option<&dyn StdError> = error.source();
    while let Some(next) = innermost.and_then(StdError::source) {
        innermost = Some(next);
    }
    innermost.map_or_else(|| "no reason given".to_owned(), ToString::to_string)
}

impl From<TooMuch> for Failure {
    fn from(reason: TooMuch) -> Self {
        Self::new(Cause::TooLarge, reason.to_string())
    }
}
