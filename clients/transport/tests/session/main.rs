//! How a session behaves towards servers that answer, fail, stall and lie. Everything on loopback.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod authorisation;
mod client;
mod concurrency;
mod connection;
mod errors;
mod identities;
mod paging;
mod proxy;
mod request_log;
mod retry;
mod secrecy;
mod server;
mod tls;
