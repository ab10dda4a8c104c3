//! The command line of `evenkeel`.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use evenkeel_engine::{command_line::ValuesOptions, exit_code::ExitCode, output, parse, validate};

use crate::{
    manual,
    schema::{self, Document},
    tasks::{TASKS, definitions, judges},
};

/// Keep the applications of a developer platform equal to one set of declared values
#[derive(Debug, Parser)]
#[command(name = "evenkeel", version, subcommand_required = true, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    service: Service,
}

/// What is not a task.
#[derive(Debug, Subcommand)]
enum Service {
    /// See the main job on embedded servers, a Keycloak and a Harbor with a cluster: converge, find drift, correct it
    #[cfg(feature = "demo")]
    Demo,
    /// Check values, for all applications, without connecting to any
    Validate {
        #[command(flatten)]
        values: ValuesOptions,
    },
    /// Print a JSON Schema
    Schema {
        /// Of what
        #[arg(value_enum, default_value_t = Document::Values)]
        document: Document,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands into a folder
    Man {
        /// The folder
        folder: Option<PathBuf>,
    },
}

/// The whole command line: the services and every task.
pub(crate) fn command() -> clap::Command {
    TASKS.iter().fold(CommandLine::command(), |command, task| command.subcommand((task.command)()))
}

/// Does what the command line says. A name such as `evenkeel-keycloak` (a link to this program) makes
/// it that task.
pub(crate) fn run(arguments: Vec<OsString>) -> process::ExitCode {
    let own_name = arguments.first().and_then(|path| Path::new(path).file_stem()?.to_str()?.strip_prefix("evenkeel-"));
    if let Some(task) = own_name.and_then(|name| TASKS.iter().find(|task| task.name == name)) {
        return (task.main)();
    }
    parse(command(), arguments).map_or_else(|code| code, |matches| dispatch(&matches)).into()
}

fn dispatch(matches: &clap::ArgMatches) -> ExitCode {
    if let Some((name, matches)) = matches.subcommand()
        && let Some(task) = TASKS.iter().find(|task| task.name == name)
    {
        return (task.run)(matches);
    }
    match CommandLine::from_arg_matches(matches) {
        Ok(line) => serve(line.service),
        Err(error) => {
            // Whoever does not read it needs no message about that either.
            let _ = output::print_usage(&error);
            ExitCode::Usage
        }
    }
}

fn serve(service: Service) -> ExitCode {
    match service {
        #[cfg(feature = "demo")]
        Service::Demo => crate::demo::demo(),
        Service::Validate { mut values } => {
            values.complete_from_environment();
            validate(&values, definitions(), judges())
        }
        Service::Schema { document } => output::printed(output::print(&schema::text(document))),
        Service::Completions { shell } => output::printed(output::print(&manual::completions(command(), shell))),
        Service::Man { folder } => manual::pages(command(), folder.as_deref()),
    }
}
