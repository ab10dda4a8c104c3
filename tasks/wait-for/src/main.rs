//! The barrier as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    evenkeel_wait_for::main()
}
