//! Handing over to the command behind `--`: it takes the place of this process, so that signals reach it and its exit code
//! counts. No shell is involved.

use std::{ffi::OsString, io, process::Command};

use evenkeel_core::report::Failure;

/// Runs the command. Returns only when it cannot be run.
#[cfg(unix)]
pub(crate) fn hand_over(command: &[OsString]) -> Option<Failure> {
    use std::os::unix::process::CommandExt;
    let (program, arguments) = command.split_first()?;
    let error = Command::new(program).args(arguments).exec();
    Some(failure(program, &error))
}

/// Runs the command and ends with its exit code: there is no way to take the place of a process here.
#[cfg(not(unix))]
pub(crate) fn hand_over(command: &[OsString]) -> Option<Failure> {
    let (program, arguments) = command.split_first()?;
    match Command::new(program).args(arguments).status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => Some(failure(program, &error)),
    }
}

fn failure(program: &OsString, error: &io::Error) -> Failure {
    Failure {
        message: format!("command `{}` cannot be run: {}", program.display(), error.kind()),
        hint: Some("check the name behind `--`, and whether it may be executed".to_owned()),
    }
}
