//! The copies as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    evenkeel_engine::main_of::<evenkeel_copy_certs::CopyCerts>()
}
