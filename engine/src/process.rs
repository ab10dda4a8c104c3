//! A task as a process of its own: command line in, exit code out.

use std::{
    ffi::OsString,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use clap::{ArgMatches, Command, FromArgMatches, Subcommand};
use evenkeel_core::{report::Failure, values::Values};
use evenkeel_kubernetes_client::ObjectName;

use crate::{
    command_line::{LogFormat, REQUIRE_VALID, TaskCommand, ValuesOptions, environment_variable, require_valid},
    core_dumps,
    exit_code::ExitCode,
    output,
    progress::Progress,
    run::{Finished, Surroundings, load, run, unexpected},
    secrets::SecretResolver,
    stop::Stop,
    task::Task,
    telemetry,
};

/// The whole of a task's `main`.
#[must_use]
pub fn main_of<T: Task>() -> std::process::ExitCode {
    let name = format!("evenkeel-{}", T::NAME);
    let command = task_command::<T>().display_name(&name).bin_name(&name).version(env!("CARGO_PKG_VERSION"));
    match parse(command, std::env::args_os()) {
        Ok(matches) => run_matches::<T>(&matches).into(),
        Err(code) => code.into(),
    }
}

/// The command of a task, named after it: `plan`, `apply`, `check` and their options.
#[must_use]
pub fn task_command<T: Task>() -> Command {
    let command = TaskCommand::augment_subcommands(Command::new(T::NAME));
    let command = if T::LOOKS_AT_CERTIFICATES {
        command.mut_subcommands(|command| command.arg(require_valid()))
    } else {
        command
    };
    let command = match T::export() {
        Some(exporter) => command.subcommand((exporter.command)()),
        None => command,
    };
    // Tasks come first in the help of a command that has several.
    command.about(T::ABOUT).long_about(None).display_order(0).subcommand_required(true).arg_required_else_help(true)
}

/// Reads a command line. Help and the version go to standard output.
///
/// # Errors
///
/// The exit code, when there is nothing to run: help or the version was asked for, or what is wrong
/// has been printed.
pub fn parse(command: Command, arguments: impl IntoIterator<Item = OsString>) -> Result<ArgMatches, ExitCode> {
    command.try_get_matches_from(arguments).map_err(|error| {
        output::print_usage(&error);
        if error.exit_code() == 0 { ExitCode::Converged } else { ExitCode::Usage }
    })
}

/// Runs a task as [`task_command`] was asked to, prints what it has to tell, and waits until it has ended.
pub fn run_matches<T: Task>(matches: &ArgMatches) -> ExitCode {
    if let (Some(exporter), Some(("export", matches))) = (T::export(), matches.subcommand()) {
        return (exporter.run)(matches);
    }
    let command = TaskCommand::from_arg_matches(matches).map_err(|error| error.to_string()).map(|mut command| {
        let option = matches.subcommand().filter(|_| T::LOOKS_AT_CERTIFICATES);
        command.options_mut().require_valid = option.is_some_and(|(_, matches)| matches.get_flag(REQUIRE_VALID));
        command
    });
    match command.and_then(TaskCommand::or_environment) {
        Ok(command) => run_process::<T>(&command),
        Err(message) => {
            let hint = Some("`--help` shows what there is".to_owned());
            output::print_failure(&Failure { message, hint }, LogFormat::Text);
            ExitCode::Usage
        }
    }
}

fn run_process<T: Task>(command: &TaskCommand) -> ExitCode {
    let options = &command.options().output;
    let progress = begin(options.log_format);
    let surroundings = Surroundings {
        secrets: Arc::new(SecretResolver::of_process(command.options().reach.reach())),
        stop: Stop::new(),
        progress,
        pod: pod(),
        ..Surroundings::default()
    };
    // A panic is a mistake of ours; its report and exit code must not be lost with it.
    let finished = catch_unwind(AssertUnwindSafe(|| block_on::<T>(command, &surroundings)));
    output::write(
        &finished.unwrap_or_else(|_| unexpected::<T>(command, "the run ended in the middle of its work")),
        options,
    )
}

/// The pod that this process runs in, where its template says so.
fn pod() -> Option<ObjectName> {
    let variable = |name| environment_variable(name)?.into_string().ok();
    Some(ObjectName::in_namespace(variable("POD_NAMESPACE")?, variable("POD_NAME")?))
}

fn block_on<T: Task>(command: &TaskCommand, surroundings: &Surroundings) -> Finished {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return unexpected::<T>(command, "the system gives this process no event loop") };
    runtime.block_on(async {
        let signals = tokio::spawn(surroundings.stop.clone().at_signals());
        let finished = run::<T>(command, surroundings).await;
        signals.abort();
        finished
    })
}

/// What a process of ours begins with: the log, and what a panic may say. Returns where progress shows.
#[must_use]
pub fn begin(format: LogFormat) -> Progress {
    let progress = match format {
        LogFormat::Text => Progress::on_terminal(),
        LogFormat::Json => Progress::hidden(),
    };
    telemetry::start(format, &progress);
    telemetry::silence_panics();
    core_dumps::forbid();
    progress
}

/// Reads values of which no application's own representations are needed.
///
/// # Errors
///
/// The exit code, when they cannot be used: what is wrong has been printed.
pub fn read_values(values: &ValuesOptions, format: LogFormat) -> Result<Values, ExitCode> {
    load(values, Vec::new(), false).map(|(values, _)| values).map_err(|ending| {
        output::print_ending(&ending.failures, ending.problems.as_ref(), format);
        ending.code
    })
}

/// Checks values without any application: prints what is wrong with them, or that nothing is.
///
/// `definitions` are those of all tasks that the values are for ([`Task::definitions`]).
pub fn validate(values: &ValuesOptions, definitions: Vec<(&'static str, serde_json::Value)>) -> ExitCode {
    match load(values, definitions, false) {
        Ok(_) => {
            output::print("the values are valid\n");
            ExitCode::Converged
        }
        Err(ending) => {
            output::print_ending(&ending.failures, ending.problems.as_ref(), LogFormat::Text);
            ending.code
        }
    }
}
