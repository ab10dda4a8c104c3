//! The Harbor task as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    evenkeel_harbor::main()
}
