//! One HTTP session for every generated client.
//!
//! A [`Session`] is the *inner* value of each progenitor client. [`client_hooks!`] wires it in, once per client crate:
//!
//! ```ignore
//! mod generated { include!(concat!(env!("OUT_DIR"), "/client.rs")); }
//! pub use generated::*;
//! evenkeel_transport::client_hooks!(Client);
//! impl evenkeel_transport::ErrorBody for types::ApiError {
//!     fn message(&self) -> String { self.message.clone().unwrap_or_default() }
//! }
//! ```
//!
//! and a program makes the client with the session's own HTTP client:
//!
//! ```ignore
//! let session = Session::new(SessionOptions { ca_bundle, deadline, ..SessionOptions::default() })?;
//! let client = Client::new_with_client(&address, session.http().clone(), session.with_auth(Auth::Bearer(tokens)));
//! let realm = client.realm_get().realm("platform").send().await.optional()?;
//! ```
//!
//! Everything that goes wrong ends as one [`ApiError`]: with a [`Kind`], the status where there was one, and a message
//! that holds no body, no header, no address and no secret.

mod answer;
mod auth;
mod decode;
mod echo;
mod envelope;
mod error;
mod failure;
mod memory;
mod options;
mod paging;
mod request_log;
mod retry;
mod scope;
mod secret;
mod session;
pub mod text;
mod tls;
mod tls_fault;
mod token;

pub use answer::{AnswerBody, Received, TooMuch, weigh};
pub use auth::Auth;
pub use error::{ApiError, ErrorBody, Kind, ResultExt, location_id};
pub use memory::guard_memory;
pub use options::{Deadline, Detour, ProxyUse, SessionOptions, may_speak_tls};
pub use paging::{ListGuard, Page, all, pages};
pub use progenitor_client;
pub use request_log::{Call, Outcome, Pending, Record, RequestLog, Summary};
pub use reqwest;
pub use retry::Retry;
pub use scope::repeatable;
pub use secret::Secret;
pub use session::Session;
pub use tls_fault::TlsFault;
pub use token::{CachedToken, IssuedToken, TokenIssuer, TokenSource};

/// Makes a generated client send through its [`Session`]: `client_hooks!(Client)` in the client's crate.
///
/// Authorisation happens in `exec`, not in `pre`: every attempt takes the token that is current when it is sent, also
/// after a wait for a free place or a back-off (an administrator's token at Keycloak 26.7 lives 60 seconds).
#[macro_export]
macro_rules! client_hooks {
    ($client:ty) => {
        impl $crate::progenitor_client::ClientHooks<$crate::Session> for $client {
            async fn exec(
                &self,
                request: $crate::reqwest::Request,
                info: &$crate::progenitor_client::OperationInfo,
            ) -> $crate::reqwest::Result<$crate::reqwest::Response> {
                use $crate::progenitor_client::ClientInfo as _;
                ::core::result::Result::Ok(self.inner().exec(request, info).await)
            }
        }
    };
}
