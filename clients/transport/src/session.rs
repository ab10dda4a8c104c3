//! The session: what every request of every client goes through.

mod reach;
mod sending;

use std::{fmt, sync::Arc};

use reqwest::{Client, Request, Response};
use tokio::sync::Semaphore;

use crate::{
    ApiError, Auth, Deadline, Mask, OperationPath, ProxyUse, Received, RequestLog, SessionOptions, envelope, proxy, tls,
};
use reach::Reach;
use sending::Sending;

/// What all clones of a session share.
struct Shared {
    http: Client,
    options: SessionOptions,
    places: Semaphore,
    log: RequestLog,
    received: Received,
    reach: Reach,
}

/// The inner value of every generated client.
///
/// Clones share the connections, the cap on concurrent requests and the request log; each has its own way of authorisation
/// and its own deadline.
/// Bodies are read whole before the generated code sees them: so the time limits, the repeats and the cap on
/// concurrent requests hold until the last byte.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
    auth: Auth,
    deadline: Option<Deadline>,
}

impl Session {
    /// A session without authorisation.
    ///
    /// # Errors
    /// [`Kind::Tls`](crate::Kind::Tls) when the CA bundle holds no usable certificate, or when neither the system nor the bundle gives any.
    pub fn new(options: SessionOptions) -> Result<Self, ApiError> {
        if options.proxy == ProxyUse::System {
            proxy::learn_passwords(&options.mask);
        }
        let shared = Shared {
            http: tls::client(&options)?,
            places: Semaphore::new(options.concurrency.get().min(Semaphore::MAX_PERMITS)),
            log: RequestLog::new(options.log_capacity),
            received: Received::default(),
            reach: Reach::default(),
            options,
        };
        let deadline = shared.options.deadline;
        Ok(Self { shared: Arc::new(shared), auth: Auth::None, deadline })
    }

    /// The same session with another authorisation.
    #[must_use]
    pub fn with_auth(&self, auth: Auth) -> Self {
        auth.teach(self.mask());
        Self { auth, ..self.clone() }
    }

    /// The same session that ends at another moment: for the part of a run that has less time than the whole, or for
    /// what is still to be said after it.
    #[must_use]
    pub fn with_deadline(&self, deadline: Deadline) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The HTTP client that generated clients are made with, and requests that no generated client makes. Only
    /// [`Session::send`] and [`Session::exec`] send them as the session promises.
    #[must_use]
    pub fn http(&self) -> &Client {
        &self.shared.http
    }

    /// What was sent so far, by all clones.
    #[must_use]
    pub fn log(&self) -> &RequestLog {
        &self.shared.log
    }

    /// The run's secrets.
    pub(crate) fn mask(&self) -> &Mask {
        &self.shared.options.mask
    }

    /// Sends a generated client's request, if its address is that of its operation below `base` (see [`OperationPath`]), and
    /// gives its answer, if that is about what was asked for.
    ///
    /// A failure comes as a response, too: it passes through the generated code and is an [`ApiError`] again on the other side
    /// ([`ResultExt::api`](crate::ResultExt::api)).
    ///
    /// # Errors
    /// None: the type is what the generated code works with.
    pub async fn exec(&self, base: &str, request: Request, path: &OperationPath) -> reqwest::Result<Response> {
        let of_read = request.method().is_safe();
        let sent = match path.check(base, request.url()) {
            Ok(()) => self.send_as_whom_it_takes(base, request, path).await,
            Err(refused) => Err(refused),
        };
        Ok(sent.unwrap_or_else(|error| envelope::seal(error.of_read(of_read))))
    }

    async fn send_as_whom_it_takes(
        &self,
        base: &str,
        request: Request,
        path: &OperationPath,
    ) -> Result<Response, ApiError> {
        match &self.auth {
            Auth::Identities { identities, permission } => {
                identities.send(self, *permission, base, request, path).await
            }
            _ => self.send_once(request, path).await,
        }
    }

    /// Sends as the one identity that this session has, with the repeats that [`Retry`](crate::Retry) allows.
    pub(crate) async fn send_once(&self, request: Request, path: &OperationPath) -> Result<Response, ApiError> {
        Sending::of(self, request, path).run().await
    }

    /// The same session as one of its identities, which the mask knows already.
    pub(crate) fn as_identity(&self, auth: Auth) -> Self {
        Self { auth, ..self.clone() }
    }

    /// Sends a request that no generated client made; `operation` is its name in the request log.
    ///
    /// # Errors
    /// When there is no answer, or no token to ask with. An answer is no error, whatever its status.
    pub async fn send(&self, request: Request, operation: &'static str) -> Result<Response, ApiError> {
        let of_read = request.method().is_safe();
        Sending::new(self, request, operation).run().await.map_err(|error| error.of_read(of_read))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("auth", &self.auth)
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}
