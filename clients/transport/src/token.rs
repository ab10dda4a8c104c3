//! Where bearer tokens come from.

use std::time::Duration;

use futures::future::BoxFuture;

use crate::{ApiError, Secret};

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
pub trait TokenIssuer: Send + Sync {
    /// Asks the server for a new token.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    fn issue(&self) -> BoxFuture<'_, Result<IssuedToken, ApiError>>;
}

/// A [`TokenSource`] that keeps the token of a [`TokenIssuer`].
#[derive(Debug)]
pub struct CachedToken<I> {
    issuer: I,
    current: tokio::sync::Mutex<Option<Secret>>,
}

impl<I: TokenIssuer> CachedToken<I> {
    /// A source without a token yet.
    pub fn new(issuer: I) -> Self {
        Self { issuer, current: tokio::sync::Mutex::new(None) }
    }
}

impl<I: TokenIssuer> TokenSource for CachedToken<I> {
    fn token<'a>(&'a self, stale: Option<&'a Secret>) -> BoxFuture<'a, Result<Secret, ApiError>> {
        Box::pin(async move {
            let mut current = self.current.lock().await;
            if let Some(token) = current.as_ref().filter(|token| Some(*token) != stale) {
                return Ok(token.clone());
            }
            let issued = self.issuer.issue().await?;
            Ok(current.insert(issued.token).clone())
        })
    }
}
