//! `evenkeel … export` as people run it: what it writes, where, and what it says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod harbor;
mod keycloak;
