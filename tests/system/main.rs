//! The whole system: the programs as people run them, what a run costs, and what documents and pages promise.
//!
//! One program, because each test program links everything.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod addresses;
#[cfg(unix)]
mod ci;
mod cluster;
mod command_line;
mod cost;
mod dependencies;
mod deploy;
#[cfg(unix)]
mod end;
mod examples;
mod export;
#[cfg(target_os = "linux")]
mod hostile;
mod prune;
mod readme;
mod reference;
mod schema;
mod server_errors;
mod spec;
mod traps;
