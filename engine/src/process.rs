//! A task as a process of its own: command line in, exit code out.

use std::{ffi::OsString, io};

use clap::{
    ArgMatches, Command, FromArgMatches, Subcommand,
    error::{ContextKind, ContextValue},
};
use evenkeel_core::values::{Document, Inspection, Problems, Values};
use evenkeel_kubernetes_client::ObjectName;

use crate::{
    command_line::{LogFormat, TaskCommand, ValuesOptions},
    environment::environment_variable,
    exit_code::ExitCode,
    output,
    run::{Ending, Surroundings, inspect, load, overdue, run, unexpected},
    runtime::Runtime,
    secrets::SecretResolver,
    task::Task,
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
    let command = TaskCommand::<T::RunOptions>::augment_subcommands(Command::new(T::NAME));
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
    command.try_get_matches_from(arguments).map_err(with_hint).map_err(|error| {
        match (error.exit_code(), output::print_usage(&error)) {
            // Whoever does not read it any more needs no message about that either.
            (0, Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::Configuration,
            (0, _) => ExitCode::Converged,
            _ => ExitCode::Usage,
        }
    })
}

/// Says where `validate` is to whoever looks for it among the commands of a task: it checks the values of all tasks.
fn with_hint(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
        && name == "validate"
    {
        let tip = "`evenkeel validate` checks the values of all tasks, without connecting to anything";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Runs a task as [`task_command`] was asked to, prints what it has to tell, and waits until it has ended.
pub fn run_matches<T: Task>(matches: &ArgMatches) -> ExitCode {
    if let (Some(exporter), Some(("export", matches))) = (T::export(), matches.subcommand()) {
        return (exporter.run)(matches);
    }
    let command = TaskCommand::<T::RunOptions>::from_arg_matches(matches).map_err(|error| error.to_string());
    match command.and_then(TaskCommand::or_environment) {
        Ok(command) => run_process::<T>(&command),
        Err(message) => output::misused(message),
    }
}

fn run_process<T: Task>(command: &TaskCommand<T::RunOptions>) -> ExitCode {
    let options = &command.options().output;
    let runtime = Runtime::start(options.log_format);
    let surroundings = Surroundings { pod: pod(), ..Surroundings::of(&runtime, command.options().reach.reach()) };
    let late = command.clone();
    let overdue = move || output::write(&overdue::<T>(&late), &late.options().output);
    let limit = command.options().timeout;
    let finished = runtime.run(limit, overdue, run::<T>(command, &surroundings));
    output::write(&finished.unwrap_or_else(|failure| unexpected::<T>(command, failure)), options)
}

/// The pod that this process runs in, where its template says so.
fn pod() -> Option<ObjectName> {
    let variable = |name| environment_variable(name)?.into_string().ok();
    Some(ObjectName::in_namespace(variable("POD_NAMESPACE")?, variable("POD_NAME")?))
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

/// What a task has to say against values before it makes a request. Secrets that they refer to are not read.
pub type Judge = fn(&Values, &Document, &SecretResolver) -> Problems;

/// What would keep a run of this task from making a request, secrets and servers aside.
#[must_use]
pub fn judge<T: Task>(values: &Values, document: &Document, secrets: &SecretResolver) -> Problems {
    if !T::is_declared(values) {
        return Problems::default();
    }
    T::desired(values, document, secrets).err().unwrap_or_default()
}

/// Checks values without any application: prints what is wrong with them, or that nothing is.
///
/// `definitions` are those of all tasks that the values are for ([`Task::definitions`]), and `judges` those tasks themselves: what one
/// of them refuses before its first request, it refuses here. A section in which something is wrong already is left out of what
/// tasks see.
pub fn validate(
    values: &ValuesOptions,
    definitions: Vec<(&'static str, serde_json::Value)>,
    judges: impl IntoIterator<Item = Judge>,
) -> ExitCode {
    let judged = inspect(values, definitions).and_then(|Inspection { mut problems, sound }| {
        if let Some((values, document)) = sound {
            let secrets = SecretResolver::of_placeholders();
            for judge in judges {
                judge(&values, &document, &secrets).into_iter().for_each(|problem| problems.add(problem));
            }
        }
        problems.into_result(()).map_err(Ending::of_problems)
    });
    match judged {
        Ok(()) => output::printed(output::print("the values are valid\n")),
        Err(ending) => {
            output::print_ending(&ending.failures, ending.problems.as_ref(), LogFormat::Text);
            ending.code
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_for_validate_in_a_task_is_told_where_it_is() {
        let refusal = |word: &str| {
            let command = Command::new("evenkeel-keycloak").subcommand(Command::new("plan"));
            let refused = command.try_get_matches_from(["evenkeel-keycloak", word]).map_err(with_hint);
            refused.unwrap_err().render().to_string()
        };
        assert!(refusal("validate").contains("tip: `evenkeel validate` checks the values of all tasks"));
        assert!(!refusal("plann").contains("evenkeel validate"));
    }
}
