//! Two identities for the requests of one session: a primary one that may do little, and a fallback that does the rest.
//!
//! A request with an administrator's password can cost a server many times what one with a robot's secret costs, and a robot
//! may not do everything. So each operation states the permission that it takes ([`IdentityRules::permission`]), and is sent
//!
//! 1. as the primary identity, while there is one and it is permitted;
//! 2. as the fallback otherwise, and again as the fallback where the primary one was refused: a refusal has done nothing.
//!
//! A missing permission (403) is learnt for the rest of the session, and a refused login of the primary identity (401) ends its
//! use, so that each refusal is met once. A refused login of the fallback is tried again for as long as [`LoginRetry`] says: some
//! servers lock a user's name for a moment after somebody else's wrong password.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use futures::future::BoxFuture;
use http::StatusCode;
use reqwest::{Request, Response};
use tokio::time::{Instant, sleep};

use crate::{ApiError, Auth, Operation, OperationPath, Session, envelope};

/// What an identity must be permitted to do: an action on the resources of a scope, in the words of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// Where, for example the system or all projects.
    pub scope: &'static str,
    /// On what.
    pub resource: &'static str,
    /// What.
    pub action: &'static str,
}

/// What an application's permissions and refusals mean.
pub trait IdentityRules: Send + Sync {
    /// What the primary identity must be permitted for this operation; `None` where only the fallback may send it.
    fn permission(&self, operation: &Operation) -> Option<Permission>;

    /// Whether a 403 with this body (JSON) is about everybody, so that the fallback would be told the same.
    fn refuses_everybody(&self, body: &[u8]) -> bool {
        let _ = body;
        false
    }

    /// Asked where the fallback's login stays refused: why that says nothing about its password, where something else is wrong
    /// with the server. `session` sends as the fallback, without any repeat, and `base` is the address of the API.
    fn login_excuse<'a>(&'a self, session: &'a Session, base: &'a str) -> BoxFuture<'a, Option<ApiError>> {
        let _ = (session, base);
        Box::pin(async { None })
    }
}

/// How long a refused login of the fallback is tried again. A refused login has done nothing, whatever the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginRetry {
    /// From the first refusal on, altogether.
    pub limit: Duration,
    /// Between two attempts.
    pub pause: Duration,
}

/// Two identities that share a session, made with [`Identities::new`] and used as [`Auth::Identities`].
pub struct Identities {
    fallback: Auth,
    retry: LoginRetry,
    rules: Box<dyn IdentityRules>,
    primary: RwLock<Primary>,
}

/// The primary identity, and what it may not do.
#[derive(Default)]
struct Primary {
    auth: Option<Arc<Auth>>,
    withheld: BTreeSet<Permission>,
}

impl Identities {
    /// The fallback alone, until there is a [primary identity](Self::use_primary).
    #[must_use]
    pub fn new(fallback: Auth, retry: LoginRetry, rules: impl IdentityRules + 'static) -> Self {
        Self { fallback, retry, rules: Box::new(rules), primary: RwLock::default() }
    }

    /// From now on this identity sends what it may, until its login is refused. It is not asked for anything here; `session` is the
    /// one that both share.
    pub fn use_primary(&self, session: &Session, auth: Auth) {
        auth.teach(session.mask());
        self.write().auth = Some(Arc::new(auth));
    }

    /// From now on the fallback sends everything.
    pub fn use_fallback_only(&self) {
        self.write().auth = None;
    }

    /// Whether there is a primary identity, whose login was not refused so far.
    #[must_use]
    pub fn has_primary(&self) -> bool {
        self.read().auth.is_some()
    }

    /// For the rest of the session the fallback sends what takes one of these permissions.
    pub fn withhold(&self, permissions: impl IntoIterator<Item = Permission>) {
        self.write().withheld.extend(permissions);
    }

    pub(crate) fn fallback(&self) -> &Auth {
        &self.fallback
    }

    /// Sends a generated client's request as whom it takes. `declared` is the permission that the caller says it takes, in place of
    /// the operation's own.
    pub(crate) async fn send(
        &self,
        session: &Session,
        declared: Option<Permission>,
        base: &str,
        mut request: Request,
        path: &OperationPath,
    ) -> Result<Response, ApiError> {
        let permission = declared.or_else(|| self.rules.permission(path.operation()));
        if let Some(permission) = permission
            && let Some(primary) = self.primary_that_may(permission)
            && let Some(again) = request.try_clone()
        {
            let response = session.as_identity(Auth::clone(&primary)).send_once(request, path).await?;
            match response.status() {
                StatusCode::UNAUTHORIZED => self.end(&primary),
                StatusCode::FORBIDDEN if !self.rules.refuses_everybody(envelope::failed_body(&response)) => {
                    self.withhold([permission]);
                }
                _ => return Ok(response),
            }
            request = again;
        }
        self.send_as_fallback(session, base, request, path).await
    }

    async fn send_as_fallback(
        &self,
        session: &Session,
        base: &str,
        request: Request,
        path: &OperationPath,
    ) -> Result<Response, ApiError> {
        let session = session.as_identity(self.fallback.clone());
        let (mut request, mut end) = (request, None);
        loop {
            let again = request.try_clone();
            let response = session.send_once(request, path).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let now = Instant::now();
            let is_over = *end.get_or_insert(now + self.retry.limit) <= now;
            match again.filter(|_| !is_over) {
                Some(again) => request = again,
                None => return self.rules.login_excuse(&session, base).await.map_or(Ok(response), Err),
            }
            sleep(self.retry.pause).await;
        }
    }

    /// Ends the use of a primary identity whose login was refused, unless another one has taken its place meanwhile.
    fn end(&self, refused: &Arc<Auth>) {
        let mut primary = self.write();
        if primary.auth.as_ref().is_some_and(|auth| Arc::ptr_eq(auth, refused)) {
            primary.auth = None;
        }
    }

    fn primary_that_may(&self, permission: Permission) -> Option<Arc<Auth>> {
        let primary = self.read();
        primary.auth.clone().filter(|_| !primary.withheld.contains(&permission))
    }

    fn read(&self) -> RwLockReadGuard<'_, Primary> {
        self.primary.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Primary> {
        self.primary.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let primary = self.read();
        formatter
            .debug_struct("Identities")
            .field("fallback", &self.fallback)
            .field("primary", &primary.auth)
            .field("withheld", &primary.withheld)
            .finish_non_exhaustive()
    }
}
