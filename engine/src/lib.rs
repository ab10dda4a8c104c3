//! The effects around the pure core: what every task shares.
//!
//! A task implements [`task::Task`]; everything else (command line, observe → plan → apply → verify,
//! executor, inventory, secrets, progress, signals, exit codes, reports) is here, once for all. A
//! task's binary is [`main_of`]; a program that has a task run inside itself calls [`run::run`].
//!
//! The files stand in layers, and none knows one of a layer above:
//!
//! 1. what a process has: `environment`, `mask`, `terminal`, `stop`, `off_runtime`, `core_dumps`, `private_file`
//! 2. what can go wrong: `failure`, `exit_code`
//! 3. what a run remembers, and where: `cluster`, `storage`, `home`, then `inventory`, `vault` and `lease`
//! 4. what a run is given: `secrets`, `values_files`, `command_line`, `bounds`, `progress`, then `telemetry`, `watch` and `runtime`
//! 5. `task`
//! 6. `executor`, then `run`
//! 7. `output`, then `export` and `process`

mod bounds;
pub mod cluster;
pub mod command_line;
mod core_dumps;
mod environment;
mod executor;
pub mod exit_code;
pub mod export;
mod failure;
mod home;
pub mod inventory;
mod lease;
mod mask;
mod off_runtime;
pub mod output;
pub mod plain;
mod private_file;
mod process;
pub mod progress;
pub mod request_error;
pub mod run;
mod runtime;
pub mod secrets;
pub mod sessions;
pub mod stop;
pub mod storage;
pub mod target;
pub mod task;
mod telemetry;
mod terminal;
#[cfg(test)]
mod test_cluster;
mod values_files;
pub mod vault;
mod watch;

pub use off_runtime::off_runtime;
pub use process::{Judge, judge, main_of, parse, read_values, run_matches, task_command, validate};
pub use runtime::Runtime;

/// Compares a generated file of the repository with what it should hold, or writes it when
/// `EVENKEEL_UPDATE` is set.
#[cfg(test)]
fn generated_file(path: &str, content: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if environment::environment_variable("EVENKEEL_UPDATE").is_some() {
        std::fs::write(&file, content).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == content, "`{path}` is out of date: run the tests with EVENKEEL_UPDATE=1");
}
