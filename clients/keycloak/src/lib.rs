//! Keycloak's administration, as far as evenkeel speaks it: the client that
//! `openapi-specs/keycloak.yaml` generates at build time, and what that document cannot say.
//!
//! [`connect`] logs in and gives a [`Client`]. Its operations are builders named like the document's
//! operations; [`evenkeel_transport::ResultExt`] turns their results into values or one
//! [`ApiError`](evenkeel_transport::ApiError), and [`KeycloakError`] says what that means here.
//! Lists that Keycloak cuts short without a word are read whole by [`paging`].
//!
//! Representations ([`types`]) take part in read, change, write: a field is sent only when it is `Some`
//! (`Some(vec![])` is an empty list), and what this client does not know travels along in `extra`.

mod error;
mod login;
pub mod paging;
mod schemas;

#[expect(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "generated; the document's descriptions are the documentation, and programs pass the session's own HTTP client"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use error::KeycloakError;
pub use generated::*;
pub use login::{Administrator, Credentials, connect};
pub use schemas::json_schema;
