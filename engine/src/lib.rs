//! The effects around the pure core: what every task shares.
//!
//! A task implements [`task::Task`]; everything else (command line, observe → plan → apply → verify,
//! executor, inventory, secrets, progress, signals, exit codes, reports) is here, once for all.

pub mod task;
