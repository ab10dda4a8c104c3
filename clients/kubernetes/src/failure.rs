//! What can happen to one attempt that brings no answer, in words without addresses and credentials.

use std::error::Error as StdError;

use evenkeel_transport::{ApiError, Kind, TlsFault, TooMuch};

use crate::login::NoToken;

/// Why an attempt brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No connection was made: no byte of the request left.
    Connect,
    /// TLS did not come about.
    Tls(TlsFault),
    /// There is nothing to log in with: no byte of the request left.
    Login,
    /// No answer in time: the server may have done it.
    Timeout,
    /// The connection broke after it was made, TLS or not: the server may have done it.
    Reset,
    /// The answer is larger than a client takes.
    TooLarge,
}

/// A failed attempt.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    reason: String,
}

impl Failure {
    pub(crate) fn new(cause: Cause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into() }
    }

    /// The failure behind kube's error.
    ///
    /// kube's own words are not used for logins: they hold the whole output of the command that gives the credentials.
    pub(crate) fn of(error: &kube::Error) -> Self {
        if find::<kube::client::AuthError>(error).is_some() || find::<NoToken>(error).is_some() {
            return Self::new(Cause::Login, "the kubeconfig's login gives no usable credentials");
        }
        let connect =
            find::<hyper_util::client::legacy::Error>(error).is_some_and(hyper_util::client::legacy::Error::is_connect);
        if let Some((fault, reason)) = TlsFault::find(error)
            && (connect || fault.follows_handshake())
        {
            return Self::new(Cause::Tls(fault), reason);
        }
        Self::new(if connect { Cause::Connect } else { Cause::Reset }, root(error))
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self.cause {
            Cause::Connect | Cause::Reset => Kind::Connection,
            Cause::Tls(_) => Kind::Tls,
            Cause::Login => Kind::Unauthorized,
            Cause::Timeout => Kind::Timeout,
            Cause::TooLarge => Kind::Decode,
        }
    }

    /// Whether the server may have done what was asked.
    pub(crate) const fn leaves_doubt(&self) -> bool {
        matches!(self.cause, Cause::Timeout | Cause::Reset | Cause::TooLarge)
    }

    pub(crate) fn into_error(self) -> ApiError {
        let reason = &self.reason;
        let message = match self.cause {
            Cause::Connect => format!("cannot connect: {reason}"),
            Cause::Tls(fault) => return ApiError::of_tls(fault, format!("{}: {reason}", fault.message())),
            Cause::Timeout => "no answer in time".to_owned(),
            Cause::Reset => format!("the connection broke: {reason}"),
            Cause::TooLarge | Cause::Login => reason.clone(),
        };
        ApiError::new(self.kind(), message)
    }
}

/// The innermost cause's own words: the outer ones name the address.
pub(crate) fn root(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    innermost.to_string()
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    error.downcast_ref::<E>().or_else(|| find(error.source()?))
}

impl From<TooMuch> for Failure {
    fn from(reason: TooMuch) -> Self {
        Self::new(Cause::TooLarge, reason.to_string())
    }
}
