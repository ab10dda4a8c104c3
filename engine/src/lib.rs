//! The effects around the pure core: what every task shares.
//!
//! A task implements [`task::Task`]; everything else (command line, observe → plan → apply → verify,
//! executor, inventory, secrets, progress, signals, exit codes, reports) is here, once for all. A
//! task's binary is [`main_of`]; a program that has a task run inside itself calls [`run::run`].

pub mod cluster;
pub mod command_line;
mod core_dumps;
mod executor;
pub mod exit_code;
pub mod export;
#[cfg(test)]
mod fake_cluster;
mod home;
pub mod inventory;
mod lease;
mod off_runtime;
pub mod output;
mod private_file;
mod process;
pub mod progress;
pub mod run;
pub mod secrets;
pub mod stop;
pub mod storage;
pub mod task;
mod telemetry;
mod values_files;
pub mod vault;
mod watch;

pub use off_runtime::off_runtime;
pub use process::{Judge, begin, judge, main_of, parse, read_values, run_matches, task_command, validate, watched};

/// Compares a generated file of the repository with what it should hold, or writes it when
/// `EVENKEEL_UPDATE` is set.
#[cfg(test)]
fn generated_file(path: &str, content: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if command_line::environment_variable("EVENKEEL_UPDATE").is_some() {
        std::fs::write(&file, content).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == content, "`{path}` is out of date: run the tests with EVENKEEL_UPDATE=1");
}
