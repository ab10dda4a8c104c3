//! Where bearer tokens come from.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{sync::Mutex, time::Instant};

use crate::{ApiError, Kind, Secret, scope};

/// The margin before a token's end in which it is not used any more, where its lifetime allows so much.
const MARGIN: Duration = Duration::from_secs(10);

/// A source of bearer tokens, shared by every request of a session.
pub trait TokenSource: Send + Sync {
    /// The current token, fetched or renewed when needed; `stale` is a token that the server has just refused.
    ///
    /// # Errors
    /// When no token can be had.
    fn token<'a>(&'a self, stale: Option<&'a Secret>) -> BoxFuture<'a, Result<Secret, ApiError>>;
}

/// A token as its server gives it.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The token.
    pub token: Secret,
    /// How long it is valid from the moment it was asked for, where the server says so (`expires_in`).
    pub lifetime: Option<Duration>,
}

/// Fetches a new token: one login.
///
/// Its requests count as logins in the request log, may be repeated although they are `POST`, and take no place among the
/// concurrent requests.
pub trait TokenIssuer: Send + Sync {
    /// Asks the server for a new token.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    fn issue(&self) -> BoxFuture<'_, Result<IssuedToken, ApiError>>;
}

/// A [`TokenSource`] that keeps the token of a [`TokenIssuer`].
///
/// - A token is renewed ahead of its end: 10 seconds or a tenth of its lifetime before, whichever is more, but never before
///   half its lifetime. (An administrator's token at Keycloak 26.7 lives 60 seconds, server-behaviour 2.1.)
/// - A refused token is renewed only while it is the current one: many requests that are refused at once lead to one login.
/// - One login at a time; who waits for it shares its outcome, the failure as well.
/// - A login that the server refuses is not tried again: a second try with the same password would fail alike, and many
///   of them lock the account. A login that failed for want of an answer is tried again by the next request.
pub struct CachedToken<I> {
    issuer: I,
    held: Mutex<Held>,
    /// How many logins have ended.
    logins: AtomicU64,
}

#[derive(Default)]
struct Held {
    current: Option<Current>,
    failure: Option<ApiError>,
}

struct Current {
    token: Secret,
    /// From when on it is not used any more; `None` when its server does not say how long it lives.
    renew_at: Option<Instant>,
}

impl<I: TokenIssuer> CachedToken<I> {
    /// A source that logs in when the first token is asked for.
    pub fn new(issuer: I) -> Self {
        Self { issuer, held: Mutex::default(), logins: AtomicU64::new(0) }
    }

    async fn current_or_new(&self, stale: Option<&Secret>) -> Result<Secret, ApiError> {
        let seen = self.logins.load(Ordering::Acquire);
        let mut held = self.held.lock().await;
        if let Some(current) = held.current.as_ref().filter(|current| current.is_usable(stale)) {
            return Ok(current.token.clone());
        }
        let waited_for_it = self.logins.load(Ordering::Acquire) > seen;
        if let Some(failure) = held.failure.as_ref().filter(|failure| waited_for_it || is_final(failure)) {
            return Err(failure.clone());
        }
        *held = self.log_in().await;
        self.logins.fetch_add(1, Ordering::Release);
        match (&held.current, &held.failure) {
            (Some(current), _) => Ok(current.token.clone()),
            (None, Some(failure)) => Err(failure.clone()),
            (None, None) => Err(ApiError::new(Kind::Request, "the login gave no token")),
        }
    }

    async fn log_in(&self) -> Held {
        // Counted from before the request: the server's clock started somewhere after it.
        let asked = Instant::now();
        match scope::login(self.issuer.issue()).await {
            // Sent as it is, it would be refused as a wrong login, and people would look for the fault there.
            Ok(issued) if issued.token.expose().trim().is_empty() => Held {
                current: None,
                failure: Some(ApiError::new(Kind::Unexpected, "the login gave an empty access token")),
            },
            Ok(issued) => {
                let renew_at = issued.lifetime.map(|lifetime| asked + usable_for(lifetime));
                Held { current: Some(Current { token: issued.token, renew_at }), failure: None }
            }
            Err(failure) => Held { current: None, failure: Some(failure) },
        }
    }
}

impl<I: TokenIssuer> TokenSource for CachedToken<I> {
    fn token<'a>(&'a self, stale: Option<&'a Secret>) -> BoxFuture<'a, Result<Secret, ApiError>> {
        Box::pin(self.current_or_new(stale))
    }
}

impl Current {
    fn is_usable(&self, stale: Option<&Secret>) -> bool {
        stale != Some(&self.token) && self.renew_at.is_none_or(|renew_at| Instant::now() < renew_at)
    }
}

/// How long a token is used.
fn usable_for(lifetime: Duration) -> Duration {
    lifetime - MARGIN.max(lifetime / 10).min(lifetime / 2)
}

/// Whether the server has refused, and will again.
fn is_final(failure: &ApiError) -> bool {
    matches!(failure.kind(), Kind::Unauthorized | Kind::Forbidden | Kind::Invalid | Kind::NotFound)
}

impl<I> fmt::Debug for CachedToken<I> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CachedToken").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_is_ten_seconds_or_a_tenth_but_never_more_than_half() {
        let used = |seconds| usable_for(Duration::from_secs(seconds)).as_secs();
        assert_eq!(used(60), 50);
        assert_eq!(used(600), 540);
        assert_eq!(used(10), 5);
        assert_eq!(used(0), 0);
    }
}
