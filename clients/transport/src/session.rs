//! The session: what every request of every client goes through.

use std::{fmt, sync::Arc, time::Duration};

use http::header::{AUTHORIZATION, HeaderValue};
use progenitor_client::OperationInfo;
use reqwest::{Client, Request, Response};

use crate::{ApiError, Kind, Secret, TokenSource, envelope, failure};

/// How requests are authorised.
#[derive(Clone, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// A user's name and password.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A fixed token: `Authorization: <scheme> <token>`.
    Token {
        /// The word before the token, for example `token` or `Bearer`.
        scheme: &'static str,
        /// The token.
        token: Secret,
    },
    /// Tokens that are renewed.
    Bearer(Arc<dyn TokenSource>),
}

/// What a session is made with.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_bundle: Option<Vec<u8>>,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long one attempt of a request may take, its answer's body included.
    pub request_timeout: Duration,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { ca_bundle: None, connect_timeout: Duration::from_secs(5), request_timeout: Duration::from_secs(30) }
    }
}

/// The inner value of every generated client. Clones share everything but the way of authorisation.
#[derive(Clone)]
pub struct Session {
    http: Client,
    auth: Auth,
}

impl Session {
    /// A session without authorisation.
    ///
    /// # Errors
    /// [`Kind::Tls`] when no certificate can be loaded or the CA bundle holds none.
    pub fn new(options: SessionOptions) -> Result<Self, ApiError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "the one place where an HTTP client is built")]
        let builder = Client::builder();
        let http = builder
            .connect_timeout(options.connect_timeout)
            .timeout(options.request_timeout)
            .user_agent(concat!("evenkeel/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ApiError::new(Kind::Tls, failure::root(&error)))?;
        Ok(Self { http, auth: Auth::None })
    }

    /// The same session with another authorisation.
    #[must_use]
    pub fn with_auth(&self, auth: Auth) -> Self {
        Self { auth, ..self.clone() }
    }

    /// The HTTP client that generated clients are made with.
    #[must_use]
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// Sends a generated client's request. A failure is a response, too: the generated code hands it on as it is.
    pub async fn exec(&self, request: Request, info: &OperationInfo) -> Response {
        self.send(request, info.operation_id).await.unwrap_or_else(envelope::seal)
    }

    /// Sends a request that no generated client made, under a name for the request log.
    ///
    /// # Errors
    /// When there is no answer; an answer of any status is no error.
    pub async fn send(&self, mut request: Request, _operation: &'static str) -> Result<Response, ApiError> {
        if let Auth::Bearer(source) = &self.auth {
            let token = source.token(None).await?;
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                .map_err(|_| ApiError::new(Kind::Request, "the token holds characters that no header can carry"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let response = self.http.execute(request).await.map_err(|error| failure::classify(&error).into_error())?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(|error| failure::classify(&error).into_error())?;
        Ok(envelope::Reply { status, headers, body }.into_response())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}
