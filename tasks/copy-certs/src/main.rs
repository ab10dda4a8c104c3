//! The copies as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    evenkeel_copy_certs::main()
}
