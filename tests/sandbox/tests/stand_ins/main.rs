//! The stand-ins from outside: what is seen on the wire, in the request log, and by the clock.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "the tests play a client and send the token")]

mod gitea;
mod harbor;
mod keycloak;
mod kubernetes;
mod wire;
