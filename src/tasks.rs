//! The tasks that this command knows.

use clap::{ArgMatches, Command};
use evenkeel_copy_certs::CopyCerts;
use evenkeel_engine::{Judge, exit_code::ExitCode, judge, main_of, run_matches, task::Task, task_command};
use evenkeel_harbor::Harbor;
use evenkeel_keycloak::Keycloak;

/// A task, without its types.
pub(crate) struct KnownTask {
    pub name: &'static str,
    /// Its part of the command line.
    pub command: fn() -> Command,
    /// Runs it as its part of the command line says.
    pub run: fn(&ArgMatches) -> ExitCode,
    /// The whole of its own binary.
    pub main: fn() -> std::process::ExitCode,
    /// Schemas of its application's representations.
    pub definitions: fn() -> Vec<(&'static str, serde_json::Value)>,
    /// What it has to say against values.
    pub judge: Judge,
}

/// All tasks, in the order in which the help lists them.
pub(crate) const TASKS: [KnownTask; 4] = [known::<Keycloak>(), known::<Harbor>(), known::<CopyCerts>(), WAIT_FOR];

/// The barrier, which has nothing to converge.
const WAIT_FOR: KnownTask = KnownTask {
    name: evenkeel_wait_for::NAME,
    command: evenkeel_wait_for::command,
    run: evenkeel_wait_for::run_matches,
    main: evenkeel_wait_for::main,
    definitions: Vec::new,
    judge: evenkeel_wait_for::judge,
};

const fn known<T: Task>() -> KnownTask {
    KnownTask {
        name: T::NAME,
        command: task_command::<T>,
        run: run_matches::<T>,
        main: main_of::<T>,
        definitions: T::definitions,
        judge: judge::<T>,
    }
}

/// The schemas of all applications' representations.
pub(crate) fn definitions() -> Vec<(&'static str, serde_json::Value)> {
    TASKS.iter().flat_map(|task| (task.definitions)()).collect()
}

/// What each task has to say against values.
pub(crate) fn judges() -> impl Iterator<Item = Judge> {
    TASKS.iter().map(|task| task.judge)
}
