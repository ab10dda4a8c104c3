//! Holds a Job back until what it needs is really ready: every condition asks for the meaning of "ready", not for an open
//! port.
//!
//! # What it guarantees
//!
//! - It always ends: with 0 when the barrier opens, at the deadline (69) with the name of every condition that is not met,
//!   at once when waiting cannot help (78), such as a refused login or a failed Job.
//! - What may pass by itself is waited for: no connection, no such name, a certificate that is not trusted yet, every
//!   answer but the expected one, 404 and 502 included. What does not pass by itself is 401 and 403, unless they are
//!   listed as expected.
//! - A condition counts as met after as many successes in a row as were asked for; one failure starts the count again.
//! - All conditions are asked at the same time, each at its own pace; Kubernetes objects are watched and not polled.
//! - It writes nothing anywhere. A command after `--` replaces this process once the barrier is open, so that signals
//!   reach it and its exit code counts.
//!
//! # The flow
//!
//! Command line or values → [`Condition`]s → one [`probe`] each → [`barrier`] → summary. The barrier knows no protocol, a
//! probe knows no time.

pub mod barrier;
mod command_line;
pub mod condition;
mod display;
mod error;
mod handover;
pub mod pace;
pub mod probe;
mod process;
pub mod summary;

pub use command_line::command;
pub use condition::{Condition, Target, declared::judge};
pub use error::Error;
pub use process::{main, run_matches};

/// The task's name on the command line.
pub const NAME: &str = "wait-for";
