//! What a failed request to an application means for a run, and what to do about it: once for all tasks.
//!
//! A task has a type that implements [`Application`]: how the values and people call the application, and what its server means
//! otherwise than others. Its own error type has [`RequestError`] as one variant, and all else that can go wrong beside it.

use std::fmt;

use evenkeel_transport::{ApiError, ClientError, Kind};

use crate::task::{Class, Classified};

/// An application in the words of the values and of people, and what its server means otherwise than others.
pub trait Application: fmt::Debug + Send + Sync + 'static {
    /// Its name in messages, such as `harbor`.
    const NAME: &'static str;
    /// The settings that say where it is, such as `` `harbor.url` ``.
    const ADDRESS: &'static str;
    /// What to check when something else answers a login there.
    const ADDRESS_HINT: &'static str;
    /// What to check when the login is refused.
    const LOGIN_HINT: &'static str;
    /// What to do when the account lacks a right.
    const RIGHTS_HINT: &'static str;
    /// Where it says why it failed, such as `the log of harbor's core`.
    const LOG: &'static str;
    /// What its client says of a failed request.
    type Error: ClientError;

    /// The class of a failure that this server means otherwise than others.
    fn class(failure: &RequestError<Self>) -> Option<Class>
    where
        Self: Sized,
    {
        let _ = failure;
        None
    }

    /// What to do about a failure for which the usual hint would not do.
    fn hint(failure: &RequestError<Self>) -> Option<&'static str>
    where
        Self: Sized,
    {
        let _ = failure;
        None
    }
}

/// A failed request, with what it was for.
#[derive(Debug, thiserror::Error)]
pub enum RequestError<A: Application> {
    /// The session cannot be made: certificates that cannot be used.
    #[error("the connection to {} cannot be set up: {}", A::NAME, .0)]
    Session(#[source] ApiError),
    /// The login failed.
    #[error("login to {} at `{address}` failed: {source}", A::NAME)]
    Login {
        /// The server's address.
        address: String,
        /// Why.
        source: A::Error,
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
        source: A::Error,
    },
}

impl<A: Application> RequestError<A> {
    /// Whether it was a login or a request that can change nothing.
    #[must_use]
    pub fn is_read(&self) -> bool {
        match self {
            Self::Session(_) => false,
            Self::Login { .. } => true,
            Self::Call { source, .. } => source.api().is_of_read(),
        }
    }

    fn usual_class(&self) -> Class {
        match self {
            Self::Session(_) => Class::Configuration,
            Self::Login { source, .. } => match source.api() {
                error if error.is_unavailable() => Class::of_request(error),
                error if error.kind() == Kind::Server => Class::Unavailable,
                error => match Class::of_request(error) {
                    // What answers a login with something else is another application.
                    Class::Unexpected => Class::Configuration,
                    class => class,
                },
            },
            Self::Call { source, .. } => Class::of_request(source.api()),
        }
    }

    fn usual_hint(&self) -> Option<String> {
        let hint = match self {
            Self::Session(_) => "put certificates in PEM form into `platform.caBundle`, or leave it out".to_owned(),
            Self::Login { source, .. } if !source.api().is_unavailable() => match source.api().kind() {
                Kind::Unauthorized | Kind::Forbidden => A::LOGIN_HINT.to_owned(),
                Kind::Unexpected | Kind::Decode | Kind::OtherObject | Kind::Request => A::ADDRESS_HINT.to_owned(),
                Kind::Server => format!("{} says what failed; it may still be starting", A::LOG),
                _ => return connection_hint::<A>(source),
            },
            Self::Call { source, .. } if !source.api().is_unavailable() => match source.api().kind() {
                Kind::Unauthorized | Kind::Forbidden => A::RIGHTS_HINT.to_owned(),
                Kind::Invalid if !is_precondition(source.api()) => {
                    "change the declared value, whose file and line is named with the failed change".to_owned()
                }
                Kind::Server if self.is_read() => format!("run again; {} says what failed", A::LOG),
                Kind::Decode | Kind::OtherObject => format!(
                    "run again; if it stays so, see whether something between here and {} changes its answers",
                    A::NAME
                ),
                _ => return connection_hint::<A>(source),
            },
            Self::Login { source, .. } | Self::Call { source, .. } => return connection_hint::<A>(source),
        };
        Some(hint)
    }
}

impl<A: Application> Classified for RequestError<A> {
    fn class(&self) -> Class {
        A::class(self).unwrap_or_else(|| self.usual_class())
    }

    /// A name that no address can carry was never sent.
    fn changed_nothing(&self) -> bool {
        match self {
            Self::Call { source, .. } if source.api().kind() == Kind::Unaddressable => true,
            _ => self.class().changed_nothing(),
        }
    }

    fn hint(&self) -> Option<String> {
        A::hint(self).map(str::to_owned).or_else(|| self.usual_hint())
    }
}

/// What helps where no answer came: in the words of the values, which the transport does not know.
fn connection_hint<A: Application>(source: &A::Error) -> Option<String> {
    let hint = match source.api().kind() {
        Kind::Connection | Kind::Timeout => {
            return Some(format!("check {}, the proxy variables, and that the server runs", A::ADDRESS));
        }
        Kind::Tls => {
            source.api().tls_hint().unwrap_or("put the certificate of the server's authority into `platform.caBundle`")
        }
        Kind::Deadline => "give the run more time with `--timeout`",
        _ => return source.hint().map(str::to_owned),
    };
    Some(hint.to_owned())
}

/// 412: something else has to be so first.
fn is_precondition(error: &ApiError) -> bool {
    error.status().is_some_and(|status| status.as_u16() == 412)
}

impl Class {
    /// What a failed request means, where nothing else is known of the server.
    #[must_use]
    pub fn of_request(error: &ApiError) -> Self {
        match error.kind() {
            // The same certificate is refused the next time as well.
            Kind::Tls => Self::Configuration,
            _ if error.is_unavailable() => Self::Unavailable,
            Kind::TooManyRequests => Self::Unavailable,
            Kind::Unauthorized | Kind::Forbidden => Self::NotAuthorised,
            Kind::Unaddressable => Self::Configuration,
            // What was there a moment ago is gone, or the other way round.
            Kind::NotFound | Kind::Conflict => Self::Conflict,
            // A read asks for nothing that could be refused: the server itself is not well.
            Kind::Server if error.is_of_read() => Self::Unavailable,
            Kind::Server => Self::Refused,
            Kind::Invalid if is_precondition(error) => Self::Refused,
            // The same value is refused again.
            Kind::Invalid => Self::Prevented,
            _ => Self::Unexpected,
        }
    }
}

#[cfg(test)]
mod tests;
