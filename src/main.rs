//! The command `evenkeel`: every task, and what goes with them.

mod command;
mod demo;
mod manual;
mod reference;
mod schema;
mod tasks;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run(std::env::args_os().collect())
}
