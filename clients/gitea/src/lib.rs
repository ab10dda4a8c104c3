//! The API of Gitea and Forgejo (version 1), as far as evenkeel speaks it: the client that `openapi-specs/gitea.yaml` generates at build time, and
//! what that document cannot say.
//!
//! [`connect`] proves an administrator once and gives a [`Connection`]: the [`Client`], and how the server pages. [`paging`] reads lists whole,
//! [`verify_login`] asks whether a user's name and password work, and [`GiteaError`] says what a failure means.
//!
//! Only a 404 in the API's own words says that there is no such object, and only to a login whose rights are proved: to others Gitea answers
//! 404 for what they may not see. A 404 in other words comes from a proxy, or from a server that is too old for the call.
//!
//! A field is sent only when it is `Some` (`Some(vec![])` is an empty list), and lists and maps that the server writes as null are empty. Where a
//! PATCH blanks what is left out, the description of its operation says so.

mod error;
mod login;
pub mod paging;

#[expect(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "generated; the document's descriptions are the documentation, and programs pass the session's own HTTP client"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use error::GiteaError;
pub use generated::*;
pub use login::{Connection, Credentials, Verdict, connect, verify_login};
