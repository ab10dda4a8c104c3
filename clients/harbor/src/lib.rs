//! Harbor's API (version 2), as far as evenkeel speaks it: the client that `openapi-specs/harbor.yaml` generates at build
//! time, and what that document cannot say.
//!
//! [`connect`] proves an administrator and gives a [`Client`]; [`as_robot`] gives one that works with a robot's credentials, and
//! [`verify_secret`] asks whether these work; [`identities`] are both in one client. Requests carry the password or secret each time
//! and never a cookie: a `sid` cookie that comes back makes every write a 403 (server-behaviour 1.2). The administrator's requests sit
//! out the 1.5 seconds during which somebody else's wrong password locks the name ([`LOCKED_LOGIN_RETRY`]), and [`paging`] reads
//! lists whole.
//!
//! Representations ([`types`]) take part in read, change, write: a field is sent only when it is `Some`, and where Harbor
//! replaces an object as a whole, what this client does not know travels along in `extra`.

mod database;
mod empty;
mod error;
mod identity;
mod login;
pub mod paging;
mod project_scanner;
mod robot;
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

pub use empty::unless_empty;
pub use error::HarborError;
pub use generated::*;
pub use login::{Administrator, LOCKED_LOGIN_RETRY, client, connect, identities};
pub use project_scanner::scanner_of_project;
pub use robot::{SecretCheck, as_robot, robot_auth, verify_secret};
pub use schemas::json_schema;
