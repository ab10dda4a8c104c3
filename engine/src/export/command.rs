//! The command `export` of a task.

use std::path::Path;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use evenkeel_core::{report::Failure, text::visible_lines};

use super::{Export, ExportOptions, Exported, FinishedExport, export, folder, text};
use crate::{command_line::LogFormat, exit_code::ExitCode, output, run::Surroundings, runtime::Runtime};

pub(super) fn command<T: Export>() -> Command {
    let command = T::Options::augment_args(ExportOptions::augment_args(Command::new("export")));
    // The options' own words describe the types.
    command.about("Write values from what is there, and change nothing").long_about(None)
}

/// Does what the command line says, and waits until it is done.
pub(super) fn run_matches<T: Export>(matches: &ArgMatches) -> ExitCode {
    let parsed = ExportOptions::from_arg_matches(matches)
        .and_then(|options| Ok((options, T::Options::from_arg_matches(matches)?)));
    let (mut options, own) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return output::misused(error.to_string()),
    };
    options.values.complete_from_environment();
    let runtime = Runtime::start(options.log_format);
    let surroundings = Surroundings::of(&runtime, options.reach.reach());
    let format = options.log_format;
    let work = export::<T>(&options, &own, &surroundings);
    let finished = runtime.run(options.timeout, move || overdue(format), work);
    finished.map_or_else(|failure| broken(failure, format), |finished| write(&finished, &options))
}

fn overdue(format: LogFormat) -> ExitCode {
    let message = "the export had to end, and something that it waits for does not return".to_owned();
    let hint = Some("look for a file system or a login command that hangs, and run it again".to_owned());
    output::print_failure(&Failure { message, hint }, format);
    ExitCode::Unavailable
}

fn broken(failure: Failure, format: LogFormat) -> ExitCode {
    let message = "the export ended in the middle of its work".to_owned();
    output::print_failure(&Failure { message, ..failure }, format);
    ExitCode::Unexpected
}

/// Writes the files, or the one document. What people should know goes to standard output, unless the document does.
fn write(finished: &FinishedExport, options: &ExportOptions) -> ExitCode {
    output::print_ending(&finished.failures, finished.problems.as_ref(), options.log_format);
    let Some(exported) = &finished.exported else { return finished.exit_code };
    let written = if options.out == Path::new("-") {
        print_document(exported)
    } else {
        folder::write(&options.out, exported, options.with_secrets).and_then(|paths| {
            let paths: String = paths.iter().map(|path| format!("wrote {}\n", path.display())).collect();
            output::print_text(&format!("{paths}{}", text::summary(exported)))
        })
    };
    match written {
        Ok(()) => finished.exit_code,
        Err(failure) => {
            output::print_failure(&failure, options.log_format);
            ExitCode::Configuration
        }
    }
}

fn print_document(exported: &Exported) -> Result<(), Failure> {
    let document = text::document(exported)
        .map_err(|error| Failure { message: format!("the values have no form in YAML: {error}"), hint: None })?;
    output::print_values(&document)?;
    output::to_stderr(&visible_lines(&text::summary(exported)));
    Ok(())
}
