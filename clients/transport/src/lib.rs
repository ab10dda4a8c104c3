//! One HTTP session for every generated client.
//!
//! A [`Session`] is the *inner* value of each progenitor client. The generated code sends through it (`evenkeel-codegen` sees to
//! that), each request together with its [`OperationPath`]:
//!
//! ```ignore
//! mod generated { include!(concat!(env!("OUT_DIR"), "/client.rs")); }
//! pub use generated::*;
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
//! Authorisation happens when an attempt is sent: each takes the token that is current then, also after a wait for a free
//! place or a back-off (an administrator's token at Keycloak 26.7 lives 60 seconds).
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
mod identities;
mod limits;
pub mod mask;
mod memory;
pub mod nothing;
mod options;
mod paging;
mod path;
mod proxy;
mod request_log;
mod result;
mod retry;
mod scope;
mod secret;
mod session;
pub mod text;
mod tls;
mod tls_fault;
mod token;

pub use answer::{AnswerBody, Received, weigh};
pub use auth::Auth;
pub use error::{ApiError, ClientError, Kind};
pub use identities::{Identities, IdentityRules, LoginRetry, Permission};
pub use limits::TooMuch;
pub use mask::Mask;
pub use memory::guard_memory;
pub use options::{Deadline, Detour, ProxyUse, SessionOptions};
pub use paging::{ListGuard, Page, all, pages};
pub use path::{Operation, OperationPath, Unaddressable, check_segment, decoded, encoded};
pub use progenitor_client;
pub use request_log::{Call, Outcome, Pending, Record, RequestLog, Summary};
pub use reqwest;
pub use result::{ErrorBody, ResultExt, location_id};
pub use retry::Retry;
pub use scope::repeatable;
pub use secret::Secret;
pub use session::Session;
pub use tls_fault::TlsFault;
pub use token::{CachedToken, IssuedToken, TokenIssuer, TokenSource};
