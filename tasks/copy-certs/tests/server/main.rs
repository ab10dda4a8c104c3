//! The task against a cluster that keeps state: what is copied, what stays, what goes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod certificates;
mod copies;
mod cost;
mod faults;
mod many;
mod prune;
mod rights;
mod stage;
