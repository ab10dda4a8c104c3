//! The command `evenkeel`: every task, and what goes with them.

mod command;
#[cfg(feature = "demo")]
mod demo;
mod manual;
mod schema;
mod tasks;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run(std::env::args_os().collect())
}
